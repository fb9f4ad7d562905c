"""report - put what is known about this machine into one archive.

The archive is what a person can send who cannot copy from a screen: kernel log, memory map,
device tree, disks, what `boot` found and why it refused the rest. A part that fails is noted in
it, and does not stop the others.
"""

from __future__ import annotations

import os
import time

from cmds.dispatch import call
from cmds.table import TABLE
from uroot_py import VERSION
from uroot_py.abi import process
from uroot_py.base.options import Command
from uroot_py.base.text import format_size
from uroot_py.formats.archive.cpio import S_IFDIR, S_IFREG, Member, build
from uroot_py.streams.standard import with_streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

DEFAULT = "/tmp/report.cpio.gz"
COMMAND = Command(
    "report",
    "report [FILE]",
    notes=f"Without FILE it writes {DEFAULT}. A name that ends in .gz is compressed.\n"
    "Unpack it with: gzip -dc FILE | cpio -i",
    example="mount /dev/sdb1 /mnt && report /mnt/report.cpio.gz && umount /mnt",
)
_SECONDS = 60  # that one part may take
_MOST = 16 << 20  # bytes of one part
_FILES = (
    ("cmdline", "/proc/cmdline"),
    ("iomem", "/proc/iomem"),
    ("meminfo", "/proc/meminfo"),
    ("partitions", "/proc/partitions"),
    ("modules", "/proc/modules"),
    ("cpuinfo", "/proc/cpuinfo"),
    ("consoles", "/proc/consoles"),
    ("lockdown", "/sys/kernel/security/lockdown"),
    ("fdt.dtb", "/sys/firmware/fdt"),
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Collect the parts, write the archive, say where it is."""
    given = COMMAND.parse(args, max_operands=1)
    target = given.operands[0] if given.operands else DEFAULT
    parts, index = collect()
    size = write(target, [("index.txt", index.encode()), *parts])
    stdout.write(f"{target}: {len(parts)} parts, {format_size(size)}\n")
    return 0


def collect() -> tuple[list[tuple[str, bytes]], str]:
    """Every part that there is, and a text that lists them with their statuses."""
    parts: list[tuple[str, bytes]] = []
    lines = [f"uroot-py {VERSION}, up {time.monotonic():.0f} s"]
    for row in TABLE:
        if row.report is None:
            continue
        words = [row.name, *row.report.split()]
        name, line = f"{row.name}.{'json' if '--json' in words else 'txt'}", " ".join(words)
        data, status = process.capture(lambda words=words: _applet(words), _SECONDS)  # type: ignore[misc]
        parts.append((name, data[:_MOST]))
        lines.append(f"{name}: {line}: status {status}, {format_size(len(data))}")
    for name, path in _FILES:
        try:
            with open(path, "rb") as file:
                data = file.read(_MOST)
        except OSError as error:
            lines.append(f"{name}: {path}: {(error.strerror or '').lower()}")
            continue
        parts.append((name, data))
        lines.append(f"{name}: {path}: {format_size(len(data))}")
    return parts, "\n".join(lines) + "\n"


def _applet(words: list[str]) -> int:
    return with_streams(lambda *streams: call(words[0], words[1:], *streams))


def write(target: str, parts: list[tuple[str, bytes]]) -> int:
    """Write the archive TARGET, all of it or nothing; its size."""
    now = int(time.time())
    members = [Member(f"report/{n}", S_IFREG | 0o644, d, mtime=now) for n, d in parts]
    # The folder itself: not every cpio makes one unasked.
    data = build([Member("report", S_IFDIR | 0o755, mtime=now), *members])
    if target.endswith(".gz"):
        import zlib

        packer = zlib.compressobj(wbits=31)  # 31: with the header of gzip
        data = packer.compress(data) + packer.flush()
    part = target + ".part"
    try:
        with open(part, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except OSError:
        if os.path.exists(part):
            os.remove(part)
        raise
    return len(data)
