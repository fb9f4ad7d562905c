"""kexec starts kernels of every wrapping by either call; what is wrong leaves the loaded one alone.

Each second kernel proves its command line, its initrd, and that it knows the same machine as the
first: memory map, processors, MADT.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scripts import make_final_os
from scripts.builders.kernels import bzimage, elf
from scripts.vmtest import image
from scripts.vmtest.case import Case, End, Expect, Prompt, Run, Send
from tests.support.payloads import GIVEN, kernel, made, uki, vmlinux

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scripts.vmtest.case import Session, Step
    from scripts.vmtest.image import Files

SLOW = frozenset({"slow"})
MIB, GIB_3 = 1 << 20, 3 << 30
LONG = GIVEN + " " + "x" * (1999 - len(GIVEN))
LOAD = "/srv/vmlinuz --initrd /srv/initrd --append"
MOUNT = Run("mkdir -p /srv && mount -r /dev/vda /srv")
STATES = (
    Run("kexec -S -l", status=1, name="a kernel is loaded"),
    Run("kexec -S", status=0, name="no crash kernel is"),
)


class SameMachine:
    """Steps: remember what this kernel knows of its machine; the next ones know the same."""

    name = "the machine as this kernel knows it"

    def __init__(self) -> None:
        self.known: dict[str, object] = {}

    def __call__(self, session: Session) -> None:
        """See Step: remember it, or compare with what is remembered."""
        text = session.run(
            "sha256sum /sys/firmware/acpi/tables/APIC /srv/initrd;"
            " cat /sys/firmware/memmap/*/*; grep -c ^processor /proc/cpuinfo",
            60,
        )
        sums = re.findall(r"^([0-9a-f]{64}) ", text, re.M)
        rows = re.findall(r"^(0x\w+)\n(0x\w+)\n([A-Za-z].*)$", text, re.M)
        cpus = re.findall(r"^\d+$", text, re.M)
        if len(sums) != 2 or not rows or len(cpus) != 1:
            session.fail(f"not what was asked: {text!r}")
        memory = merged((start, end, kind) for end, start, kind in rows)
        self._compare(session, MADT=sums[0], initrd=sums[1], cpus=cpus[0], memory=memory)

    def again(self, session: Session) -> None:
        """The final OS says the same, up to its end."""
        start = session.console.cursor
        session.console.expect(f"^{make_final_os.DONE}$", 30)
        text = session.console.text[start : session.console.cursor]
        memory = merged(re.findall(r"^memory: (0x\w+) (0x\w+) (\w.*)$", text, re.M))
        (madt,) = re.findall(r"^madt: ([0-9a-f]{64})", text, re.M)
        (cpus,) = re.findall(r"^cpus: (\d+)$", text, re.M)
        self._compare(session, MADT=madt, cpus=cpus, memory=memory)

    def _compare(self, session: Session, **found: object) -> None:
        self.known = self.known or found
        for what, value in found.items():
            if value != self.known[what]:
                session.fail(f"{what}: {value}, in the first kernel {self.known[what]}")


def merged(rows: Iterable[tuple[str, str, str]]) -> list[tuple[int, int, str]]:
    """(first, last, type) as numbers, sorted, neighbours of one type as one."""
    whole: list[tuple[int, int, str]] = []
    for first, last, kind in sorted((int(a, 16), int(b, 16), kind) for a, b, kind in rows):
        if whole and whole[-1][1] + 1 == first and whole[-1][2] == kind:
            whole[-1] = (whole[-1][0], last, kind)
        else:
            whole.append((first, last, kind))
    return whole


def starts(
    machine: SameMachine, *between: Step, cmdline: str = GIVEN, by: str = "-e"
) -> list[Step]:
    """Start what is loaded: the final OS, with CMDLINE and its initrd, on the same MACHINE."""
    return [
        Send(f"kexec {by}\r"),
        *between,
        Expect(f"^{make_final_os.UP}$", limit=180, name="to the second kernel's init"),
        Expect(f"^cmdline: {re.escape(cmdline)}$", name="its cmdline"),
        Expect(f"^payload: {re.escape(make_final_os.PAYLOAD_SHA256)}", name="its initrd"),
        machine.again,
        End(),
    ]


def srv(**files: object) -> Files:
    """FILES below /srv, and the final OS's initrd."""
    whole: dict[str, object] = {"/srv/initrd": make_final_os.initrd()}
    whole.update({f"/srv/{name}": content for name, content in files.items()})
    return whole  # type: ignore[return-value]


# ---- what is wrong: one line, the status of kexec(8), and what was loaded stays

CUTS = (0x40, 0x1F1, 0x202, 0x206, 0x230, 0x26C)


