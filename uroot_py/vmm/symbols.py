"""Names for a kernel's addresses: from a vmlinux, a System.map, or the kernel's own memory."""

from __future__ import annotations

from bisect import bisect_right

from uroot_py.base.errors import FormatError, LineError, RefusedError
from uroot_py.base.reader import as_bytes, number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from uroot_py.vmm.view import View

_IMAGE_MAX = 80 << 20
_NAME_MAX = 512  # KSYM_NAME_LEN
_TABLE_MAX = 8 << 20
_STEP = 2 << 20  # a kernel begins at such a multiple
_ENTRY_UNSET = 0xFFFFFFFF81000000  # where a kernel is that has not set its entry yet, without KASLR
_DIGITS = b"0\0001\0002\0003\0004\0005\0006\0007\0008\0009\0"
_CACHE: dict[object, Symbols] = {}


class Symbols:
    """Names sorted by address; ``slide`` is added to every address.

    Those that are PLACED come from a running kernel and need none.
    """

    def __init__(self, rows: Iterable[tuple[int, str]], *, placed: bool = False) -> None:
        ordered = sorted(rows)
        self._addresses = [address for address, _ in ordered]
        self._names = [name for _, name in ordered]
        self._by_name = dict(zip(self._names, self._addresses, strict=True))
        self.slide = 0
        self.placed = placed

    def __len__(self) -> int:
        return len(self._names)

    def address(self, name: str) -> int | None:
        """Where NAME is."""
        found = self._by_name.get(name)
        return None if found is None else found + self.slide

    def lookup(self, address: int) -> tuple[str, int]:
        """The name before ADDRESS, and the bytes from there on; ('??', 0) when there is none."""
        position = bisect_right(self._addresses, address - self.slide) - 1
        if position < 0:
            return "??", 0
        return self._names[position], address - self.slide - self._addresses[position]


def clear_symbol_cache() -> None:
    """Forget every table that was read."""
    _CACHE.clear()


def from_system_map(text: str) -> Symbols:
    """The functions of a System.map; LineError when it is none."""
    if text not in _CACHE:
        rows = []
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split()
            try:
                address, kind, name = int(words[0], 16), words[1], words[2]
            except (ValueError, IndexError):
                raise LineError(
                    "System.map", number, "an address, a type, a name", line[:60]
                ) from None
            if kind in "tTwWdDrRbB":
                rows.append((address, name))
        _CACHE[text] = Symbols(rows)
    return _CACHE[text]


def from_elf(path: str) -> Symbols:
    """The symbols of a vmlinux; RefusedError when it has none."""
    if path not in _CACHE:
        from elftools.common.exceptions import ELFError
        from elftools.elf.elffile import ELFFile

        try:
            with open(path, "rb") as file:
                table: Any = ELFFile(file).get_section_by_name(".symtab")
                rows = [
                    (each["st_value"], each.name)
                    for each in (table.iter_symbols() if table else ())
                    if each.name and each["st_value"] >> 63
                ]
        except ELFError as error:
            raise FormatError("vmlinux", 0, "an ELF file", str(error), source=path) from error
        if not rows:
            raise RefusedError(
                f"{path}: it has no symbols", hint="use a vmlinux that is not stripped"
            )
        _CACHE[path] = Symbols(rows)
    return _CACHE[path]


def kernel_base(view: View, entry: int) -> int:
    """Where the kernel that runs begins, from the address of its system call entry; 0: unknown."""
    base = (entry or _ENTRY_UNSET) & -_STEP
    if view.translate(base) is None:
        return 0
    while view.translate(base - _STEP) is not None:
        base -= _STEP
    return base


def from_memory(view: View, entry: int) -> Symbols:
    """The table that the guest's kernel has of itself; RefusedError when it is not found.

    Ref: Linux 6.1, 6.12 and 7.0, scripts/kallsyms.c, kernel/kallsyms.c.
    """
    base = kernel_base(view, entry)
    where = view.translate(base) if base else None
    if where is None:
        raise RefusedError("the guest has no kernel at its place yet")
    end = max((start + len(ram) for start, ram in view.memory.slots if start <= where), default=0)
    image = view.memory.read(where, max(min(_IMAGE_MAX, end - where), 0))
    at = image.find(_DIGITS)
    while at >= 0:
        tokens = _tokens(image, at)
        rows = _table(image, base, at, tokens) if tokens else []
        if rows:
            return Symbols(rows, placed=True)
        at = image.find(_DIGITS, at + 1)
    raise RefusedError("the guest's memory holds no table of symbols that is known here")


def _number(image: bytes, at: int, size: int = 4) -> int:
    return number_at(image, at, size) if at + size <= len(image) else 0


