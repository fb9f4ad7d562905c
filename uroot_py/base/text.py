"""Sizes, names and titles as people read and write them."""

from __future__ import annotations

from uroot_py.base.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_UNITS = "KMGTPE"
# The surrogates stand for bytes that are not UTF-8: an 8-bit terminal knows some as controls, too.
_CONTROL = dict.fromkeys((*range(32), *range(127, 160), *range(0xDC80, 0xDD00)), "?")
# Characters without a width, and those that turn the direction of what follows: a name with them
# looks like another. Ref: Unicode 15.1, general categories Cf, Zl, Zp; UAX 9.
_HIDDEN = (
    *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810)),
    *(*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0x3164, 0xFEFF),
    *(0xFFA0, *range(0xFFF0, 0xFFFC), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE0080)),
)
_SHOWN = _CONTROL | {code: f"<U+{code:04X}>" for code in _HIDDEN}
_ONE_EACH = _CONTROL | dict.fromkeys(_HIDDEN, "?")
_LINES = {**_SHOWN, 9: "\t", 10: "\n"}


def parse_number(text: str, what: str = "number") -> int:
    """A non-negative number as C writes it (10, 0x10, 010); UsageError names WHAT."""
    try:
        octal = len(text) > 1 and text[0] == "0" and text.isdecimal()
        value = int(text, 8) if octal else int(text, 0)
    except ValueError:
        value = -1
    if value < 0:
        raise UsageError(f"{what}: expected a number such as 4096 or 0x1000, found {text!r}")
    return value


def parse_size(text: str, what: str = "size") -> int:
    """Bytes, with an optional binary unit: 4096, 0x1000, 64K, 16M, 2G, 1MiB."""
    bare = text.strip()
    for tail in ("iB", "B", "b"):
        if not bare.lower().startswith("0x"):
            bare = bare.removesuffix(tail)
    unit = bare[-1:].upper()
    if unit in _UNITS and unit and not (unit == "E" and bare.lower().startswith("0x")):
        return parse_number(bare[:-1], what) << (10 * (_UNITS.index(unit) + 1))
    return parse_number(bare, what)


def parse_duration(text: str, what: str = "time") -> float:
    """Seconds: ``1.5``, ``10s``, ``2m``, ``1h``, ``1d``."""
    scale = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(text[-1:], 0)
    try:
        value = float(text[:-1] if scale else text) * (scale or 1)
    except ValueError:
        value = -1
    if not 0 <= value < 1 << 32:
        raise UsageError(f"{what}: expected a time such as 10, 0.5 or 2m, found {text!r}")
    return value


def format_size(size: int) -> str:
    """``512 B``, ``4.0 KiB``, ``1.5 GiB``: binary units, one decimal."""
    if size < 1024:
        return f"{size} B"
    value = float(size)
    for unit in _UNITS:
        value /= 1024
        if value < 1023.95 or unit == _UNITS[-1]:
            return f"{value:.1f} {unit}iB"
    raise AssertionError("unreachable: the last unit always returns")


def short_size(size: int) -> str:
    """``512``, ``4.0K``, ``12M``: as ls, du, df and free print it with -h, rounded up."""
    if size < 1024:
        return str(size)
    for power, unit in enumerate(_UNITS, 1):
        tenths = -(-size * 10 // (1 << 10 * power))
        if tenths < 100:
            return f"{tenths // 10}.{tenths % 10}{unit}"
        whole = -(-size // (1 << 10 * power))
        if whole < 1024 or unit == _UNITS[-1]:
            return f"{whole}{unit}"
    raise AssertionError("unreachable: the last unit always returns")


def columns(words: list[str], width: int) -> list[str]:
    """WORDS as lines of at most WIDTH characters, sorted downwards as ``ls`` does it."""
    for height in range(1, len(words) + 1):
        cut = [words[at : at + height] for at in range(0, len(words), height)]
        widths = [max(map(len, column)) + 2 for column in cut]
        if sum(widths) - 2 <= width or height == len(words):
            rows = [[column[row] for column in cut if row < len(column)] for row in range(height)]
            return [
                "".join(word.ljust(size) for word, size in zip(row, widths, strict=False)).rstrip()
                for row in rows
            ]
    return []


def printable(text: str) -> str:
    """TEXT safe to show on a terminal: ``?`` for a control character, ``<U+202E>`` for hidden ones.

    Hidden are those that have no width or change the direction of what is written.
    """
    return text if text.isprintable() else text.translate(_SHOWN)


def one_each(text: str) -> str:
    """As ``printable``, with a ``?`` for a hidden character, too: as long as TEXT."""
    return text.translate(_ONE_EACH)


def printable_lines(text: str) -> str:
    """As ``printable``, for whole lines: tabs and line feeds stay."""
    return text if text.isprintable() else text.translate(_LINES)


def utf16le(data: bytes) -> str:
    """Little-endian UTF-16 up to a NUL, as GPT and UEFI write names; a lone surrogate gives U+FFFD.

    The image carries no UTF-16 codec: it would be larger than this.
    """
    from uroot_py.base.reader import numbers

    units = numbers(data[: len(data) & ~1], 2)
    units = units[: units.index(0)] if 0 in units else units
    chars = []
    high = 0
    for unit in units:
        low = 0xDC00 <= unit < 0xE000
        if high:
            chars.append(
                chr(0x10000 + ((high - 0xD800) << 10) + unit - 0xDC00) if low else "\ufffd"
            )
        elif low:
            chars.append("\ufffd")
        both, high = high and low, unit if 0xD800 <= unit < 0xDC00 else 0
        if not both and not low and not high:
            chars.append(chr(unit))
    return "".join([*chars, "\ufffd"] if high else chars)


def distance(one: str, other: str) -> int:
    """How many insertions, deletions, changes and swaps of neighbours make ONE into OTHER."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            same = before[j - 1] if a == b else before[j - 1] + 1
            cost = min(before[j] + 1, row[j - 1] + 1, same)
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def nearest(word: str, words: Iterable[str], most: int = 3) -> list[str]:
    """The WORDS that WORD may have been meant to be, nearest first, at most MOST of them."""
    limit = max(1, (len(word) + 1) // 3)
    scored = sorted((distance(word, other), other) for other in words)
    return [other for score, other in scored if score <= limit][:most]
