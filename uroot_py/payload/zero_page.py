"""The zero page of an x86 kernel: what is carried over from the running one, e820, setup_data.

Ref: Documentation/arch/x86/zero-page.rst; arch/x86/kernel/kexec-bzimage64.c (Linux 6.1).
"""

from __future__ import annotations

from uroot_py.base.errors import PlanError
from uroot_py.base.ranges import align_up
from uroot_py.formats.kernel import boot_params as bp
from uroot_py.formats.kernel.boot_params import BootParams
from uroot_py.memory.sources import E820_NUMBERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.memory.map import MemoryMap
    from uroot_py.payload.request import Request

_E820_RESERVED = 2
# What the running kernel was told about the machine stays true for the next one.
_CARRIED = (
    "screen_info",
    "ist_info",
    "acpi_rsdp_addr",
    "hd_info",
    "edid_info",
    "alt_mem_k",
    "eddbuf_entries",
    "edd_mbr_sig_buf_entries",
    "secure_boot",
    "edd_mbr_sig_buffer",
    "eddbuf",
)
_CARRIED_EFI = (
    "efi_loader_signature",
    "efi_systab",
    "efi_memdesc_size",
    "efi_memdesc_version",
    "efi_systab_hi",
)


class Machine:
    """What the next kernel should know about this machine besides its memory.

    ``boot_params``: the running kernel's zero page, or b''; ``rsdp_address``: the ACPI root
    pointer, or 0; ``rsdp``: what is there, where it can be read; ``efi_tables``: the addresses
    fw_vendor, config_table and smbios where EFI's run-time services are to go on; ``efi_map``: its
    descriptors.
    """

    def __init__(self, boot_params: bytes = b"", rsdp_address: int = 0) -> None:
        self.boot_params = boot_params
        self.rsdp_address = rsdp_address
        self.rsdp = b""
        self.efi_tables: tuple[int, int, int] | None = None
        self.efi_map = b""
        self.notes: list[str] = []


def e820(memory: MemoryMap) -> list[bytes]:
    """The entries that say MEMORY, each 20 bytes, sorted."""
    return [
        entry.range.start.to_bytes(8, "little")
        + entry.range.size.to_bytes(8, "little")
        + E820_NUMBERS.get(entry.type, _E820_RESERVED).to_bytes(4, "little")
        for entry in memory
    ]


def fill(header: BootParams, memory: MemoryMap, machine: Machine) -> None:
    """Put what does not depend on the zero page's address into HEADER."""
    if machine.boot_params:
        running = BootParams(machine.boot_params)
        for name in _CARRIED + (_CARRIED_EFI if machine.efi_tables else ()):
            setattr(header, name, getattr(running, name))
    if machine.rsdp_address:
        header.acpi_rsdp_addr = machine.rsdp_address
    entries = e820(memory)[: bp.E820_MAX_ENTRIES_ZEROPAGE]
    if not entries:
        raise PlanError("the memory map is empty", hint="see it with memmap")
    header.e820_entries = len(entries)
    header.e820_table = b"".join(entries)


def pack(
    header: BootParams, address: int, request: Request, memory: MemoryMap, machine: Machine
) -> bytes:
    """The zero page for ADDRESS, the command line behind it, then the chain of setup_data."""
    blob = bytearray(bytes(header))
    page = BootParams(blob)
    line = address + len(blob)
    page.cmd_line_ptr, page.ext_cmd_line_ptr = line & 0xFFFFFFFF, line >> 32
    blob += request.cmdline + b"\0"
    if machine.efi_tables and machine.efi_map:
        blob += bytes(-len(blob) % 16)
        where = address + len(blob)
        page.efi_memmap, page.efi_memmap_hi = where & 0xFFFFFFFF, where >> 32
        page.efi_memmap_size = len(machine.efi_map)
        blob += machine.efi_map
    following = 0
    for kind, data in _setup_data(request, memory, machine):
        blob += bytes(align_up(len(blob), 16) - len(blob))
        node = address + len(blob)
        blob += following.to_bytes(8, "little")
        blob += kind.to_bytes(4, "little") + len(data).to_bytes(4, "little") + data
        following = node
    page.setup_data = following
    return bytes(blob)


def _setup_data(request: Request, memory: MemoryMap, machine: Machine) -> list[tuple[int, bytes]]:
    nodes: list[tuple[int, bytes]] = []
    more = e820(memory)[bp.E820_MAX_ENTRIES_ZEROPAGE :]
    if more:
        nodes.append((bp.SETUP_E820_EXT, b"".join(more)))
    if request.dtb:
        nodes.append((bp.SETUP_DTB, bytes(request.dtb)))
    if machine.efi_tables:
        vendor, tables, smbios = machine.efi_tables
        numbers = (vendor, 0, tables, smbios, *[0] * 8)
        nodes.append((bp.SETUP_EFI, b"".join(n.to_bytes(8, "little") for n in numbers)))
    return nodes