def _tokens(image: bytes, digits: int) -> list[bytes]:
    """The 256 abbreviations around DIGITS, where the one for ``0`` is; [] when it is no table."""
    end = digits
    for _ in range(256 - 48):
        end = image.find(b"\0", end) + 1
        if not 0 < end < digits + 8192:
            return []
    index = -(-end // 8) * 8
    offsets = [_number(image, index + 2 * n, 2) for n in range(256)]
    start = digits - offsets[48]
    found = image[start:end].split(b"\0")[:256]
    total = 0
    for offset, token in zip(offsets, found, strict=False):
        if offset != total:
            return []
        total += len(token) + 1
    return found if len(found) == 256 else []


def _table(image: bytes, base: int, digits: int, tokens: list[bytes]) -> list[tuple[int, str]]:
    """The rows of the table around the abbreviations of which DIGITS is one; [] when it is none.

    In memory, before 6.4: offsets, relative_base, num_syms, names, markers, abbreviations and their
    index. Since then: num_syms, names, markers, abbreviations, index, offsets, relative_base.
    """
    anchor = as_bytes(base, 8)
    at = image.rfind(anchor, 0, digits)
    while at >= 0 and digits - at < _TABLE_MAX:
        count = _number(image, at + 8)
        names = _names(image, at + 16, count, digits, tokens)
        start = at - (4 * count + 7) // 8 * 8
        if names and start >= 0:
            return _rows(image, base, start, names)
        at = image.rfind(anchor, 0, at)
    start = _index_end(image, digits, tokens)
    at = image.find(anchor, start, start + _TABLE_MAX)
    for count in ((at - start) // 4, (at - start) // 4 - 1):  # padded to 8 bytes
        names = _named(image, count, digits, tokens) if at >= 0 else []
        if names:
            return _rows(image, base, start, names)
    return _self_relative(image, base, digits, tokens)


def _self_relative(
    image: bytes, base: int, digits: int, tokens: list[bytes]
) -> list[tuple[int, str]]:
    """The rows of a table since 7.0: no relative_base, every offset counts from where it is.

    The number of symbols stands in front of the names; the markers behind them end where the
    abbreviations begin, which tells a number that is one from a number that only looks so.
    """
    start = _index_end(image, digits, tokens)
    table = digits - sum(len(token) + 1 for token in tokens[:48])
    for at in range(max(table - _TABLE_MAX, 0) // 8 * 8, table, 8):
        count = _number(image, at)
        if not 100 < count < 1 << 20 or image[at + 4 : at + 8] != b"\0\0\0\0":
            continue
        markers = table - (4 * ((count + 255) // 256) + 7) // 8 * 8
        if not at + 8 + count <= markers or _number(image, markers) != 0:
            continue
        names = _names(image, at + 8, count, digits, tokens)
        offsets = memoryview(image)[start : start + 4 * count].cast("i")
        if names and len(offsets) == count:
            places = range(base + start, base + start + 4 * count, 4)
            triples = zip(places, offsets, names, strict=True)
            return [(place + offset, name) for place, offset, name in triples]
    return []


def _index_end(image: bytes, digits: int, tokens: list[bytes]) -> int:
    """Where the index behind the abbreviations ends."""
    end = digits + sum(len(token) + 1 for token in tokens[48:])
    return -(-end // 8) * 8 + 512


def _named(image: bytes, count: int, digits: int, tokens: list[bytes]) -> list[str]:
    """COUNT names, that number in front of them, somewhere before DIGITS; or []."""
    number = as_bytes(count, 4)
    at = image.rfind(number, max(digits - _TABLE_MAX, 0), digits)
    while at >= 0:
        names = [] if at % 8 else _names(image, at + 8, count, digits, tokens)
        if names:
            return names
        at = image.rfind(number, max(digits - _TABLE_MAX, 0), at)
    return []


def _rows(image: bytes, base: int, start: int, names: list[str]) -> list[tuple[int, str]]:
    """NAMES with their addresses, whose offsets begin at START.

    A negative offset is an address below BASE; where there are such, the others are in the memory
    of each processor. Where there are none, all are above BASE.
    """
    offsets = memoryview(image)[start : start + 4 * len(names)].cast("i")
    if min(offsets, default=0) >= 0:
        return [(base + offset, name) for offset, name in zip(offsets, names, strict=True)]
    pairs = zip(offsets, names, strict=True)
    return [(base - 1 - offset, name) for offset, name in pairs if offset < 0]


def _names(image: bytes, at: int, count: int, end: int, tokens: list[bytes]) -> list[str]:
    """COUNT names from AT on, the markers behind them agreeing; [] when it is no such list."""
    names, places, start = [], [], at
    if not 100 < count < 1 << 20:
        return []
    for n in range(count):
        if at >= end:
            return []
        if n % 256 == 0:
            places.append(at - start)
        size = image[at]
        at += 1
        if size & 0x80:
            size = size & 0x7F | image[at] << 7
            at += 1
        text = b"".join([tokens[byte] for byte in image[at : at + size]])
        if len(text) > _NAME_MAX:
            return []
        names.append(text[1:].decode("ascii", "replace"))  # the first character is the type
        at += size
    at = -(-at // 8) * 8
    found = [_number(image, at + 4 * n) for n in range(len(places))]
    return names if found == places else []
