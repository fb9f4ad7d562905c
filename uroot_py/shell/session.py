"""A shell at work: a script, a string, an input, or a person."""

from __future__ import annotations

import os

from uroot_py.abi import signals
from uroot_py.base.errors import UrootError
from uroot_py.shell.completion import Completer
from uroot_py.shell.lexer import Lexer
from uroot_py.shell.parser import Parser
from uroot_py.shell.traps import Interrupted, Leave
from uroot_py.terminal.console import Console, Hangup, Terminal
from uroot_py.terminal.editor import Editor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.shell.interpreter import Interpreter

PROMPT = "uroot# "


def run_script(shell: Interpreter, text: str) -> int:
    """Run TEXT and end the shell; its status."""
    shell.state.guard(lambda: shell.run_text(Lexer(text)))
    return shell.finish()


def run_input(shell: Interpreter) -> int:
    """Run what the standard input says, a line at a time, so that commands can read the rest."""
    shell.state.guard(lambda: shell.run_text(Lexer("", read_line)))
    return shell.finish()


def read_line() -> str | None:
    """A line of descriptor 0 and not a byte more; None at the end."""
    line = bytearray()
    while data := os.read(0, 1):
        line += data
        if data == b"\n":
            break
    return line.decode("utf-8", "surrogateescape") if line else None


class Session:
    """A shell that talks to a person on descriptors 0 and 2."""

    def __init__(self, shell: Interpreter) -> None:
        self.shell = shell
        self.typed = ""  # the lines of the command so far
        self.lexer = Lexer("", self._more)
        terminal = Terminal([Console(0, 2)], dumb=os.environ.get("TERM") == "dumb")
        self.terminal = terminal
        self.editor = Editor(terminal, shell.state.history, Completer(shell.state))

    def run(self) -> int:
        """Prompt, read and run until the end of the input or ``exit``; the last status."""
        shell = self.shell.state
        shell.interactive = True
        shell.variables.options.add("i")
        shell.traps.start_interactive()
        shell.jobs.take_terminal(0)
        shell.faults.open()
        while self._step():
            shell.faults.ended(self.typed, shell.status)
        self.shell.finish()
        shell.jobs.give_back()
        return shell.status

    def _step(self) -> bool:
        """One command; False when it was the last one. No failure of a command ends a session."""
        shell = self.shell.state
        try:
            for job in shell.jobs.collect():
                shell.write(job.describe() + "\n", 2)
            self.typed = ""
            self.lexer = Lexer("", self._more)
            block = Parser(self.lexer).command()
            if block is None:
                return False
            self.shell.run(block)
        except Leave as leave:
            shell.status = leave.count
            return leave.kind != "exit"
        except (KeyboardInterrupt, Interrupted) as error:
            if isinstance(error, KeyboardInterrupt):
                shell.write("\n", 2)  # behind the ^C that the terminal has echoed
            shell.status = 130
            shell.traps.pending.clear()
        except (UrootError, OSError, RecursionError) as error:
            shell.status = shell.complain(error)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not take the prompt away
            shell.message(f"internal error: {type(error).__name__}: {error}")
            shell.status = 1
        return True

    def _more(self) -> str | None:
        """The next line, after the prompt for a new command or for the rest of one."""
        name, default = ("PS2", "> ") if self.lexer.begun else ("PS1", PROMPT)
        value = self.shell.state.variables.get(name)
        prompt = default if value is None else value
        if not self.terminal.is_terminal:
            return self._plain(prompt)
        try:
            with self.terminal:
                if signals.SIGINT in self.shell.state.traps.pending:
                    raise KeyboardInterrupt  # between two lines Ctrl-C is no key, but a signal
                text = self.editor.read(prompt, tabs=self.lexer.in_document)
        except (EOFError, Hangup):
            return None
        except KeyboardInterrupt:
            raise Interrupted(signals.SIGINT) from None
        finally:
            # After the modes are back: who sees the new line may press Ctrl-C at once.
            self.terminal.write("\n")
        self.editor.remember(text or "")
        self.typed += f"{text}\n"
        return f"{text}\n"

    def _plain(self, prompt: str) -> str | None:
        """A line of an input that is no terminal."""
        self.shell.state.write(prompt, 2)
        self.shell.state.traps.waiting = True
        try:
            text = read_line()
            self.typed += text or ""
            return text
        except Interrupted:
            self.shell.state.write("\n", 2)
            raise
        finally:
            self.shell.state.traps.waiting = False
