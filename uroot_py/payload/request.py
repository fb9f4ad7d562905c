"""What is asked of a planner: a kernel file, identified once, and everything that goes with it.

Ref: Documentation/arch/x86/boot.rst; Documentation/arch/arm64/booting.rst;
Documentation/arch/riscv/boot-image-header.rst; ELF-64, figure 3;
Multiboot 0.6.96, 3.1; Multiboot 2.0, 3.1; Plan 9 a.out(6);
drivers/firmware/efi/libstub/zboot-header.S.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, PlanError
from uroot_py.base.reader import number_at
from uroot_py.formats.compress import detect as compression
from uroot_py.formats.kernel import multiboot, pe, uimage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from uroot_py.base.layout import Buffer
    from uroot_py.base.ranges import Range, Ranges
    from uroot_py.payload.firmware import Firmware

    Entry = Literal["", "64", "32", "16"]

HEAD_SIZE = 32768  # how much of a file identify() wants to see: Multiboot 2 looks no further

_OTHERS = {
    b"\xd0\x0d\xfe\xed": ("fdt", "a device tree"),
    b"0707": ("cpio", "a cpio archive (an initrd?)"),
    b"#!": ("script", "a script"),
    b"!<arch>": ("ar", "an ar archive (a Debian package?)"),
}
_PLAN_9 = {b"\0\0\x01\xeb": "i386", b"\0\0\x8a\x97": "x86_64"}
ELF_MACHINES = {
    3: "i386",
    8: "mips",
    21: "ppc64",
    22: "s390x",
    40: "arm",
    62: "x86_64",
    183: "aarch64",
    243: "riscv64",
    258: "loongarch64",
}
UEFI_PAYLOADS = ("uefi-volume", "uefi-universal")
BY_DEVICE_TREE = ("aarch64", "riscv64")  # machines whose Linux is started with one
PE_MACHINES = {0x8664: "x86_64", 0xAA64: "aarch64", 0x5064: "riscv64"}


class Kind:
    """``name`` for programs, ``text`` for people, ``machine`` as uname(2) says it, or ''.

    ``kernel`` is whether it can be a kernel at all, if only after unpacking; ``packed`` whether it
    is compressed, ``wrapped`` whether the kernel is inside it in this or another way.
    """

    __slots__ = ("kernel", "machine", "name", "packed", "text", "wrapped")

    def __init__(self, name: str, text: str, machine: str = "", *, kernel: bool = True) -> None:
        self.name = name
        self.text = text
        self.machine = machine
        self.kernel = kernel
        self.packed = name in compression.KINDS
        self.wrapped = self.packed or name in ("zboot", "uki", "fit", "uImage")

    def runs_on(self, machine: str) -> bool:
        """Whether MACHINE could start it; yes where the file does not say."""
        return self.machine in ("", machine) or (self.machine, machine) == ("i386", "x86_64")

    def __repr__(self) -> str:
        return f"Kind({self.name!r}, {self.text!r}, {self.machine!r})"


def identify(head: bytes) -> Kind:
    """What the file that begins with HEAD (HEAD_SIZE bytes, or all of it) is."""
    if not head:
        return Kind("empty", "an empty file", kernel=False)
    if head[0x202:0x206] == b"HdrS":
        return Kind("bzImage", "an x86 bzImage", "x86_64")
    if head[0x38:0x3C] == b"ARM\x64":
        return Kind("Image", "an arm64 Image", "aarch64")
    if head[0x38:0x3C] == b"RSC\x05":
        return Kind("Image", "a riscv64 Image", "riscv64")
    packed = compression.kind(head)
    if packed:
        return Kind(packed, f"a {packed}-compressed file")
    if head.startswith(b"MZ"):  # some have a Multiboot header, too, that is of no use: xen.efi
        return _pe(head)
    version = multiboot.find(head)[0]
    if version:
        name = "multiboot2" if version == 2 else "multiboot"
        return Kind(name, f"a Multiboot {version} kernel", "i386")
    if head.startswith(b"\x7fELF"):
        start = head[:20].ljust(20, b"\0")
        number = number_at(start, 18, 2, "big" if start[5] == 2 else "little")
        machine = ELF_MACHINES.get(number, f"machine {number}")
        bits = 32 if start[4] == 1 else 64
        return Kind("elf", f"a {bits}-bit ELF file for {machine}", machine)
    if head[:4] in _PLAN_9:
        return Kind("aout", "a Plan 9 kernel", _PLAN_9[head[:4]])
    return _no_kernel(head)


def _pe(head: bytes) -> Kind:
    try:
        coff = pe.CoffHeader(head, pe.DosHeader(head).e_lfanew)
    except FormatError:
        coff = pe.CoffHeader.new()
    if coff.signature != b"PE\0\0":
        return Kind("dos", "a DOS program", kernel=False)
    machine = PE_MACHINES.get(coff.Machine, "")
    table = coff.base + coff.size + coff.SizeOfOptionalHeader
    names = [head[table + 40 * i :][:8] for i in range(min(coff.NumberOfSections, 96))]
    if b".linux\0\0" in names:
        return Kind("uki", "a unified kernel image", machine)
    if head[4:8] == b"zimg":
        return Kind("zboot", "an EFI zboot kernel", machine)
    return Kind("pe", "an EFI program", machine)


def _no_kernel(head: bytes) -> Kind:
    if head[0x28:0x2C] == b"_FVH":
        return Kind("uefi-volume", "a UEFI firmware volume", "x86_64")
    if head.startswith(b"\xd0\x0d\xfe\xed") and b"\0entry-start\0" in head:
        return Kind("uefi-universal", "a UEFI Universal Payload", "x86_64")
    if head.startswith(b"\xd0\x0d\xfe\xed") and b"\0\0\0\1images\0" in head:
        return Kind("fit", "a FIT image")
    if head.startswith(uimage.MAGIC):
        return Kind("uImage", "a U-Boot legacy image")
    for magic, (name, text) in _OTHERS.items():
        if head.startswith(magic):
            return Kind(name, text, kernel=False)
    try:
        sample = head[:512].decode("ascii")
    except UnicodeDecodeError:
        return Kind("data", "data of an unknown format", kernel=False)
    if all(char.isprintable() or char in "\t\n\r\f" for char in sample):
        return Kind("text", "a text file", kernel=False)
    return Kind("data", "data of an unknown format", kernel=False)


class KernelFile:
    """A kernel: what errors call it, its bytes, and what they are (``kind``, identified once).

    What came out of another file (payload.unwrap) has more ``parts``: of the initrd, a command
    line, a device tree; ``steps`` say what was taken off.
    """

    __slots__ = ("cmdline", "data", "dtb", "initrds", "kind", "name", "steps")

    def __init__(self, name: str, data: Buffer) -> None:
        self.name = name
        self.data = data
        self.kind = identify(bytes(data[:HEAD_SIZE]))
        self.initrds: list[Buffer] = []
        self.cmdline = b""
        self.dtb: Buffer = b""
        self.steps: list[str] = []


class Platform:
    """What the next kernel should know about this machine besides its memory.

    ``boot_params``: the running kernel's zero page, or b''; ``rsdp_address``: the ACPI root
    pointer, or 0; ``rsdp``: what is there, where it can be read; ``efi_tables``: the addresses
    fw_vendor, config_table and smbios where EFI's run-time services are to go on; ``efi_map``: its
    descriptors; ``la57``: whether the processor runs with page tables of 5 levels; ``bios``:
    whether 16-bit code finds a BIOS, as far as can be seen; ``drives_disks``: whether Linux drives
    disk controllers, which a BIOS then waits for in vain; ``firmware``: what else a UEFI
    payload is told.
    """

    def __init__(self, boot_params: bytes = b"", rsdp_address: int = 0) -> None:
        self.boot_params = boot_params
        self.rsdp_address = rsdp_address
        self.rsdp = b""
        self.efi_tables: tuple[int, int, int] | None = None
        self.efi_map = b""
        self.la57 = False
        self.bios = True
        self.drives_disks = False
        self.firmware: Firmware | None = None
        self.notes: list[str] = []


class Request:
    """A kernel, its command line and initrd, and what the caller fixes for the planner.

    ``crash`` is where the headers for a crash kernel are, and the memory that it may use, the area
    that it runs in first.
    ``entry`` is the entry of an x86 kernel ('': the best it has); ``bare`` is for an ELF file that
    is no Linux. Addresses that are None are the planner's choice. ``modules`` are (bytes, text)
    pairs for Multiboot; ``seed`` is randomness for a kernel that takes it by its device tree: 8
    bytes for its address, the rest for its pool. ``dtb`` is the device tree; ``running``, where
    that comes from a file, the running machine's; ``platform`` the rest of the machine.
    """

    def __init__(self, kernel: KernelFile, cmdline: bytes = b"", initrd: Buffer = b"") -> None:
        self.kernel = kernel
        self.cmdline = cmdline
        self.initrd = initrd
        self.dtb: Buffer = b""
        self.running: Buffer = b""
        self.platform = Platform()
        self.crash: tuple[Range, Ranges] | None = None
        self.seed = b""
        self.entry: Entry = ""
        self.bare = False
        self.modules: Sequence[tuple[Buffer, bytes]] = ()
        self.load_address: int | None = None
        self.initrd_address: int | None = None
        self.zero_page_address: int | None = None
        self.cmdline_address: int | None = None  # x86: behind the zero page


def check_cmdline(cmdline: bytes, limit: int) -> bytes:
    """CMDLINE, when a kernel that takes LIMIT bytes (without the NUL) gets all of it."""
    if len(cmdline) > limit:
        raise PlanError(
            f"the command line has {len(cmdline)} bytes, this kernel takes at most {limit}",
            hint="shorten it",
        )
    if b"\0" in cmdline:
        raise PlanError("the command line has a NUL byte")
    return cmdline
