"""Names of users and groups, from /etc/passwd and /etc/group of the tree we run in.

Ref: passwd(5), group(5).
"""

from __future__ import annotations

from uroot_py.base.errors import RefusedError

USERS = "/etc/passwd"
GROUPS = "/etc/group"
_tables: dict[str, dict[str, int]] = {}


def table(path: str) -> dict[str, int]:
    """Name -> number, as the file PATH lists them; empty where there is no such file."""
    if path not in _tables:
        found: dict[str, int] = {}
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                for line in file:
                    fields = line.split(":")
                    if len(fields) > 2 and fields[2].strip().isdigit():
                        found.setdefault(fields[0], int(fields[2]))
        except OSError:
            pass
        _tables[path] = found
    return _tables[path]


def name_of(path: str, number: int) -> str:
    """The name of NUMBER in the file PATH (USERS or GROUPS), or the number itself."""
    return next((name for name, known in table(path).items() if known == number), str(number))


def number_of(path: str, text: str) -> int:
    """The number of a name in the file PATH, or TEXT as a number; RefusedError if it is neither."""
    known = table(path).get(text)
    if known is None and not text.isdigit():
        raise RefusedError(f"{text!r} is not in {path}", hint="a number is taken as it is")
    return int(text) if known is None else known


def owner_ids(text: str) -> tuple[int, int]:
    """``USER``, ``USER:GROUP``, ``:GROUP`` -> numbers; -1 is "leave it as it is"."""
    user, _, group = text.partition(":")
    return (
        number_of(USERS, user) if user else -1,
        number_of(GROUPS, group) if group else -1,
    )
