#!/usr/bin/env python3
"""vmm - run a Linux kernel in a guest on this machine's KVM; its console is this terminal.

usage: scripts/vmm.py KERNEL [INITRD] [--append TEXT] [--memory MIB] [--cpus N] [--limit SECONDS]
                      [--disk FILE]... [--virtio-console] [--nmi] [--marker TEXT] [--symbols FILE]
                      [--report FILE]

Ctrl-A X ends the guest, Ctrl-A S (or SIGQUIT) does so and shows what it was doing. It reads a
--disk's file; what it writes there is gone with it. With --virtio-console what is typed goes to
hvc0 (the guest needs ``console=hvc0`` and virtio_mmio).

How it ended is the last line, on standard error; when it did not switch itself off or reboot, the
stack of each processor and the end of the kernel's log follow, with symbols from --symbols (a
vmlinux or a System.map) or from the guest's own memory; --nmi interrupts it then, for what a kernel
told ``unknown_nmi_panic`` says itself. Status: 0 powered off, rebooted, or the marker seen; 1 any
other end; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import contextlib
import mmap
import os
import signal
import sys
import termios
import threading
import tty
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from uroot_py.base.errors import FormatError, RefusedError, UrootError
from uroot_py.payload.request import KernelFile, Request
from uroot_py.vmm.guest import Guest
from uroot_py.vmm.outcome import HUNG, MARKER, POWERED_OFF, REBOOTED, STOPPED, TIMED_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.base.layout import Buffer

CONSOLE = "console=ttyS0 quiet panic=-1 reboot=k pci=off"
_ESCAPE = b"\x01"
_NMI_LIMIT = 60


def contents(path: Path) -> Buffer:
    """The bytes of a file, mapped."""
    try:
        with path.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except ValueError:
        raise RefusedError(f"{path}: the file is empty") from None
    except OSError as error:
        raise RefusedError(f"{path}: {(error.strerror or str(error)).lower()}") from error


@contextlib.contextmanager
def keyboard() -> Iterator[int | None]:
    """A descriptor with what is typed; on a terminal raw, and it ends at Ctrl-A X."""
    if not os.isatty(0):
        yield 0
        return
    before = termios.tcgetattr(0)
    reader, writer = os.pipe()
    threading.Thread(target=_filter, args=(writer,), daemon=True).start()
    try:
        tty.setraw(0)
        yield reader
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


def _filter(writer: int) -> None:
    escaped = False
    while data := os.read(0, 1):
        if escaped and data in b"xXsS":
            os.kill(os.getpid(), signal.SIGINT if data in b"xX" else signal.SIGQUIT)
            return
        escaped = data == _ESCAPE and not escaped
        if not escaped:
            os.write(writer, data)


def run(given: argparse.Namespace) -> int:
    """The guest, to its end."""
    request = Request(
        KernelFile(str(given.kernel), contents(given.kernel)),
        f"{CONSOLE} {given.append}".strip().encode(),
        contents(given.initrd) if given.initrd else b"",
    )
    with Guest(
        given.memory << 20,
        given.cpus,
        output=lambda data: os.write(1, data),
        disks=given.disk,
        virtio_console=given.virtio_console,
    ) as guest:
        try:
            guest.load(request)
        except FormatError as error:
            raise error.within(str(given.kernel)) from None
        signal.signal(signal.SIGQUIT, lambda number, frame: guest.stop())
        try:
            with keyboard() as source:
                outcome = guest.run(given.limit, marker=given.marker.encode(), source=source)
        except KeyboardInterrupt:
            if given.report:
                post_mortem(guest, given)
            raise
        for fault in guest.faults():
            print(f"\nvmm: {fault}", file=sys.stderr)
        speed = f"{outcome.exits} exits, {outcome.seconds:.1f} s"
        print(f"\nvmm: {outcome} ({speed})", file=sys.stderr, flush=True)
        if outcome.kind in (POWERED_OFF, REBOOTED, MARKER):
            return 0
        post_mortem(guest, given)
        if given.nmi and outcome.kind in (HUNG, STOPPED, TIMED_OUT):
            guest.nmi()
            print(f"vmm: after the NMI: {guest.run(_NMI_LIMIT)}", file=sys.stderr)
    return 1


def post_mortem(guest: Guest, given: argparse.Namespace) -> None:
    """What the guest was doing: to the file of --report, or to standard error."""
    from uroot_py.vmm import postmortem, symbols

    source = None
    if given.symbols:
        elf = bytes(contents(given.symbols)[:4]) == b"\x7fELF"
        text = "" if elf else given.symbols.read_text(errors="replace")
        source = symbols.from_elf(str(given.symbols)) if elf else symbols.from_system_map(text)
    said = postmortem.report(guest, source)
    if given.report:
        given.report.write_text(said + "\n")
    else:
        print(said, file=sys.stderr)


def main() -> int:
    """Do it; errors are one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    parser.add_argument("kernel", metavar="KERNEL", type=Path)
    parser.add_argument("initrd", metavar="INITRD", type=Path, nargs="?")
    parser.add_argument("--append", default="")
    parser.add_argument("--memory", type=int, default=256, metavar="MIB")
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--limit", type=float, default=86400, metavar="SECONDS")
    parser.add_argument("--disk", action="append", default=[], metavar="FILE")
    parser.add_argument("--virtio-console", action="store_true")
    parser.add_argument("--nmi", action="store_true")
    parser.add_argument("--marker", default="", metavar="TEXT")
    parser.add_argument("--symbols", type=Path, metavar="FILE")
    parser.add_argument("--report", type=Path, metavar="FILE")
    try:
        return run(parser.parse_args())
    except UrootError as error:
        print(f"vmm: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print("\nvmm: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
