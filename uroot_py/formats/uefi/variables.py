"""UEFI variables in memory, load options and device paths: what a boot manager is told to start.

Ref: UEFI 2.10, 3.1.3 "Load Options", 3.3 "Globally Defined Variables", 10.3 "Device Path Nodes";
edk2, MdeModulePkg/Include/Guid/VariableFormat.h (the store of its variable driver).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u8, u16, u32, u64
from uroot_py.base.ranges import align_up
from uroot_py.base.reader import Reader, as_bytes, number_at
from uroot_py.base.text import utf16le
from uroot_py.formats.uefi import guid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uroot_py.base.layout import Buffer

STORE_SIZE = 0x10000  # PcdVariableStoreSize of UefiPayloadPkg
LOAD_OPTION_ACTIVE = 1
_AUTHENTICATED = "aaf32c78-947b-439a-a180-2e144ec37792"
_FORMATTED, _HEALTHY, _ADDED = 0x5A, 0xFE, 0x3F
_START = 0x55AA
_ANYWHERE = 0x07  # non-volatile, for boot and run time

_MEDIA, _END = 0x04, 0x7F
_HARD_DRIVE, _FILE = 1, 4
_MBR, _GPT = 1, 2
MAX_NODES = 64


class StoreHeader(Layout, size=28, title="variable store header"):
    """VARIABLE_STORE_HEADER."""

    Signature = raw(0, 16)
    Size = u32(16)
    Format = u8(20)
    State = u8(21)


class VariableHeader(Layout, size=60, title="variable header"):
    """AUTHENTICATED_VARIABLE_HEADER."""

    StartId = u16(0)
    State = u8(2)
    Attributes = u32(4)
    NameSize = u32(36)
    DataSize = u32(40)
    VendorGuid = raw(44, 16)


class HardDrive(Layout, size=42, title="hard drive device path"):
    """A partition, known by its signature."""

    Type = u8(0)
    SubType = u8(1)
    Length = u16(2)
    PartitionNumber = u32(4)
    PartitionStart = u64(8)
    PartitionSize = u64(16)
    Signature = raw(24, 16)
    PartitionFormat = u8(40)
    SignatureType = u8(41)


class Partition:
    """Where a partition is: its number, start and size in blocks, its PARTUUID as blkid has it."""

    __slots__ = ("number", "size", "start", "uuid")

    def __init__(self, number: int, start: int, size: int, uuid: str) -> None:
        self.number = number
        self.start = start
        self.size = size
        self.uuid = uuid


def utf16(text: str) -> bytes:
    """TEXT as UEFI writes it: UTF-16, a zero behind it. The image carries no codec for that."""
    out = bytearray()
    for code in (*map(ord, text), 0):
        if code < 0x10000:
            out += as_bytes(code, 2)
        else:
            out += as_bytes(0xD800 + (code - 0x10000 >> 10), 2)
            out += as_bytes(0xDC00 + (code - 0x10000 & 0x3FF), 2)
    return bytes(out)


def device_path(partition: Partition | None, path: str) -> bytes:
    """The file PATH on PARTITION, or on whichever volume has it, as a short device path.

    PATH has slashes or backslashes.
    """
    nodes = b""
    if partition:
        row = HardDrive.new(
            Type=_MEDIA, SubType=_HARD_DRIVE, Length=HardDrive.size,
            PartitionNumber=partition.number, PartitionStart=partition.start,
            PartitionSize=partition.size,
        )  # fmt: skip
        if len(partition.uuid) == 36:
            row.Signature = guid.packed(partition.uuid)
            row.PartitionFormat = row.SignatureType = _GPT
        else:  # the disk's four bytes, a dash, the number
            row.Signature = as_bytes(int(partition.uuid.partition("-")[0], 16), 4)
            row.PartitionFormat = row.SignatureType = _MBR
        nodes = bytes(row)
    name = utf16(path.replace("/", "\\"))
    nodes += bytes((_MEDIA, _FILE)) + as_bytes(4 + len(name), 2) + name
    return nodes + bytes((_END, 0xFF, 4, 0))


def load_option(title: str, path: bytes) -> bytes:
    """EFI_LOAD_OPTION: start what the device path PATH names."""
    words = utf16(title)
    return as_bytes(LOAD_OPTION_ACTIVE, 4) + as_bytes(len(path), 2) + words + path


class LoadOption:
    """A Boot#### variable: its title, the partition and the file that it names, where it does."""

    __slots__ = ("active", "file", "partition", "title")

    def __init__(self, data: Buffer) -> None:
        """Parse DATA. FormatError."""
        reader = Reader(data, "load option")
        self.active = bool(reader.u32() & LOAD_OPTION_ACTIVE)
        size = reader.u16()
        words = bytearray()
        while (word := reader.take(2)) != b"\0\0":
            words += word
        self.title = utf16le(bytes(words))
        self.partition = ""
        self.file = ""
        reader.end = min(reader.end, reader.at + size)
        for _ in range(MAX_NODES):
            if reader.left < 4:
                return
            start, kind, subtype, length = reader.at, reader.u8(), reader.u8(), reader.u16()
            if length < 4:
                raise FormatError("device path", start + 2, "4 bytes or more", str(length))
            body = reader.take(length - 4)
            if kind == _END:
                return
            if (kind, subtype) == (_MEDIA, _HARD_DRIVE) and length >= HardDrive.size:
                self.partition = _named(HardDrive(bytes(data), start))
            elif (kind, subtype) == (_MEDIA, _FILE):
                self.file += utf16le(body)
        raise FormatError("device path", reader.at, f"at most {MAX_NODES} nodes", "more")


def _named(row: HardDrive) -> str:
    """The PARTUUID of a hard drive node."""
    if row.SignatureType == _GPT:
        return guid.text(row.Signature)
    number = number_at(row.Signature, 0, 4)
    return f"{number:08x}-{row.PartitionNumber:02x}"


def build_store(rows: Iterable[tuple[str, bytes]]) -> bytes:
    """A store of STORE_SIZE bytes with global variables: (name, data) pairs. FormatError."""
    out = bytearray(
        bytes(
            StoreHeader.new(
                Signature=guid.packed(_AUTHENTICATED),
                Size=STORE_SIZE,
                Format=_FORMATTED,
                State=_HEALTHY,
            )
        )
    )
    for name, data in rows:
        words = utf16(name)
        header = VariableHeader.new(
            StartId=_START, State=_ADDED, Attributes=_ANYWHERE, NameSize=len(words),
            DataSize=len(data), VendorGuid=guid.packed(guid.GLOBAL),
        )  # fmt: skip
        out += bytes(align_up(len(out), 4) - len(out)) + bytes(header) + words + data
    if len(out) > STORE_SIZE:
        raise FormatError("variable store", 0, f"at most {STORE_SIZE:#x} bytes", f"{len(out):#x}")
    return bytes(out).ljust(STORE_SIZE, b"\xff")


def boot_next(title: str, path: bytes) -> list[tuple[str, bytes]]:
    """Variables that make a boot manager start PATH first, without asking."""
    option = load_option(title, path)
    return [
        ("Boot0001", option),
        ("BootOrder", as_bytes(1, 2)),
        ("BootNext", as_bytes(1, 2)),
        ("Timeout", as_bytes(0, 2)),
    ]
