"""mdadm - put md arrays together read-only, show and stop them.

Ref: mdadm(8), md(4).
"""

from __future__ import annotations

import os

from uroot_py.abi import md
from uroot_py.base.errors import RefusedError, Report
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.text import format_size, printable
from uroot_py.disks import arrays, blockdev
from uroot_py.disks.layers import Layers
from uroot_py.formats.disk import md as superblocks
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.disks.blockdev import BlockDevice
    from uroot_py.formats.disk.md import Member

COMMAND = Command(
    "mdadm",
    "mdadm --assemble --scan | --assemble ARRAY [DEVICE]... | --detail|--examine|--stop DEVICE...",
    ASSEMBLE := Option("-A", "--assemble", help="put an array together, read-only"),
    DETAIL := Option("-D", "--detail", help="show arrays that work"),
    EXAMINE := Option("-E", "--examine", help="show what stands on devices of arrays"),
    STOP := Option("-S", "--stop", help="take arrays away"),
    SCAN := Option("-s", "--scan", help="all of them"),
    Ignored("-R", "--run", "-o", "--readonly", "-q", "--quiet", "-v", "--verbose"),
    example="mdadm --assemble --scan",
    notes="Nothing is ever written to the devices: no superblock, no bitmap, no synchronisation.",
)
_RUNNING = ("readonly", "read-auto", "clean", "active", "active-idle", "write-pending", "broken")


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Assemble, show or stop."""
    given = COMMAND.parse(args)
    names = given.operands
    if given.last(ASSEMBLE, DETAIL, EXAMINE, STOP) is None:
        raise COMMAND.usage_error("expected --assemble, --detail, --examine or --stop")
    if not names and not given.flag(SCAN):
        raise COMMAND.usage_error("expected a device, or --scan")
    report = Report("mdadm", stderr)
    if given.flag(ASSEMBLE):
        assemble(names, report)
    elif given.flag(EXAMINE):
        devices = [each for each in blockdev.scan() if each.kind == "linux_raid_member"]
        known = {each.path: each for each in devices}
        for path in names or list(known):
            with report:
                stdout.write(examine(path, known.get(os.path.realpath(path))))
    else:
        for path in names or [f"/dev/{name}" for name in running()]:
            with report:
                name = os.path.basename(os.path.realpath(path))
                if given.flag(STOP):
                    md.stop(name)
                    report.remark(f"stopped {path}")
                else:
                    stdout.write(detail(path, name))
    return report.status


def assemble(names: list[str], report: Report) -> None:
    """Put together the array NAMES[0] of the others, or all without any."""
    array = os.path.basename(names[0]) if names else ""
    paths = {os.path.realpath(name) for name in names[1:]}
    devices = [each for each in blockdev.scan() if not paths or each.path in paths]
    for path in paths - {each.path for each in devices}:
        report.fault(f"{path}: not a block device")
    layers = Layers(kinds=("linux_raid_member",), name=array)
    layers.add(devices)
    for line in layers.lines:
        report.remark(line)
    if not layers.made:
        report.fault("no array was put together")


def running() -> list[str]:
    """The names of the arrays that work."""
    names = HERE.names("/sys/block")
    return [name for name in names if name.startswith("md") and md.state(name) in _RUNNING]


def detail(path: str, name: str) -> str:
    """What the kernel says of the array NAME."""
    if not md.state(name):
        raise RefusedError(f"{path}: not an md array")
    top = f"/sys/block/{name}/md"
    size = HERE.number(f"/sys/block/{name}/size") * 512
    rows = {
        "Raid Level": HERE.text(f"{top}/level").strip(),
        "Array Size": f"{size >> 10} ({format_size(size)})",
        "Raid Devices": HERE.text(f"{top}/raid_disks").partition(" ")[0].strip(),
        "State": HERE.text(f"{top}/array_state").strip()
        + (", degraded" if HERE.number(f"{top}/degraded") else ""),
        "Chunk Size": f"{HERE.number(f'{top}/chunk_size') >> 10}K",
        "Metadata": HERE.text(f"{top}/metadata_version").strip(),
    }
    lines = [f"{path}:", *(f"{key:>18} : {value}" for key, value in rows.items()), ""]
    lines.append("    Slot   State")
    for folder in (each for each in HERE.names(top) if each.startswith("dev-")):
        slot = HERE.text(f"{top}/{folder}/slot").strip()
        state = HERE.text(f"{top}/{folder}/state").strip()
        lines.append(f"    {slot:<6} {state:<12} /dev/{folder[4:].replace('!', '/')}")
    return "\n".join(lines) + "\n"


def examine(path: str, device: BlockDevice | None) -> str:
    """What the superblock on the device PATH says, in mdadm's words."""
    if device is None:
        raise RefusedError(f"{path}: no md superblock on it")
    member = arrays.examine(device)
    rows = {
        "Magic": f"{superblocks.MD_SB_MAGIC:x}",
        "Version": member.version,
        "Array UUID": _colons(member.uuid),
        "Name": printable(member.name),
        "Raid Level": member.kind,
        "Raid Devices": str(member.raid_disks),
        "Avail Dev Size": f"{member.data_size} sectors",
        "Data Offset": f"{member.data_offset} sectors",
        "State": "clean" if member.resync == superblocks.WHOLE else "active",
        "Device UUID": _colons(member.device_uuid),
        "Events": str(member.events),
        "Chunk Size": f"{member.chunk >> 10}K" if member.chunk else "",
        "Device Role": _role(member),
    }
    lines = [f"{key:>15} : {value}" for key, value in rows.items() if value]
    return "\n".join([f"{path}:", *lines]) + "\n"


def _role(member: Member) -> str:
    words = {superblocks.FAULTY: "Faulty", superblocks.JOURNAL_ROLE: "Journal"}
    if member.role < member.raid_disks:
        return f"Active device {member.role}"
    return words.get(member.role, "spare")


def _colons(uuid: str) -> str:
    plain = uuid.replace("-", "")
    return ":".join(plain[at : at + 8] for at in range(0, len(plain), 8))