def bad_files() -> Files:
    """Files that are no kernel for this machine, each below /srv/bad."""
    whole = kernel().read_bytes()
    setup = (whole[0x1F1] + 1) * 512
    bad: dict[str, bytes] = {f"cut-{size:#x}": whole[:size] for size in (*CUTS, setup)}
    bad["cut-half"] = whole[: len(whole) // 2]
    bad["empty"] = b""
    bad["text"] = b"no kernel\n"
    bad["arm64"] = bytes(0x38) + b"ARM\x64" + bytes(4096)
    bad["fixed"] = bzimage(relocatable=0, pref_address=GIB_3)
    bad["outside"] = elf([(GIB_3, b"code", 4096)])
    return {f"/srv/bad/{name}": data for name, data in bad.items()}


REFUSALS = (
    ("arm64", 255, "it is an arm64 Image, this machine is x86_64;"),
    *((f"cut-{size:#x}", 255, "") for size in CUTS),
    ("cut-half", 255, "bzImage: payload_length at offset 0x24c: expected a file of"),
    ("dir", 1, "expected a regular file, found a directory"),
    ("empty", 1, "the file is empty"),
    ("fixed", 255, r"a kernel that is not relocatable must be at \[0xc0000000"),
    ("outside", 255, r"vmlinux must be at \[0xc0000000"),
    ("pipe", 1, "expected a regular file, found a pipe"),
    ("text", 255, "expected a kernel, found a text file"),
)
BAD = (
    Run("mkdir /srv/bad/dir && /srv/busybox mkfifo /srv/bad/pipe", name="files that are none"),
    Run(
        "for f in /srv/bad/*; do kexec -c -l $f; echo = $f $?; done",
        shows=tuple(
            rf"^kexec: /srv/bad/{name}: {text}[^\n]*\n= /srv/bad/{name} {status}$"
            for name, status, text in REFUSALS
        ),
        limit=180,
        name="one line and a status for each bad file",
    ),
    Run(
        f"kexec -c -l /srv/vmlinuz --append {'x' * 2048}",
        status=255,
        shows="^kexec: /srv/vmlinuz: the command line has 2048 bytes, this kernel takes at most"
        " 2047; shorten it",
        limit=60,
    ),
    *STATES,
)

# ---- every wrapping, one kernel after the other in one machine

CHAIN = (  # the file, how it is loaded, and what is packed for a kernel that cannot read the disk
    ("vmlinux", "-c", ""),
    ("k.gz", "", ""),
    ("k.xz", "-c -i", ""),
    ("k.zst", "-s", ""),
    ("vmlinuz", "-c --real-mode", ""),
    ("generic", "-c --entry-32bit", "initrd uki generic"),
    ("generic", "-s", "initrd uki"),
)


def chain_files() -> Files:
    """The same kernel in every wrapping, another one, and our own image as initrd."""
    return {
        "vmlinuz": kernel(),
        "vmlinux": vmlinux(),
        "generic": kernel("amd64"),
        "uki": uki(),
        "initrd": image.built(),
        "k.gz": made("k.gz", "gzip", "-c", kernel()),
        "k.xz": made("k.xz", "xz", "-1", "-c", kernel()),
        # The image's decoder is in Python: minutes for compressed literals without KVM.
        "k.zst": made("k.zst", "zstd", "-q", "--no-compress-literals", "-c", kernel()),
    }


def chain(machine: SameMachine) -> list[Step]:
    """Start each kernel of CHAIN with our image again."""
    steps: list[Step] = [MOUNT, machine]
    for number, (name, options, packed) in enumerate(CHAIN):
        extra = " ".join(f"--extra /srv/{each}" for each in packed.split())
        load = f"kexec {options} -l /srv/{name} --initrd /srv/initrd {extra}"
        steps += [
            Run(f"{load} --reuse-cmdline --append {number}={name}", limit=180, name=load[:40]),
            Send("kexec -e\r"),
            Expect(f"^kexec: starting /srv/{name} now$", limit=60),
            Prompt(limit=240, name=f"{name} {options}: to the prompt"),
            Run("cat /proc/cmdline", shows=f" {number}={name}$"),
            *([] if packed else [MOUNT]),
            machine,
        ]
    return steps


FIRST, SECOND, THIRD = SameMachine(), SameMachine(), SameMachine()
CASES = [
    Case(
        "kexec.file_load",
        append="uroot.shell",
        files=lambda: srv(vmlinuz=kernel(), busybox=make_final_os.busybox()),
        cpus=2,
        steps=[
            Prompt(),
            FIRST,
            Run("echo joe:x:1000:1000::/:/bin/sh >> /etc/passwd"),
            Run(
                "/srv/busybox su joe -c 'kexec -l /srv/vmlinuz'",
                status=255,
                shows="^kexec: .*EPERM: only root may load a kernel; run it as root",
            ),
            Run(
                "/srv/busybox su joe -c 'kexec --dry-run /srv/vmlinuz'",
                shows="^bzImage, x86_64, long mode",
            ),
            Run("kexec -S -l", status=0, name="nothing is loaded"),
            Run("kexec -l /srv/none", status=1, shows="^kexec: /srv/none: no such file"),
            Run("kexec -l /srv/initrd", status=255, shows="^kexec: /srv/initrd: "),
            Run(f"kexec -s -l {LOAD} '{LONG}'", limit=60, name="2000 characters for it"),
            *STATES,
            *starts(FIRST, cmdline=LONG),
        ],
    ),
    Case(
        "kexec.load",
        append="uroot.shell",
        files=lambda: {
            **srv(vmlinuz=kernel(), busybox=make_final_os.busybox()),
            **bad_files(),
        },
        cpus=2,
        steps=[
            Prompt(),
            SECOND,
            Run(f"kexec -c -l {LOAD} '{LONG}' --console-serial", limit=60, name="kexec -c -l"),
            *STATES,
            *BAD,
            *starts(
                SECOND,
                Expect("^purgatory: checking the next kernel", limit=60, name="purgatory speaks"),
                cmdline=LONG,
            ),
        ],
    ),
    Case(
        "kexec.chain",
        append="uroot.shell",
        volume=chain_files,
        memory=768,
        cpus=2,
        steps=[
            Prompt(limit=180),
            *chain(THIRD),
            *starts(
                THIRD,
                Expect("^kexec: starting /srv/uki now$", limit=120, name="loaded and started"),
                by="-c -f -x -y /srv/uki",
            ),
        ],
        tags=SLOW,
    ),
]
