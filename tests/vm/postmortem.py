"""What a guest is doing, read out of its memory, against what its kernel says of itself."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from scripts import make_final_os
from scripts.tools import BUILD
from scripts.vmtest import image, qmp
from scripts.vmtest.case import Case, Expect, Send, Session
from scripts.vmtest.console import FAULTS

if TYPE_CHECKING:
    from pathlib import Path

ANY = tuple(fault for fault in FAULTS if "Traceback" not in fault)
MEMORY = 256
HANGS = """#!/bin/busybox sh
/bin/busybox mkdir /dev
/bin/busybox mount -t devtmpfs dev /dev
(/bin/busybox sleep 1; echo HANGS-NOW) &  # when dd has been reading for long
exec /bin/busybox dd if=/dev/zero of=/dev/null bs=96M
"""


def hangs() -> bytes:
    """An initrd whose init is in the kernel for ever."""
    return image.archive({"/init": HANGS.encode(), "/bin/busybox": make_final_os.busybox()})


FRAME = re.compile(r"^  #\d+ 0x[0-9a-f]+ ([\w.]+\+0x[0-9a-f]+)$", re.MULTILINE)
# The stack of dd, while it is still somebody else's turn, or somebody else's work is done on it.
ELSEWHERE = re.compile(r"__switch_to|schedule|sysvec|irq|interrupt")


def frames_agree(session: Session, text: str) -> None:
    """TEXT has the kernel's list of frames and ours: function and offset of each are the same."""
    ours = FRAME.findall(text)
    own = re.findall(r"^\[.*\](?:  | RIP: 0010:)([\w.]+\+0x[0-9a-f]+)/0x", text, re.MULTILINE)
    # The kernel's list begins in the function that prints it, or behind the NMI that asked for it.
    skipped = ("dump_stack", "panic+", "native_machine", "vpanic+")
    own = own[max(own.index(name) for name in own if "nmi" in name) + 1 :] if "NMI" in text else own
    callers = [[name for name in found if not name.startswith(skipped)] for found in (own, ours)]
    if len(callers[0]) < 2 or callers[0] != callers[1]:
        session.fail(f"the kernel's frames are {own}, ours are {ours}")


def busy(session: Session, limit: float) -> None:
    """Wait until the init of hangs() is where it stays."""
    Expect("^HANGS-NOW\n", limit=limit, allow=ANY)(session)
    for text in ("first", "second"):  # the terminal answers: dd is all that is left by then
        Send(f"{text}-typed\r")(session)
        Expect(f"{text}-typed", limit=limit, allow=ANY)(session)


def stopped_reading(session: Session, monitor: qmp.Monitor) -> str:
    """Stop the guest where dd reads; the process that told us so may still have to end."""
    tries = 100
    while True:
        said = qmp.report(monitor, MEMORY << 20, BUILD / "vm")
        frames = " ".join(FRAME.findall(said))
        if "ksys_read" in frames and not ELSEWHERE.search(frames):
            return said
        tries -= 1
        if not tries:
            session.fail(f"dd does not read: {said}")
        monitor.ask("cont")
        time.sleep(0.2)


def compared(session: Session) -> None:
    """Our frames of a guest of QEMU's, then its own by an NMI."""
    begun = session.console.cursor
    busy(session, 120)
    monitor = session.console.monitor
    assert monitor is not None
    said = stopped_reading(session, monitor)
    monitor.ask("inject-nmi")
    monitor.ask("cont")
    Expect("Kernel panic - not syncing: NMI", limit=60, allow=ANY)(session)
    Expect("</TASK>", limit=60, allow=ANY)(session)
    frames_agree(session, f"{said}\n{session.console.text[begun:]}")
    if "HANGS-NOW" in said or "Run /init as init process" not in said:
        session.fail(f"the kernel's log is not in {said!r}")


def initrd(folder: Path) -> Path:
    """hangs() as a file."""
    made = folder / "hangs"
    made.write_bytes(hangs())
    return made


CASES = [
    Case(
        f"postmortem.{name}",
        append="unknown_nmi_panic",
        kernel=kernel,
        image=initrd,
        memory=MEMORY,
        needs=frozenset({"qemu"}),
        steps=[compared],
        tags=frozenset({"slow"}),
    )
    for name, kernel in (("stable", "cloud-amd64"), ("backports", "backports-cloud-amd64"))
]
