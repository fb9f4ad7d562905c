"""lsblk - list the block devices as a tree.

Ref: lsblk(8) of util-linux.
"""

from __future__ import annotations

import os

from uroot_py.abi.mount import mounts
from uroot_py.base.options import Command, Option
from uroot_py.base.text import printable
from uroot_py.disks import blockdev
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from uroot_py.disks.blockdev import BlockDevice

COMMAND = Command(
    "lsblk",
    "lsblk [-fnbpld] [-o COLUMN,...] [DEVICE]...",
    FS := Option("-f", "--fs", help="what is on them"),
    OUTPUT := Option("-o", "--output", value="LIST", help="these columns"),
    BYTES := Option("-b", "--bytes", help="sizes in bytes"),
    NOHEADINGS := Option("-n", "--noheadings", help="no heading"),
    PATHS := Option("-p", "--paths", help="whole paths"),
    LIST := Option("-l", "--list", help="no tree"),
    NODEPS := Option("-d", "--nodeps", help="only disks"),
    ALL := Option("-a", "--all", help="also those without a medium, and RAM disks"),
    example="lsblk -f",
)
USUAL = "NAME,MAJ:MIN,RM,SIZE,RO,TYPE,MOUNTPOINTS"
FILES = "NAME,FSTYPE,LABEL,UUID,MOUNTPOINTS"
RIGHT = ("RM", "SIZE", "RO")
# What is only known after the devices were read.
READ = {"FSTYPE", "LABEL", "UUID", "PARTUUID", "PARTLABEL", "PTTYPE"}


def sysfs(volume: BlockDevice, file: str) -> str:
    """A word that the kernel has about a device."""
    return HERE.text(f"/sys/class/block/{volume.name}/{file}").strip()


def kind(volume: BlockDevice) -> str:
    """``disk``, ``part``, ``loop``, ``rom``, or what a device mapper made."""
    if volume.name.startswith("dm-"):
        return sysfs(volume, "dm/uuid").partition("-")[0].lower() or "dm"
    if volume.number:
        return "part"
    if volume.name.startswith("md"):
        return sysfs(volume, "md/level") or "md"
    known = {"loop": "loop", "sr": "rom"}
    return next((word for start, word in known.items() if volume.name.startswith(start)), "disk")


def points(volume: BlockDevice) -> str:
    """Where it is mounted, or that it is swap."""
    found = [line.target for line in mounts() if line.source == volume.path]
    device = os.stat("/").st_dev
    root = sysfs(volume, "dev") == f"{os.major(device)}:{os.minor(device)}" and "/" not in found
    swaps = [line.split()[0] for line in HERE.text("/proc/swaps").splitlines()[1:]]
    if root:
        found.insert(0, "/")
    if volume.path in swaps:
        found.append("[SWAP]")
    return " ".join(found)


COLUMNS: dict[str, Callable[[BlockDevice], str]] = {
    "NAME": lambda v: v.path.rpartition("/")[2] if v.name.startswith("dm-") else v.name,
    "KNAME": lambda v: v.name,
    "PATH": lambda v: v.path,
    "MAJ:MIN": lambda v: "{:>3}:{:<3}".format(*sysfs(v, "dev").split(":")),
    "RM": lambda v: str(int(v.removable)),
    "SIZE": lambda v: str(v.size),
    "RO": lambda v: sysfs(v, "ro"),
    "TYPE": kind,
    "MODEL": lambda v: v.model,
    "MOUNTPOINT": lambda v: points(v).partition(" ")[0],
    "MOUNTPOINTS": points,
    "FSTYPE": lambda v: v.kind,
    "LABEL": lambda v: v.label,
    "UUID": lambda v: v.uuid,
    "PARTUUID": lambda v: v.partuuid,
    "PARTLABEL": lambda v: v.partlabel,
    "PTTYPE": lambda v: v.table,
}


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print a line per device."""
    given = COMMAND.parse(args)
    text = given.text(OUTPUT) or (FILES if given.flag(FS) else USUAL)
    columns = text.upper().split(",")
    for column in columns:
        if column not in COLUMNS:
            raise COMMAND.usage_error(f"unknown column {column!r}: {' '.join(COLUMNS)}")
    look = blockdev.scan if READ & set(columns) else blockdev.devices
    found = look(every=given.flag(ALL))
    wanted = [os.path.realpath(path) for path in given.operands]
    known = {volume.path for volume in found}
    missing = [path for path in given.operands if os.path.realpath(path) not in known]
    for path in missing:
        stderr.write(f"lsblk: {path}: not a block device\n")
    ordered = tree(found, wanted, flat=given.flag(LIST), alone=given.flag(NODEPS))
    rows = [list(columns)] if ordered and not given.flag(NOHEADINGS) else []
    for volume, stem in ordered:
        cells = {column: printable(COLUMNS[column](volume)) for column in columns}
        for column in columns:
            if column == "NAME":
                cells[column] = stem + (volume.path if given.flag(PATHS) else cells[column])
            elif column == "SIZE" and not given.flag(BYTES):
                cells[column] = size_text(volume.size)
        rows.append([cells[column] for column in columns])
    write(rows, columns, stdout)
    return 32 if missing else 0


def tree(
    found: list[BlockDevice], wanted: list[str], *, flat: bool, alone: bool
) -> list[tuple[BlockDevice, str]]:
    """The devices in the order they are printed, with what stands before their names."""
    children: dict[str, list[BlockDevice]] = {}
    for volume in found:
        below = [volume.disk] if volume.number else slaves(volume)
        for name in below or [""]:
            children.setdefault(name, []).append(volume)
    rows: list[tuple[BlockDevice, str]] = []
    tops = [v for v in found if v.path in wanted] if wanted else children.get("", [])
    waiting = [(volume, "", "") for volume in reversed(tops)]
    while waiting:
        volume, stem, deeper = waiting.pop()
        rows.append((volume, "" if flat else stem))
        own = [] if alone or len(deeper) > 40 else children.get(volume.name, [])
        for child in reversed(own):
            last = child is own[-1]
            mark, gap = ("`-", "  ") if last else ("|-", "| ")
            waiting.append((child, deeper + mark, deeper + gap))
    return rows


def slaves(volume: BlockDevice) -> list[str]:
    """The devices that a device mapper or RAID device lies on."""
    folder = f"/sys/class/block/{volume.name}/slaves"
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def size_text(size: int) -> str:
    """``512B``, ``1.5G``, ``256G``."""
    power = 0
    while size >= 1024 << 10 * power and power < 6:
        power += 1
    tenths = (size * 10 + (1 << 10 * power) // 2) // (1 << 10 * power)
    part = f".{tenths % 10}" if tenths % 10 else ""
    return f"{tenths // 10}{part}{'BKMGTPE'[power]}"


def write(rows: list[list[str]], columns: list[str], stdout: TextIO) -> None:
    """Print ROWS, every column as wide as its widest cell."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)] if rows else []
    for row in rows:
        cells = [
            cell.rjust(width) if column in RIGHT else cell.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        ]
        stdout.write(" ".join(cells).rstrip() + "\n")
