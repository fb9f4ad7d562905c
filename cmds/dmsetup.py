"""dmsetup - show, make and remove device-mapper's devices.

Ref: dmsetup(8).
"""

from __future__ import annotations

import os

from uroot_py.abi import devmapper
from uroot_py.abi.devmapper import Target
from uroot_py.base.errors import Report, UsageError
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.text import parse_number, printable
from uroot_py.disks import mapper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

COMMAND = Command(
    "dmsetup",
    "dmsetup ls|info|deps|table|status|remove [NAME]... | dmsetup create [-r] NAME [--table TEXT]",
    TABLE := Option("--table", value="TEXT", help="of create: the table, else it is read"),
    UUID := Option("-u", "--uuid", value="TEXT", help="of create: the device's UUID"),
    READ_ONLY := Option("-r", "--readonly", help="of create: it can only be read"),
    TARGET := Option("--target", value="TYPE", help="only devices with such a target"),
    SHOWKEYS := Option("--showkeys", help="of table: the keys of encrypted devices, too"),
    Ignored("-v", "--verbose", "--noudevsync", "--noudevrules", "--verifyudev", "--retry"),
    example="dmsetup table",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """The first operand is what to do."""
    given = COMMAND.parse(args, min_operands=1)
    verb, *names = given.operands
    if verb == "create":
        if len(names) != 1:
            raise COMMAND.usage_error("create: expected one name")
        text = given.text(TABLE)
        lines = (stdin.read() if text is None else text).splitlines()
        targets = [_target(line) for line in lines if line.strip()]
        readonly = given.flag(READ_ONLY)
        mapper.activate(names[0], targets, uuid=given.text(UUID) or "", readonly=readonly)
        return 0
    if verb not in SHOWN and verb != "remove":
        raise COMMAND.usage_error(f"unknown command {verb!r}")
    if verb == "remove" and not names:
        raise COMMAND.usage_error("remove: expected a name")
    mapper.ready()
    report = Report("dmsetup", stderr)
    every = [name for name, _ in devmapper.names()]
    if not names and not every:
        stdout.write("No devices found\n")
    for name in [mapper.name_of(name) for name in names] or every:
        with report:
            if verb == "remove":
                mapper.deactivate(name)
            elif _wanted(name, given.text(TARGET)):
                stdout.write(SHOWN[verb](name, given))
    return report.status


def _target(line: str) -> Target:
    """A line of a table: start and length in 512 bytes, type, parameters."""
    words = line.split(maxsplit=3)
    if len(words) < 3:
        raise UsageError(f"expected START LENGTH TYPE [WORD]..., found {line!r}")
    start, length = (parse_number(word, "table") for word in words[:2])
    return Target(start, length, words[2], words[3].strip() if len(words) > 3 else "")


def _wanted(name: str, kind: str | None) -> bool:
    return kind is None or any(target.type == kind for target in devmapper.table(name))


def _ls(name: str, _given: ParsedArgs) -> str:
    dev = devmapper.info(name).dev
    return f"{printable(name)}\t({os.major(dev)}:{os.minor(dev)})\n"


def _table(name: str, given: ParsedArgs) -> str:
    targets = devmapper.table(name)
    for target in targets:
        if target.type == "crypt" and not given.flag(SHOWKEYS):
            words = str(target.parameters).split()
            words[1:2] = [word if word.startswith(":") else "0" * len(word) for word in words[1:2]]
            target.parameters = " ".join(words)
    return _lines(name, given, targets)


def _status(name: str, given: ParsedArgs) -> str:
    return _lines(name, given, devmapper.status(name))


def _lines(name: str, given: ParsedArgs, targets: list[Target]) -> str:
    start = "" if len(given.operands) == 2 else f"{printable(name)}: "
    return "".join(f"{start}{printable(str(target))}\n" for target in targets)


def _deps(name: str, given: ParsedArgs) -> str:
    numbers = devmapper.depends(name)
    start = "" if len(given.operands) == 2 else f"{printable(name)}: "
    pairs = " ".join(f"({os.major(number)}, {os.minor(number)})" for number in numbers)
    return f"{start}{len(numbers)} dependencies\t: {pairs}\n"


def _info(name: str, _given: ParsedArgs) -> str:
    found = devmapper.info(name)
    rows = {
        "Name:": printable(found.name),
        "State:": ("SUSPENDED" if found.suspended else "ACTIVE")
        + (" (READ-ONLY)" if found.readonly else ""),
        "Open count:": str(found.open_count),
        "Major, minor:": f"{os.major(found.dev)}, {os.minor(found.dev)}",
        "Number of targets:": str(found.targets),
        "UUID:": printable(found.uuid),
    }
    return "".join(f"{key:<19}{value}\n" for key, value in rows.items() if value) + "\n"


SHOWN = {"ls": _ls, "info": _info, "deps": _deps, "table": _table, "status": _status}
