"""Command-line options declared as rows; parsing, usage and ``--help`` come from the same rows.

    COMMAND = Command(
        "kexec",
        "kexec [-l|-e] [OPTION]... [KERNEL]",
        LOAD := Option("-l", "--load", help="load the kernel, do not start it"),
        APPEND := Option("--append", value="TEXT", help="kernel command line"),
        Ignored("--reuse-video-type"),
        example="kexec -l /boot/vmlinuz --initrd /boot/initrd.img --reuse-cmdline",
    )
    given = COMMAND.parse(args)
    if given.flag(LOAD): ...

A row is asked for by itself, never by a text: a name that is wrong is a name that Python, ruff and
mypy do not know. tests/project/test_options.py holds that every row is asked for by its applet.

getopt_long's habits are kept: ``-abc``, ``-ofile``, ``--name=value``, ``--name value``, a unique
beginning of a long name, ``--`` ends the options, operands may stand between options.
"""

from __future__ import annotations

from uroot_py.base.errors import HelpRequested, UsageError
from uroot_py.base.text import nearest, parse_number, parse_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Option:
    """One row: its spellings, the placeholder of its value (empty for a flag) and its help.

    A row without a help text is not shown by ``--help``. It prints as its first long spelling.
    """

    __slots__ = ("help", "name", "names", "optional", "value")

    def __init__(
        self,
        *names: str,
        value: str = "",
        help: str = "",  # noqa: A002
        optional: bool = False,
    ) -> None:
        self.names = names
        self.value = value
        self.help = help
        self.optional = optional  # the value may be left out; given only as --name=value
        longs = [name for name in names if name.startswith("--")]
        self.name = longs[0] if longs else names[0]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"Option({', '.join(map(repr, self.names))})"


class Ignored(Option):
    """A row that callers of the original give and that changes nothing here: nobody asks for it."""

    __slots__ = ()


class ParsedArgs:
    """What was given. Asking for a row that the command does not declare is a KeyError."""

    def __init__(self, rows: Sequence[Option]) -> None:
        self.operands: list[str] = []
        self.values: dict[Option, list[str]] = {row: [] for row in rows}
        self._order: list[Option] = []

    def add(self, row: Option, value: str = "") -> None:
        """The option ROW was given with VALUE."""
        self.values[row].append(value)
        self._order.append(row)

    def flag(self, row: Option) -> bool:
        """Whether the option was given at all."""
        return bool(self.values[row])

    def count(self, row: Option) -> int:
        """How often the option was given."""
        return len(self.values[row])

    def last(self, *rows: Option) -> Option | None:
        """Which of ROWS was given last, where the last one counts; None if none was."""
        given = {row for row in rows if self.values[row]}
        return next((row for row in reversed(self._order) if row in given), None)

    def text(self, row: Option) -> str | None:
        """The last value, or None."""
        values = self.values[row]
        return values[-1] if values else None

    def all(self, row: Option) -> list[str]:
        """Every value, in order."""
        return list(self.values[row])

    def number(self, row: Option) -> int | None:
        """The last value as a number (10, 0x10, 010)."""
        text = self.text(row)
        return None if text is None else parse_number(text, row.name)

    def size(self, row: Option) -> int | None:
        """The last value as bytes (4096, 64K, 2G)."""
        text = self.text(row)
        return None if text is None else parse_size(text, row.name)


class Command:
    """A command's name, synopsis and option rows.

    ``posix`` ends option parsing at the first operand (for commands that run another command);
    ``notes`` is printed under the options.
    """

    def __init__(
        self,
        name: str,
        synopsis: str,
        *rows: Option,
        example: str = "",
        posix: bool = False,
        notes: str = "",
    ) -> None:
        self.name = name
        self.synopsis = synopsis
        self.rows = rows
        self.example = example
        self.posix = posix
        self.notes = notes
        self._by_name = {name: row for row in rows for name in row.names}
        if len(self._by_name) != sum(len(row.names) for row in rows):
            raise ValueError(f"{name}: an option is declared twice")

    def parse(
        self, args: Sequence[str], *, min_operands: int = 0, max_operands: int | None = None
    ) -> ParsedArgs:
        """Read ARGS, with operands in these bounds. Raises UsageError and HelpRequested."""
        given = ParsedArgs(self.rows)
        rest = list(args)
        while rest:
            word = rest.pop(0)
            if word == "--":
                given.operands += rest
                break
            if word.startswith("--"):
                self._long(word, rest, given)
            elif len(word) > 1 and word[0] == "-":
                self._short(word, rest, given)
            else:
                given.operands.append(word)
                if self.posix:
                    given.operands += rest
                    break
        if len(given.operands) < min_operands:
            raise self.usage_error("an operand is missing")
        if max_operands is not None and len(given.operands) > max_operands:
            raise self.usage_error(f"unexpected operand {given.operands[max_operands]!r}")
        return given

    def usage_error(self, message: str) -> UsageError:
        """A usage error with the synopsis as its hint."""
        return UsageError(message, hint=f"usage: {self.synopsis}")

    def _long(self, word: str, rest: list[str], given: ParsedArgs) -> None:
        name, equals, value = word.partition("=")
        if name == "--help" and name not in self._by_name:
            raise HelpRequested(self.help())
        row = self._by_name.get(name) or self._abbreviated(name)
        if equals and not row.value:
            raise self.usage_error(f"{name} takes no value")
        if equals or not row.value or row.optional:
            given.add(row, value)
        elif rest:
            given.add(row, rest.pop(0))
        else:
            raise self.usage_error(f"{name} needs a value ({row.value})")

    def _abbreviated(self, name: str) -> Option:
        found = {id(row): row for full, row in self._by_name.items() if full.startswith(name)}
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            raise self.usage_error(
                f"{name} could be any of {', '.join(row.names[-1] for row in found.values())}"
            )
        near = nearest(name, (full for full in self._by_name if full.startswith("--")), 1)
        raise self.usage_error(
            f"unknown option {name}" + (f", did you mean {near[0]}?" if near else "")
        )

    def _short(self, word: str, rest: list[str], given: ParsedArgs) -> None:
        letters = word[1:]
        while letters:
            name, letters = "-" + letters[0], letters[1:]
            row = self._by_name.get(name)
            if row is None:
                if name == "-h":
                    raise HelpRequested(self.help())
                raise self.usage_error(f"unknown option {name}")
            if not row.value or row.optional:
                given.add(row)
            elif letters:
                given.add(row, letters)
                return
            elif rest:
                given.add(row, rest.pop(0))
            else:
                raise self.usage_error(f"{name} needs a value ({row.value})")

    def help(self) -> str:
        """The whole help text: usage, options, an example."""
        lines = [f"usage: {self.synopsis}"]
        shown = [row for row in self.rows if row.help]
        if shown:
            lines.append("")
        for row in shown:
            names = ", ".join(row.names)
            if row.value:
                names += f"[={row.value}]" if row.optional else f" {row.value}"
            lines.append(
                f"  {names:<26}  {row.help}"
                if len(names) <= 26
                else f"  {names}\n{'':30}{row.help}"
            )
        if self.notes:
            lines += ["", self.notes]
        if self.example:
            lines += ["", f"example: {self.example}"]
        return "\n".join(lines)
