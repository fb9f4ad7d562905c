"""A command's options as iPXE's getopt takes them apart: they stand before all else.

SPEC is ``name:n= replace:r``: the long name, the letter, ``=`` for one with a value.
"""

from __future__ import annotations

from uroot_py.bootconfig.ipxe.faults import ECANCELED, EINVAL, ERANGE, Failure

MANY = 1 << 16


class Options:
    """What ``split`` has found: ``values`` by their long names, flags with an empty one."""

    __slots__ = ("operands", "values")

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.operands: list[str] = []

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def get(self, name: str) -> str:
        """The value of an option; an empty text when it was not given."""
        return self.values.get(name, "")


def split(args: list[str], spec: str = "", least: int = 0, most: int = MANY) -> Options:
    """ARGS as options and at least LEAST, at most MOST operands; Failure."""
    found = Options()
    rows = [row.partition(":") for row in spec.split()]
    longs = {name: tail.endswith("=") for name, _, tail in rows} | {"help": False}
    letters = {tail[0]: name for name, _, tail in rows} | {"h": "help"}
    rest = list(args)
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        if word == "--":
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            _store(found, longs, name, value if equals else None, rest)
            continue
        letter = word[1:2]
        while letter:
            name, word = letters.get(letter, f"-{letter}"), word[1:]
            inline = word[1:] if longs.get(name) and word[1:] else None
            _store(found, longs, name, inline, rest)
            letter = "" if inline is not None else word[1:2]
        if word == "-" and not letter:
            raise Failure(EINVAL, "unrecognised option -")
    if "help" in found:
        raise Failure(ECANCELED, "its usage was asked for")
    if not least <= len(rest) <= most:
        raise Failure(ERANGE, f"expected {_count(least, most)}, found {len(rest)}")
    found.operands = rest
    return found


def _store(
    found: Options, longs: dict[str, bool], name: str, value: str | None, rest: list[str]
) -> None:
    if name not in longs:
        raise Failure(EINVAL, f"unrecognised option --{name[:40]}")
    if longs[name] and value is None:
        if not rest or rest[0].startswith("-"):
            raise Failure(EINVAL, f"option --{name} requires an argument")
        value = rest.pop(0)
    elif not longs[name] and value is not None:
        raise Failure(EINVAL, f"option --{name} takes no argument")
    found.values[name] = value or ""


def _count(least: int, most: int) -> str:
    if most == MANY:
        return f"at least {least} arguments"
    return f"{least} arguments" if least == most else f"{least} to {most} arguments"
