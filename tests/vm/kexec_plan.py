"""Our own plans and kexec_load: every kind of kernel file starts and gets what it should."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from scripts import fetch_kernel, make_final_os, make_grub
from scripts.support import BUILD, apt, command, published
from scripts.support.case import Case, End, Expect, Prompt, Run, Send
from tests.vm.kexec import starts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scripts.support.case import Session, Step
    from scripts.support.image import Files

    Made = dict[str, Callable[[], Path]]
    Words = Callable[[], tuple[str, ...]]
EFI = BUILD / "packages/amd64/ovmf/usr/share/ovmf/OVMF.fd"
SLOW = frozenset({"slow"})
LONG = "x" * 1900
GIVEN = "console=ttyS0 marker=a=b c"
LOAD = f"kexec -c -l /srv/vmlinuz --initrd /srv/initrd --append '{GIVEN}'"
TOO_LONG = (
    "kexec: /srv/vmlinuz: the command line has 2048 bytes, this kernel takes at most 2047;"
    " shorten it"
)
GRUB_MODULES = "normal serial terminal echo halt lsmmap"
GRUB_CONFIG = """\
serial --speed=115200
terminal_output serial
echo GRUB-IS-UP $grub_platform
lsmmap
halt
"""
STATES = (
    Run("kexec -S -l", status=1, name="a kernel is loaded"),
    Run("kexec -S", status=0, name="no crash kernel is"),
)


def package_file(package: str, path: str) -> Path:
    """A file of a Debian package."""
    found = next(iter(sorted(apt.unpacked(package).glob(path))), None)
    if found is None:
        raise FileNotFoundError(f"{package}: no {path}")
    return found


def made(name: str, *words: str | Path) -> Path:
    """A file below build/ that a command writes on its output, made once."""
    target = BUILD / "kexec" / name
    if not target.is_file():
        with published(target.with_suffix(".d")) as fresh:
            with (fresh / "out").open("wb") as out:
                subprocess.run([str(word) for word in words], stdout=out, check=True, timeout=300)
            target.parent.mkdir(parents=True, exist_ok=True)
            (fresh / "out").rename(target)
    return target


def kernel(flavour: str = "cloud-amd64") -> Path:
    """Debian's kernel, which is a bzImage."""
    return fetch_kernel.fetch(flavour) / "vmlinuz"


def vmlinux() -> Path:
    """The ELF file inside the cloud kernel, taken out by its header and Debian's lz4."""
    data = kernel().read_bytes()
    setup = (data[0x1F1] + 1) * 512
    start = setup + int.from_bytes(data[0x248:0x24C], "little")
    size = int.from_bytes(data[0x24C:0x250], "little")
    packed = BUILD / "kexec" / "vmlinux.lz4"
    packed.parent.mkdir(parents=True, exist_ok=True)
    packed.write_bytes(data[start : start + size - 4])
    return made("vmlinux", "lz4", "-dc", packed)


def uki() -> Path:
    """A unified kernel image as objcopy makes it of systemd's stub."""
    stub = package_file("systemd-boot-efi", "usr/lib/systemd/boot/efi/linuxx64.efi.stub")
    target = BUILD / "kexec" / "uki.efi"
    line = BUILD / "kexec" / "cmdline"
    line.parent.mkdir(parents=True, exist_ok=True)
    line.write_text(GIVEN)
    words: list[str | Path] = ["objcopy"]
    sections = ((".cmdline", line), (".initrd", make_final_os.initrd()), (".linux", kernel()))
    for number, (name, path) in enumerate(sections, 1):
        words += ["--add-section", f"{name}={path}"]
        words += ["--change-section-vma", f"{name}={number * 0x4000000:#x}"]
    command([*words, stub, target])
    return target


def grub() -> Path:
    """GRUB for a BIOS behind the setup code that makes it a Linux kernel."""
    folder = package_file("grub-pc-bin", "usr/lib/grub/i386-pc")
    config, core = BUILD / "kexec" / "grub.cfg", BUILD / "kexec" / "core.img"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(GRUB_CONFIG)
    words: list[str | Path] = [
        "grub-mkimage",
        "-d",
        folder,
        "-O",
        "i386-pc",
        "-c",
        config,
        "-p",
        "/",
        "-o",
        core,
    ]
    command([*words, *GRUB_MODULES.split()])
    whole = BUILD / "kexec" / "grub.lkrn"
    whole.write_bytes((folder / "lnxboot.img").read_bytes() + core.read_bytes())
    return whole


