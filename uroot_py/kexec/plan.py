"""What is to be loaded on this machine, or on one whose files are below a directory; and its plan.

Nothing is loaded here, and nothing needs root that the machine shows to everybody.
"""

from __future__ import annotations

import os

from uroot_py.abi.libc import MACHINE
from uroot_py.base.errors import FormatError, PlanError, RefusedError, UrootError, explain
from uroot_py.base.ranges import Range
from uroot_py.base.text import printable
from uroot_py.formats.kernel import multiboot, uimage
from uroot_py.formats.kernel.boot_params import BootParams
from uroot_py.kexec.source import Source, in_memory, read_joined
from uroot_py.machine import memory as maps
from uroot_py.machine.sysroot import HERE
from uroot_py.memory.sources import OWN_TYPES
from uroot_py.payload.plan import EVERYTHING, MIB, Memory
from uroot_py.payload.planner import find_planner
from uroot_py.payload.request import (
    BY_DEVICE_TREE,
    UEFI_PAYLOADS,
    KernelFile,
    Kind,
    Platform,
    Request,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from uroot_py.machine.sysroot import Sysroot
    from uroot_py.payload.crash import Crash
    from uroot_py.payload.plan import Plan
    from uroot_py.payload.purgatory import Console

NOWHERE = Range(0, 0)
_EFI = "/sys/firmware/efi"
_PCI = "/sys/bus/pci/devices"
_STORAGE = "0x01"  # the base class of disk controllers
_VIDEO = 0x10  # the interrupt of a BIOS that every program calls first


class Job:
    """Open files and a Request that a caller completes; how to load it, and on which machine.

    ``method`` is the system call; ``within`` bounds where segments go; ``check`` makes purgatory
    verify them; ``console`` is where purgatory speaks; ``sysroot`` is the machine;
    ``type`` is what the kernel has to be, as kexec(8) calls it; ``configuration`` is that of a FIT
    image, ``profile`` that of a unified kernel image; without ``efi`` the next kernel is not told
    of it; ``no_cma`` is a wish about where kexec_file_load keeps it until then (a plan never uses
    such memory); ``force_dtb`` hands the running device tree on, as arm64 and riscv64 do anyway;
    with ``hotplug`` the running kernel changes a crash kernel's headers when its machine changes,
    as it does after kexec_file_load anyway; ``start`` is what a UEFI payload is to start: a title
    and a device path.
    """

    def __init__(self, kernel: Source, initrds: Sequence[Source] = (), cmdline: str = "") -> None:
        self.kernel = kernel
        self.initrds = list(initrds)
        self.request = Request(KernelFile(kernel.name, kernel.map()), os.fsencode(cmdline))
        self.method: Literal["auto", "file", "load"] = "auto"
        self.type = ""
        self.configuration = ""
        self.profile: int | None = None
        self.crash = False
        self.debug = False
        self.check = True
        self.efi = True
        self.hotplug = False
        self.no_cma = False
        self.force_dtb = False
        self.console: Console | None = None
        self.start: tuple[str, bytes] | None = None
        self.within: Range = EVERYTHING
        self.sysroot = HERE

    @property
    def only_plan(self) -> bool:
        """Whether something is asked for that kexec_file_load cannot do."""
        asked = self.request
        extras = (asked.modules, asked.entry, asked.dtb, asked.bare, self.console, not self.check)
        if asked.kernel.kind.name in UEFI_PAYLOADS:
            return True
        return any(extras) or self.within != EVERYTHING

    def add_module(self, source: Source, text: str) -> None:
        """A Multiboot module: its text begins with the name of its file, as kexec(8) does it."""
        words = os.fsencode(f"{source.name} {text}".strip())
        self.request.modules = [*self.request.modules, (source.map(), words)]


# The names of kexec(8) and the kinds that they mean; a compressed file is looked at unpacked.
_TYPES = {
    "bzImage64": "bzImage",
    "bzImage": "bzImage",
    "elf-x86_64": "elf",
    "elf-x86": "elf",
    "vmlinux": "elf",
    "multiboot-x86": "multiboot",
    "multiboot2-x86": "multiboot2",
    "aout": "aout",
    "uki": "uki",
    "Image": "Image",
    "vmlinuz": "zboot",
}


def unwrap_kernel(job: Job) -> list[Source]:
    """Put the kernel inside a compressed file, EFI zboot, UKI or FIT into JOB, with what is there.

    A command line or device tree of the JOB's own wins over one in the file. PlanError when it is
    not of the type that is asked for. Returns the files in memory that were made for initrds; the
    caller closes them.
    """
    file, request = job.request.kernel, job.request
    if job.type and job.type not in _TYPES:
        raise PlanError(f"-t {job.type}: unknown kernel type", hint=f"known: {', '.join(_TYPES)}")
    kind = file.kind
    if kind.wrapped or job.configuration or job.profile is not None:
        from uroot_py.payload.unwrap import unwrap

        watch = job.kernel.watch
        size = len(file.data)
        progress = f"{file.name}: unpacking"
        machine = compatible_words(job.sysroot) if kind.name == "fit" else []
        try:
            file = unwrap(
                file,
                job.configuration,
                machine,
                (lambda done: watch(progress, done, size)) if watch else None,
                profile=job.profile,
            )
        except UrootError as error:
            raise error.within(file.name) from None
        request.kernel = file
        request.cmdline = request.cmdline or file.cmdline
        if file.kind.machine in BY_DEVICE_TREE:
            request.dtb = request.dtb or file.dtb
    if kind.packed:
        kind = file.kind
    if (
        job.type == "multiboot-x86"
        and kind.name == "multiboot2"
        and multiboot.find(file.data, 1)[0]
    ):
        kind = file.kind = Kind("multiboot", "a Multiboot 1 kernel", "i386")  # it has both headers
    if job.type and kind.name != _TYPES[job.type]:
        raise PlanError(f"{file.name}: expected {job.type}, found {kind.text}")
    made = [in_memory(part, f"{file.name} (initrd)") for part in file.initrds]
    initrds = list(made)
    for source in job.initrds:
        plain = without_header(source)
        if plain is not source:
            made.append(plain)
        initrds.append(plain)
    job.initrds = initrds
    return made


def without_header(source: Source) -> Source:
    """An initrd without the header that U-Boot wants before it: a file in memory, or SOURCE."""
    if os.pread(source.fd, 4, 0) != uimage.MAGIC:
        return source
    try:
        return in_memory(uimage.contents(source.map(), uimage.RAMDISK), source.name)
    except FormatError as error:
        raise error.within(source.name) from None


def compatible_words(sysroot: Sysroot) -> list[str]:
    """What the machine says that it is, best word first."""
    from uroot_py.formats.fdt import tree as fdt

    tree = read_devicetree(sysroot)
    return fdt.parse(tree).root.strings("compatible") if tree else []


def make_plan(job: Job) -> Plan:
    """The plan for JOB on the machine at ``job.sysroot``, checked. Nothing is loaded.

    RefusedError, PlanError or FormatError where there is none.
    """
    made = unwrap_kernel(job)
    try:
        return plan_unwrapped(job)
    finally:
        for source in made:
            os.close(source.fd)


def plan_unwrapped(job: Job) -> Plan:
    """As make_plan, for a JOB whose kernel has been unwrapped."""
    request, kind = job.request, job.request.kernel.kind
    planner, front = find_planner(request.kernel, bare=request.bare)
    if job.initrds:
        request.initrd = read_joined(job.initrds)
    other = b""
    if job.force_dtb and kind.machine == "x86_64":
        request.dtb = request.dtb or read_devicetree(job.sysroot)
    if kind.machine in BY_DEVICE_TREE:
        running = read_devicetree(job.sysroot)
        request.running = running if request.dtb else b""
        request.dtb = request.dtb or running
        if kind.machine == MACHINE:
            request.seed = os.urandom(40)
        elif job.sysroot.here:
            other = bytes(request.dtb)  # the memory is that of a machine that is not this one
    if job.crash:
        from uroot_py.kexec.crash import add_core_headers, read_crash

        crash = read_crash(job.sysroot)
        memory = read_memory(job.sysroot, within=job.within, crash=crash)
        ram = memory.phys.merge().ram()
        add_core_headers(crash, memory, request, hotplug=job.hotplug)
    else:
        memory = read_memory(job.sysroot, within=job.within, dtb=other)
        ram = memory.phys.merge().ram()
    request.platform = read_platform(job.sysroot, efi=job.efi)
    if kind.name in UEFI_PAYLOADS:
        _read_firmware(job)
    try:
        plan = planner(request, memory)
    except (FormatError, PlanError) as error:
        raise error.within(request.kernel.name) from None
    notes = [f"{request.kernel.name}: {each}, unpacked" for each in request.kernel.steps]
    if request.cmdline:
        notes.append(f"command line: {printable(os.fsdecode(request.cmdline))}")
    plan.notes[:0] = memory.notes + notes
    front(plan, memory, job.console, job.check)
    plan.check(ram)
    return plan


def _read_firmware(job: Job) -> None:
    """What a UEFI payload is told of the machine besides the rest of the platform."""
    from uroot_py.kexec.uefi import read_firmware

    sysroot, platform = job.sysroot, job.request.platform
    platform.firmware = read_firmware(
        sysroot, platform, lambda at, size: _read_physical(sysroot, at, size)
    )
    platform.firmware.start = job.start


def read_devicetree(sysroot: Sysroot = HERE) -> bytes:
    """The device tree of the machine, or b''."""
    from uroot_py.machine.devicetree import running

    try:
        return running(sysroot)[0]
    except RefusedError:
        return b""


def read_memory(
    sysroot: Sysroot = HERE,
    *,
    within: Range = EVERYTHING,
    dtb: bytes = b"",
    crash: Crash | None = None,
) -> Memory:
    """Where there is room on the machine: its RAM without the memory of a crash kernel.

    DTB is the device tree of another machine, which says it instead. For a CRASH kernel there is
    room in its own memory only.
    """
    if dtb:
        from uroot_py.memory.devicetree import from_fdt

        return Memory(from_fdt(dtb, "--dtb"), within=within)
    found, source, why = maps.best(sysroot)
    chosen = f"memory map from {source}: {why}"
    if crash:
        memory = Memory(crash.memory_map(found), within=crash.area.intersect(within) or NOWHERE)
        memory.notes.append(chosen)
        return memory
    memory = Memory(found, within=within)
    memory.notes.append(chosen)
    reading = maps.read("iomem", sysroot)
    if reading.map is None:
        memory.notes.append(f"reservations of the running kernel are not known: {reading.why_not}")
        return memory
    # Nothing goes to where the running kernel has no RAM of its own: tables of EFI, reservations
    # and the crash kernel's memory are RAM for the firmware's map only.
    ram = memory.phys.ram()
    for entry in reading.map:
        inside = any(entry.range.overlaps(each) for each in ram)
        if entry.type not in OWN_TYPES and inside and entry.range.start >= MIB:
            memory.keep_free(entry.range)
            memory.notes.append(f"{entry.range} is left alone ({entry.type})")
    return memory


def runs_5level(sysroot: Sysroot = HERE) -> bool:
    """Whether an x86 kernel runs with page tables of 5 levels. OSError without /proc/cpuinfo."""
    with open(sysroot.path("/proc/cpuinfo"), encoding="ascii", errors="replace") as file:
        flags = next((line for line in file if line.startswith("flags")), "")
    return "la57" in flags.split()  # the kernel takes it away when it is not used


def leaves_5level(job: Job) -> bool:
    """Whether the unwrapped bzImage of JOB would leave page tables of 5 levels, and may die of it.

    Then it is entered through its 32-bit code, which only a plan can do.
    """
    if job.request.kernel.kind.name != "bzImage":
        return False
    from uroot_py.formats.kernel.bzimage import BzImage
    from uroot_py.payload.linux_x86 import keeps_5level

    if keeps_5level(BzImage(job.request.kernel.data).header, job.request.cmdline):
        return False
    try:
        return runs_5level(job.sysroot)
    except OSError:
        return False


def read_platform(sysroot: Sysroot = HERE, *, efi: bool = True) -> Platform:
    """What else the next kernel is told; without EFI only where ACPI is."""
    platform = Platform()
    try:
        platform.boot_params = sysroot.bytes("/sys/kernel/boot_params/data")
    except OSError:
        platform.notes.append("no boot parameters of the running kernel: screen, EDD, EFI unknown")
    # EFI is no BIOS, and a BIOS leaves its vectors at 0.
    efi_left = platform.boot_params and any(BootParams(platform.boot_params).efi_loader_signature)
    video = _read_physical(sysroot, 4 * _VIDEO, 4)
    platform.bios = not efi_left and (not video or any(video))
    # Whether Linux has a driver on a PCI device that is a mass storage controller.
    platform.drives_disks = any(
        sysroot.text(f"{_PCI}/{name}/class").startswith(_STORAGE)
        and os.path.exists(sysroot.path(f"{_PCI}/{name}/driver"))
        for name in sysroot.names(_PCI)
    )
    try:
        platform.la57 = runs_5level(sysroot)
    except OSError:
        platform.notes.append("what the processors can do is not known: no /proc/cpuinfo")
    try:
        systab = sysroot.required(f"{_EFI}/systab")
    except OSError:
        return platform
    tables = dict(line.partition("=")[::2] for line in systab.splitlines())
    platform.rsdp_address = int(tables.get("ACPI20") or tables.get("ACPI") or "0", 16)
    if platform.rsdp_address:
        root = _read_physical(sysroot, platform.rsdp_address, 36)
        platform.rsdp = root if root[:8] == b"RSD PTR " and len(root) == 36 else b""
    if not efi:
        platform.notes.append("EFI is not handed over (--noefi)")
        return platform
    try:
        _read_efi(platform, sysroot, int(tables.get("SMBIOS", "0"), 16))
    except OSError as error:
        platform.notes.append(f"EFI is not handed over: {explain(error)}")
    return platform


def _read_efi(platform: Platform, sysroot: Sysroot, smbios: int) -> None:
    """The run-time services of EFI, as the running kernel passes them on."""
    from uroot_py.memory.uefi import MemoryDescriptor

    for texts in sysroot.table(f"{_EFI}/runtime-map").values():
        files = {name: int(text, 16) for name, text in texts.items()}
        row = MemoryDescriptor.new(
            Type=files["type"],
            PhysicalStart=files["phys_addr"],
            VirtualStart=files["virt_addr"],
            NumberOfPages=files["num_pages"],
            Attribute=files["attribute"],
        )
        platform.efi_map += bytes(row)
    vendor = int(sysroot.required(f"{_EFI}/fw_vendor"), 16)
    tables = int(sysroot.required(f"{_EFI}/config_table"), 16)
    platform.efi_tables = (vendor, tables, smbios)
    platform.notes.append("EFI run-time services and tables are handed over")


def _read_physical(sysroot: Sysroot, address: int, size: int) -> bytes:
    """SIZE bytes of this machine's memory at ADDRESS, or b'' where this kernel does not show it."""
    try:
        fd = os.open(sysroot.path("/dev/mem"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.pread(fd, size, address)
    except OSError:
        return b""
    finally:
        os.close(fd)
