"""What the Tab key may complete: commands, paths, variables."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.shell.state import State

_BEFORE_COMMAND = ("if", "then", "else", "elif", "do", "while", "until", "!", "{", "exec")
_SEPARATORS = "|&;("
_QUOTED = " \t\n\\'\"`$&|;<>()*?[#~="


class Completer:
    """Completes words for one shell."""

    def __init__(self, shell: State) -> None:
        self.shell = shell

    def __call__(self, text: str, cursor: int) -> tuple[int, list[str]]:
        """Where the word before the cursor begins, and what it may become."""
        start, word = _word(text[:cursor])
        if word.startswith("$") and "/" not in word:
            names = self.shell.variables.values
            return start, sorted("$" + name for name in names if name.startswith(word[1:]))
        if _is_command(text[:start]) and "/" not in word:
            return start, [name + " " for name in self._commands() if name.startswith(word)]
        return start, self._paths(word)

    def _commands(self) -> list[str]:
        shell = self.shell
        names = {
            *shell.launcher.names,
            *shell.builtins,
            *shell.special_builtins,
            *shell.functions,
        }
        for folder in (shell.variables.get("PATH") or "").split(":"):
            names.update(_listed(folder or "."))
        return sorted(names)

    def _paths(self, word: str) -> list[str]:
        folder, slash, name = word.rpartition("/")
        folder += slash
        home = self.shell.variables.get("HOME")
        real = f"{home}{folder[1:]}" if home and folder.startswith("~/") else folder
        found = []
        for other in sorted(_listed(real or ".")):
            if other.startswith(name) and (name or other[0] != "."):
                end = "/" if os.path.isdir(real + other) else " "
                escaped = "".join("\\" + char if char in _QUOTED else char for char in other)
                found.append(folder + escaped + end)
        return found


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _word(text: str) -> tuple[int, str]:
    """Where the last word begins, and what it is without its quotes."""
    start, word, quote = 0, "", ""
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "\\" and quote != "'" and at < len(text):
            word += text[at]
            at += 1
        elif char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        elif not quote and char in " \t<>" + _SEPARATORS:
            start, word = at, ""
        else:
            word += char
    return start, word


def _is_command(before: str) -> bool:
    text = before.rstrip(" \t")
    return not text or text[-1] in _SEPARATORS or text.split()[-1] in _BEFORE_COMMAND
