"""uroot_py.formats.uefi.variables: what a boot manager reads, byte for byte."""

import struct
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.formats.uefi import guid, variables
from uroot_py.formats.uefi.variables import LoadOption, Partition

PART = "c4b5a5ee-1d3c-4a37-9c4f-3d7f8e6a0b11"
ESP = Partition(1, 2048, 98304, PART)
END = b"\x7f\xff\x04\0"


def file_node(path):
    name = (path + "\0").encode("utf-16-le")
    return struct.pack("<BBH", 4, 4, 4 + len(name)) + name


def test_device_path_on_a_gpt():
    expected = struct.pack("<BBHIQQ", 4, 1, 42, 1, 2048, 98304) + uuid.UUID(PART).bytes_le
    expected += b"\2\2" + file_node("\\EFI\\BOOT\\BOOTX64.EFI") + END
    assert variables.device_path(ESP, "/EFI/BOOT/BOOTX64.EFI") == expected


def test_device_path_on_an_mbr():
    path = variables.device_path(Partition(5, 63, 1000, "0badc0de-05"), "\\a.efi")
    assert path[24:42] == struct.pack("<I", 0x0BADC0DE) + bytes(12) + b"\1\1"


def test_device_path_of_whichever_volume():
    assert variables.device_path(None, "\\a.efi") == file_node("\\a.efi") + END


def test_load_option_there_and_back():
    option = variables.load_option("Windows Boot Manager", variables.device_path(ESP, "/x.efi"))
    found = LoadOption(option)
    assert found.active
    assert (found.title, found.partition, found.file) == ("Windows Boot Manager", PART, "\\x.efi")


def test_store():
    data = variables.build_store(variables.boot_next("x", END))
    assert len(data) == 0x10000
    store = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792").bytes_le
    assert data[:28] == store + struct.pack("<IBBHI", 0x10000, 0x5A, 0xFE, 0, 0)
    at, found = 28, {}
    while data[at : at + 2] == b"\xaa\x55":
        assert struct.unpack_from("<BBI", data, at + 2) == (0x3F, 0, 7)
        name, size = struct.unpack_from("<II", data, at + 36)
        assert data[at + 44 : at + 60] == uuid.UUID(guid.GLOBAL).bytes_le
        text = data[at + 60 : at + 60 + name].decode("utf-16-le").rstrip("\0")
        found[text] = data[at + 60 + name : at + 60 + name + size]
        at = (at + 60 + name + size + 3) & ~3
    assert data[at:].strip(b"\xff") == b""
    assert found["BootNext"] == found["BootOrder"] == b"\1\0"
    assert found["Boot0001"] == b"\1\0\0\0\4\0x\0\0\0" + END


def test_too_much_for_the_store():
    with pytest.raises(FormatError) as caught:
        variables.build_store([("a", bytes(0x10000))])
    assert str(caught.value) == (
        "variable store at offset 0x0: expected at most 0x10000 bytes, found 0x1005c"
    )


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_utf16_like_pythons(text):
    assert variables.utf16(text) == (text + "\0").encode("utf-16-le")


OPTION = variables.load_option("Debian", variables.device_path(ESP, "\\EFI\\debian\\shimx64.efi"))


@given(st.integers(0, len(OPTION) - 1), st.integers(0, 255), st.integers(0, len(OPTION)))
def test_any_change(offset, value, size):
    data = bytearray(OPTION[: size or None])
    if offset < len(data):
        data[offset] = value
    try:
        LoadOption(bytes(data))
    except FormatError:
        return
