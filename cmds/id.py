"""id - print who runs this: user and groups.

Ref: POSIX.1-2017 XCU id.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError
from uroot_py.base.options import Command, Option
from uroot_py.files.owners import GROUPS, USERS, groups_of, main_group, name_of, number_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "id",
    "id [-u|-g|-G] [-n] [-r] [USER]",
    USER := Option("-u", "--user", help="only the user"),
    GROUP := Option("-g", "--group", help="only the main group"),
    EVERY_GROUP := Option("-G", "--groups", help="only the groups"),
    NAME := Option("-n", "--name", help="names in place of numbers"),
    REAL := Option("-r", "--real", help="who started it, not as whom it runs"),
    example="id -un",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the identity of this process, or of USER."""
    given = COMMAND.parse(args, max_operands=1)
    if given.operands:
        user, group, groups = known(given.operands[0])
    else:
        real = given.flag(REAL)
        user, group = (os.getuid(), os.getgid()) if real else (os.geteuid(), os.getegid())
        groups = [group, *(number for number in os.getgroups() if number != group)]
    shown = {USER: (USERS, [user]), GROUP: (GROUPS, [group]), EVERY_GROUP: (GROUPS, groups)}
    wanted = [shown[row] for row in shown if given.flag(row)]
    if len(wanted) > 1:
        raise COMMAND.usage_error("-u, -g and -G exclude each other")
    for table, numbers in wanted:
        named = given.flag(NAME)
        stdout.write(" ".join(name_of(table, n) if named else str(n) for n in numbers) + "\n")
        return 0
    if given.flag(NAME):
        raise COMMAND.usage_error("-n wants one of -u, -g, -G")
    every = ",".join(both(GROUPS, number) for number in groups)
    stdout.write(f"uid={both(USERS, user)} gid={both(GROUPS, group)} groups={every}\n")
    return 0


def known(name: str) -> tuple[int, int, list[int]]:
    """User, main group and groups of the user NAME."""
    user = number_of(USERS, name)
    group = main_group(user)
    if group is None:
        raise RefusedError(f"{name}: no such user")
    return user, group, [group, *(n for n in groups_of(name_of(USERS, user)) if n != group)]


def both(table: str, number: int) -> str:
    """``0(root)``, or the number alone where it has no name."""
    name = name_of(table, number)
    return str(number) if name == str(number) else f"{number}({name})"
