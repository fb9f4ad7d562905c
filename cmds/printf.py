r"""printf - print a text made from a format.

Ref: POSIX.1-2017 XCU printf, XBD 5; GNU's %b, %q and \xHH.
"""

from __future__ import annotations

from uroot_py.base.errors import Report, UsageError
from uroot_py.base.escapes import unescape
from uroot_py.base.options import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "printf",
    "printf FORMAT [ARGUMENT]...",
    example=r"printf '%-10s %08x\n' base 4096",
    notes="The format is used again until no argument is left. %s text, %b text with escapes,\n"
    "%q text quoted for the shell, %c character, %d %i %u %o %x %X number, %e %f %g fraction.",
    posix=True,
)
FLAGS = "-+ #0"
MAX_FIELD = 1 << 20
SAFE = "_-./:=@%+,"


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the format, again and again until every argument is used."""
    words = COMMAND.parse(args, min_operands=1).operands
    printer = Printer(words[1:], Report("printf", stderr))
    stdout.flush()
    while True:
        left = len(printer.words)
        stdout.buffer.write(printer.once(words[0]))
        if printer.ended or not printer.words or len(printer.words) == left:
            return printer.report.status


class Printer:
    """The arguments that are left, and whether an escape ended the output."""

    def __init__(self, words: list[str], report: Report) -> None:
        self.words = words
        self.report = report
        self.ended = False

    def once(self, text: str) -> bytes:
        """One pass over the format TEXT."""
        out = bytearray()
        while text and not self.ended:
            plain, percent, rest = text.partition("%")
            data, self.ended = unescape(plain)
            out += data
            if self.ended or not percent:
                break
            if rest[:1] == "%":
                out += b"%"
                text = rest[1:]
                continue
            spec, letter, text = self.directive(rest)
            out += self.field(spec, letter)
        return bytes(out)

    def directive(self, text: str) -> tuple[str, str, str]:
        """The flags, width and precision at the beginning of TEXT, its letter, and what follows."""
        at = 0
        while text[at : at + 1] in FLAGS and at < len(text):
            at += 1
        spec = text[:at]
        while text[at : at + 1] and text[at] in "0123456789.*":
            spec += str(self.whole(self.take())) if text[at] == "*" else text[at]
            at += 1
        while text[at : at + 1] in ("l", "h", "L", "q") and text[at + 1 : at + 2].isalpha():
            at += 1
        letter = text[at : at + 1]
        width, _, precision = spec.lstrip(FLAGS).partition(".")
        if not letter or letter not in "sbcqdiuoxXeEfFgG" or "." in precision:
            raise UsageError(f"%{text[: at + 1]}: not a directive")
        if any(int(number[:10] or "0") > MAX_FIELD for number in (width, precision)):
            raise UsageError(f"%{text[: at + 1]}: expected a field of at most {MAX_FIELD} bytes")
        if precision[:1] == "-":  # as if there was none, C says
            spec = spec[: spec.index(".")]
        return spec, letter, text[at + 1 :]

    def take(self) -> str:
        """The next argument; what is missing is empty."""
        return self.words.pop(0) if self.words else ""

    def field(self, spec: str, letter: str) -> bytes:
        """One argument under the directive."""
        word = self.take()
        if letter in "di":
            return (f"%{spec}d" % self.whole(word)).encode()
        if letter in "uoxX":
            return octal(f"%{spec}{letter}" % (self.whole(word) % (1 << 64)))
        if letter in "eEfFgG":
            return (f"%{spec}{letter}" % self.fraction(word)).encode()
        data = encode(quoted(word) if letter == "q" else word)
        if letter == "b":
            data, self.ended = unescape(word, echo=True)
        return f"%{spec}s".encode() % (data[:1] if letter == "c" else data)

    def whole(self, word: str) -> int:
        """WORD as an integer; a complaint, and what there is of it, when it is none."""
        if word[:1] in ("'", '"') and len(word) > 1:
            return ord(word[1])
        text = word.strip() or "0"
        sign = -1 if text[0] == "-" else 1
        digits = text.lstrip("+-")
        try:
            if len(digits) > 1 and digits[0] == "0" and digits.isdecimal():
                return sign * int(digits, 8)
            return sign * int(digits, 0)
        except ValueError:
            self.report.fault(f"{word!r}: expected a number")
            plain = digits[: len(digits) - len(digits.lstrip("0123456789"))]
            return sign * int(plain[:4000] or "0")  # Python makes no larger ones

    def fraction(self, word: str) -> float:
        """WORD as a floating point number."""
        try:
            return float(word or "0")
        except ValueError:
            return float(self.whole(word))


def octal(text: str) -> bytes:
    """Python's ``0o17`` for ``%#o`` as C writes it."""
    return text.replace("0o", "0").encode()


def encode(word: str) -> bytes:
    """An argument's bytes."""
    return word.encode("utf-8", "surrogateescape")


def quoted(word: str) -> str:
    """WORD as the shell takes it for one word."""
    if word and all(char.isalnum() or char in SAFE for char in word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"
