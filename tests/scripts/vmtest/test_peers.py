"""The closure of a peer over packages: nothing of this machine gets into it."""

import os
import subprocess

import pytest

from scripts import apt
from scripts.vmtest.peers import Packages
from uroot_py.base.errors import RefusedError

DEPENDS = {
    "tool": "first (>= 2:1.0), debconf | cdebconf, init-system-helpers",
    "first": "second",
    "second": "",
    "debconf": "",
    "init-system-helpers": "",
}


def compiled(target, *words):
    target.parent.mkdir(parents=True, exist_ok=True)
    source = "int f(void) { return 0; } int main(void) { return f(); }"
    subprocess.run(
        ["gcc", "-nostdlib", "-o", target, "-x", "c", "-", "-x", "none", *words],
        input=source.encode(),
        check=True,
        timeout=60,
    )


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """tool needs libfirst.so of one package, which needs libsecond.so of another."""
    for name in DEPENDS:
        (tmp_path / name).mkdir()
    second = tmp_path / "second/usr/lib/libsecond.so"
    first = tmp_path / "first/lib/libfirst.so"
    shared = ("-shared", "-fPIC")
    compiled(second, *shared, "-Wl,-soname,libsecond.so")
    compiled(first, *shared, "-Wl,-soname,libfirst.so", "-Wl,--no-as-needed", second)
    loader = "-Wl,--dynamic-linker,/lib64/ld-test.so"
    compiled(tmp_path / "tool/sbin/tool", "-e", "main", loader, "-Wl,--no-as-needed", first)
    (tmp_path / "tool/etc").mkdir()
    (tmp_path / "tool/etc/tool").write_text("no program\n")
    # As libc6 has it: the loader's name is an absolute link to a file of the package.
    (tmp_path / "second/lib").mkdir()
    (tmp_path / "second/lib/real.so").write_bytes(b"the loader")
    os.link(tmp_path / "second/lib/real.so", tmp_path / "second/lib/ld-test.so")
    (tmp_path / "first/lib64").mkdir()
    (tmp_path / "first/lib64/ld-test.so").symlink_to("/bin/sh")
    monkeypatch.setattr(apt, "unpacked", lambda name: tmp_path / name)
    monkeypatch.setattr(apt, "show", lambda name, arch: {"Depends": DEPENDS[name]})
    return tmp_path


def test_closure(packages):
    found = Packages("tool").closure("sbin/tool")
    assert {name: str(path.relative_to(packages)) for name, path in found.items()} == {
        "tool": "tool/sbin/tool",
        "libfirst.so": "first/lib/libfirst.so",
        "libsecond.so": "second/usr/lib/libsecond.so",
        "ld.so": "second/lib/ld-test.so",
    }


def test_what_is_in_no_package(packages):
    (packages / "second/usr/lib/libsecond.so").unlink()
    with pytest.raises(RefusedError) as caught:
        Packages("tool").closure("sbin/tool")
    assert str(caught.value) == (
        "libsecond.so: in none of the packages tool, first, debconf, init-system-helpers, second"
    )


def test_what_is_no_program(packages):
    with pytest.raises(RefusedError) as caught:
        Packages("tool").closure("etc/tool")
    assert str(caught.value) == f"{packages}/tool/etc/tool: expected an ELF file"
