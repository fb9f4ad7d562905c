"""What both forms of UEFI payloads need: the machine in their words, and a start that is safe.

A payload is entered through a trampoline of our own, which makes the mode and the page tables that
it expects: kexec's identity map covers what kexec loaded, and payloads touch more. Beside them is a
store of variables, at the address that scripts/build_uefi_payload.py builds into a payload: its
boot manager finds there what to start (BootNext), and no disk is written to.

Ref: UEFI Platform Initialization 1.8, volume 3, 5; edk2, PcdEmuVariableNvStoreReserved.
"""

from __future__ import annotations

from uroot_py.base.errors import PlanError
from uroot_py.base.layout import Layout, u64
from uroot_py.base.ranges import PAGE_SIZE, Range
from uroot_py.base.reader import as_bytes
from uroot_py.formats.uefi.variables import STORE_SIZE, boot_next, build_store
from uroot_py.memory.map import RAM
from uroot_py.memory.sources import KERNEL_TYPES
from uroot_py.payload.machine_code import TRAMPOLINE_UEFI
from uroot_py.payload.plan import MIB, Plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.memory.map import MemoryMap
    from uroot_py.payload.firmware import Firmware
    from uroot_py.payload.plan import Memory
    from uroot_py.payload.request import Request

STORE = Range.from_size(0x7E0000, STORE_SIZE)  # as scripts/build_uefi_payload.py builds it in
_GIB_MAPPED = 4
_STACK_SIZE = 16 * PAGE_SIZE
_PRESENT_WRITABLE, _LARGE = 0x3, 0x83
_LOW = 1 << 21  # below: what the firmware and its boot loaders use


class Trampoline(Layout, size=0x28, title="UEFI trampoline"):
    """The block 8 bytes behind the code's start; see trampoline_uefi.S."""

    tables = u64(0x08)
    stack = u64(0x10)
    parameter = u64(0x18)
    entry = u64(0x20)


def told_map(memory: Memory) -> MemoryMap:
    """The map that a payload gets: what the running kernel occupies is RAM for it."""
    return memory.phys.retype(KERNEL_TYPES, RAM).merge()


def add_store(firmware: Firmware, memory: Memory) -> str:
    """Put the store of variables in place; a note on what it asks for. PlanError."""
    memory.check_free(STORE, "the store of variables of a UEFI payload")
    rows = boot_next(*firmware.start) if firmware.start else []
    memory.add(build_store(rows), STORE, "UEFI variables")
    if firmware.start:
        return f"UEFI variables at {STORE.start:#x}: BootNext is {firmware.start[0]}"
    return f"UEFI variables at {STORE.start:#x}: none, the payload starts what it finds"


def _page_tables(address: int) -> bytes:
    """An identity map of the first GiBs by pages of 2 MiB; its first page is the PML4."""
    entries = [address + PAGE_SIZE | _PRESENT_WRITABLE]
    entries += [0] * 511
    entries += [
        address + (2 + gib) * PAGE_SIZE | _PRESENT_WRITABLE if gib < _GIB_MAPPED else 0
        for gib in range(512)
    ]
    entries += [(page << 21) | _LARGE for page in range(512 * _GIB_MAPPED)]
    return b"".join(as_bytes(entry, 8) for entry in entries)


def add_trampoline(memory: Memory, entry: int, parameter: int, below: int) -> Plan:
    """The plan that enters a payload at ENTRY with PARAMETER; code and tables lie under BELOW."""
    tables = PAGE_SIZE + _STACK_SIZE
    size = tables + (2 + _GIB_MAPPED) * PAGE_SIZE
    place = memory.find_space(size, within=Range(MIB, below), top=True)
    code = bytearray(TRAMPOLINE_UEFI)
    block = Trampoline(code)
    block.tables = place.start + tables
    block.stack = place.start + tables
    block.parameter = parameter
    block.entry = entry
    data = bytes(code).ljust(tables, b"\0") + _page_tables(place.start + tables)
    memory.add(data, place, "UEFI trampoline, stack, page tables")
    plan = Plan("uefi", "x86_64", "protected", place.start, {"rbx": place.start})
    plan.notes.append(
        f"page tables of our own for {_GIB_MAPPED} GiB; the payload's entry {entry:#x}"
    )
    return plan


def need(request: Request) -> Firmware:
    """The firmware of REQUEST's machine, which says where ACPI is.

    PlanError when it is not known, and for what only a kernel can take.
    """
    for what, given in (
        ("command line", bool(request.cmdline)),
        ("initrd", bool(request.initrd)),
        ("modules", bool(request.modules)),
        ("memory of a crash kernel", request.crash is not None),
    ):
        if given:
            raise PlanError(f"a UEFI payload takes no {what}")
    firmware = request.platform.firmware
    if firmware is None or not (firmware.rsdp or firmware.rsdp_address):
        raise PlanError(
            "a UEFI payload has to be told where ACPI's tables are, and that is not known here",
            hint="only a machine with ACPI can start it; root reads /dev/mem and /sys/firmware",
        )
    return firmware
