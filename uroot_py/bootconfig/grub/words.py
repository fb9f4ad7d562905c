"""Words become arguments: variables, splitting at blanks, wildcards.

Ref: GNU GRUB Manual 2.06, 6.3 "Writing full configuration files directly", "Words".
"""

from __future__ import annotations

from uroot_py.base.glob import has_magic, match, quote, unquote
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
    patterns: list[str] = []  # the same with what is quoted behind backslashes
    current: str | None = None
    pattern = ""
    wild = False
    for kind, text, quoted in word:
        if kind == "text":
            pieces = [text] if text or quoted else []
        else:
            pieces = _value(shell.env, text, quoted)
        for index, piece in enumerate(pieces):
            if index and current is not None:
                done.append(current)
                patterns.append(pattern)
                current, pattern = None, ""
            current = (current or "") + piece
            if not quoted and ("*" in piece or "?" in piece):
                wild = True
                pattern += piece.replace("\\", "\\\\").replace("[", "\\[")
            else:
                pattern += quote(piece)
            shell.step(len(piece) // 64)
        if current is not None and len(current) > MAX_VALUE:
            raise shell.over("word", f"at most {MAX_VALUE} characters")
    if current is not None:
        done.append(current)
        patterns.append(pattern)
    if not wild:
        return done
    pairs = zip(done, patterns, strict=True)
    return [name for path, wanted in pairs for name in _fitting(shell, wanted) or [path]]


def _value(env: Environment, name: str, quoted: bool) -> list[str]:
    if name == "@" and quoted:
        return env.args
    value = env.get(name)
    if quoted:
        return [value]
    return [word for word in value.replace("\t", " ").replace("\n", " ").split(" ") if word]


def _fitting(shell: Shell, pattern: str) -> list[str]:
    """The devices and files that PATTERN fits; [] when it is none, or nothing does.

    A path that does not name its device is looked for below $root, and stays without one.
    """
    if pattern[:1] not in ("/", "(", "*") or not has_magic(pattern):
        return []
    devices = [""]
    rest = pattern
    if not pattern.startswith("/"):
        wanted, slash, rest = pattern.partition("/")
        rest = slash + rest
        devices = [unquote(wanted)]
        if has_magic(wanted):
            names = [f"({volume.device})" for volume in shell.devices.volumes.all]
            shell.step(len(names) * (1 + len(wanted) // 64))
            devices = [name for name in names if match(wanted, name)]
    found = []
    for device in devices:
        found += _below(shell, device, rest) if rest.strip("/") else [device + rest]
    return found[:MAX_WORDS]


def _below(shell: Shell, device: str, pattern: str) -> list[str]:
    """The files of DEVICE that PATTERN fits, one part of the path after the other."""
    volume, _, _ = shell.devices.locate(device + "/")
    if volume is None:
        return []
    found = [""]
    for part in pattern.split("/")[1:]:
        below: list[str] = []
        for path in found:
            if not has_magic(part):
                below.append(f"{path}/{unquote(part)}")
                continue
            names = volume.tree.names(path or "/")
            shell.step(1 + len(names) * (1 + len(part) // 16) // 2)
            below += [f"{path}/{name}" for name in names if match(part, name)]
        found = below[:MAX_WORDS]
    tree = volume.tree
    return [
        device + path for path in found if tree.size(path) is not None or tree.is_directory(path)
    ]


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
