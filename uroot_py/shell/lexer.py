"""Characters into tokens. Quotes and expansions are resolved here, into the parts of words.

Ref: POSIX.1-2017, XCU 2.2 "Quoting", 2.3 "Token Recognition", 2.6 "Word Expansions".
"""

from __future__ import annotations

from uroot_py.base.errors import LineError
from uroot_py.shell.syntax import Arith, Lit, Param, Redirect, Sub, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from uroot_py.shell.syntax import Block, Part

    class Commands(Protocol):
        """What reads the commands inside words: the parser, which stands above."""

        def script(self) -> Block:
            """All that is left."""

        def until_parenthesis(self, line: int) -> Block:
            """Up to and with the parenthesis that closes those begun at LINE."""


MAX_DEPTH = 100  # levels of quotes, expansions and commands inside each other
BLANKS = " \t"
META = BLANKS + "\n|&;<>()"
OPERATORS = ("<<-", "&&", "||", ";;", "<<", "<&", ">&", "<>", ">>", ">|", *"|&;<>()\n")
SPECIAL = "@*#?-$!0"
_IN_QUOTES = '$`"\\'
_TESTS = (":-", ":=", ":?", ":+", "-", "=", "?", "+")
_TRIMS = ("%%", "##", "%", "#")


def is_name(text: str) -> bool:
    """Whether TEXT can be the name of a variable."""
    return text.isascii() and text.isidentifier()


class Token:
    """``kind`` is ``word``, ``io`` (the number before a redirection), ``op`` or ``end``."""

    __slots__ = ("kind", "line", "text", "word")

    def __init__(self, kind: str, text: str, line: int, word: Word | None = None) -> None:
        self.kind = kind
        self.text = text  # as it is written
        self.line = line
        self.word = word

    def bare(self) -> str:
        """An operator, or a word without quotes: what may be a reserved word."""
        return self.text if self.word is None else self.word.bare()

    def shown(self) -> str:
        """For error texts."""
        names = {"\n": "end of line", "": "end of file"}
        return names.get(self.text, f"'{self.text}'")


