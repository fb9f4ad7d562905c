"""The script language of ``sed``: text to commands. Ref: POSIX.1-2017 XCU sed, and GNU's habits."""

from __future__ import annotations

from uroot_py.base.errors import UsageError
from uroot_py.streams.regex import compile_posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.streams.regex import Regex as Compiled

    Regex = Compiled | None  # None: the one used last

_SIMPLE = "dDpPnNgGhHx="
_TEXTS = "aic"
_LABELS = ":btT"


class Address:
    """``kind`` is line, last, regex, step (``first~number``), plus (``,+number``) or multiple."""

    __slots__ = ("first", "kind", "number", "regex")

    def __init__(self, kind: str, number: int = 0, *, first: int = 0, regex: Regex = None) -> None:
        self.kind = kind
        self.number = number
        self.first = first
        self.regex = regex


class Instruction:
    """One command: its letter, where it applies, and what that letter needs.

    ``text`` is a text, a label or a file name; ``target`` is where ``{``, ``b`` and ``t`` lead;
    ``until`` is the line at which a range that has begun ends, -1 while it waits for its end.
    """

    __slots__ = (
        "begin", "end", "flags", "letter", "negated", "nth", "parts", "regex", "target", "text",
        "until",
    )  # fmt: skip

    def __init__(self, letter: str, begin: Address | None, end: Address | None) -> None:
        self.letter = letter
        self.begin = begin
        self.end = end
        self.negated = False
        self.text = b""
        self.target = 0
        self.regex: Regex = None
        self.parts: list[bytes | int] = []
        self.flags = ""
        self.nth = 1
        self.until: int | None = None


def parse(script: str, *, extended: bool) -> list[Instruction]:
    """The commands of SCRIPT, with the places where they lead; UsageError."""
    return _Parser(script, extended=extended).run()


