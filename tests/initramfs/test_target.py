"""The machines that an image can be for."""

import os
from pathlib import Path

import pytest

from initramfs import lean
from initramfs.__main__ import main
from initramfs.target import TARGETS, choose, qemu_major
from uroot_py.base.errors import UsageError

NAMES = [
    pytest.param("arm64", "aarch64-linux-gnu", "aarch64-linux-musl", id="our name"),
    pytest.param("aarch64", "aarch64-linux-gnu", "aarch64-linux-musl", id="uname's"),
    pytest.param("amd64", "x86_64-linux-gnu", "x86_64-linux-musl", id="Debian's"),
]


@pytest.mark.parametrize(("name", "gnu", "musl"), NAMES)
def test_names(name, gnu, musl):
    assert (choose(name).gnu, choose(name).musl) == (gnu, musl)


def test_this_machine():
    assert choose().machine == os.uname().machine
    native = lean.Kit(Path("cc"), choose())
    assert native.direction() == [f"--build={choose().gnu}"]


@pytest.mark.parametrize("target", [each for each in TARGETS.values() if each != choose()])
def test_another_machine(target):
    kit = lean.Kit(Path("cc"), target)
    assert kit.tool("ar") == f"{target.gnu}-ar"
    assert kit.direction()[:2] == [f"--build={choose().gnu}", f"--host={target.gnu}"]


def test_unknown():
    with pytest.raises(UsageError) as caught:
        choose("vax")
    assert str(caught.value) == "no architecture 'vax'; known: x86_64, arm64, riscv64"


def test_the_hosts_python_is_for_the_host(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = next(each.name for each in TARGETS.values() if each != choose())
    words = ["build", "--arch", other, "--runtime", "host", "-o", str(tmp_path / "x.cpio")]
    assert main(words) == 1
    assert capsys.readouterr().err == (
        f"initramfs build: this machine's Python does not run on {other}; say --runtime lean\n"
    )
    assert not (tmp_path / "x.cpio").exists()


# QEMU's version -> the accelerator -> the processor.
MODELS = [
    pytest.param("7.2.22 (Debian 1:7.2+dfsg-7)", "tcg", "-cpu max,cx16=off", id="7.2 emulates"),
    pytest.param("7.2.22 (Debian 1:7.2+dfsg-7)", "kvm", "-cpu max", id="7.2 with KVM"),
    pytest.param("10.0.2 (Debian 1:10.0.2+ds-2)", "tcg", "-cpu max", id="10 emulates"),
]


@pytest.mark.parametrize(("version", "accelerator", "model"), MODELS)
def test_a_processor_that_qemu_emulates_well(version, accelerator, model, tmp_path, monkeypatch):
    program = tmp_path / "qemu-system-x86_64"
    program.write_text(f"#!/bin/sh\necho 'QEMU emulator version {version}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    qemu_major.cache_clear()
    words = choose("amd64").machine_words(accelerator)
    qemu_major.cache_clear()
    assert words == ["-accel", accelerator, *model.split()]


def test_no_qemu_is_no_version():
    assert qemu_major("qemu-system-none") == 0
