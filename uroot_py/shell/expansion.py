"""Words into fields: parameters, substitutions, arithmetic, splitting, path names, quotes.

Ref: POSIX.1-2017, XCU 2.6 "Word Expansions".
"""

from __future__ import annotations

from uroot_py.base.errors import UsageError
from uroot_py.base.glob import has_magic, quote
from uroot_py.shell.arithmetic import Calculation
from uroot_py.shell.pattern import glob, trim
from uroot_py.shell.syntax import Lit, Param, Sub, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from uroot_py.shell.syntax import Block, Part
    from uroot_py.shell.variables import Variables

    class Shell(Protocol):
        """What expansion asks of the interpreter."""

        variables: Variables

        def special(self, name: str) -> str | None:
            """The value of ``$?``, ``$1``, ``$HOME``; None for unset; not ``@`` and ``*``."""

        def substitute(self, body: Block) -> str:
            """What the commands print."""


_SPACES = " \t\n"


class _Fields:
    """Fields in the making: each as text, and as the pattern that it is for path names."""

    def __init__(self, separators: str, *, split: bool) -> None:
        self.separators = separators if split else ""
        self.split = split
        self.done: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.pattern: list[str] = []
        self.open = False
        self.spaced = False  # the last field was ended by white space

    def quoted(self, text: str) -> None:
        """Text that stays in one field and matches nothing but itself."""
        self.open = True
        self.spaced = False
        self.text.append(text)
        self.pattern.append(quote(text))

    def plain(self, text: str) -> None:
        """Unquoted text of the script: not split, but a pattern."""
        self.open = True
        self.spaced = False
        self.text.append(text)
        self.pattern.append(text)

    def splitting(self, text: str) -> None:
        """Unquoted text from an expansion: split into fields."""
        start = 0
        for at, char in enumerate(text):
            if char in self.separators:
                self._add(text[start:at])
                self._separate(char)
                start = at + 1
        self._add(text[start:])

    def _add(self, text: str) -> None:
        if text:
            self.plain(text)

    def _separate(self, char: str) -> None:
        if self.open:
            self.end()
            self.spaced = char in _SPACES
        elif char not in _SPACES:
            if not self.spaced:
                self.done.append(("", ""))
            self.spaced = False

    def end(self) -> None:
        """Finish the field that is open, if one is."""
        if self.open:
            self.done.append(("".join(self.text), "".join(self.pattern)))
        self.text, self.pattern, self.open = [], [], False


