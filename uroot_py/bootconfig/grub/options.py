"""How GRUB's commands tell options from operands.

Ref: GRUB's grub_arg_parse(); what it does with each form was asked of grub-emu
(tests/uroot_py/bootconfig/grub/test_options.py).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    Options = dict[str, list[str]]


class UnknownOptionError(Exception):
    """An option that the command does not have, or that lacks its value: GRUB does not run it."""


def split(args: list[str], known: str, *, dash: bool = False) -> tuple[Options, list[str]]:
    """Split ARGS into options and operands; options may stand anywhere before ``--``.

    KNOWN has words such as ``file/f no-floppy hint/h: set/s?``: the long name, the letter, and a
    mark: ``:`` needs a value, ``?`` may have one. The value is what follows ``=``, or the next word
    unless that begins with a dash (it may, behind a letter that needs one). With DASH, an option
    that is not known is an operand; without, UnknownOptionError says which.
    """
    table = _TABLES.get(known)
    if table is None:
        table = _TABLES[known] = _Known(known)
    options: Options = {}
    operands: list[str] = []
    rest = args[::-1]
    while rest:
        word = rest.pop()
        if word == "--":
            return options, operands + rest[::-1]
        if len(word) < 2 or not word.startswith("-") or (dash and not table.knows(word)):
            operands.append(word)
        elif word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            if not equals and table.kinds.get(name) and rest and not rest[-1].startswith("-"):
                value, equals = rest.pop(), "="
            table.take(options, word, name, value if equals else None)
        else:
            for letter in word[1:-1]:
                table.take(options, word, table.letters.get(letter, ""), None)
            name, last = table.letters.get(word[-1], ""), None
            kind = table.kinds.get(name)
            if rest and (kind == ":" or (kind == "?" and _is_value(rest[-1]))):
                last = rest.pop()
            table.take(options, word, name, last)
    return options, operands


def _is_value(word: str) -> bool:
    return len(word) < 2 or not word.startswith("-")


class _Known:
    """The options of a command: ``kinds`` by long name, long names by letter."""

    def __init__(self, known: str) -> None:
        self.kinds: dict[str, str] = {}
        self.letters: dict[str, str] = {}
        for word in known.split():
            names = word.rstrip(":?")
            name, slash, letter = names.partition("/")
            self.kinds[name] = word[len(names) :]
            if slash:
                self.letters[letter] = name

    def knows(self, word: str) -> bool:
        """Whether every option in WORD is one of these."""
        if word.startswith("--"):
            return word[2:].partition("=")[0] in self.kinds
        return all(letter in self.letters for letter in word[1:])

    def take(self, options: Options, word: str, name: str, value: str | None) -> None:
        """Put an option of WORD into OPTIONS, or UnknownOptionError."""
        kind = self.kinds.get(name)
        if kind is None:
            raise UnknownOptionError(f"unknown argument {word}")
        if kind == ":" and value is None:
            raise UnknownOptionError(f"{word} needs a value")
        if kind == "" and value is not None:
            raise UnknownOptionError(f"{word} takes no value")
        options.setdefault(name, []).append(value or "")


_TABLES: dict[str, _Known] = {}  # by the commands' own words: there are as many as commands
