"""This machine, or one whose files are below a directory, as the planners see it."""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError
from uroot_py.base.ranges import Range
from uroot_py.machine import memory as maps
from uroot_py.machine.sysroot import HERE
from uroot_py.memory.map import RAM
from uroot_py.payload.memory import EVERYTHING, MIB, Memory
from uroot_py.payload.zero_page import Machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.machine.sysroot import Sysroot
    from uroot_py.payload.crash import Crash

NOWHERE = Range(0, 0)
_EFI = "/sys/firmware/efi"
OWN = (RAM, "Kernel code", "Kernel rodata", "Kernel data", "Kernel bss")


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
    dtb: bytes | bytearray | memoryview = b"",
    crash: Crash | None = None,
) -> Memory:
    """Where there is room on the machine: its RAM without the memory of a crash kernel.

    DTB is the device tree of another machine, which says it instead. For a CRASH kernel there is
    room in its own memory only.
    """
    if dtb:
        from uroot_py.memory.devicetree import from_fdt

        return Memory(from_fdt(bytes(dtb), "--dtb"), within=within)
    found, source, why = maps.best(sysroot)
    if crash:
        memory = Memory(crash.memory_map(found), within=crash.area.intersect(within) or NOWHERE)
    else:
        memory = Memory(found, within=within)
        _leave_alone(memory, sysroot)
    memory.notes.insert(0, f"memory map from {source}: {why}")
    return memory


def _leave_alone(memory: Memory, sysroot: Sysroot) -> None:
    """Place nothing where the running kernel has no RAM of its own.

    Tables of EFI, reservations and the crash kernel's memory are RAM for the firmware's map only.
    """
    reading = maps.read("iomem", sysroot)
    if reading.map is None:
        memory.notes.append(f"reservations of the running kernel are not known: {reading.why_not}")
        return
    ram = memory.phys.ram()
    for entry in reading.map:
        inside = any(entry.range.overlaps(each) for each in ram)
        if entry.type not in OWN and inside and entry.range.start >= MIB:
            memory.keep_free(entry.range)
            memory.notes.append(f"{entry.range} is left alone ({entry.type})")


def read_machine(sysroot: Sysroot = HERE, *, efi: bool = True) -> Machine:
    """What else the next kernel is told; without EFI only where ACPI is."""
    machine = Machine()
    try:
        machine.boot_params = sysroot.bytes("/sys/kernel/boot_params/data")
    except OSError:
        machine.notes.append("no boot parameters of the running kernel: screen, EDD, EFI unknown")
    try:
        tables = dict(
            line.partition("=")[::2] for line in sysroot.required(f"{_EFI}/systab").splitlines()
        )
        machine.rsdp_address = int(tables.get("ACPI20") or tables.get("ACPI") or "0", 16)
        machine.rsdp = _read_rsdp(sysroot, machine.rsdp_address)
        if efi:
            _read_efi(machine, sysroot, int(tables.get("SMBIOS", "0"), 16))
    except OSError:
        return machine
    return machine


def _read_efi(machine: Machine, sysroot: Sysroot, smbios: int) -> None:
    entries = sysroot.table(f"{_EFI}/runtime-map")
    for number in sorted(entries, key=int):
        files = {name: int(text, 16) for name, text in entries[number].items()}
        machine.efi_map += b"".join(
            value.to_bytes(8, "little")
            for value in (
                files["type"],
                files["phys_addr"],
                files["virt_addr"],
                files["num_pages"],
                files["attribute"],
            )
        ).ljust(48, b"\0")
    vendor = int(sysroot.required(f"{_EFI}/fw_vendor"), 16)
    tables = int(sysroot.required(f"{_EFI}/config_table"), 16)
    machine.efi_tables = (vendor, tables, smbios)
    machine.notes.append("EFI run-time services and tables are handed over")


def _read_rsdp(sysroot: Sysroot, address: int) -> bytes:
    """The 36 bytes of the ACPI root pointer, or b'' where this kernel does not show them."""
    try:
        fd = os.open(sysroot.path("/dev/mem"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        found = os.pread(fd, 36, address) if address else b""
    except OSError:
        return b""
    finally:
        os.close(fd)
    return found if found[:8] == b"RSD PTR " and len(found) == 36 else b""
