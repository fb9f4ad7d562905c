"""losetup - make a file a block device.

Ref: losetup(8), loop(4).
"""

from __future__ import annotations

import os

from uroot_py.abi import loop
from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.machine.modules import load_for_loop
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "losetup",
    "losetup [-a] | losetup -f [OPTION]... [FILE] | losetup DEVICE FILE | losetup -d DEVICE...",
    Ignored("-a", "--all", "-l", "--list", help="list the devices in use (the default)"),
    FIND := Option("-f", "--find", help="use a free device, or print its name"),
    SHOW := Option("--show", help="print the device that was used"),
    READ_ONLY := Option("-r", "--read-only", help="the device cannot be written to"),
    PARTSCAN := Option("-P", "--partscan", help="make devices for the partitions in it"),
    OFFSET := Option("-o", "--offset", value="N", help="begin at this byte"),
    SIZELIMIT := Option("--sizelimit", value="N", help="and end after that many"),
    DETACH := Option("-d", "--detach", help="let the devices go"),
    DETACH_ALL := Option("-D", "--detach-all", help="let all devices go"),
    example="losetup -fP --show disk.img",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """List, attach or detach."""
    given = COMMAND.parse(args)
    names = given.operands
    if given.flag(DETACH) or given.flag(DETACH_ALL):
        report = Report("losetup", stderr)
        for device in names if given.flag(DETACH) else [name for name, _ in in_use()]:
            with report:
                loop.detach(device)
        return report.status
    if names or given.flag(FIND):
        load_for_loop()
    if given.flag(FIND) and not names:
        stdout.write(loop.free_device() + "\n")
    elif names and len(names) == 2 - given.flag(FIND):
        flags = loop.LO_FLAGS_READ_ONLY if given.flag(READ_ONLY) else 0
        flags |= loop.LO_FLAGS_PARTSCAN if given.flag(PARTSCAN) else 0
        device, handle = loop.attach(
            names[-1],
            "" if given.flag(FIND) else names[0],
            flags=flags,
            offset=given.size(OFFSET) or 0,
            size=given.size(SIZELIMIT) or 0,
        )
        os.close(handle)
        stdout.write(f"{device}\n" if given.flag(SHOW) else "")
    elif not names or (len(names) == 1 and not given.flag(FIND)):
        for device, text in in_use():
            stdout.write(f"{device}: {text}\n" if not names or device == names[0] else "")
    else:
        raise COMMAND.usage_error("expected a device and a file")
    return 0


def in_use() -> list[tuple[str, str]]:
    """(device, its file and where it begins) of every loop device that is attached."""
    found = []
    names = [name for name in os.listdir("/sys/class/block") if name.startswith("loop")]
    for name in sorted(names, key=lambda name: (len(name), name)):
        top = f"/sys/class/block/{name}/loop"
        file = HERE.text(f"{top}/backing_file").strip("\n")
        if file:
            offset = HERE.text(f"{top}/offset").strip()
            found.append((f"/dev/{name}", file + (f", offset {offset}" if offset != "0" else "")))
    return found
