"""Names of users and groups, from /etc/passwd and /etc/group of the tree we run in.

Ref: passwd(5), group(5).
"""

from __future__ import annotations

from uroot_py.base.errors import RefusedError

USERS = "/etc/passwd"
GROUPS = "/etc/group"


def records(path: str) -> list[list[str]]:
    """The fields of each line of the file PATH; none where there is no such file."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            rows = [line.rstrip("\n").split(":") for line in file]
    except OSError:
        return []
    return [fields for fields in rows if len(fields) > 3 and fields[2].isdecimal()]


_names: dict[str, dict[int, str]] = {}


def name_of(path: str, number: int) -> str:
    """The name of NUMBER in the file PATH (USERS or GROUPS), or the number itself."""
    if path not in _names:
        _names[path] = {int(fields[2]): fields[0] for fields in reversed(records(path))}
    return _names[path].get(number, str(number))


def number_of(path: str, text: str) -> int:
    """The number of a name in the file PATH, or TEXT as a number; RefusedError if it is neither."""
    for fields in records(path):
        if fields[0] == text:
            return int(fields[2])
    if text.isdecimal() and len(text) < 20 and int(text) < 1 << 32:
        return int(text)
    raise RefusedError(f"{text!r} is not in {path}", hint="a number is taken as it is")


def main_group(user: int) -> int | None:
    """The group that /etc/passwd gives the user with the number USER."""
    rows = (fields for fields in records(USERS) if int(fields[2]) == user)
    return next((int(fields[3]) for fields in rows if fields[3].isdecimal()), None)


def groups_of(name: str) -> list[int]:
    """The groups that list the user NAME among their members."""
    return [int(fields[2]) for fields in records(GROUPS) if name in fields[3].split(",")]


def owner_ids(text: str) -> tuple[int, int]:
    """``USER``, ``USER:GROUP``, ``:GROUP`` -> numbers; -1 is "leave it as it is"."""
    user, _, group = text.partition(":")
    return number_of(USERS, user) if user else -1, number_of(GROUPS, group) if group else -1
