"""Bytes of a terminal into keys; how many columns text takes.

A key is the character it types, or a name: ``enter``, ``up``, ``ctrl-r``, ``alt-b``.

Ref: ECMA-48 8.3 (CSI, SS3); xterm "Control Sequences", PC-style function keys; UTF-8: RFC 3629.
"""

from __future__ import annotations

_CONTROL = {
    0x08: "backspace",
    0x09: "tab",
    0x0A: "enter",
    0x0D: "enter",
    0x1B: "escape",
    0x7F: "backspace",
}
_FINAL = {
    "A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end", "Z": "shift-tab",
}  # fmt: skip
_TILDE = {
    "1": "home", "2": "insert", "3": "delete", "4": "end", "5": "pageup", "6": "pagedown",
    "7": "home", "8": "end", "15": "f5",
}  # fmt: skip
_MAX_SEQUENCE = 16
# Ranges of characters that take two columns, or none. Ref: UAX #11, in the blocks that titles use.
_WIDE = (
    (0x1100, 0x115F), (0x2E80, 0xA4CF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F),
    (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1FAFF), (0x20000, 0x3FFFD),
)  # fmt: skip
_NARROW = ((0x300, 0x36F), (0x200B, 0x200F), (0x20D0, 0x20FF), (0xFE00, 0xFE0F))


def width(char: str) -> int:
    """The columns of one character: 0, 1 or 2."""
    code = ord(char)
    if code < 0x300:
        return 1
    if any(low <= code <= high for low, high in _NARROW):
        return 0
    return 2 if any(low <= code <= high for low, high in _WIDE) else 1


def columns(text: str) -> int:
    """The columns of TEXT."""
    return len(text) if text.isascii() else sum(map(width, text))


class Keys:
    """Decodes one input, byte by byte."""

    def __init__(self) -> None:
        self.pending = b""

    def feed(self, byte: int) -> str:
        """The key that BYTE completes, or an empty text."""
        self.pending += bytes([byte])
        data = self.pending
        key = _sequence(data) if data[0] == 0x1B else _character(data)
        if key:
            self.pending = b""
        return "" if key == "unknown" else key

    def flush(self) -> str:
        """The key that was begun, when nothing follows: the Escape key alone."""
        pending, self.pending = self.pending, b""
        return "escape" if pending[:1] == b"\x1b" else ""


def _character(data: bytes) -> str:
    first = data[0]
    if first in _CONTROL:
        return _CONTROL[first]
    if first < 0x20:
        return "ctrl-" + ("_" if first == 0x1F else chr(first + 0x60))
    if 0xC0 <= first < 0xF8:
        length = 3 if first >= 0xE0 else 2
        if first >= 0xF0:
            length = 4
        if len(data) < length:
            return ""
    text = data.decode("utf-8", "replace")[0]
    return text if text != "\ufffd" and text.isprintable() else "unknown"


def _sequence(data: bytes) -> str:
    if len(data) == 1:
        return ""
    text = data.decode("latin-1")
    if text[1] not in "[O":
        key = _character(data[1:])
        return key if key in ("", "escape", "unknown") else f"alt-{key}"
    if len(text) == 2 or text == "\x1b[[":
        return ""
    if text.startswith("\x1b[["):  # Ref: console_codes(4): F1 to F5 of a virtual console
        return "f5" if text[3] == "E" else "unknown"
    last = text[-1]
    if not "@" <= last <= "~":
        return "unknown" if len(text) > _MAX_SEQUENCE else ""
    fields = text[2:-1].split(";")
    key = _TILDE.get(fields[0], "") if last == "~" else _FINAL.get(last, "")
    # Ref: xterm: the second field is 1 + (1 shift, 2 alt, 4 control).
    if key and len(fields) > 1 and fields[1] in ("5", "3"):
        return f"ctrl-{key}"
    return key or "unknown"
