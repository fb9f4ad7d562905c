"""Backslash escapes of echo, printf, tr and their like. Ref: POSIX.1-2017 XBD 5, XCU printf."""

from __future__ import annotations

_SIMPLE = {
    "a": "\a", "b": "\b", "e": "\033", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\",
}  # fmt: skip
_HEX = "0123456789abcdefABCDEF"
_OCTAL = "01234567"


def _digits(text: str, start: int, most: int, alphabet: str) -> int:
    end = start
    while end < len(text) and end - start < most and text[end] in alphabet:
        end += 1
    return end


def unescape(text: str, *, echo: bool = False) -> tuple[bytes, bool]:
    r"""TEXT as bytes with its escapes undone, and whether ``\c`` ended it.

    Octal is ``\NNN``; with ECHO also ``\0NNN``. An escape that is not known stays as it is.
    """
    out = bytearray()
    at = 0
    while (slash := text.find("\\", at)) >= 0 and slash + 1 < len(text):
        out += text[at:slash].encode("utf-8", "surrogateescape")
        letter = text[slash + 1]
        at = slash + 2
        if letter == "c":
            return bytes(out), True
        if letter in _SIMPLE:
            out += _SIMPLE[letter].encode()
        elif letter == "x" and (end := _digits(text, at, 2, _HEX)) > at:
            out.append(int(text[at:end], 16))
            at = end
        elif letter in _OCTAL:
            start = at if letter == "0" and echo else at - 1
            end = _digits(text, start, 3, _OCTAL)
            out.append(int(text[start:end] or "0", 8) & 0xFF)
            at = end
        else:
            out += b"\\"
            at -= 1
    out += text[at:].encode("utf-8", "surrogateescape")
    return bytes(out), False
