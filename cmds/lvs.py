"""lvs - list logical volumes.

Also vgs and pvs, which list volume groups and physical volumes. Ref: lvs(8), vgs(8), pvs(8).
"""

from __future__ import annotations

from uroot_py.base.errors import Report, UrootError
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.text import printable
from uroot_py.disks import blockdev, groups

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from uroot_py.disks.groups import Group

    Row = dict[str, str]

ALL = Option("-a", "--all", help="also those that are parts of others")
HEADLESS = Option("--noheadings", help="no heading")
COLUMNS = Option("-o", "--options", value="LIST", help="these columns")
_REST = Ignored("-v", "--verbose", "-q", "--quiet", "--readonly", "--segments")
LVS = Command(
    "lvs", "lvs [-a] [-o COLUMN,...] [GROUP]...", ALL, HEADLESS, COLUMNS, _REST, example="lvs -a"
)
VGS = Command("vgs", "vgs [-o COLUMN,...] [GROUP]...", HEADLESS, COLUMNS, _REST, example="vgs")
PVS = Command("pvs", "pvs [-o COLUMN,...] [GROUP]...", HEADLESS, COLUMNS, _REST, example="pvs")
COMMAND = LVS
_SIZES = "bkmgtpe"
# What -o calls them.
_WORDS = {
    "lv_name": "LV", "vg_name": "VG", "pv_name": "PV", "lv_size": "LSize", "vg_size": "VSize",
    "pv_size": "PSize", "lv_uuid": "UUID", "vg_uuid": "UUID", "pv_uuid": "UUID",
    "pv_count": "#PV", "lv_count": "#LV", "segtype": "Type",
}  # fmt: skip


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """List logical volumes."""
    every = LVS.parse(args).flag(ALL)
    return _list(LVS, args, stdout, stderr, lambda group: _logical(group, every=every))


def vgs(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """List volume groups."""
    return _list(VGS, args, stdout, stderr, _groups)


def pvs(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """List physical volumes."""
    return _list(PVS, args, stdout, stderr, _physical)


def _list(
    command: Command,
    args: list[str],
    stdout: TextIO,
    stderr: TextIO,
    rows_of: Callable[[Group], list[Row]],
) -> int:
    given = command.parse(args)
    report = Report(command.name, stderr)
    members = [each for each in blockdev.scan() if each.kind == "LVM2_member"]
    found = groups.read(members, lambda _key, text: report.fault(text))
    wanted = [name.partition("/")[0] for name in given.operands]
    for name in wanted:
        if name not in [each.group.name for each in found]:
            report.fault(f"volume group {name} is not here", 5)
    rows = [
        row for each in found if not wanted or each.group.name in wanted for row in rows_of(each)
    ]
    if not rows:
        return report.status
    columns = list(rows[0])
    if given.text(COLUMNS):
        names = {name.lower(): name for name in columns}
        names |= {word: name for word, name in _WORDS.items() if name in columns}
        asked = str(given.text(COLUMNS)).lower().split(",")
        for word in asked:
            if word not in names:
                raise command.usage_error(f"unknown column {word!r}: {' '.join(names)}")
        columns = [names[word] for word in asked]
    lines = [] if given.flag(HEADLESS) else [columns]
    lines += [[printable(row[column]) for column in columns] for row in rows]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    for line in lines:
        cells = [
            cell.rjust(width) if column.endswith(("Size", "Free")) else cell.ljust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ]
        stdout.write(f"  {' '.join(cells).rstrip()}\n")
    return report.status


def _logical(each: Group, *, every: bool) -> list[Row]:
    rows = []
    active = groups.active()
    for name, volume in each.group.logical.items():
        if not volume.visible and not every:
            continue
        uuid = f"LVM-{(each.group.uuid + volume.uuid).replace('-', '')}"
        rows.append(
            {
                "LV": name if volume.visible else f"[{name}]",
                "VG": each.group.name,
                "State": "active" if uuid in active else "",
                "LSize": _size(volume.extents * each.group.extent_size * 512),
                "Type": ",".join(dict.fromkeys(segment.type for segment in volume.segments)),
                "UUID": volume.uuid,
                "Cannot": _why_not(each, name),
            }
        )
    return rows


def _why_not(each: Group, name: str) -> str:
    """Why NAME is not put together; ''."""
    try:
        each.ordered(name)
    except UrootError as error:
        return str(error)
    return ""


def _groups(each: Group) -> list[Row]:
    group = each.group
    total = sum(volume.count for volume in group.physical.values())
    return [
        {
            "VG": group.name,
            "#PV": f"{len(each.devices)}/{len(group.physical)}",
            "#LV": str(sum(volume.visible for volume in group.logical.values())),
            "VSize": _size(total * group.extent_size * 512),
            "UUID": group.uuid,
        }
    ]


def _physical(each: Group) -> list[Row]:
    return [
        {
            "PV": each.devices[name].path if name in each.devices else "[missing]",
            "VG": each.group.name,
            "PSize": _size(volume.count * each.group.extent_size * 512),
            "UUID": volume.uuid,
        }
        for name, volume in each.group.physical.items()
    ]


def _size(size: int) -> str:
    """``126.00m``: two digits and LVM's letter."""
    power = 0
    while size >= 1024 << 10 * power and power < len(_SIZES) - 1:
        power += 1
    hundredths = size * 100 >> 10 * power
    return f"{hundredths // 100}.{hundredths % 100:02}{_SIZES[power]}"
