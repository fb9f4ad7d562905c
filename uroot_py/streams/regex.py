r"""POSIX regular expressions, basic and extended, on top of the interpreter's.

Bytes, as in the C locale. One difference stays: of several alternatives the first that fits is
taken, not the longest. What could take exponential time is matched by ``linear`` instead.
Ref: POSIX.1-2017 XBD 9; GNU's \+ \? \| \< \> \b \w \s in both kinds.
"""

from __future__ import annotations

from uroot_py.base.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

    from uroot_py.streams.linear import Linear

    Regex = re.Pattern[bytes] | Linear

_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": " \\t-\\r",
    "blank": " \\t",
    "punct": "!-/:-@\\[-`{-~",
    "print": " -~",
    "graph": "!-~",
    "cntrl": "\\x00-\\x1f\\x7f",
    "xdigit": "0-9A-Fa-f",
}
_WORDS = {
    "<": r"\b(?=\w)",
    ">": r"\b(?<=\w)",
    "b": r"\b",
    "B": r"\B",
    "w": r"\w",
    "W": r"\W",
    "s": r"\s",
    "S": r"\S",
    "`": r"\A",
    "'": r"\Z",
    "n": r"\n",
    "t": r"\t",
}
_QUANTIFIED = frozenset(b"*+?{|")  # a pattern without these has one way through it
_PLACES = (r"\b", r"\B", r"\A", r"\Z")  # the interpreter repeats them only in a group
_QUANTIFIERS = ("*", "+", "?", "{")
_PLAIN = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-,;:/=@%&~\"'!<>#".decode()
)


def compile_posix(
    pattern: bytes, *, extended: bool = False, fold: bool = False, around: str = "%s"
) -> Regex:
    """PATTERN as a compiled expression; AROUND is put around its translation. UsageError."""
    import re

    text = around % translate(pattern, extended=extended)
    try:
        if _QUANTIFIED.intersection(pattern):
            from uroot_py.streams.linear import Linear, is_risky, parsed

            tree, groups = parsed(text)
            if is_risky(tree):
                return Linear(tree, groups, pattern.decode("utf-8", "replace"), fold=fold)
        return re.compile(text.encode("latin-1"), re.DOTALL | (re.IGNORECASE if fold else 0))
    except (re.error, OverflowError, RecursionError) as error:
        shown = pattern.decode("utf-8", "replace")
        raise UsageError(f"pattern {shown!r}: {error}") from None


def translate(pattern: bytes, *, extended: bool = False) -> str:
    """PATTERN in the interpreter's language, a character per byte (Latin-1)."""
    return _Translator(pattern.decode("latin-1"), extended=extended).run()


