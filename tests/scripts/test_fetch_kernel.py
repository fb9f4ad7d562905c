"""A kernel package becomes a directory, whole or not at all. The package is made by dpkg-deb."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import fetch_kernel
from uroot_py.base.errors import RefusedError

RELEASE = "9.9.9-1-cloud-amd64"
CONTROL = """\
Package: linux-image-test
Version: 9.9.9-1
Architecture: amd64
Maintainer: nobody <nobody@example.org>
Description: test
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch_kernel, "BUILD", tmp_path / "build")

    def make(*left_out, lib="lib", place=f"boot/{{}}-{RELEASE}"):
        tree = tmp_path / "tree"
        files = {
            "DEBIAN/control": CONTROL,
            place.format("vmlinuz"): "kernel",
            place.format("config"): "CONFIG_X=y\n",
            f"{lib}/modules/{RELEASE}/modules.order": "",
            f"{lib}/modules/{RELEASE}/modules.builtin": "",
        }
        for name, text in files.items():
            if not name.startswith(left_out or ("-",)):
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                (tree / name).write_text(text)
        deb = tmp_path / "kernel.deb"
        subprocess.run(["dpkg-deb", "-b", tree, deb], check=True, capture_output=True)
        return deb

    return make


LAYOUTS = [
    pytest.param("lib", f"boot/{{}}-{RELEASE}", id="Debian 12's"),
    pytest.param("usr/lib", f"boot/{{}}-{RELEASE}", id="Debian 13's"),
    pytest.param("usr/lib", f"usr/lib/modules/{RELEASE}/{{}}", id="since Linux 7"),
]


@pytest.mark.parametrize(("lib", "place"), LAYOUTS)
def test_a_package_is_laid_out(package, tmp_path, lib, place):
    target = fetch_kernel.fetch("cloud-amd64", deb=package(lib=lib, place=place))
    assert target == tmp_path / "build/kernels/cloud-amd64"
    assert {path.name for path in target.iterdir()} == {
        *("vmlinuz", "config", "release", "version", "modules"),
    }
    assert (target / "vmlinuz").read_text() == "kernel"
    assert (target / "release").read_text() == f"{RELEASE}\n"
    assert (target / "version").read_text() == "9.9.9-1\n"
    assert (target / "modules/modules.dep").is_file()
    assert fetch_kernel.fetch("cloud-amd64") == target


def test_an_image_that_is_called_vmlinux(package):
    deb = package(f"boot/vmlinuz-{RELEASE}")
    with pytest.raises(RefusedError) as caught:
        fetch_kernel.fetch("cloud-amd64", deb=deb)
    assert str(caught.value) == f"the package holds no vmlinuz of {RELEASE}"
    tree = deb.parent / "tree"
    (tree / f"boot/vmlinux-{RELEASE}").write_text("Image")
    subprocess.run(["dpkg-deb", "-b", tree, deb], check=True, capture_output=True)
    assert (fetch_kernel.fetch("cloud-amd64", deb=deb) / "vmlinuz").read_text() == "Image"


def test_a_package_without_modules_leaves_nothing(package, tmp_path):
    with pytest.raises(RefusedError) as caught:
        fetch_kernel.fetch("cloud-amd64", deb=package("lib"))
    assert str(caught.value) == "the package holds no modules of flavour cloud-amd64"
    assert list((tmp_path / "build/kernels").iterdir()) == []


def test_a_failed_refresh_keeps_what_was_there(package, tmp_path):
    target = fetch_kernel.fetch("cloud-amd64", deb=package())
    with pytest.raises(RefusedError):
        fetch_kernel.fetch("cloud-amd64", deb=tmp_path / "none.deb")
    assert (target / "vmlinuz").read_text() == "kernel"


def test_an_unknown_flavour():
    program = Path(fetch_kernel.__file__)
    done = subprocess.run([sys.executable, program, "riscv"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "fetch_kernel: no kernel flavour 'riscv'; known: cloud-amd64, amd64, cloud-arm64, arm64,"
        " riscv64, backports-cloud-amd64, or SUITE/FLAVOUR of bullseye, bookworm, trixie,"
        " trixie-backports\n"
    )
