"""riscv64: QEMU's virt machine with OpenSBI; the next kernel by kexec_load alone.

Debian 13's riscv64 kernel has no kexec_file_load, so every start here is a plan of ours.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from scripts import fetch_kernel, make_final_os
from scripts.builders.kernels import arm64_image, riscv_image, zboot
from scripts.vmtest.case import Case, End, Prompt, Run, Send
from tests.vm import arm64, kexec_same, memmap, shell

if TYPE_CHECKING:
    from scripts.vmtest.case import Session, Step
    from scripts.vmtest.image import Files

FLAVOUR = fetch_kernel.USUAL["riscv64"]
MEMORY = 768
BASE = 0x80000000
LINE = "console=ttyS0 marker=riscv64"
_RISCV = 0x5064  # what an EFI program for it is called
CHOSEN = (
    rf"chosen/bootargs = {arm64.hexed(LINE)}$",
    r"chosen/kaslr-seed = ",
    r"chosen/linux,initrd-end = [0-9a-f]{16}$",
    r"chosen/linux,initrd-start = [0-9a-f]{16}$",
    r"chosen/stdout-path = ",
)
LOAD = f"--initrd /srv/initrd --append '{LINE}'"


def files() -> Files:
    """Debian's kernel as Image and as EFI zboot, what cannot be started, and the final OS."""
    kernel = fetch_kernel.usual("riscv64") / "vmlinuz"
    data = kernel.read_bytes()
    size = len(data).to_bytes(4, "little")
    packed = gzip.compress(data, 6, mtime=0) + size
    return {
        "/srv/vmlinuz": kernel,
        "/srv/zboot": zboot(packed, b"gzip", machine=_RISCV),
        "/srv/arm64": arm64_image(),
        "/srv/big-endian": riscv_image(flags=1),
        "/srv/cut": data[: len(data) // 2],
        "/srv/initrd": make_final_os.initrd("riscv64"),
    }


def sources_agree(session: Session) -> None:
    """The device tree and iomem have the same RAM, all of it."""
    found = arm64.sources(session)
    maps = {name: arm64.ram(found[name], *memmap.HELD, "Reserved") for name in ("fdt", "iomem")}
    expected = [(BASE, BASE + (MEMORY << 20))]
    wrong = [f"{name}: {pieces}" for name, pieces in maps.items() if pieces != expected]
    if wrong:
        session.fail("; ".join(wrong))


def final_os(load: str, *shows: str) -> tuple[Step, ...]:
    """Load what LOAD says and start it, down to the end of the final OS."""
    return (
        Run(load, shows, limit=90),
        Send("kexec -e\r"),
        *arm64.final_os(LINE, fdt=CHOSEN, flavour=FLAVOUR),
    )


def loaded(name: str, *steps: Step, tags: frozenset[str] = arm64.SLOW) -> Case:
    """A case that begins at the prompt, with the files."""
    return Case(
        name,
        kernel=FLAVOUR,
        append="uroot.shell",
        memory=MEMORY,
        files=files,
        steps=[Prompt(limit=200), *steps],
        tags=tags,
    )


CASES = [
    loaded(
        "riscv64.load",
        sources_agree,
        arm64.dumps_are_dtcs,
        *final_os(f"kexec -c -l /srv/vmlinuz {LOAD}"),
        tags=frozenset({"quick"}),
    ),
    loaded(
        "riscv64.fallback",
        Run(
            f"kexec -s -l /srv/vmlinuz {LOAD}",
            "this kernel has no CONFIG_KEXEC_FILE; use kexec -c",
            status=None,
        ),
        *final_os(
            f"kexec -a -l /srv/vmlinuz {LOAD}", "loaded by kexec_load .kexec_file_load: ENOSYS."
        ),
    ),
    loaded(
        "riscv64.zboot",
        *final_os(f"kexec -d -l /srv/zboot {LOAD}", "an EFI zboot kernel, unpacked"),
    ),
    loaded(
        "riscv64.refused",
        Run("kexec -l /srv/arm64", "an arm64 Image, this machine is riscv64", status=None),
        Run("kexec -l /srv/big-endian", "expected a little-endian kernel", status=None),
        Run("kexec -l /srv/cut", "/srv/cut: .*cut", status=None),
        Run("kexec -l /srv/initrd", "expected a kernel, found", status=None),
        Run("kexec -S -l", status=0, name="nothing is loaded"),
        Send("poweroff\r"),
        End(),
        tags=frozenset({"quick"}),
    ),
    Case(
        "riscv64.extlinux",
        kernel=FLAVOUR,
        append="uroot.timeout=1",
        memory=MEMORY,
        cpus=2,
        disks=("riscv64-extlinux",),
        steps=arm64.booted("riscv64-extlinux", CHOSEN[1:]),
    ),
    Case(
        "riscv64.applets",
        kernel=FLAVOUR,
        append="uroot.shell",
        tags=arm64.SLOW,
        steps=[Prompt(limit=200), *shell.WORK, *shell.helps(), Send("poweroff\r"), End()],
    ),
    kexec_same.crashes("riscv64.crash", "", "riscv64"),
]
