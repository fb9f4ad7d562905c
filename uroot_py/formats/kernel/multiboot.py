"""Multiboot headers, versions 1 and 2.

Ref: Multiboot Specification 0.6.96, section 3.1; Multiboot2 Specification 2.0, section 3.1.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.ranges import align_up
from uroot_py.base.reader import as_bytes, number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer

MAGIC_1, MAGIC_2 = 0x1BADB002, 0xE85250D6
_STEP = {1: 4, 2: 8}
_REACH = {1: 8192, 2: 32768}
_WORDS = {1: 3, 2: 4}

FLAG_PAGE_ALIGN, FLAG_MEMORY, FLAG_VIDEO, FLAG_ADDRESSES = 0x1, 0x2, 0x4, 0x10000
_MUST_KNOW = 0xFFFF & ~(FLAG_PAGE_ALIGN | FLAG_MEMORY | FLAG_VIDEO)

TAG_END, TAG_REQUEST, TAG_ADDRESS, TAG_ENTRY, TAG_CONSOLE = 0, 1, 2, 3, 4
TAG_FRAMEBUFFER, TAG_MODULE_ALIGN, TAG_EFI_BS, TAG_ENTRY_EFI32, TAG_ENTRY_EFI64 = 5, 6, 7, 8, 9
TAG_RELOCATABLE = 10
_OPTIONAL = 1


class Addresses:
    """Where a file that is no ELF goes: ``offset`` to [load, load_end), then zeros to ``end``."""

    __slots__ = ("end", "load", "load_end", "offset")

    def __init__(self, offset: int, load: int, load_end: int, end: int) -> None:
        self.offset = offset
        self.load = load
        self.load_end = load_end
        self.end = end


class Header:
    """A Multiboot header.

    ``entry`` is None where the file's own counts; ``requests`` are the kinds of information that
    the kernel must have; ``relocatable`` is (lowest address, end, alignment).
    """

    def __init__(self, version: int, offset: int) -> None:
        self.version = version
        self.offset = offset
        self.addresses: Addresses | None = None
        self.entry: int | None = None
        self.requests: list[int] = []
        self.relocatable: tuple[int, int, int] | None = None


def find(head: Buffer, wanted_version: int = 0) -> tuple[int, int]:
    """The version and offset of the header in a file that begins with HEAD; version 0: none.

    A file may have one of each: WANTED_VERSION is looked for alone, or (0) version 2 first.
    """
    data = bytes(head[: _REACH[2]])
    for version, magic in ((2, MAGIC_2), (1, MAGIC_1)):
        if wanted_version not in (0, version):
            continue
        wanted, size = as_bytes(magic, 4), 4 * _WORDS[version]
        reach = _REACH[version]
        at = data.find(wanted, 0, reach)
        while at >= 0:
            words = _words(data, at, _WORDS[version])
            inside = at % _STEP[version] == 0 and at + size <= reach and bool(words)
            if inside and not sum(words) & 0xFFFFFFFF:
                return version, at
            at = data.find(wanted, at + 1, reach)
    return 0, 0


def _words(data: Buffer, at: int, count: int) -> list[int]:
    """COUNT 32-bit numbers at AT, or [] where the data ends before."""
    if at + 4 * count > len(data):
        return []
    return [number_at(data, at + 4 * i, 4) for i in range(count)]


def parse(data: Buffer, wanted_version: int = 0) -> Header:
    """The header in a kernel file; FormatError when there is none, or one we cannot serve."""
    version, at = find(data, wanted_version)
    if not version:
        raise FormatError("Multiboot header", 0, "one in the first 32 KiB", "none")
    header = Header(version, at)
    if version == 1:
        _parse_1(header, data)
    else:
        _parse_2(header, data)
    return header


def _wrong(header: Header, what: str, expected: str, found: str) -> FormatError:
    return FormatError(f"Multiboot {header.version} header: {what}", header.offset, expected, found)


def _parse_1(header: Header, data: Buffer) -> None:
    flags = _words(data, header.offset, 2)[1]
    if flags & _MUST_KNOW:
        raise _wrong(header, "flags", "only bits 0 to 2 and 16", f"{flags:#x}")
    if flags & FLAG_ADDRESSES:
        words = _words(data, header.offset + 12, 5)
        if not words:
            raise _wrong(header, "addresses", "20 bytes", "the end of the file")
        _set_addresses(header, data, words[:4])
        header.entry = words[4]


def _set_addresses(header: Header, data: Buffer, words: list[int]) -> None:
    own, load, load_end, bss_end = words
    offset = header.offset - (own - load)
    load_end = load_end or load + len(data) - offset
    end = max(bss_end, load_end)
    if offset < 0 or not load < load_end or offset + load_end - load > len(data):
        raise _wrong(header, "addresses", "a part of the file", f"[{load:#x}, {load_end:#x})")
    header.addresses = Addresses(offset, load, load_end, end)


def _parse_2(header: Header, data: Buffer) -> None:
    _, architecture, size, _ = _words(data, header.offset, 4)
    end = header.offset + size
    if architecture != 0:
        raise _wrong(header, "architecture", "0 (i386)", str(architecture))
    if end > min(len(data), _REACH[2]):
        raise _wrong(header, "header_length", "a header in the first 32 KiB", f"{size:#x}")
    at = header.offset + 16
    while at + 8 <= end:
        first, length = _words(data, at, 2)
        kind, flags = first & 0xFFFF, first >> 16
        if kind == TAG_END:
            return
        if length < 8 or at + length > end:
            raise _wrong(header, f"tag {kind}", f"8 to {end - at} bytes", str(length))
        _tag(header, data, kind, flags, _words(data, at + 8, (length - 8) // 4))
        at = align_up(at + length, 8)
    raise _wrong(header, "tags", "an end tag", "none")


def _tag(header: Header, data: Buffer, kind: int, flags: int, words: list[int]) -> None:
    least = {TAG_ADDRESS: 4, TAG_ENTRY: 1, TAG_RELOCATABLE: 4}.get(kind, 0)
    if len(words) < least:
        raise _wrong(header, f"tag {kind}", f"{8 + 4 * least} bytes", f"{8 + 4 * len(words)}")
    if kind == TAG_REQUEST and not flags & _OPTIONAL:
        header.requests += words
    elif kind == TAG_ADDRESS:
        _set_addresses(header, data, words[:4])
    elif kind == TAG_ENTRY:
        header.entry = words[0]
    elif kind == TAG_RELOCATABLE:
        header.relocatable = (words[0], words[1] + 1, max(words[2], 1))
    elif kind > TAG_RELOCATABLE and not flags & _OPTIONAL:
        raise _wrong(header, "tags", "tags up to 10", f"tag {kind}, which must not be passed over")
