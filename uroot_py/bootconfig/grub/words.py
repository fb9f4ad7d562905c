"""Words become arguments (variables, splitting, wildcards), and arguments a command line.

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
    if len(word) == 1 and word[0][0] == "text" and not _is_wild(word[0][1]):
        return [word[0][1]] if word[0][1] or word[0][2] else []
    fields: list[list[tuple[str, bool]]] = []  # of (piece, quoted)
    wild, size = False, 0
    for kind, text, quoted in word:
        if kind == "text":
            pieces = [text] if text or quoted else []
        else:
            pieces = _value(shell.env, text, quoted)
        for index, piece in enumerate(pieces):
            if index or not fields:
                fields.append([])
                size = 0
            fields[-1].append((piece, quoted))
            size += len(piece)
            if size > MAX_VALUE:
                raise shell.over("word", f"at most {MAX_VALUE} characters")
            wild = wild or (not quoted and _is_wild(piece))
            shell.step(len(piece) // 64)
    if not wild:
        return ["".join([piece for piece, _ in field]) for field in fields]
    return [name for field in fields for name in _matching(shell, field)]


def _is_wild(text: str) -> bool:
    return "*" in text or "?" in text


def _matching(shell: Shell, field: list[tuple[str, bool]]) -> list[str]:
    """The files that a word with wildcards fits, else the word; what is quoted fits itself only."""
    pattern = ""
    for piece, quoted in field:
        if quoted:
            pattern += quote(piece)
        else:
            pattern += piece.replace("\\", "\\\\").replace("[", "\\[")
    return _fitting(shell, pattern) or ["".join([piece for piece, _ in field])]


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


def quote_words(args: list[str]) -> str:
    r"""The command line that GRUB makes of ARGS: blanks are quoted, quotes and backslashes escaped.

    ``\xHH`` stays as it is: the kernel's own users of such escapes want it that way.
    """
    return " ".join(_quoted(arg) for arg in args)


def _quoted(arg: str) -> str:
    result = ""
    for i, char in enumerate(arg):
        hexadecimal = arg[i + 1 : i + 2] == "x" and _is_hex(arg[i + 2 : i + 4])
        if char in "'\"" or (char == "\\" and not hexadecimal):
            result += "\\"
        result += char
    return f'"{result}"' if " " in arg else result


def _is_hex(digits: str) -> bool:
    return len(digits) == 2 and all(digit in "0123456789abcdefABCDEF" for digit in digits)
