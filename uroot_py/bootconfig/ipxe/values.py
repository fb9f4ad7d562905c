"""The types of iPXE's settings: how each is read from a script and written into one.

A setting is bytes. ``parse`` makes them of a text, ``show`` a text of them; Failure says that a
value does not fit its type.

Ref: iPXE src/core/settings.c "Setting types".
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64

from uroot_py.base.reader import as_bytes, number_at, numbers
from uroot_py.bootconfig.ipxe import uri
from uroot_py.bootconfig.ipxe.faults import EINVAL, ENOTSUP, ERANGE, Failure

_INTEGERS = {"int8": 1, "int16": 2, "int32": 4, "uint8": 1, "uint16": 2, "uint32": 4}
_LONG = 8  # bytes of the largest number
_SEPARATORS = {"hex": ":", "hexhyp": "-", "hexraw": ""}
_ADDRESSES = {"ipv4": 4, "ipv6": 16}
_DIGITS = "0123456789abcdef"
_OTHERS = ("string", "uristring", "base64", "uuid", "guid", "busdevfn")
TYPES = frozenset((*_INTEGERS, *_SEPARATORS, *_ADDRESSES, *_OTHERS))


def raw(text: str) -> bytes:
    """TEXT as a setting keeps it."""
    return text.encode("utf-8", "surrogateescape")


def strtoul(text: str) -> tuple[int, str]:
    """The number at the beginning of TEXT as C reads it (10, 0x10, 010), and what is behind it."""
    rest = text.lstrip(" \t\n\v\f\r")
    negative = rest[:1] == "-"
    rest = rest[1:] if rest[:1] in ("-", "+") else rest
    base = 10
    if rest[:2].lower() == "0x":
        base, rest = 16, rest[2:]
    elif rest[:1] == "0":
        base = 8
    value = 0
    while rest and (digit := _DIGITS.find(rest[0].lower())) >= 0 and digit < base:
        value = (value * base + digit) & (1 << 8 * _LONG) - 1
        rest = rest[1:]
    return -value if negative else value, rest


def integer(text: str) -> int:
    """The number TEXT; Failure when it is none."""
    value, rest = strtoul(text[:40])
    if rest:
        raise Failure(EINVAL, f'"{text[:40]}": invalid integer value')
    return value


def packed(kind: str, value: int) -> bytes:
    """VALUE as a setting of the integer type KIND; Failure for another type."""
    if kind not in _INTEGERS:
        raise Failure(ENOTSUP, f"a setting of type {kind} is no number")
    size = _INTEGERS[kind]
    return as_bytes(value & (1 << 8 * size) - 1, size, "big")


def number(kind: str, data: bytes) -> int:
    """The number that DATA is; Failure when KIND is no integer type, or it is too large."""
    if kind not in _INTEGERS:
        raise Failure(ENOTSUP, f"a setting of type {kind} is no number")
    return _number(data, signed=kind[0] == "i")


def _number(data: bytes, *, signed: bool) -> int:
    """DATA as a number; what is longer than the largest must begin with bytes that say nothing."""
    negative = signed and data[:1] >= b"\x80"
    pad = b"\xff" if negative else b"\0"
    if data[:-_LONG].strip(pad):
        raise Failure(ERANGE, "the number is too large")
    size = min(len(data), _LONG)
    value = number_at(data[-size:], 0, size, "big") if size else 0
    return value - (1 << 8 * size) if negative else value


def parse(kind: str, text: str) -> bytes:
    """The bytes of TEXT as a value of the type KIND."""
    if kind == "string":
        return raw(text)
    if kind == "uristring":
        return uri.decode(text)
    if kind in _INTEGERS:
        return packed(kind, integer(text))
    if kind in _SEPARATORS:
        return _hex(text, _SEPARATORS[kind])
    if kind in _ADDRESSES:
        return _ipv4(text) if kind == "ipv4" else _ipv6(text)
    if kind == "base64":
        return _base64(text)
    if kind in ("uuid", "guid"):
        if [len(part) for part in text.split("-")] != [8, 4, 4, 4, 12]:
            raise Failure(EINVAL, "no UUID")
        return _mangled(kind, _hex(text.replace("-", ""), ""))
    raise Failure(ENOTSUP, f"a setting of type {kind} cannot be set")


def show(kind: str, data: bytes) -> str:
    """DATA as a value of the type KIND."""
    if kind == "string":
        return data.partition(b"\0")[0].decode("utf-8", "surrogateescape")
    if kind == "uristring":
        return uri.encode(data)
    if kind in _INTEGERS:
        value = number(kind, data)
        return str(value) if kind[0] == "i" else f"{value:#x}"
    if kind in _SEPARATORS:
        separator = _SEPARATORS[kind]
        return data.hex(separator) if separator and data else data.hex()
    if kind in _ADDRESSES:
        if len(data) < _ADDRESSES[kind]:
            raise Failure(EINVAL, "too short for an address")
        return ".".join(str(byte) for byte in data[:4]) if kind == "ipv4" else _colons(data[:16])
    if kind == "base64":
        return b2a_base64(data, newline=False).decode()
    if kind == "busdevfn":
        place = _number(data, signed=False)
        bus, slot = place >> 8 & 0xFF, place >> 3 & 0x1F
        return f"{place >> 16 & 0xFFFF:04x}:{bus:02x}:{slot:02x}.{place & 7:x}"
    if len(data) != 16:
        raise Failure(ERANGE, "a UUID has 16 bytes")
    text = _mangled(kind, data).hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _mangled(kind: str, data: bytes) -> bytes:
    """DATA with the first three fields turned round, for a GUID."""
    return data[3::-1] + data[5:3:-1] + data[7:5:-1] + data[8:] if kind == "guid" else data


def _base64(text: str) -> bytes:
    try:
        return a2b_base64(raw(text), strict_mode=True)
    except Base64Error:
        raise Failure(EINVAL, "no base64") from None


def _hex(text: str, separator: str) -> bytes:
    parts = (
        text.split(separator) if separator else [text[i : i + 2] for i in range(0, len(text), 2)]
    )
    if any(len(part) != 2 or set(part.lower()) - set(_DIGITS) for part in parts):
        raise Failure(EINVAL, "expected two hexadecimal digits for each byte")
    return bytes(int(part, 16) for part in parts)


def _ipv4(text: str) -> bytes:
    parts = text.split(".")
    if len(parts) != 4 or not all(p.isascii() and p.isdigit() and int(p[:4]) < 256 for p in parts):
        raise Failure(EINVAL, "expected an address such as 10.0.2.2")
    return bytes(int(part) for part in parts)


def _ipv6(text: str) -> bytes:
    head, gap, tail = text.partition("::")
    groups = [part.split(":") if part else [] for part in (head, tail)]
    words = groups[0] + groups[1]
    missing = 8 - len(words)
    good = missing > 0 if gap else missing == 0
    if not good or any(not 0 < len(w) < 5 or set(w.lower()) - set(_DIGITS) for w in words):
        raise Failure(EINVAL, "expected an address such as fe80::1")
    words = groups[0] + ["0"] * missing + groups[1]
    return b"".join(as_bytes(int(word, 16), 2, "big") for word in words)


def _colons(data: bytes) -> str:
    """An IPv6 address, its longest run of zeros left out. Ref: RFC 5952."""
    words = [f"{word:x}" for word in numbers(data, 2, "big")]
    best = start = 0
    run = 0
    for index, word in enumerate(words):
        run = run + 1 if word == "0" else 0
        if run > best:
            best, start = run, index + 1 - run
    if best < 2:
        return ":".join(words)
    return ":".join(words[:start]) + "::" + ":".join(words[start + best :])
