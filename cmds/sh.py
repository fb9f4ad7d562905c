"""sh - the recovery shell."""

from __future__ import annotations

import io
import os
import sys

from cmds.dispatch import NAMES, call
from cmds.table import TABLE
from uroot_py.abi import process
from uroot_py.base.options import Command, Option
from uroot_py.shell.interpreter import Interpreter
from uroot_py.shell.programs import without_functions
from uroot_py.shell.session import Session, run_input, run_script
from uroot_py.streams.standard import with_streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

LETTERS = (
    Option("-e", help="end at the first command that fails"),
    Option("-u", help="an unset variable is an error"),
    Option("-x", help="print each command before it runs"),
    Option("-f", help="no path names from patterns"),
    Option("-n", help="read the commands, do not run them"),
    Option("-a", help="export every variable that is set"),
    Option("-C", help="do not overwrite files with >"),
)
COMMAND = Command(
    "sh",
    "sh [OPTION]... [-c COMMAND [NAME] | FILE] [ARGUMENT]...",
    COMMANDS := Option("-c", help="run the first operand as commands"),
    INTERACTIVE := Option("-i", help="talk to a person"),
    STANDARD_INPUT := Option("-s", help="read commands from the standard input"),
    *LETTERS,
    SET := Option("-o", value="NAME", help="an option by its long name, as set -o shows it"),
    posix=True,
    notes="A person gets line editing, history and completion; `help` lists the commands.",
    example="sh -c 'for d in /sys/block/*; do echo ${d##*/}; done'",
)


class _Kept(io.BytesIO):
    """An output in memory that is meant for a terminal."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


class Applets:
    """The launcher of applets that the shell's library is given."""

    def __init__(self) -> None:
        self.names = NAMES
        self.sections: dict[str, dict[str, str]] = {}
        for row in TABLE:
            self.sections.setdefault(row.section, {})[row.name] = row.summary

    def prepare(self, name: str) -> None:
        """Import the applet here, once: its next runs need not."""
        try:
            __import__(f"cmds.{self.names[name].module.partition(':')[0]}")
        except Exception:  # noqa: BLE001 - the child fails in the same way, and says it
            return

    def quick(self, args: list[str]) -> bool:
        """Whether an applet may run in this process: without input, and not over a whole tree."""
        row = self.names.get(args[0])
        return (
            row is not None
            and row.quick
            and not any(
                arg.startswith("--r") or (arg[:1] == "-" != arg[1:2] and "R" in arg)
                for arg in args[1:]
            )
        )

    def run_quick(self, args: list[str], *, terminal: bool = False) -> tuple[int, bytes, bytes]:
        """Run an applet on streams in memory: what cannot be written is not written later."""
        kept = [_Kept() if terminal else io.BytesIO(), io.BytesIO()]
        out, err = (io.TextIOWrapper(data, "utf-8", "surrogateescape") for data in kept)
        status = call(args[0], args[1:], sys.stdin, out, err)
        out.flush()
        err.flush()
        return status, kept[0].getvalue(), kept[1].getvalue()

    def run(self, name: str, args: list[str]) -> int:
        """Run an applet in this process, on streams of its own for descriptors 0 to 2."""
        process.rename([name, *args])
        return with_streams(lambda *streams: call(name, args, *streams))


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Run a string, a file, the input, or a session with a person."""
    given = COMMAND.parse(args)
    operands = given.operands
    name, text = "sh", None
    if given.flag(COMMANDS):
        if not operands:
            raise COMMAND.usage_error("-c needs a command")
        text = operands.pop(0)
        name = operands.pop(0) if operands else name
    elif operands and not given.flag(STANDARD_INPUT):
        name = operands.pop(0)
        with open(name, encoding="utf-8", errors="surrogateescape") as stream:
            text = stream.read()
    shell = Interpreter(Applets(), os.environ, name, operands)
    for row in LETTERS:
        if given.flag(row):
            shell.state.variables.options.add(row.name[1])
    for option in given.all(SET):
        without_functions(shell.state, ["set", "-o", option])
    if text is not None:
        return run_script(shell, text)
    if given.flag(INTERACTIVE) or (os.isatty(0) and os.isatty(2)):
        return Session(shell).run()
    return run_input(shell)
