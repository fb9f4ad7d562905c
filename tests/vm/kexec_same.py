"""The same command lines on kexec-tools in the same guest; a crash kernel."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import fetch_kernel, make_final_os
from scripts.support import BUILD, apt, image, published
from scripts.support.case import Case, End, Expect, Prompt, Run, Send

if TYPE_CHECKING:
    from scripts.support.case import Session
    from scripts.support.image import Files

SLOW = frozenset({"slow"})
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
    ("-t nothing -l /srv/vmlinuz", None),
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
    ("-p /srv/vmlinuz", None),
    ("--print-ckr-size", None),
    ("-u -p", None),
)


def kexec_tools() -> Files:
    """Debian's kexec and the libraries it asks for, each where the program looks for it."""
    program = next(apt.unpacked("kexec-tools").glob("sbin/kexec"))
    files: dict[str, Path | bytes] = {"/srv/kexec-tools": program}
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, timeout=60)
    for path in re.findall(r"(/\S+) \(", listed.stdout):
        files[path] = Path(path)
    return files


def files() -> Files:
    """Kernel, initrd, what is neither, and kexec-tools."""
    return {
        "/srv/vmlinuz": fetch_kernel.fetch("cloud-amd64") / "vmlinuz",
        "/srv/initrd": make_final_os.initrd(),
        "/srv/text": b"no kernel\n",
        "/srv/empty": b"",
        **kexec_tools(),
    }


def status(session: Session, command: str) -> int:
    """The exit status of COMMAND in the guest."""
    found = re.search(r"status=(\d+)", session.run(f"{command} >/log 2>&1; echo status=$?", 120))
    if not found:
        session.fail(f"no status of {command}")
    return int(found[1])


def same_statuses(session: Session) -> None:
    """Every row on both programs: the status, and what is loaded after it."""
    wrong = []
    for row, deliberate in ROWS:
        seen = [
            (status(session, f"{program} {row}"), status(session, "kexec -S -l"))
            for program in ("/srv/kexec-tools", "kexec")
        ]
        expected = seen[0] if deliberate is None else (deliberate, seen[1][1])
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
poweroff -f
"""


def crash_initrd() -> Path:
    """An initrd that looks at /proc/vmcore."""
    target = BUILD / "crash-os"
    if not (target / "files.cpio").is_file():
        with published(target) as fresh:
            parts: Files = {"/init": CRASH_INIT, "/bin/busybox": make_final_os.busybox()}
            image.packed(parts, fresh)
    return target / "files.cpio"


CASES = [
    Case(
        "kexec.same-as-kexec-tools",
        append="uroot.shell",
        files=files,
        memory=640,
        steps=[Prompt(), same_statuses],
        tags=SLOW,
    ),
    Case(
        "kexec.crash",
        append="uroot.shell crashkernel=256M",
        files=lambda: {
            "/srv/vmlinuz": fetch_kernel.fetch("cloud-amd64") / "vmlinuz",
            "/srv/initrd": crash_initrd(),
        },
        memory=1024,
        steps=[
            Prompt(),
            Run("kexec --print-ckr-size", shows="^268435456$"),
            Run("kexec -S", status=0),
            Run(
                "kexec -p /srv/vmlinuz --initrd /srv/initrd --append"
                " 'console=ttyS0 nr_cpus=1 reset_devices marker=crash'",
                limit=60,
            ),
            Run("kexec -S", status=1, name="a crash kernel is loaded"),
            Run("kexec -S -l", status=0, name="no other kernel is"),
            Run("kexec -p -u; kexec -S", status=0, name="it can be unloaded"),
            Run(
                "kexec -p /srv/vmlinuz --initrd /srv/initrd --append"
                " 'console=ttyS0 nr_cpus=1 reset_devices marker=crash'",
                limit=60,
            ),
            Send("echo c > /proc/sysrq-trigger\r"),
            Expect(
                "^CRASH-KERNEL-UP$",
                limit=180,
                allow=(
                    r"Kernel panic - not syncing: ?(.*)",
                    r"((?:BUG|Oops|general protection fault): .*)",
                ),
                name="the crash kernel's init",
            ),
            Expect(r"^cmdline: .*marker=crash", name="its cmdline"),
            Expect(r"^vmcore: ELF \d{9,}", name="the memory of the first kernel"),
            End(),
        ],
        tags=SLOW,
    ),
]
