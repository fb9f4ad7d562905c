r"""tr - change or remove characters.

Bytes, not characters of UTF-8. Ref: POSIX.1-2017 XCU tr; the options are GNU's.
"""

from __future__ import annotations

from uroot_py.base.escapes import unescape
from uroot_py.base.options import Command, Option
from uroot_py.streams.inputs import chunks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "tr",
    "tr [-cdst] SET1 [SET2]",
    COMPLEMENT := Option("-c", "-C", "--complement", help="all but SET1"),
    DELETE := Option("-d", "--delete", help="remove what is in SET1"),
    SQUEEZE := Option("-s", "--squeeze-repeats", help="one in place of many, of the last SET"),
    TRUNCATE_SET1 := Option("-t", "--truncate-set1", help="cut SET1 to the length of SET2"),
    example="tr a-z A-Z < name",
    notes=r"a-z ranges, [:alpha:] classes, [x*5] repeated, \n \t \NNN escapes",
)
UPPER = bytes(range(65, 91))
LOWER = bytes(range(97, 123))
MAX_REPEAT = 1 << 16
DIGITS = bytes(range(48, 58))
PUNCTUATION = bytes(b for b in range(33, 127) if not chr(b).isalnum())
CLASSES = {
    "alpha": UPPER + LOWER,
    "alnum": DIGITS + UPPER + LOWER,
    "digit": DIGITS,
    "upper": UPPER,
    "lower": LOWER,
    "space": b"\t\n\v\f\r ",
    "blank": b"\t ",
    "punct": PUNCTUATION,
    "cntrl": bytes([*range(32), 127]),
    "print": bytes(range(32, 127)),
    "graph": bytes(range(33, 127)),
    "xdigit": DIGITS + b"ABCDEFabcdef",
}


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Copy the input with its characters changed."""
    given = COMMAND.parse(args, min_operands=1, max_operands=2)
    delete, squeeze = given.flag(DELETE), given.flag(SQUEEZE)
    wanted = 2 if delete == squeeze else 1
    if len(given.operands) < wanted or (delete and not squeeze and len(given.operands) > 1):
        raise COMMAND.usage_error(f"expected {wanted} set{'s' if wanted > 1 else ''}")
    first = members(given.operands[0], 0)
    if given.flag(COMPLEMENT):
        first = bytes(byte for byte in range(256) if byte not in set(first))
    second = members(given.operands[1], len(first)) if len(given.operands) > 1 else b""
    table = bytearray(range(256))
    if second and not delete:
        if given.flag(TRUNCATE_SET1):
            first = first[: len(second)]
        for at, byte in enumerate(first):
            table[byte] = second[min(at, len(second) - 1)]
    removed = first if delete else b""
    squeezed = frozenset((second or first) if squeeze else b"")
    stdout.flush()
    last = -1
    for chunk in chunks(stdin.buffer):
        data = chunk.translate(bytes(table), removed)
        if squeezed:
            data, last = once(data, squeezed, last)
        stdout.buffer.write(data)
    return 0


def once(data: bytes, squeezed: frozenset[int], last: int) -> tuple[bytes, int]:
    """DATA without repeats of the bytes in SQUEEZED; LAST is the byte before, -1 for none."""
    out = bytearray()
    for byte in data:
        if byte != last or byte not in squeezed:
            out.append(byte)
        last = byte
    return bytes(out), last


def members(text: str, length: int) -> bytes:
    """The bytes of a set in their order; ``[x*]`` fills up to LENGTH."""
    out = bytearray()
    fill: tuple[int, int] | None = None
    while text:
        if text[:2] == "[:" and ":]" in text[2:]:
            name, _, text = text[2:].partition(":]")
            if name not in CLASSES:
                raise COMMAND.usage_error(f"unknown class {name!r}")
            out += CLASSES[name]
        elif text[0] == "[" and "*" in text[2:] and "]" in text and (r := repeated(text)):
            byte, count, text = r
            if count:
                out += bytes([byte]) * count
            else:
                fill = (len(out), byte)
        else:
            byte, text = one(text)
            if text[:1] == "-" and len(text) > 1:
                end, text = one(text[1:])
                if end < byte:
                    raise COMMAND.usage_error("a range runs backwards")
                out += bytes(range(byte, end + 1))
            else:
                out.append(byte)
    if fill:
        out[fill[0] : fill[0]] = bytes([fill[1]]) * max(length - len(out), 0)
    return bytes(out)


def repeated(text: str) -> tuple[int, int, str] | None:
    """``[x*N]`` at the beginning of TEXT: byte, count (0: as many as needed), what follows."""
    byte, rest = one(text[1:])
    digits, closed, after = rest[1:].partition("]")
    if rest[:1] != "*" or not closed or (digits and not digits.isdecimal()):
        return None
    if digits[:1] == "0" and digits.strip("01234567"):
        raise COMMAND.usage_error(f"[x*{digits}]: expected an octal number behind 0")
    # More than there are bytes to fill up changes nothing, and a number may have any length.
    return byte, min(int(digits[:9] or "0", 8 if digits[:1] == "0" else 10), MAX_REPEAT), after


def one(text: str) -> tuple[int, str]:
    """The first byte of TEXT, which may be an escape, and the rest."""
    if text[0] == "\\" and len(text) > 1:
        size = 2
        while size < 4 and text[1] in "01234567" and text[size : size + 1] in tuple("01234567"):
            size += 1
        data, _ = unescape(text[:size])
        return data[-1], text[size:]
    data = text.encode("utf-8", "surrogateescape")
    return data[0], data[1:].decode("utf-8", "surrogateescape")
