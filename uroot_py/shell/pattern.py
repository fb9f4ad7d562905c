"""What a shell does with patterns: cut values, and find path names.

Ref: POSIX.1-2017, XCU 2.6.2 "Parameter Expansion", 2.13.3 "Patterns Used for Filename Expansion".
"""

from __future__ import annotations

import os

from uroot_py.base.glob import has_magic, match, unquote


def trim(value: str, op: str, pattern: str) -> str:
    """VALUE without the shortest (``#``, ``%``) or longest (``##``, ``%%``) match of PATTERN."""
    cuts = range(len(value) + 1)
    if op in ("##", "%"):
        cuts = cuts[::-1]
    for cut in cuts:
        if match(pattern, value[:cut] if op[0] == "#" else value[cut:]):
            return value[cut:] if op[0] == "#" else value[:cut]
    return value


def glob(pattern: str) -> list[str]:
    """The existing paths that match, sorted; a leading dot must be matched by a dot."""
    found = [""]
    components = pattern.split("/")
    for number, component in enumerate(components):
        last = number == len(components) - 1
        if has_magic(component):
            found = [path + name for path in found for name in _names(path, component)]
        else:
            plain = unquote(component)
            found = [path + plain for path in found]
            found = [path for path in found if not plain or os.path.lexists(path)]
        if not last:
            found = [path + "/" for path in found if not path or os.path.isdir(path)]
    return sorted(found)


def _names(path: str, pattern: str) -> list[str]:
    try:
        names = os.listdir(path or ".")
    except OSError:
        return []
    if pattern[0] == "." or pattern.startswith("\\."):
        names += [".", ".."]
    else:
        names = [name for name in names if name[0] != "."]
    return [name for name in names if match(pattern, name)]
