"""The same command lines on kexec-tools in the same guest; crash kernels, one of them damaged."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from typing import TYPE_CHECKING

from initramfs import target
from scripts import fetch_kernel, make_final_os
from scripts.tools import BUILD, published
from scripts.vmtest import image, peers
from scripts.vmtest.case import Case, End, Expect, Prompt, Run, Send
from scripts.vmtest.console import FAULTS

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.vmtest.case import Session, Step
    from scripts.vmtest.image import Files

SLOW = frozenset({"slow"})
CANNOT_BE_RUN = (126, 127)  # statuses of the shell and of the loader, not of kexec-tools
LOAD = "/srv/vmlinuz --initrd=/srv/initrd --append=console=ttyS0"
# Command lines, one after the other, in one guest. Statuses and states must agree; where a status
# is given, ours is that one on purpose (docs/kexec.md says why).
ROWS: tuple[tuple[str, int | None], ...] = (
    ("-S", None),
    ("-S -l", None),
    ("-e", None),
    ("-u", None),
    ("-l", None),
    ("-l /srv/none", None),
    ("-l /srv", None),
    ("-l /srv/text", None),
    ("-l /srv/empty", None),
    ("-c -l /srv/text", None),
    ("-s -l /srv/text", None),
    ("-Q", None),
    ("--mem-min=zz -l /srv/vmlinuz", None),
    ("-t nothing -l /srv/vmlinuz", 255),
    (f"-s -l {LOAD}", None),
    (f"-c -l {LOAD}", None),
    (f"-a -l {LOAD}", None),
    (f"-s {LOAD} -l", None),
    (f"-l --type=bzImage64 -c {LOAD}", None),
    (f"-l -d -s {LOAD}", None),
    (f"-l --no-checks -c {LOAD}", None),
    (f"-l -c --mem-min=0x4000000 --mem-max=0x10000000 {LOAD}", None),
    (f"-l -c --reuse-cmdline {LOAD}", None),
    (f"-l -c --entry-32bit {LOAD}", None),
    (f"-l -c --real-mode {LOAD}", None),
    (f"-l -c --console-serial --serial=0x3f8 --serial-baud=115200 {LOAD}", None),
    ("-l -c /srv/vmlinuz --ramdisk=/srv/initrd --command-line=a", None),
    ("-l -c /srv/vmlinuz --initrd=/srv/none", None),
    ("-l -c /srv/vmlinuz --initrd=/srv/initrd --append=" + "x" * 2500, None),
    ("-l /srv/vmlinuz /srv/vmlinuz", 1),
    ("-S -l", None),
    ("-u", None),
    ("-S -l", None),
    ("-p /srv/text", None),
    ("--print-ckr-size", None),
    (f"-p -s {LOAD}", None),
    ("-u -p", 0),
    (f"-p -c {LOAD}", None),
    (f"-p -c --reuse-cmdline {LOAD}", None),
    ("-p -c -u", None),
    ("-p -u", None),
)


def files() -> Files:
    """Kernel, initrd, what is neither, and kexec-tools."""
    return {
        "/srv/vmlinuz": fetch_kernel.fetch("cloud-amd64") / "vmlinuz",
        "/srv/initrd": make_final_os.initrd(),
        "/srv/text": b"no kernel\n",
        "/srv/empty": b"",
        **peers.kexec_tools(),
    }


def states(session: Session, command: str) -> tuple[int, ...]:
    """The exit status of COMMAND in the guest, whether a kernel, a crash kernel is loaded then."""
    after = "a=$?; kexec -S -l; b=$?; kexec -S; echo status=$a,$b,$?"
    found = re.search(
        r"status=(\d+),(\d+),(\d+)", session.run(f"{command} >/log 2>&1; {after}", 180)
    )
    if not found:
        session.fail(f"no status of {command}")
    return tuple(map(int, found.groups()))


def same_statuses(session: Session) -> None:
    """Every row on both programs: the status, and what is loaded after it."""
    wrong = []
    for row, deliberate in ROWS:
        seen = [states(session, f"{name} {row}") for name in (peers.KEXEC_TOOLS, "kexec")]
        if seen[0][0] in CANNOT_BE_RUN:
            session.fail(
                f"kexec-tools does not run: status {seen[0][0]}: {session.run('cat /log')}"
            )
        expected = seen[0] if deliberate is None else (deliberate, *seen[1][1:])
        if seen[1] != expected:
            wrong.append(f"kexec {row[:60]}: kexec-tools {seen[0]}, ours {seen[1]}")
    if wrong:
        session.fail("; ".join(wrong))


CRASH_INIT = b"""\
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys
/bin/busybox --install -s /bin
mount -t proc proc /proc
echo; echo CRASH-KERNEL-UP
echo "cmdline: $(cat /proc/cmdline)"
echo "vmcore: $(head -c 4 /proc/vmcore | tail -c 3) $(stat -c %s /proc/vmcore)"
echo "crashed: $(head -c 65536 /proc/vmcore | strings | grep -m 1 OSRELEASE)"
poweroff -f
"""
CRASH_LOAD = (
    "-p /srv/vmlinuz --initrd /srv/initrd"
    " --append 'console=ttyS0 nr_cpus=1 reset_devices marker=crash'"
)
CRASHES = tuple(fault for fault in FAULTS if fault.startswith(("Kernel panic", "((?:BUG")))


def crash_initrd(arch: str) -> Path:
    """An initrd for ARCH that looks at /proc/vmcore."""
    target = BUILD / "crash-os" / f"{hashlib.sha256(CRASH_INIT).hexdigest()[:12]}-{arch}"
    if not target.is_dir():
        with published(target) as fresh:
            parts: Files = {"/init": CRASH_INIT, "/bin/busybox": make_final_os.busybox(arch)}
            image.packed(parts, fresh)
    return target / "files.cpio"


# ---- a bit of what was loaded changes: QEMU's debugger writes into the guest's memory

DEBUGGER = BUILD / "kexec" / "debugger"


def debugger() -> str:
    """QEMU's word for a debugger's socket; short, as the names of sockets have to be."""
    DEBUGGER.parent.mkdir(parents=True, exist_ok=True)
    return f"unix:{os.path.relpath(DEBUGGER)},server=on,wait=off"


def ask(line: socket.socket, text: str) -> str:
    """The debugger's answer. Ref: GDB's manual, Remote Serial Protocol."""
    line.sendall(f"+${text}#{sum(text.encode()) & 0xFF:02x}".encode())
    whole = b""
    while not (found := re.search(rb"\$([^#]*)#..", whole)):
        whole += line.recv(4096)
    return found[1].decode()


def damage(session: Session) -> None:
    """Load a crash kernel and change a bit of its initrd."""
    shown = session.run(f"kexec -c -d --console-serial {CRASH_LOAD}", 60)
    place = re.search(r"^\[0x(\w+), 0x\w+\) initrd", shown, re.M)
    if not place:
        session.fail(f"no plan: {shown!r}")
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(300)
        line.connect(os.path.relpath(DEBUGGER))
        ask(line, "Qqemu.PhyMemMode:1")
        before = ask(line, f"m{place[1]},1")
        if ask(line, f"M{place[1]},1:{int(before, 16) ^ 1:02x}") != "OK":
            session.fail("QEMU does not write memory")
        ask(line, "D")


def crashes(name: str, option: str, arch: str = "amd64") -> Case:
    """A case whose crash kernel is loaded with OPTION, and shows the memory of the first."""
    words = CRASH_LOAD.replace("ttyS0", target.choose(arch).console)
    load = Run(f"kexec {option}{words}", limit=60, name=f"kexec {option}-p")
    return Case(
        name,
        kernel=fetch_kernel.USUAL[arch],
        append="uroot.shell crashkernel=256M",
        files=lambda: crash_files(arch),
        memory=1024,
        steps=[
            Prompt(limit=150),
            Run("kexec --print-ckr-size", shows="^268435456$"),
            Run("kexec -S", status=0),
            load,
            Run("kexec -S", status=1, name="a crash kernel is loaded"),
            Run("kexec -S -l", status=0, name="no other kernel is"),
            Run("kexec -p -u; kexec -S", status=0, name="it can be unloaded"),
            load,
            *crash(
                Expect("^CRASH-KERNEL-UP$", limit=180, allow=CRASHES, name="its init"),
                Expect(r"^cmdline: .*marker=crash", name="its cmdline"),
                Expect(r"^vmcore: ELF \d{9,}", name="the memory of the first kernel"),
                Expect(rf"^crashed: OSRELEASE=\S+-{fetch_kernel.USUAL[arch]}$", name="its notes"),
                End(),
            ),
        ],
        tags=SLOW,
    )


def crash(*steps: Step) -> list[Step]:
    """The kernel crashes; STEPS say what comes then."""
    return [Send("echo c > /proc/sysrq-trigger\r"), *steps]


def crash_files(arch: str) -> Files:
    """A kernel for ARCH, and an initrd for it."""
    return {
        "/srv/vmlinuz": fetch_kernel.usual(arch) / "vmlinuz",
        "/srv/initrd": crash_initrd(arch),
    }


# The kernel writes its own headers over ours: purgatory must not stumble over that.
HOTPLUG = "/sys/devices/system/cpu/crash_hotplug"
CASES = [
    Case(
        "kexec.crash-hotplug",
        kernel="backports-cloud-amd64",
        append="uroot.shell crashkernel=256M",
        files=lambda: crash_files("amd64"),
        memory=1024,
        cpus=2,
        steps=[
            Prompt(limit=150),
            Run(f"kexec -c {CRASH_LOAD}", limit=60),
            Run(f"cat {HOTPLUG}", shows="^0$", name="the kernel leaves these headers alone"),
            Run(f"kexec -c --hotplug {CRASH_LOAD}", limit=60),
            Run(f"cat {HOTPLUG}", shows="^1$", name="it looks after those"),
            Run("echo 0 > /sys/devices/system/cpu/cpu1/online"),
            *crash(
                Expect("^CRASH-KERNEL-UP$", limit=180, allow=CRASHES, name="its init"),
                Expect(r"^vmcore: ELF \d{9,}", name="the memory of the first kernel"),
                Expect(r"^crashed: OSRELEASE=\S+-cloud-amd64$", name="its notes"),
                End(),
            ),
        ],
        tags=SLOW,
    ),
    Case(
        "kexec.same-as-kexec-tools",
        append="uroot.shell crashkernel=256M",
        files=files,
        memory=1024,
        steps=[
            Prompt(),
            Run(f"{peers.KEXEC_TOOLS} -v", shows="^kexec-tools ", name="kexec-tools runs"),
            same_statuses,
        ],
        tags=SLOW,
    ),
    Case(
        "kexec.damaged",
        append="uroot.shell crashkernel=256M",
        files=lambda: crash_files("amd64"),
        memory=1024,
        devices=("-gdb", debugger()),
        steps=[
            Prompt(),
            damage,
            *crash(
                Expect(
                    "^purgatory: SHA-256 of what was loaded does not match; halted",
                    limit=120,
                    allow=CRASHES,
                    name="purgatory notices",
                )
            ),
        ],
        tags=SLOW,
    ),
    crashes("kexec.crash", ""),
    crashes("kexec.crash-load", "-c "),
]
