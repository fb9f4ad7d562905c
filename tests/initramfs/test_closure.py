"""Shared libraries: the same answer as ldd, and who wanted what is missing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from initramfs import closure
from uroot_py.base.errors import RefusedError


def compiled(out, source, *flags):
    subprocess.run(
        ["gcc", "-x", "c", "-", "-o", str(out), *flags], input=source, text=True, check=True
    )
    return out


@pytest.mark.parametrize("program", [sys.executable, shutil.which("gcc"), shutil.which("bash")])
def test_the_same_as_ldd(program):
    program = Path(program).resolve()
    text = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    expected = {}
    for line in text.splitlines():
        words = line.split()
        if "=>" in words:
            expected[words[0]] = Path(words[2])
        elif words[0].startswith("/"):
            expected[words[0]] = Path(words[0])
    found = closure.closure([program])
    assert {name: file.resolve() for name, file in found.items()} == {
        name: file.resolve() for name, file in expected.items()
    }


@pytest.mark.parametrize("tags", ["--enable-new-dtags", "--disable-new-dtags"])
def test_run_paths(tmp_path, tags):
    (tmp_path / "sub").mkdir()
    inner = tmp_path / "sub" / "libinner.so"
    compiled(inner, "int one(void){return 1;}", "-shared", "-Wl,-soname,libinner.so")
    program = compiled(
        tmp_path / "program",
        "int one(void); int main(void){return one();}",
        f"-Wl,{tags},-rpath,$ORIGIN/sub",
        f"-L{inner.parent}",
        "-linner",
    )
    found = closure.closure([program])
    assert found["libinner.so"] == inner
    assert "libc.so.6" in found


def test_a_missing_library_is_named_with_who_wanted_it(tmp_path):
    library = compiled(
        tmp_path / "libgone.so", "int one(void){return 1;}", "-shared", "-Wl,-soname,libgone.so"
    )
    source = "int one(void); int main(void){return one();}"
    program = compiled(tmp_path / "program", source, f"-L{tmp_path}", "-lgone")
    library.unlink()
    with pytest.raises(RefusedError) as caught:
        closure.closure([program])
    assert str(caught.value) == f"libgone.so: not found on this machine, wanted by {program}"


def test_near_folders_are_followed_but_not_listed(tmp_path):
    library = compiled(
        tmp_path / "libnear.so",
        "double sqrt(double); double one(double x){return sqrt(x);}",
        "-shared",
        "-Wl,-soname,libnear.so,--no-as-needed",
        "-lm",
    )
    source = "double one(double); int main(void){return (int)one(1);}"
    program = compiled(tmp_path / "program", source, f"-L{tmp_path}", "-lnear")
    library.rename(tmp_path / "kept")
    (tmp_path / "near").mkdir()
    (tmp_path / "kept").rename(tmp_path / "near" / "libnear.so")
    found = closure.closure([program], near=[tmp_path / "near"])
    assert "libnear.so" not in found
    assert "libm.so.6" in found


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"\x7fEL"], ids=["empty", "script", "short"])
def test_what_is_no_program_needs_nothing(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    assert closure.closure([tmp_path / "x"]) == {}


def test_a_damaged_program(tmp_path):
    (tmp_path / "x").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9))
    with pytest.raises(RefusedError, match=rf"^{tmp_path}/x: a damaged ELF file: "):
        closure.closure([tmp_path / "x"])