def grub_multiboot() -> Path:
    """GRUB as a Multiboot kernel."""
    config, whole = BUILD / "kexec" / "grub.cfg", BUILD / "kexec" / "grub.multiboot"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(GRUB_CONFIG)
    words: list[str | Path] = ["grub-mkstandalone", "-d", make_grub.make()]
    words += ["-O", "i386-multiboot", "-o", whole, "--locales=", "--fonts=", "--themes="]
    words += [f"--install-modules={GRUB_MODULES}", f"--modules={GRUB_MODULES}"]
    command([*words, f"boot/grub/grub.cfg={config}"])
    return whole


def bios_console() -> tuple[str, ...]:
    """QEMU's words that make SeaBIOS print on the serial line."""
    port = BUILD / "kexec" / "sercon-port"
    port.parent.mkdir(parents=True, exist_ok=True)
    port.write_bytes((0x3F8).to_bytes(2, "little"))
    return ("-fw_cfg", f"name=etc/sercon-port,file={port}")


def srv(**files: Path) -> Files:
    """FILES below /srv, and the final OS's initrd."""
    return {
        "/srv/initrd": make_final_os.initrd(),
        **{f"/srv/{name}": path for name, path in files.items()},
    }


class SameMadt:
    """Two steps: the first kernel's ACPI table of processors, and that the second has the same."""

    name = "the MADT of this kernel"

    def __init__(self) -> None:
        self.sum = ""

    def __call__(self, session: Session) -> None:
        """See Step: remember it."""
        found = re.search(
            r"^([0-9a-f]{64})", session.run("sha256sum /sys/firmware/acpi/tables/APIC"), re.M
        )
        if not found:
            session.fail("no MADT")
        self.sum = found[1]

    def again(self, session: Session) -> None:
        """The second kernel prints its own."""
        session.console.expect(f"^madt: {self.sum}", 20)


def by_plan(name: str, load: str, files: Made, *, cpus: int = 1, memory: int = 512) -> Case:
    """A case that loads by LOAD and starts the final OS."""
    return Case(
        f"kexec.{name}",
        append="uroot.shell",
        files=lambda: srv(**{key: make() for key, make in files.items()}),
        memory=memory,
        cpus=cpus,
        steps=[Prompt(limit=180), Run(load, limit=240), *starts("cloud-amd64", cpus)],
        tags=SLOW,
    )


def banner(
    name: str, load: str, files: Made, *steps: Step, memory: int = 512, devices: Words = tuple
) -> Case:
    """A case that loads by LOAD something that is no Linux, and sees it on the serial line."""
    return Case(
        f"kexec.{name}",
        append="uroot.shell",
        files=lambda: srv(**{key: make() for key, make in files.items()}),
        memory=memory,
        devices=devices(),
        # SeaBIOS leaves its last line open where it prints on the serial line, too.
        steps=[Prompt("uroot# ", 180), Run(load, limit=120), Send("kexec -e\r"), *steps],
        tags=SLOW,
    )


