"""Builtins for a person: the commands by section, what was typed, what went wrong."""

from __future__ import annotations

from uroot_py.base.text import nearest
from uroot_py.shell.programs import without_functions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.shell.state import Builtin, State

_OWN = {
    ".": ". FILE [ARGUMENT]...: run the commands of FILE in this shell",
    "bg": "bg [%JOB]: let a stopped job go on in the background",
    "break": "break [N]: leave N loops",
    "cd": "cd [FOLDER | -]: change the current folder",
    "command": "command [-v] NAME [ARGUMENT]...: run NAME, but no function; -v says what it is",
    "continue": "continue [N]: begin the next round of a loop",
    "eval": "eval [WORD]...: run the words as commands",
    "exec": "exec [COMMAND]: become COMMAND; without one its redirections stay",
    "exit": "exit [STATUS]: end the shell",
    "export": "export [NAME[=VALUE]]...: let commands see a variable",
    "fg": "fg [%JOB]: bring a job to the foreground",
    "getopts": "getopts LETTERS NAME [WORD]...: read the options of a script",
    "help": "help [SECTION | COMMAND]: this list, a section of it, or one command",
    "history": "history: what was typed; Up and Ctrl-R bring it back",
    "jobs": "jobs: list what runs in the background",
    "kill": "kill [-SIGNAL] PID | %JOB...: send a signal",
    "local": "local NAME[=VALUE]...: variables of a function",
    "pwd": "pwd [-P]: print the current folder",
    "read": "read [-r] [-p PROMPT] NAME...: a line of the input into variables",
    "readonly": "readonly NAME[=VALUE]...: variables that cannot be changed",
    "return": "return [STATUS]: leave a function",
    "set": "set [-aCefnuvx] [-o NAME] [--] [ARGUMENT]...: options and $1, $2, ...",
    "shift": "shift [N]: drop the first N of $1, $2, ...",
    "times": "times: processor time of the shell and of its commands",
    "trap": "trap [COMMAND SIGNAL...]: run COMMAND when a signal or EXIT comes",
    "type": "type NAME...: say what a command is",
    "umask": "umask [MODE]: which permissions new files do not get",
    "unset": "unset [-f] NAME...: forget variables or functions",
    "wait": "wait [PID | %JOB]...: wait for jobs in the background",
    "why": "why: explain the last failure in full",
}


def _help(shell: State, args: list[str]) -> int:
    """The builtin ``help``."""
    sections = shell.launcher.sections
    if not args:
        names = {**{name: list(rows) for name, rows in sections.items()}, "shell": list(_OWN)}
        for section, words in names.items():
            shell.write(f"{section}:\n{_columns(words)}")
        shell.write("help SECTION says a line about each, COMMAND --help all about one.\n")
        return 0
    word = args[0]
    if word in sections:
        shell.write("".join(f"  {name:<14}{text}\n" for name, text in sections[word].items()))
    elif word == "shell":
        shell.write("".join(f"  {text}\n" for text in _OWN.values()))
    elif word in _OWN:
        shell.write(f"{_OWN[word]}\n")
    elif word in shell.launcher.names:
        return without_functions(shell, [word, "--help"])
    else:
        known = [*_OWN, *shell.launcher.names]
        near = " or ".join(nearest(word, known))
        shell.message(f"help: nothing about {word!r}" + (f", did you mean {near}?" if near else ""))
        return 1
    return 0


def _columns(words: list[str]) -> str:
    lines = [" "]
    for word in words:
        if len(lines[-1]) + len(word) > 77:
            lines.append(" ")
        lines[-1] += " " + word
    return "\n".join(lines) + "\n"


def _history(shell: State, args: list[str]) -> int:
    for number, text in enumerate(shell.history, 1):
        shell.write(f"{number:5}  {text}\n")
    return 0


def _why(shell: State, args: list[str]) -> int:
    shell.write(shell.faults.explain())
    return 0


BUILTINS: dict[str, Builtin] = {"help": _help, "history": _history, "why": _why}
