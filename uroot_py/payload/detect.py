"""What a file is, from its first bytes: the kinds that a kernel can come in, and what is none.

Ref: Documentation/arch/x86/boot.rst; Documentation/arch/arm64/booting.rst; ELF-64, figure 3;
Multiboot 0.6.96, 3.1; Multiboot 2.0, 3.1; Plan 9 a.out(6);
drivers/firmware/efi/libstub/zboot-header.S.
"""

from __future__ import annotations

from uroot_py.formats.compress import detect as compression
from uroot_py.formats.kernel import multiboot

HEAD_SIZE = 32768  # how much of a file identify() wants to see: Multiboot 2 looks no further

_OTHERS = {
    b"\xd0\x0d\xfe\xed": ("fdt", "a device tree"),
    b"\x27\x05\x19\x56": ("uImage", "a U-Boot legacy image"),
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


class Kind:
    """``name`` for programs, ``text`` for people, ``machine`` as uname(2) says it, or ''.

    ``kernel`` is whether it can be a kernel at all, if only after unpacking.
    """

    __slots__ = ("kernel", "machine", "name", "text")

    def __init__(self, name: str, text: str, machine: str = "", *, kernel: bool = True) -> None:
        self.name = name
        self.text = text
        self.machine = machine
        self.kernel = kernel

    @property
    def packed(self) -> bool:
        """Whether it has to be unpacked first."""
        return self.name in compression.KINDS

    def runs_on(self, machine: str) -> bool:
        """Whether MACHINE could start it; yes where the file does not say."""
        return self.machine in ("", machine, "i386" if machine == "x86_64" else machine)

    def __repr__(self) -> str:
        return f"Kind({self.name!r}, {self.text!r}, {self.machine!r})"


def _elf(head: bytes) -> Kind:
    order = "big" if head[5:6] == b"\2" else "little"
    number = int.from_bytes(head[18:20], order)  # type: ignore[arg-type]
    machine = ELF_MACHINES.get(number, f"machine {number}")
    bits = 32 if head[4:5] == b"\1" else 64
    return Kind("elf", f"a {bits}-bit ELF file for {machine}", machine)


def _pe(head: bytes) -> Kind:
    at = int.from_bytes(head[0x3C:0x40], "little")
    if head[at : at + 4] != b"PE\0\0":
        return Kind("dos", "a DOS program", kernel=False)
    machine = {0x8664: "x86_64", 0xAA64: "aarch64", 0x5064: "riscv64"}.get(
        int.from_bytes(head[at + 4 : at + 6], "little"), ""
    )
    sections = int.from_bytes(head[at + 6 : at + 8], "little")
    table = at + 24 + int.from_bytes(head[at + 20 : at + 22], "little")
    names = [head[table + 40 * i : table + 40 * i + 8] for i in range(min(sections, 96))]
    if b".linux\0\0" in names:
        return Kind("uki", "a unified kernel image", machine)
    if head[4:8] == b"zimg":
        return Kind("zboot", "an EFI zboot kernel", machine)
    return Kind("pe", "an EFI program", machine)


def _plain(head: bytes) -> Kind:
    if head.startswith(b"\xd0\x0d\xfe\xed") and b"\0\0\0\1images\0" in head:
        return Kind("fit", "a FIT image")
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
    version = multiboot.find(head)[0]
    if version:
        name = "multiboot2" if version == 2 else "multiboot"
        return Kind(name, f"a Multiboot {version} kernel", "i386")
    if head.startswith(b"\x7fELF"):
        return _elf(head)
    if head.startswith(b"MZ"):
        return _pe(head)
    if head[:4] in _PLAN_9:
        return Kind("aout", "a Plan 9 kernel", _PLAN_9[head[:4]])
    return _plain(head)