class Expander:
    """Expansions of one shell."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def fields(self, words: list[Word]) -> list[str]:
        """WORDS as the arguments of a command."""
        found: list[str] = []
        for word in words:
            fields = self._expand(word, split=True)
            for text, pattern in fields.done:
                paths = self._paths(pattern)
                found += paths or [text]
        return found

    def _paths(self, pattern: str) -> list[str]:
        if "f" in self.shell.variables.options or not has_magic(pattern):
            return []
        return glob(pattern)

    def text(self, word: Word, *, assignment: bool = False) -> str:
        """WORD as one text, neither split nor matched with path names."""
        fields = self._expand(word, split=False, assignment=assignment)
        return fields.done[0][0] if fields.done else ""

    def pattern(self, word: Word) -> str:
        """WORD as a pattern, in which quoted characters stand for themselves."""
        fields = self._expand(word, split=False)
        return fields.done[0][1] if fields.done else ""

    def _expand(self, word: Word, *, split: bool, assignment: bool = False) -> _Fields:
        separators = self.shell.variables.get("IFS")
        fields = _Fields(_SPACES if separators is None else separators, split=split)
        self._parts(self._tilde(word.parts, assignment), fields)
        fields.end()
        return fields

    def _parts(self, parts: list[Part], fields: _Fields, *, inner: bool = False) -> None:
        for part in parts:
            if isinstance(part, Param):
                self._param(part, fields)
            elif isinstance(part, Lit):
                # Unquoted text inside ${name:-text} comes from an expansion, too.
                bare = fields.splitting if inner else fields.plain
                (fields.quoted if part.quoted else bare)(part.text)
            elif isinstance(part, Sub):
                output = self.shell.substitute(part.body).rstrip("\n")
                (fields.quoted if part.quoted else fields.splitting)(output)
            else:
                (fields.quoted if part.quoted else fields.splitting)(self.calculate(part.word))

    def calculate(self, word: Word) -> str:
        """The value of an arithmetic expression."""
        variables = self.shell.variables
        text = self.text(word).replace('"', "")
        # Bare names may be unset, even with set -u: as on dash.
        return str(
            Calculation(text, lambda name: self.shell.special(name) or "", variables.set).value()
        )

    def _tilde(self, parts: list[Part], assignment: bool) -> list[Part]:
        home = self.shell.variables.get("HOME")
        if home is None or not any(isinstance(part, Lit) and "~" in part.text for part in parts):
            return parts
        result: list[Part] = []
        for number, part in enumerate(parts):
            if not isinstance(part, Lit) or part.quoted:
                result.append(part)
                continue
            pieces = part.text.split(":") if assignment else [part.text]
            for place, piece in enumerate(pieces):
                ended = place < len(pieces) - 1 or number == len(parts) - 1
                begins = place > 0 or number == 0
                if begins and (piece.startswith("~/") or (piece == "~" and ended)):
                    result += [Lit(home, True), Lit(piece[1:], False)]
                else:
                    result.append(Lit(piece, False))
                if place < len(pieces) - 1:
                    result.append(Lit(":", False))
        return result

    # -- parameters -------------------------------------------------------------------------

    def _param(self, part: Param, fields: _Fields) -> None:
        if part.name in "@*" and part.op in ("", ":-", "-", ":+", "+") and self._list(part, fields):
            return
        value = self._value(part.name)
        if part.op == "len":
            count = len(self.shell.variables.params) if part.name in "@*" else len(value or "")
            self._check_set(part, value)
            value = str(count)
        elif part.op and part.op[0] in "%#":
            self._check_set(part, value)
            pattern = self.pattern(part.word) if part.word and value else ""
            value = trim(value or "", part.op, pattern)
        elif part.op:
            value = self._tested(part, value, fields)
            if value is None:
                return
        else:
            self._check_set(part, value)
        (fields.quoted if part.quoted else fields.splitting)(value or "")

    def _value(self, name: str) -> str | None:
        if name not in "@*":
            return self.shell.special(name)
        params = self.shell.variables.params
        separators = self.shell.variables.get("IFS")
        glue = " " if separators is None or name == "@" else separators[:1]
        return glue.join(params) if params else None

    def _check_set(self, part: Param, value: str | None) -> None:
        if value is None and "u" in self.shell.variables.options and part.name not in "@*":
            raise UsageError(f"{part.name}: parameter not set")

    def _list(self, part: Param, fields: _Fields) -> bool:
        """``$@`` and ``$*`` as several fields; False when they are one value."""
        params = self.shell.variables.params
        joined = not fields.split or (part.quoted and part.name == "*")
        if joined or (part.op and (part.op[-1] == "+" or not params)):
            return False
        for number, param in enumerate(params):
            if number:
                fields.end()
            (fields.quoted if part.quoted else fields.splitting)(param)
        return True

    def _tested(self, part: Param, value: str | None, fields: _Fields) -> str | None:
        """The value of ``${name:-word}`` and its family; None when WORD was added instead."""
        test = part.op[-1]
        missing = value is None or (part.op[0] == ":" and not value)
        word = part.word or Word([])
        if missing == (test == "+"):
            return value if test != "+" else ""
        if test == "?":
            text = self.text(word) or "parameter not set"
            raise UsageError(f"{part.name}: {text}")
        if test == "=":
            if not part.name[0].isalpha() and part.name[0] != "_":
                raise UsageError(f"{part.name}: cannot be assigned")
            value = self.text(word, assignment=True)
            self.shell.variables.set(part.name, value)
            return value
        if part.quoted:
            fields.quoted("")
        self._parts(self._tilde(word.parts, assignment=False), fields, inner=not part.quoted)
        return None
