"""Words become arguments: variables, splitting at blanks, wildcards.

Ref: GNU GRUB Manual 2.06, 6.3 "Writing full configuration files directly", "Words".
"""

from __future__ import annotations

from uroot_py.base.glob import match
from uroot_py.bootconfig.grub.syntax import MAX_WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from uroot_py.base.errors import LineError
    from uroot_py.bootconfig.grub.devices import Devices
    from uroot_py.bootconfig.grub.environment import Environment
    from uroot_py.bootconfig.grub.syntax import Word

    class Shell(Protocol):
        """What an expansion needs of the shell."""

        env: Environment
        devices: Devices
        modules: set[str]

        def step(self, cost: int = 1) -> None:
            """Count COST steps."""

        def over(self, what: str, expected: str, found: str = "more") -> LineError:
            """The error that ends a script which goes over a bound."""


MAX_VALUE = 1 << 16  # characters of one expanded word


def expand(shell: Shell, words: Sequence[Word]) -> list[str]:
    """The arguments that WORDS become: variables replaced, unquoted values split at blanks."""
    result: list[str] = []
    for word in words:
        result += _expand(shell, word)
        if len(result) > MAX_WORDS:
            raise shell.over("command", f"at most {MAX_WORDS} words")
    shell.step(len(result) // 8)
    return result


def _expand(shell: Shell, word: Word) -> list[str]:
    done: list[str] = []
    current: str | None = None
    for kind, text, quoted in word:
        if kind == "text":
            pieces = [text] if text or quoted else []
        else:
            pieces = _value(shell.env, text, quoted)
        for index, piece in enumerate(pieces):
            if index and current is not None:
                done.append(current)
                current = None
            current = (current or "") + piece
            shell.step(len(piece) // 64)
        if current is not None and len(current) > MAX_VALUE:
            raise shell.over("word", f"at most {MAX_VALUE} characters")
    if current is not None:
        done.append(current)
    if "regexp" in shell.modules and any(not quoted for _, _, quoted in word):
        return [name for path in done for name in _files(shell, path)]
    return done


def _value(env: Environment, name: str, quoted: bool) -> list[str]:
    if name == "@" and quoted:
        return env.args
    value = env.get(name)
    if quoted:
        return [value]
    return [word for word in value.replace("\t", " ").replace("\n", " ").split(" ") if word]


def _files(shell: Shell, pattern: str) -> list[str]:
    """The files whose path PATTERN fits, else PATTERN: what GRUB's regexp module adds."""
    device, mark, rest = pattern.rpartition(")")
    volume, _, _ = shell.devices.locate(pattern)
    if volume is None or not rest.startswith("/") or not ("*" in rest or "?" in rest):
        return [pattern]
    found = [""]
    for part in rest.split("/")[1:]:
        below: list[str] = []
        for path in found:
            names = volume.tree.names(path or "/")
            shell.step(1 + len(names) // 2)
            below += [f"{path}/{name}" for name in names if match(part, name)]
        found = below[:MAX_WORDS]
    return [device + mark + path for path in found] or [pattern]


def replace(shell: Shell, text: str) -> str:
    """TEXT with every ``$name`` in it replaced, as blscfg does in its entries."""
    parts = text.split("$")
    for i, part in enumerate(parts[1:], 1):
        end = 0
        while part[end : end + 1].isascii() and part[end : end + 1].replace("_", "a").isalnum():
            end += 1
        parts[i] = shell.env.get(part[:end]) + part[end:]
        shell.step(1 + len(parts[i]) // 64)
    return "".join(parts)
