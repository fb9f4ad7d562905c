"""``test`` and ``[``: GRUB's conditions.

Ref: GNU GRUB Manual 2.06, 16.3.85 "test".
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.bootconfig.grub.shell import Shell

MAX_PARENTHESES = 20

_TEXT: dict[str, Callable[[str, str], bool]] = {
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_NUMBER: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}
# Modification times are not known here: -nt and -ot are false, which every script must expect.
_TIME = ("-nt", "-ot")


def number(text: str) -> int:
    """The number at the start of TEXT as C's strtol reads it; 0 if there is none."""
    text = text.strip()
    sign = -1 if text.startswith("-") else 1
    digits, base = text.lstrip("+-").lower(), 10
    allowed = "0123456789"
    if digits.startswith("0x"):
        digits, base, allowed = digits[2:], 16, "0123456789abcdef"
    end = 0
    while end < min(len(digits), 30) and digits[end] in allowed:
        end += 1
    return sign * int(digits[:end] or "0", base)


def binary(operator: str, left: str, right: str) -> bool | None:
    """The value of ``LEFT OPERATOR RIGHT``; None when OPERATOR is none."""
    if operator in _TEXT:
        return _TEXT[operator](left, right)
    if operator in _NUMBER:
        return _NUMBER[operator](number(left), number(right))
    return False if operator in _TIME else None


def unary(shell: Shell, operator: str, operand: str) -> bool | None:
    """The value of ``OPERATOR OPERAND``; None when OPERATOR is none."""
    if operator == "-n":
        return bool(operand)
    if operator == "-z":
        return not operand
    if operator in ("-f", "-s", "-e", "-d"):
        volume, path, _ = shell.devices.locate(operand)
        if volume is None:
            return False
        if operator == "-d":
            return volume.tree.is_directory(path)
        size = volume.tree.size(path)
        if operator == "-e" and size is None:
            return volume.tree.is_directory(path)
        return bool(size) if operator == "-s" else size is not None
    return None


class _Level:
    """One pair of parentheses: ``any`` holds what was before -o, ``all`` what -a joins."""

    __slots__ = ("all", "any", "invert")

    def __init__(self) -> None:
        self.any = False
        self.all = True
        self.invert = False

    def take(self, value: bool) -> None:
        self.all = self.all and value != self.invert
        self.invert = False

    @property
    def value(self) -> bool:
        return self.any or self.all


def evaluate(shell: Shell, words: list[str]) -> bool:
    """Whether the condition holds; an empty one does, as in GRUB."""
    levels, i = [_Level()], 0
    while i < len(words):
        i += _one(shell, words, i, levels)
    while len(levels) > 1:
        inner = levels.pop().value
        levels[-1].take(inner)
    return levels[0].value


def _one(shell: Shell, words: list[str], i: int, levels: list[_Level]) -> int:
    """Take what starts at word I into LEVELS; how many words it was."""
    word, rest = words[i], len(words) - i
    if rest > 2 and (value := binary(words[i + 1], word, words[i + 2])) is not None:
        levels[-1].take(value)
        return 3
    if rest > 1 and (value := unary(shell, word, words[i + 1])) is not None:
        levels[-1].take(value)
        return 2
    if word == "!":
        levels[-1].invert = not levels[-1].invert
    elif word == "(" and len(levels) < MAX_PARENTHESES:
        levels.append(_Level())
    elif word == ")" and len(levels) > 1:
        inner = levels.pop().value
        levels[-1].take(inner)
    elif word == "-o":
        levels[-1].any, levels[-1].all = levels[-1].value, True
    elif word != "-a":
        levels[-1].take(bool(word))
    return 1
