"""Variables, positional parameters and options of a shell.

Ref: POSIX.1-2017, XCU 2.5 "Parameters and Variables", "set".
"""

from __future__ import annotations

from uroot_py.base.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

OPTIONS = {
    "a": "allexport",
    "b": "notify",
    "C": "noclobber",
    "e": "errexit",
    "f": "noglob",
    "i": "interactive",
    "m": "monitor",
    "n": "noexec",
    "s": "stdin",
    "u": "nounset",
    "v": "verbose",
    "x": "xtrace",
}


def quoted(text: str) -> str:
    """TEXT in single quotes, so that the shell reads it back as one word."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


class Variables:
    """What ``$name`` and ``$1`` mean. Special parameters are the interpreter's."""

    def __init__(self, environment: Mapping[str, str], name: str, params: list[str]) -> None:
        self.values: dict[str, str] = dict(environment)
        self.exported = set(self.values)
        self.stale = True  # the environment has changed since stale was made false
        self.readonly: set[str] = set()
        self.name = name  # $0
        self.params = params
        self.options: set[str] = set()  # letters
        self.option_offset = 1  # where getopts is inside a word
        # What `local` has hidden, a dictionary for each function that runs.
        self.hidden: list[dict[str, tuple[str | None, bool]]] = []

    def get(self, name: str) -> str | None:
        """The value, or None."""
        return self.values.get(name)

    def set(self, name: str, value: str) -> None:
        """Store VALUE; UsageError for a variable that is read-only."""
        self.check_writable(name)
        self.values[name] = value
        if name == "OPTIND":
            self.option_offset = 1
        if "a" in self.options or name in self.exported:
            self.export(name)

    def export(self, name: str, *, on: bool = True) -> None:
        """Let commands see the variable NAME, or not."""
        (self.exported.add if on else self.exported.discard)(name)
        self.stale = True

    def unset(self, name: str) -> None:
        """Forget a variable."""
        self.check_writable(name)
        self.values.pop(name, None)
        self.export(name, on=False)

    def check_writable(self, name: str) -> None:
        """UsageError when NAME is read-only."""
        if name in self.readonly:
            raise UsageError(f"{name}: is read only")

    def hide(self, name: str) -> None:
        """Make NAME local to the running function; its value stays as it is."""
        self.hidden[-1].setdefault(name, (self.get(name), name in self.exported))

    def unhide(self) -> None:
        """End a function: what `local` has hidden comes back."""
        for name, (value, exported) in self.hidden.pop().items():
            self.restore(name, value, exported=exported)

    def restore(self, name: str, value: str | None, *, exported: bool) -> None:
        """Put back what NAME was, None for unset."""
        if value is None:
            self.values.pop(name, None)
        else:
            self.values[name] = value
        self.export(name, on=exported)

    def environment(self) -> dict[str, str]:
        """What a command inherits."""
        return {name: self.values[name] for name in self.exported if name in self.values}

    def letters(self) -> str:
        """``$-``."""
        return "".join(sorted(self.options))