class _Translator:
    def __init__(self, text: str, *, extended: bool) -> None:
        self.text = text
        self.extended = extended
        self.at = 0
        self.out: list[str] = []  # an item per element, so that a quantifier finds what it repeats
        self.open: list[int] = []  # where the groups begin in ``out``
        self.start = True  # at the beginning of a branch
        self.repeated = False  # the last element has a quantifier already

    def run(self) -> str:
        while self.at < len(self.text):
            token = self._token()
            self.at += len(token)
            self._element(token)
        if self.open:
            raise self._wrong("a group is not closed")
        return "".join(self.out)

    def _wrong(self, message: str) -> UsageError:
        shown = self.text.encode("latin-1").decode("utf-8", "replace")
        return UsageError(f"pattern {shown!r}: {message}")

    def _token(self) -> str:
        """The next character, with its backslash."""
        if self.text[self.at] != "\\":
            return self.text[self.at]
        if self.at + 1 == len(self.text):
            raise self._wrong("a backslash at its end")
        return self.text[self.at : self.at + 2]

    def _special(self, token: str) -> str:
        """``(``, ``{``, ``|``, ... if TOKEN means that in this kind of expression, else ''."""
        escaped = len(token) == 2
        char = token[-1]
        if char in "(){}|+?":
            return char if escaped != self.extended else ""
        return char if not escaped and char in "*.[^$" else ""

    def _element(self, token: str) -> None:
        special = self._special(token)
        if special in _QUANTIFIERS and self._quantifier(special):
            return
        self.repeated = False
        before, self.start = self.start, special in ("(", "|")
        if special in ("(", "|", "."):
            if special == "(":
                self.open.append(len(self.out))
            self.out.append(special)
        elif special == ")":
            self._close()
        elif special == "[":
            self.out.append(self._bracket())
        elif special == "^":
            self.start = self.extended or before
            self.out.append(r"\A" if self.start else r"\^")
        elif special == "$":
            self.out.append(r"\Z" if self.extended or self._ends() else r"\$")
        else:
            self.out.append(self._plain(token))

    def _plain(self, token: str) -> str:
        """A character, or an escape that is a word, a place or a back reference."""
        char = token[-1]
        if len(token) == 2 and char in _WORDS:
            return _WORDS[char]
        if len(token) == 2 and char in "123456789":
            return f"(?:\\{char})"
        return char if char in _PLAIN else f"\\x{ord(char):02x}"

    def _close(self) -> None:
        if self.open:
            begin = self.open.pop()
            self.out[begin:] = ["".join(self.out[begin:]) + ")"]
        elif self.extended:
            self.out.append(r"\)")  # POSIX leaves it open; GNU takes it as it is
        else:
            raise self._wrong("a group is closed that was not opened")

    def _ends(self) -> bool:
        rest = self.text[self.at :]
        return not rest or rest.startswith(("\\)", "\\|"))

    def _quantifier(self, char: str) -> bool:
        """Repeat the last element; False when CHAR stands for itself here."""
        if self.start:
            return self.extended and char != "{"  # GNU: nothing, repeated
        if char == "{":
            text = self._interval()
            if not text:
                return False
        else:
            text = char
        if self.repeated or self.out[-1].startswith(_PLACES):
            self.out[-1] = f"(?:{self.out[-1]})"
        self.out[-1] += text
        self.repeated = True
        return True

    def _interval(self) -> str:
        close = "}" if self.extended else "\\}"
        end = self.text.find(close, self.at)
        inside = self.text[self.at : end] if end >= 0 else ""
        least, comma, most = inside.partition(",")
        if not (least + most).isdecimal() or len(least) > 5 or len(most) > 5:
            if self.extended:
                return ""  # GNU: a brace that begins no interval is a brace
            raise self._wrong("expected numbers between \\{ and \\}")
        self.at = end + len(close)
        return f"{{{least or 0}{comma}{most}}}"

    def _bracket(self) -> str:
        """The bracket expression after ``[``."""
        at = self.at
        negated = self.text[at : at + 1] == "^"
        at += negated
        out = ""
        first = True
        while first or self.text[at : at + 1] != "]":
            if at >= len(self.text):
                raise self._wrong("'[' is not closed")
            part, at = self._member(at)
            first = False
            if self.text[at : at + 1] == "-" and self.text[at + 1 : at + 2] not in ("]", ""):
                last, at = self._member(at + 1)
                part = f"{part}-{last}"
            out += part
        self.at = at + 1
        return f"[{'^' if negated else ''}{out}]"

    def _member(self, at: int) -> tuple[str, int]:
        """One character or class of a bracket expression, and where it ends."""
        kind = self.text[at + 1 : at + 2] if self.text[at] == "[" else ""
        end = self.text.find(f"{kind}]", at + 2) if kind and kind in ":.=" else -1
        if end < 0:
            return f"\\x{ord(self.text[at]):02x}", at + 1
        name = self.text[at + 2 : end]
        if kind == ":" and name in _CLASSES:
            return _CLASSES[name], end + 2
        if kind == ":" or len(name) != 1:
            raise self._wrong(f"unknown class {name!r}")
        return f"\\x{ord(name):02x}", end + 2
