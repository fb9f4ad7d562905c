"""initramfs.efi: what goes into an image as its UEFI payload, and what does not."""

import lzma

import pytest

from initramfs import efi
from scripts.builders import uefi as made
from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.boot.efi import PAYLOAD


@pytest.mark.parametrize("data", [made.payload(), made.universal()], ids=["volume", "universal"])
def test_packed_once(data, tmp_path):
    plain, file = tmp_path / "plain", tmp_path / "packed"
    plain.write_bytes(data)
    file.write_bytes(lzma.compress(data))
    assert lzma.decompress(efi.packed(plain)) == data
    assert efi.packed(file) == file.read_bytes()
    assert efi.PAYLOAD == PAYLOAD


def test_what_is_none(tmp_path):
    file = tmp_path / "kernel"
    file.write_bytes(b"#!/bin/sh\n")
    with pytest.raises(RefusedError) as caught:
        efi.packed(file)
    assert str(caught.value) == f"{file}: expected a UEFI payload, found a script"


def test_what_is_damaged(tmp_path):
    file = tmp_path / "cut"
    file.write_bytes(made.payload()[:-1])
    with pytest.raises(FormatError) as caught:
        efi.packed(file)
    assert str(caught.value).startswith(f"{file}: firmware volume header: FvLength")