class _Parser:
    def __init__(self, script: str, *, extended: bool) -> None:
        self.script = script
        self.extended = extended
        self.at = 0
        self.commands: list[Instruction] = []

    def run(self) -> list[Instruction]:
        blocks: list[int] = []
        while self._skip(" \t\n;"):
            if self._peek() == "#":
                self._line()
                continue
            command = self._command()
            if command.letter == "{":
                blocks.append(len(self.commands))
            elif command.letter == "}":
                if not blocks:
                    raise self._wrong("'}' without '{'")
                self.commands[blocks.pop()].target = len(self.commands)
            self.commands.append(command)
        if blocks:
            raise self._wrong("'{' without '}'")
        self._labels()
        return self.commands

    def _labels(self) -> None:
        known = {c.text: at for at, c in enumerate(self.commands) if c.letter == ":"}
        for command in self.commands:
            if command.letter in ("b", "t", "T"):
                if command.text and command.text not in known:
                    raise self._wrong(f"no label {command.text.decode('utf-8', 'replace')!r}")
                command.target = known.get(command.text, len(self.commands))

    def _wrong(self, message: str) -> UsageError:
        return UsageError(f"script, character {self.at + 1}: {message}")

    def _peek(self) -> str:
        return self.script[self.at : self.at + 1]

    def _next(self) -> str:
        char = self._peek()
        self.at += 1
        return char

    def _skip(self, chars: str) -> bool:
        """Pass over CHARS; whether something follows."""
        while self._peek() and self._peek() in chars:
            self.at += 1
        return self.at < len(self.script)

    def _line(self) -> str:
        end = self.script.find("\n", self.at)
        end = len(self.script) if end < 0 else end
        text, self.at = self.script[self.at : end], end
        return text

    def _number(self) -> int:
        start = self.at
        while self._peek().isdecimal():
            self.at += 1
        return int(self.script[start : min(self.at, start + 20)] or "0")  # more lines are nowhere

    def _address(self) -> Address | None:
        char = self._peek()
        if char.isdecimal():
            number = self._number()
            if self._peek() == "~":
                self.at += 1
                return Address("step", self._number(), first=number)
            return Address("line", number)
        if char == "$":
            self.at += 1
            return Address("last")
        if char in ("/", "\\") and char:
            if char == "\\":
                self.at += 1
            pattern = self._delimited(self._next(), keep=True)
            fold = self._peek() == "I"
            if fold:
                self.at += 1
            return Address("regex", regex=self._compile(pattern, fold=fold))
        return None

    def _second(self) -> Address:
        self._skip(" \t")
        char = self._peek()
        if char in ("+", "~") and char:
            self.at += 1
            return Address("plus" if char == "+" else "multiple", self._number())
        address = self._address()
        if address is None:
            raise self._wrong("expected an address after ','")
        return address

    def _command(self) -> Instruction:
        begin = self._address()
        end = None
        self._skip(" \t")
        if begin and self._peek() == ",":
            self.at += 1
            end = self._second()
            self._skip(" \t")
        negated = False
        while self._peek() == "!":
            self.at += 1
            negated = True
            self._skip(" \t")
        letter = self._next()
        command = Instruction(letter, begin, end)
        command.negated = negated
        if letter in _TEXTS and letter:
            command.text = _bytes(self._text())
        elif letter in _LABELS and letter:
            command.text = _bytes(self._label(letter))
        elif letter == "r":
            self._skip(" \t")
            command.text = _bytes(self._line())
        else:
            self._rest(command)
        return command

    def _rest(self, command: Instruction) -> None:
        """Commands that end at a newline, a semicolon or a brace."""
        letter = command.letter
        if letter == "s":
            self._substitute(command)
        elif letter == "y":
            self._transliterate(command)
        elif letter in ("q", "Q"):
            self._skip(" \t")
            command.nth = self._number()
        elif letter not in ("{", "}") and (not letter or letter not in _SIMPLE):
            raise self._wrong(f"unknown command {letter!r}" if letter else "a command is missing")
        if letter != "{":
            self._skip(" \t")
            if self._peek() not in ("", "\n", ";", "}", "#"):
                raise self._wrong(f"unexpected {self._peek()!r} after {letter!r}")

    def _text(self) -> str:
        """The text of ``a``, ``i``, ``c``: in the same line, or after a backslash in the next."""
        self._skip(" \t")
        if self._peek() == "\\":
            self.at += 1
            self._skip(" \t")
            if self._peek() == "\n":
                self.at += 1
        if self.at >= len(self.script):
            raise self._wrong("a text is missing")
        out = ""
        while (char := self._next()) and char != "\n":
            out += self._next() if char == "\\" else char
        return out + "\n"

    def _label(self, letter: str) -> str:
        self._skip(" \t")
        start = self.at
        while self._peek() and self._peek() not in "\n;}":
            self.at += 1
        label = self.script[start : self.at].strip()
        if letter == ":" and not label:
            raise self._wrong("a label is missing")
        return label

    def _delimited(self, delimiter: str, *, keep: bool) -> str:
        """What comes before the next DELIMITER; a pattern (KEEP) keeps other backslashes."""
        out = ""
        bracket = False
        if delimiter in ("", "\n", "\\"):
            raise self._wrong("a delimiter is missing")
        while True:
            char = self._next()
            if not char or (char == "\n" and keep):
                raise self._wrong(f"{delimiter!r} is missing")
            if char == "\\":
                after = self._next()
                out += after if after == delimiter and not bracket else char + after
            elif char == delimiter and not bracket:
                return out
            else:
                if keep and char == "[" and not bracket:
                    bracket = True
                    if self._peek() == "^":
                        out, char = out + char, self._next()
                    if self._peek() == "]":
                        out, char = out + char, self._next()
                elif char == "]":
                    bracket = False
                out += char

    def _compile(self, pattern: str, *, fold: bool) -> Regex:
        if not pattern:
            return None
        return compile_posix(_bytes(pattern), extended=self.extended, fold=fold)

    def _substitute(self, command: Instruction) -> None:
        delimiter = self._next()
        pattern = self._delimited(delimiter, keep=True)
        command.parts = _replacement(self._delimited(delimiter, keep=False))
        while self._peek() in tuple("gpiI0123456789"):
            if self._peek().isdecimal():
                command.nth = self._number()
                if not command.nth:
                    raise self._wrong("matches are counted from 1")
            else:
                command.flags += self._next().lower()
        command.regex = self._compile(pattern, fold="i" in command.flags)
        groups = command.regex.groups if command.regex else 9
        if any(isinstance(part, int) and part > groups for part in command.parts):
            raise self._wrong("the replacement names a group that the pattern does not have")

    def _transliterate(self, command: Instruction) -> None:
        delimiter = self._next()
        one, other = (_unescaped(self._delimited(delimiter, keep=False)) for _ in range(2))
        if len(one) != len(other):
            raise self._wrong("the two texts of 'y' differ in length")
        command.text = bytes.maketrans(one, other)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _unescaped(text: str) -> bytes:
    parts = _replacement(text.replace("&", "\\&"))
    return b"".join(part for part in parts if isinstance(part, bytes))


def _replacement(text: str) -> list[bytes | int]:
    """The parts of a replacement: bytes, and the numbers of groups (0: the whole match)."""
    parts: list[bytes | int] = []
    plain = ""
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text):
            at += 1
            char = text[at]
            if char.isdecimal():
                parts += [_bytes(plain), int(char)]
                plain = ""
            elif char in "ULEul":
                raise UsageError(f"\\{char} is not known here; tr changes capitals")
            else:
                plain += {"n": "\n", "t": "\t"}.get(char, char)
        elif char == "&":
            parts += [_bytes(plain), 0]
            plain = ""
        else:
            plain += char
        at += 1
    return [*parts, _bytes(plain)]
