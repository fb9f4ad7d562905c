"""Firmware volumes: their files and sections, what is packed in them, the code that is entered.

Ref: UEFI Platform Initialization 1.8, volume 3: 3.2.1 "Firmware Volume Header", 3.2.3 "Firmware
File Header" (FFS2, FFS3), 3.2.4 "Firmware File Section"; edk2, MdeModulePkg: the GUID for LZMA.

Every size comes from the volume and is held against what it lies in; what is unpacked is bounded
for the whole volume, and so are the depth and the number of files.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.base.layout import Layout, raw, u8, u16, u32, u64
from uroot_py.base.ranges import align_up
from uroot_py.base.reader import number_at
from uroot_py.formats.compress import stream as compression
from uroot_py.formats.uefi import guid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.base.layout import Buffer

SIGNATURE = b"_FVH"
SIGNATURE_OFFSET = 0x28
MAX_DEPTH = 8  # volumes and packed sections inside each other
MAX_PARTS = 8192  # files and sections of a volume and of all inside of it
MAX_UNPACKED = 24 << 20  # bytes that all packed sections of a volume may become

FFS2 = "8c8ce578-8a3d-4f1c-9935-896185c32dd3"
FFS3 = "5473c07a-3dcb-4dca-bd6f-1e9689e7349a"
LZMA = "ee4e5898-3914-4259-9d6e-dc7bd79403cf"

SECURITY_CORE, DXE_CORE, DRIVER, FV_IMAGE, PAD = 0x03, 0x05, 0x07, 0x0B, 0xF0
SECTION_COMPRESSION, SECTION_GUID_DEFINED = 0x01, 0x02
SECTION_PE32, SECTION_TE, SECTION_FV = 0x10, 0x12, 0x17
_LARGE_FILE = 0x01
_PROCESSING_REQUIRED = 0x01
_ERASE_POLARITY = 0x800


class VolumeHeader(Layout, size=0x38, title="firmware volume header"):
    """EFI_FIRMWARE_VOLUME_HEADER without its block map."""

    FileSystemGuid = raw(0x10, 16)
    FvLength = u64(0x20)
    Signature = raw(SIGNATURE_OFFSET, 4)
    Attributes = u32(0x2C)
    HeaderLength = u16(0x30)
    Checksum = u16(0x32)
    ExtHeaderOffset = u16(0x34)
    Revision = u8(0x37)


class ExtendedHeader(Layout, size=0x14, title="firmware volume extended header"):
    """EFI_FIRMWARE_VOLUME_EXT_HEADER."""

    FvName = raw(0x00, 16)
    ExtHeaderSize = u32(0x10)


class FileHeader(Layout, size=0x18, title="firmware file header"):
    """EFI_FFS_FILE_HEADER; a large file has ExtendedSize behind it."""

    Name = raw(0x00, 16)
    HeaderChecksum = u8(0x10)
    FileChecksum = u8(0x11)
    Type = u8(0x12)
    Attributes = u8(0x13)
    Size = raw(0x14, 3)
    State = u8(0x17)


class GuidedHeader(Layout, size=0x14, title="GUID-defined section"):
    """What follows the common header of EFI_SECTION_GUID_DEFINED."""

    SectionDefinitionGuid = raw(0x00, 16)
    DataOffset = u16(0x10)
    Attributes = u16(0x12)


class Part:
    """A file or a section: ``data[start:end]`` are its contents; ``depth`` volumes are around it.

    ``packed``: it comes out of something packed, so that ``start`` is no offset of the volume.
    ``file`` is the type of the file that a section is in; ``name`` that file's GUID.
    """

    __slots__ = ("data", "depth", "end", "file", "kind", "name", "packed", "start")
    depth: int
    packed: bool
    file: int
    name: str

    def __init__(
        self, data: Buffer, start: int, end: int, kind: int, above: Part | None, name: str = ""
    ) -> None:
        self.data = data
        self.start = start
        self.end = end
        self.kind = kind
        self.depth, self.packed, self.file, self.name = 0, False, -1, name
        if above:
            self.depth = above.depth + 1
            self.packed = above.packed or data is not above.data
            self.file, self.name = above.file, name or above.name


class Volume:
    """A volume at ``start`` of DATA: its length in bytes, and where its files begin."""

    __slots__ = ("data", "end", "erased", "first", "large", "start")

    def __init__(self, data: Buffer, start: int = 0, limit: int = -1) -> None:
        limit = len(data) if limit < 0 else limit
        header = VolumeHeader(data, start)
        if header.Signature != SIGNATURE:
            found = repr(header.Signature)[1:]
            raise FormatError(header.title, start + SIGNATURE_OFFSET, "'_FVH'", found)
        left = limit - start
        if not VolumeHeader.size <= header.HeaderLength <= header.FvLength <= left:
            expected = f"a volume of at most {left:#x} bytes with its header"
            found = f"{header.FvLength:#x} bytes, a header of {header.HeaderLength:#x}"
            raise FormatError(f"{header.title}: FvLength", start + 0x20, expected, found)
        words = bytes(data[start : start + header.HeaderLength])
        total = sum(words[::2]) + (sum(words[1::2]) << 8)
        if total & 0xFFFF or header.HeaderLength % 2:
            found = f"{total & 0xFFFF:#06x}"
            raise FormatError(f"{header.title}: Checksum", start + 0x32, "a sum of 0", found)
        system = guid.text(header.FileSystemGuid)
        if system not in (FFS2, FFS3):
            raise FormatError(f"{header.title}: FileSystemGuid", start + 0x10, "FFS2 or 3", system)
        self.data = data
        self.start = start
        self.end = start + header.FvLength
        self.large = system == FFS3
        self.erased = 0xFF if header.Attributes & _ERASE_POLARITY else 0
        self.first = start + header.HeaderLength
        if header.ExtHeaderOffset:
            at = start + header.ExtHeaderOffset
            self.first = at + ExtendedHeader(data, at).ExtHeaderSize
        if not start + header.HeaderLength <= self.first <= self.end:
            expected = f"an end inside {header.FvLength:#x} bytes"
            found = f"{self.first - start:#x}"
            raise FormatError(ExtendedHeader.title, start + 0x34, expected, found)

    def files(self, above: Part | None = None) -> Iterator[Part]:
        """The files in order, without the padding; FormatError where one is wrong."""
        at = align_up(self.first - self.start, 8) + self.start
        blank = bytes([self.erased]) * FileHeader.size
        while self.end - at >= FileHeader.size:
            header = FileHeader(self.data, at)
            if self.data[at : at + FileHeader.size] == blank:
                return
            head, size = FileHeader.size, number_at(header.Size, 0, 3)
            if header.Attributes & _LARGE_FILE and self.large:
                head += 8
                size = number_at(self.data, at + FileHeader.size, 8)
            if not head <= size <= self.end - at:
                expected = f"{head:#x} to {self.end - at:#x} bytes"
                raise FormatError(f"{header.title}: Size", at + 0x14, expected, f"{size:#x}")
            total = sum(bytes(self.data[at : at + head])) - header.FileChecksum - header.State
            if total & 0xFF:
                what = f"{header.title}: IntegrityCheck"
                raise FormatError(what, at + 0x10, "a sum of 0", f"{total & 0xFF:#04x}")
            if header.Type != PAD:
                name = guid.text(header.Name)
                part = Part(self.data, at + head, at + size, header.Type, above, name)
                part.file = header.Type
                yield part
            at += align_up(size, 8)


def sections(above: Part) -> Iterator[Part]:
    """The sections of a file, or of what was packed in one."""
    data, at = above.data, above.start
    while above.end - at >= 4:
        head, size = 4, number_at(data, at, 3)
        if size == 0xFFFFFF and above.end - at >= 8:
            head, size = 8, number_at(data, at + 4, 4)
        if not head <= size <= above.end - at:
            expected = f"{head} to {above.end - at:#x} bytes"
            raise FormatError("firmware section: Size", at, expected, f"{size:#x}")
        yield Part(data, at + head, at + size, data[at + 3], above)
        at = above.start + align_up(at + size - above.start, 4)


# What of a volume holds sections or files: everything else is code or data.
_LEAVES = (0x01, 0x02, 0xF0)  # EFI_FV_FILETYPE_RAW, _FREEFORM


def walk(data: Buffer, start: int = 0, limit: int = -1) -> Iterator[Part]:
    """Every file and section of the volume at START of DATA, also of the volumes inside of it.

    A Part with ``kind == file`` at even depths is a file. FormatError where anything is wrong or
    there is too much of it; RefusedError for what is packed in a way that is not known here.
    """
    count, room = 0, MAX_UNPACKED
    todo: list[Iterator[tuple[Part, bool]]] = [_files(Volume(data, start, limit), None)]
    while todo:
        found = next(todo[-1], None)
        if found is None:
            todo.pop()
            continue
        part, is_file = found
        count += 1
        if count > MAX_PARTS:
            raise FormatError("firmware volume", start, f"at most {MAX_PARTS} parts", "more")
        if len(todo) > 3 * MAX_DEPTH:
            raise FormatError("firmware volume", start, f"a depth of {MAX_DEPTH}", "more")
        yield part
        if is_file:
            if part.kind not in _LEAVES:
                todo.append(_sections(part))
        elif part.kind == SECTION_FV:
            todo.append(_files(Volume(part.data, part.start, part.end), part))
        elif part.kind in (SECTION_GUID_DEFINED, SECTION_COMPRESSION):
            inner = _inside(part, room)
            room -= inner.end - inner.start if inner.data is not part.data else 0
            todo.append(_sections(inner))


def _files(volume: Volume, above: Part | None) -> Iterator[tuple[Part, bool]]:
    for part in volume.files(above):
        yield part, True


def _sections(above: Part) -> Iterator[tuple[Part, bool]]:
    for part in sections(above):
        yield part, False


def _inside(part: Part, room: int) -> Part:
    """What is in an encapsulating section, unpacked; at most ROOM bytes."""
    if part.kind == SECTION_COMPRESSION:
        if part.end - part.start < 5 or part.data[part.start + 4] != 0:
            raise RefusedError("firmware section: the compression of PI is not known here")
        return Part(part.data, part.start + 5, part.end, part.kind, part)
    header = GuidedHeader(part.data, part.start)
    start = part.start - 4 + header.DataOffset
    if not part.start + GuidedHeader.size <= start <= part.end:
        expected = f"at most {part.end - part.start + 4:#x}"
        raise FormatError(f"{header.title}: DataOffset", part.start + 0x10, expected, f"{start:#x}")
    method = guid.text(header.SectionDefinitionGuid)
    if method == LZMA:
        what = f"{header.title}: LZMA"
        data = compression.unpack_named(bytes(part.data[start : part.end]), "lzma", room, what)
        return Part(data, 0, len(data), part.kind, part)
    if header.Attributes & _PROCESSING_REQUIRED:
        raise RefusedError(f"firmware section: packed by {method}, which is not known here")
    return Part(part.data, start, part.end, part.kind, part)


def security_core(data: Buffer) -> Part:
    """The PE32 section of the file that is entered; it lies unpacked in DATA. FormatError."""
    for part in walk(data):
        if part.file == SECURITY_CORE and not part.packed:
            if part.kind == SECTION_PE32:
                return part
            if part.kind == SECTION_TE:
                raise FormatError("SEC core", part.start, "a PE32 section", "a TE section")
    raise FormatError("firmware volume", 0, "a SEC core, the file that is entered", "none")
