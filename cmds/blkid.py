"""blkid - say what block devices hold.

Ref: blkid(8) of util-linux.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError, Report
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.text import printable
from uroot_py.disks.blockdev import BlockDevice, identify, scan, tags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

COMMAND = Command(
    "blkid",
    "blkid [-o FORMAT] [-s TAG]... [-t TAG=VALUE] [DEVICE]... | blkid -L LABEL | blkid -U UUID",
    OUTPUT := Option("-o", "--output", value="FORMAT", help="full, value, device or export"),
    MATCH_TAG := Option("-s", "--match-tag", value="TAG", help="only this tag, such as UUID"),
    MATCH_TOKEN := Option("-t", "--match-token", value="TAG=VALUE", help="only devices with this"),
    LABEL := Option("-L", "--label", value="LABEL", help="the device with this label"),
    UUID := Option("-U", "--uuid", value="UUID", help="the device with this UUID"),
    Ignored("-p", "--probe"),
    example="blkid -s UUID -o value /dev/vda1",
    notes="DEVICE may be an image in a file. Status 2: nothing was found.",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print what is known of every device, or of those named."""
    given = COMMAND.parse(args)
    shape = given.text(OUTPUT) or "full"
    if shape not in ("full", "value", "device", "export"):
        raise COMMAND.usage_error(f"-o {shape}: expected full, value, device or export")
    token = given.text(MATCH_TOKEN)
    for tag, row in (("LABEL", LABEL), ("UUID", UUID)):
        if given.flag(row):
            token, shape = f"{tag}={given.text(row)}", "device"
    name, equals, value = (token or "").partition("=")
    if token and not equals:
        raise COMMAND.usage_error(f"-t {token}: expected TAG=VALUE")
    report = Report("blkid", stderr)
    lines = []
    for path, known in devices(given, report):
        if not token or known.get(name) == value:
            lines.append(line(path, known, shape, given.all(MATCH_TAG)))
    stdout.write(("\n" if shape == "export" else "").join(filter(None, lines)))
    return report.status or (0 if any(lines) else 2)


def devices(given: ParsedArgs, report: Report) -> list[tuple[str, dict[str, str]]]:
    """(path, tags) of every device that holds something, or of the operands."""
    found = scan()
    if not given.operands:
        return [(volume.path, tags(volume)) for volume in found if tags(volume)]
    rows = []
    for path in given.operands:
        with report:
            real = os.path.realpath(path)
            volume = next((v for v in found if v.path == real), None)
            rows.append((path, tags(volume or image(path))))
    return rows


def image(path: str) -> BlockDevice:
    """A file as if it were a device."""
    if os.path.isdir(path):
        raise RefusedError(f"{path}: is a directory")
    volume = BlockDevice(path, path, os.path.getsize(path), path, 0)
    volume.superblock = identify(path)
    return volume


def line(path: str, known: dict[str, str], shape: str, only: list[str]) -> str:
    """What is printed about one device, '' if nothing of it is wanted."""
    shown = {name: printable(value) for name, value in known.items() if not only or name in only}
    if not shown:
        return ""
    if shape == "device":
        return f"{path}\n"
    if shape == "value":
        return "".join(f"{value}\n" for value in shown.values())
    if shape == "export":
        return f"DEVNAME={path}\n" + "".join(f"{name}={text}\n" for name, text in shown.items())
    words = [f'{name}="{text}"' for name, text in shown.items()]
    return f"{path}: {' '.join(words)}\n"
