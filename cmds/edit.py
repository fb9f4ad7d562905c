"""edit - edit a text file on the screen.

Arrow keys move, what is typed is inserted, the last row says which keys do the rest: as in nano.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError
from uroot_py.base.options import Command
from uroot_py.files.atomic import overwrite
from uroot_py.terminal.console import Terminal
from uroot_py.terminal.document import Document
from uroot_py.terminal.editor import Editor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "edit",
    "edit [+LINE] FILE",
    example="edit +12 /mnt/etc/fstab",
    notes="Ctrl-O saves, Ctrl-X leaves, Ctrl-W searches, Alt-W searches again, Ctrl-G goes to a\n"
    "line, Ctrl-K cuts lines, Ctrl-U pastes them, Ctrl-Z is undo. It has no modes as vi has.\n"
    "With TERM=dumb, or without a terminal, it asks for commands, a line each; ? lists them.",
)
LARGEST = 16 << 20


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Edit until the person leaves; 1 when an input ended with changes that were not saved."""
    operands = COMMAND.parse(args, min_operands=1).operands
    marks = [word for word in operands if word[:1] == "+" and word[1:].isdecimal()]
    paths = [word for word in operands if word not in marks]
    if len(paths) != 1:
        raise COMMAND.usage_error("expected one file")
    path = paths[0]
    text, ends = read(path)
    document = Document(text)
    document.go(int(marks[-1]) - 1 if marks else 0)

    def save() -> None:
        overwrite(path, document.text().replace("\n", ends).encode("utf-8", "surrogateescape"))

    stdout.flush()
    terminal = Terminal.standard()
    if terminal.is_terminal and not terminal.dumb:
        from uroot_py.terminal.full_edit import FullEdit

        with terminal:
            FullEdit(terminal, document, path, save).run()
        return 0
    from uroot_py.terminal.plain_edit import PlainEdit

    editor = Editor(terminal)

    def ask(prompt: str, first: str) -> str | None:
        if not terminal.is_terminal:
            line = stdin.readline()
            return line.removesuffix("\n") if line else None
        try:
            with terminal:
                return editor.read(prompt, first)
        except (KeyboardInterrupt, EOFError):
            return None
        finally:
            terminal.write("\n")

    def say(words: str) -> None:
        stdout.write(words)
        stdout.flush()

    return PlainEdit(document, save, ask, say).run()


def read(path: str) -> tuple[str, str]:
    """The text of a file, empty for a new one, and how its lines end (they come as line feeds)."""
    if not os.path.exists(path):
        folder = os.path.dirname(path) or "."
        if not os.path.isdir(folder):
            raise RefusedError(f"{folder}: no such directory")
        return "", "\n"
    with open(path, "rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise RefusedError(f"{path}: more than {LARGEST >> 20} MiB", hint="sed -i edits it")
    text = data.decode("utf-8", "surrogateescape")
    if "\n" in text and text.count("\n") == text.count("\r\n"):
        return text.replace("\r\n", "\n"), "\r\n"
    return text, "\n"
