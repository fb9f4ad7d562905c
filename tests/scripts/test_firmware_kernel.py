"""The configuration of the firmware's kernel has what `python -m initramfs check` asks for."""

import pytest

from initramfs import check, compress, contents
from initramfs.kernel import Config
from scripts import build_firmware_kernel
from uroot_py.formats.archive.cpio import Member, build


@pytest.mark.parametrize("packing", ["none", "xz", "zstd"])
def test_it_takes_our_images(tmp_path, packing):
    members = [Member("init", 0o100755, b"\x7fELF"), Member("etc/x", 0o100755, b"#!/bin/sh\n")]
    file = tmp_path / "image"
    file.write_bytes(compress.compress(build(members), packing))
    config = tmp_path / "config"
    # XZ_DEC_X86 is the kernel's own default where RD_XZ is set.
    config.write_text(build_firmware_kernel.FRAGMENT.read_text() + "CONFIG_XZ_DEC_X86=y\n")
    assert check.against_config(contents.open_image(file), Config(config)) == []


def test_no_option_twice():
    lines = build_firmware_kernel.FRAGMENT.read_text().splitlines()
    names = [line.partition("=")[0].strip("# ").split()[0] for line in lines if "CONFIG_" in line]
    assert sorted(set(names)) == sorted(names)
