"""vgchange - make the logical volumes of volume groups, read-only, or take them away.

Ref: vgchange(8).
"""

from __future__ import annotations

from uroot_py.abi import devmapper
from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.disks import blockdev, groups, mapper
from uroot_py.disks.layers import Layers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "vgchange",
    "vgchange -ay|-an [GROUP]...",
    ACTIVATE := Option("-a", "--activate", value="y|n", help="y: make them, n: take them away"),
    Ignored("-v", "--verbose", "-q", "--quiet", "--readonly", "--sysinit", "--noudevsync"),
    example="vgchange -ay",
    notes="Nothing is ever written to the devices.",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Activate or deactivate."""
    given = COMMAND.parse(args)
    word = given.text(ACTIVATE)
    if word not in ("y", "n", "ay"):
        raise COMMAND.usage_error("expected -ay or -an")
    report = Report("vgchange", stderr)
    devices = blockdev.scan()
    if word == "n":
        members = [each for each in devices if each.kind == "LVM2_member"]
        found = groups.read(members, lambda _key, text: report.fault(text))
        uuids = [
            f"LVM-{each.group.uuid.replace('-', '')}"
            for each in found
            if not given.operands or each.group.name in given.operands
        ]
        mapper.ready()
        # Those made last lie on those made before.
        for name, _ in sorted(devmapper.names(), key=lambda pair: -pair[1]):
            with report:
                if devmapper.info(name).uuid.startswith(tuple(uuids)) and uuids:
                    mapper.deactivate(name)
        return report.status
    for name in given.operands or [""]:
        layers = Layers(kinds=("LVM2_member",), group=name)
        made = layers.add(devices)
        for line in layers.lines:
            report.remark(line)
        stdout.write(f"  {len(made)} logical volume(s) now active\n")
        if name and not made and not layers.lines:
            report.fault(f"volume group {name} is not here, or is active already", 5)
    return report.status