MADT = SameMadt()
CASES = [
    Case(
        "kexec.load",
        append="uroot.shell",
        files=lambda: srv(vmlinuz=kernel()),
        cpus=2,
        steps=[
            Prompt(),
            MADT,
            Run(f"{LOAD} --console-serial", limit=60),
            *STATES,
            Run(
                f"kexec -c -l /srv/vmlinuz --append {'x' * 2048}",
                status=255,
                shows=re.escape(TOO_LONG),
            ),
            Run("kexec -l /srv/initrd", status=255, shows="^kexec: /srv/initrd: "),
            Run("kexec -l /srv/none", status=1, shows="^kexec: /srv/none: no such file"),
            *STATES,
            Send("kexec -e\r"),
            Expect("^purgatory: checking the next kernel", limit=30, name="purgatory speaks"),
            Expect(f"^{make_final_os.UP}$", limit=120, name="the second kernel's init"),
            Expect(f"^cmdline: {re.escape(GIVEN)}$", name="its cmdline"),
            Expect(f"^payload: {re.escape(make_final_os.PAYLOAD_SHA256)}", name="its initrd"),
            Expect("^cpus: 2$", name="its processors"),
            MADT.again,
            Expect(f"^{make_final_os.DONE}$", name="its end"),
            End(),
        ],
    ),
    Case(
        "kexec.long-cmdline",
        append="uroot.shell",
        files=lambda: srv(vmlinuz=kernel("amd64")),
        steps=[
            Prompt(),
            Run(
                f"kexec -c -l /srv/vmlinuz --initrd /srv/initrd --append 'console=ttyS0 {LONG}'",
                limit=60,
            ),
            Send("kexec -e\r"),
            Expect(f"^{make_final_os.UP}$", limit=120),
            Expect(f"^cmdline: console=ttyS0 {LONG}$", name="2000 characters arrive whole"),
            Expect(f"^{make_final_os.DONE}$"),
            End(),
        ],
        tags=SLOW,
    ),
    by_plan("load-2-cpus", LOAD, {"vmlinuz": kernel}, cpus=2),
    by_plan("entry-32bit", f"{LOAD} --entry-32bit", {"vmlinuz": kernel}),
    by_plan("real-mode", f"{LOAD} --real-mode", {"vmlinuz": kernel}),
    by_plan("vmlinux", LOAD.replace("vmlinuz", "vmlinux"), {"vmlinux": vmlinux}, memory=1024),
    by_plan(
        "gzip",
        LOAD.replace("-c ", "").replace("vmlinuz", "k.gz"),
        {"k.gz": lambda: made("k.gz", "gzip", "-c", kernel())},
    ),
    by_plan(
        "xz",
        LOAD.replace("vmlinuz", "k.xz"),
        {"k.xz": lambda: made("k.xz", "xz", "-1", "-c", kernel())},
    ),
    by_plan("uki", "kexec -l /srv/uki", {"uki": uki}),
    by_plan("uki-load", "kexec -c -l /srv/uki", {"uki": uki}),
    banner(
        "xen",
        "kexec -l /srv/xen --append 'console=com1 com1=115200,8n1 smap=0 smep=0 dom0_mem=500M'"
        " --module '/srv/vmlinuz console=hvc0 marker=dom0' --module /srv/initrd",
        {
            "xen": lambda: package_file("xen-hypervisor-4.17-amd64", "boot/xen-*.gz"),
            "vmlinuz": lambda: kernel("amd64"),
        },
        Expect(r"Xen version 4", limit=120, name="Xen's banner"),
        Expect(f"^{make_final_os.UP}$", limit=240, name="dom0's init"),
        Expect("^cmdline: console=hvc0 marker=dom0$"),
        Expect(f"^payload: {re.escape(make_final_os.PAYLOAD_SHA256)}", name="its initrd"),
        memory=1024,
    ),
    banner(
        "memtest86+",
        "kexec -l /srv/memtest --append console=ttyS0,115200",
        {"memtest": lambda: package_file("memtest86+", "boot/memtest86+x64.bin")},
        Expect(r"Memtest86\+", limit=300, name="memtest86+ draws its screen"),
        memory=128,
    ),
    banner(
        "ipxe",
        "kexec -l /srv/ipxe",
        {"ipxe": lambda: package_file("ipxe", "boot/ipxe.lkrn")},
        Expect(r"iPXE \d", limit=120, name="iPXE's banner, printed by the BIOS"),
        devices=bios_console,
    ),
    banner(
        "grub",
        "kexec -l /srv/grub --real-mode",
        {"grub": grub},
        Expect("GRUB-IS-UP", limit=120, name="GRUB runs its commands"),
    ),
    banner(
        "grub-multiboot",
        "kexec -l /srv/grub",
        {"grub": grub_multiboot},
        Expect("GRUB-IS-UP multiboot", limit=120, name="GRUB runs its commands"),
        Expect("base_addr = 0x100000", limit=20, name="and has the memory map"),
    ),
    Case(
        "kexec.efi",
        append="uroot.shell",
        files=lambda: srv(
            vmlinuz=kernel(), firmware=package_file("ovmf", "usr/share/ovmf/OVMF.fd")
        ),
        devices=("-bios", str(EFI)),
        cpus=2,
        steps=[
            Prompt(limit=180),
            MADT,
            Run(LOAD, limit=60),
            Send("kexec -e\r"),
            Expect("efi: EFI v", limit=60, name="the second kernel finds EFI"),
            Expect("SMBIOS .* present", limit=20, name="and SMBIOS"),
            Expect(r"ACPI: RSDP 0x0+[1-9A-F]", limit=20, name="and ACPI"),
            Expect(f"^{make_final_os.UP}$", limit=120),
            Expect("^cpus: 2$"),
            MADT.again,
            Expect(f"^{make_final_os.DONE}$"),
            End(),
        ],
        tags=SLOW,
    ),
]