class Lexer:
    """Tokens of TEXT; MORE gives further text when a construct is not finished (None: the end).

    Whoever reads commands from it sets ``parse``, for the commands inside words.
    """

    parse: Callable[[Lexer], Commands]

    def __init__(
        self, text: str, more: Callable[[], str | None] | None = None, line: int = 1
    ) -> None:
        self.text = text
        self.more = more
        self.line = line
        self.at = 0
        self.depth = 0
        self.begun = False  # a word or an operator has begun, not only blanks and comments
        self.in_document = False  # the lines that are read now are those of a here-document
        self.commands: set[int] = set()  # places where "$((" begins a command, not a number
        self.bodies: list[tuple[Redirect, str, bool]] = []  # here-documents still to be read

    def char(self) -> str:
        """The next character, after line continuations; empty at the end."""
        while True:
            while self.at + 1 >= len(self.text) and self._refill():
                pass
            if not self.text.startswith("\\\n", self.at):
                return self.text[self.at : self.at + 1]
            self.begun = True
            self.at += 2
            self.line += 1

    def _refill(self) -> bool:
        # One character of lookahead is enough; a line that ends here needs no further one.
        if self.more is None or (self.at < len(self.text) and self.text[self.at] != "\\"):
            return False
        text = self.more()
        if text is None:
            self.more = None
            return False
        self.text += text
        return True

    def drop(self) -> None:
        """Forget the text that was read: between two commands of a long input."""
        self.text = self.text[self.at :]
        self.at = 0
        self.commands.clear()

    def fail(self, what: str, expected: str, found: str, line: int = 0) -> LineError:
        """The syntax error at LINE, or here."""
        return LineError(what, line or self.line, expected, found)

    def _found(self) -> str:
        return repr(self.char()) if self.char() else "end of file"

    def enter(self) -> None:
        """One level deeper; a LineError when that is too deep."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail("nesting", f"at most {MAX_DEPTH} levels", "more")

    def token(self) -> Token:
        """The next token."""
        while (char := self.char()) and char in BLANKS:
            self.at += 1
        if char == "#":
            end = self.text.find("\n", self.at)
            self.at = end if end >= 0 else len(self.text)
            char = self.char()
        self.begun = self.begun or char not in ("", "\n")
        line, start = self.line, self.at
        if not char:
            self._here_documents()
            return Token("end", "", line)
        if char in META:
            return self._operator(char, line)
        parts = self.parts(quoted=False, stop=META)
        text = self.text[start : self.at]
        word = Word(parts, text)
        kind = "io" if text.isdecimal() and self.char() in ("<", ">") else "word"
        return Token(kind, text, line, word)

    def _operator(self, char: str, line: int) -> Token:
        text = char
        self.at += 1
        if text == "\n":
            # Not looked beyond: the next line may not have been typed yet.
            self.line += 1
            self._here_documents()
            return Token("op", text, line)
        while (char := self.char()) and text + char in OPERATORS:
            text += char
            self.at += 1
        return Token("op", text, line)

    # -- parts of words ---------------------------------------------------------------------

    def parts(self, *, quoted: bool, stop: str, escapes: str = "") -> list[Part]:
        """Read up to a character of STOP; a backslash quotes the ESCAPES (empty: everything)."""
        self.enter()
        parts: list[Part] = []
        special = stop + "\\$`" + ('"' if stop else "") + ("" if quoted else "'")
        while (char := self.char()) and char not in stop:
            if char not in special:
                self._plain(parts, special, quoted)
            elif char == "\\":
                self._backslash(parts, quoted, escapes)
            elif char == "$":
                self._dollar(parts, quoted)
            elif char == "`":
                parts.append(self._backquotes(quoted))
            else:
                self._quotes(parts, char)
        self.depth -= 1
        return parts

    def _plain(self, parts: list[Part], special: str, quoted: bool) -> None:
        end = self.at
        while end < len(self.text) and self.text[end] not in special:
            end += 1
        run = self.text[self.at : end]
        self.line += run.count("\n")
        self.at = end
        last = parts[-1] if parts else None
        if isinstance(last, Lit) and not (last.quoted or quoted):
            last.text += run  # after a line continuation
        else:
            parts.append(Lit(run, quoted))

    def _backslash(self, parts: list[Part], quoted: bool, escapes: str) -> None:
        self.at += 1
        char = self.char()
        if not char or (escapes and char not in escapes):
            parts.append(Lit("\\", True))
            return
        if char == "\n":
            self.line += 1
        self.at += 1
        parts.append(Lit(char, True))

    def _quotes(self, parts: list[Part], mark: str) -> None:
        line = self.line
        self.at += 1
        if mark == "'":
            text = self._single(line)
            parts.append(Lit(text, True))
            return
        inside = self.parts(quoted=True, stop='"', escapes=_IN_QUOTES)
        if not self.char():
            raise self.fail("quotes", "'\"'", "end of file", line)
        self.at += 1
        parts += inside or [Lit("", True)]

    def _single(self, line: int) -> str:
        while (end := self.text.find("'", self.at)) < 0:
            text = self.more() if self.more else None
            if text is None:
                raise self.fail("quotes", '"\'"', "end of file", line)
            self.text += text
        text = self.text[self.at : end]
        self.line += text.count("\n")
        self.at = end + 1
        return text

    def _backquotes(self, quoted: bool) -> Sub:
        line = self.line
        self.at += 1
        text = []
        escapes = '$`\\"' if quoted else "$`\\"
        while (char := self.char()) != "`":
            self.at += 1
            if char == "\\":
                following = self.char()
                if following and following in escapes:
                    char = following
                    self.at += 1
            elif not char:
                raise self.fail("command substitution", "'`'", "end of file", line)
            if char == "\n":
                self.line += 1
            text.append(char)
        self.at += 1
        inner = Lexer("".join(text), line=line)
        inner.parse = self.parse
        inner.depth = self.depth
        return Sub(self.parse(inner).script(), quoted)

    def _dollar(self, parts: list[Part], quoted: bool) -> None:
        line = self.line
        self.at += 1
        char = self.char()
        if char == "{":
            self.at += 1
            parts.append(self._braces(quoted, line))
        elif char == "(":
            parts.append(self._parenthesis(quoted))
        elif char and (char in SPECIAL or char.isdecimal()):
            self.at += 1
            parts.append(Param(char, "", None, quoted, line))
        elif name := self._name():
            parts.append(Param(name, "", None, quoted, line))
        else:
            parts.append(Lit("$", quoted))

    def _name(self) -> str:
        name = ""
        while (char := self.char()) and is_name(name + char):
            name += char
            self.at += 1
        return name

    def _braces(self, quoted: bool, line: int) -> Param:
        length = False
        if self.char() == "#":
            self.at += 1
            length = self.char() not in ("}", "%", "#", ":", "-", "=", "?", "+", "")
            if not length:
                self.at -= 1
        name = self._parameter_name()
        if not name:
            raise self.fail("${", "a parameter", self._found(), line)
        op, word = ("len", None) if length else self._parameter_op(quoted)
        if self.char() != "}":
            raise self.fail(f"${{{name}", "'}'", self._found(), line)
        self.at += 1
        return Param(name, op, word, quoted, line)

    def _parameter_name(self) -> str:
        digits = ""
        while self.char().isdecimal():
            digits += self.char()
            self.at += 1
        if digits:
            return digits
        char = self.char()
        if char and char in SPECIAL:
            self.at += 1
            return char
        return self._name()

    def _parameter_op(self, quoted: bool) -> tuple[str, Word | None]:
        text = self.char()
        if text in ("", "}"):
            return "", None
        self.at += 1
        if text + self.char() in _TESTS + _TRIMS:
            text += self.char()
            self.at += 1
        if text in _TRIMS:
            return text, Word(self.parts(quoted=False, stop="}"))
        if text not in _TESTS:
            raise self.fail("${", "one of :- := :? :+ % # or }", repr(text))
        return text, Word(
            self.parts(quoted=quoted, stop="}", escapes=_IN_QUOTES + "}" if quoted else "")
        )

    def _parenthesis(self, quoted: bool) -> Part:
        self.at += 1
        place = self.at, self.line
        if self.char() == "(" and self.at not in self.commands:
            self.at += 1
            word = self._arithmetic()
            if word is not None:
                return Arith(word, quoted)
            # Remembered, or constructs like this inside each other would take for ever.
            self.commands.add(place[0])
            self.at, self.line = place
        outer, self.bodies = self.bodies, []
        body = self.parse(self).until_parenthesis(place[1])
        self.bodies = outer
        return Sub(body, quoted)

    def _arithmetic(self) -> Word | None:
        # "$((" may also begin a command substitution that begins with a subshell.
        parts: list[Part] = []
        level = 0
        while True:
            parts += self.parts(quoted=True, stop="()", escapes=_IN_QUOTES)
            char = self.char()
            self.at += 1
            if not char:
                raise self.fail("arithmetic", "'))'", "end of file")
            if char == ")" and level == 0:
                if self.char() != ")":
                    return None
                self.at += 1
                return Word(parts)
            level += 1 if char == "(" else -1
            parts.append(Lit(char, True))

    # -- here-documents ---------------------------------------------------------------------

    def _here_documents(self) -> None:
        self.in_document = True
        for redirect, end, quoted in self.bodies:
            line = self.line
            text = self._body(end, redirect.op == "<<-")
            if quoted:
                redirect.word = Word([Lit(text, True)])
            else:
                inner = Lexer(text, line=line)
                inner.parse = self.parse
                inner.depth = self.depth
                redirect.word = Word(inner.parts(quoted=True, stop="", escapes="$`\\"))
        self.bodies = []
        self.in_document = False

    def _body(self, end: str, strip: bool) -> str:
        lines = []
        while (text := self._line()) is not None:
            if strip:
                text = text.lstrip("\t")
            if text.removesuffix("\n") == end:
                break
            lines.append(text)
        return "".join(lines)

    def _line(self) -> str | None:
        while "\n" not in self.text[self.at :]:
            text = self.more() if self.more else None
            if text is None:
                break
            self.text += text
        start = self.at
        if start >= len(self.text):
            return None
        self.at = self.text.find("\n", start) + 1 or len(self.text)
        self.line += 1
        return self.text[start : self.at]
