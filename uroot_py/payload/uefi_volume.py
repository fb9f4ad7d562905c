"""The plan for a UEFI payload that is a firmware volume, as LinuxBoot builds UefiPayloadPkg.

The volume lies at the address that it was linked for. 64 KiB below it is a block with the memory
map, ACPI, SMBIOS and the serial line; the entry is that of the SEC core's PE image.

Ref: LinuxBoot's uefiboot; scripts/uefi_payload/ConfigParseLib.c reads the block.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, u32, u64
from uroot_py.base.ranges import PAGE_SIZE, Range, align_up
from uroot_py.formats.uefi import image, volume
from uroot_py.memory import uefi as uefi_map
from uroot_py.memory.map import RESERVED, TypedRange
from uroot_py.payload.plan import GIB4, MIB
from uroot_py.payload.uefi import STORE, add_store, add_trampoline, need, told_map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.memory.map import MemoryMap
    from uroot_py.payload.firmware import Firmware
    from uroot_py.payload.plan import Memory, Plan
    from uroot_py.payload.request import Request

_CONFIG_SIZE = 0x10000
_IO_PORT = 1
_CLOCK = 1843200  # hertz of a 16550


class Config(Layout, size=68, title="UEFI payload configuration"):
    """What stands before the memory map."""

    Version = u64(0)
    AcpiBase = u64(8)
    AcpiSize = u64(16)
    SmbiosBase = u64(24)
    SmbiosSize = u64(32)
    SerialType = u32(40)
    SerialBase = u32(44)
    SerialBaud = u32(48)
    SerialWidth = u32(52)
    SerialHertz = u32(56)
    SerialPciAddress = u32(60)
    Count = u32(64)


def plan_volume(request: Request, memory: Memory) -> Plan:
    """The plan for a firmware volume. PlanError, FormatError, RefusedError when there is none."""
    data = request.kernel.data
    core = volume.security_core(data)
    drivers = sum(part.kind == part.file == volume.DRIVER for part in volume.walk(data))
    head = image.headers(data, core.start, core.end)
    base = head.ImageBase - core.start
    if base % PAGE_SIZE or not MIB + 2 * _CONFIG_SIZE <= base < GIB4:
        what, expected = "SEC core: ImageBase", "the address of a volume on a page below 4 GiB"
        raise FormatError(what, head.base + 0x30, expected, f"{head.ImageBase:#x}")
    firmware = need(request)
    where = Range.from_size(base, len(data))
    memory.check_free(where, "the firmware volume")
    memory.add(data, where, "UEFI firmware volume")
    block = Range(base - _CONFIG_SIZE, base)
    memory.check_free(block, "the configuration of the firmware volume")
    stored = add_store(firmware, memory)
    content = _configuration(firmware, told_map(memory), block)
    memory.add(content, block, "UEFI payload configuration")
    entry = base + core.start + head.AddressOfEntryPoint
    plan = add_trampoline(memory, entry, 0, min(block.start, STORE.start))
    plan.kind = "uefi-volume"
    plan.notes += [f"firmware volume at {base:#x} with {drivers} drivers", stored, *firmware.notes]
    plan.segments = memory.segments.align_and_merge()
    return plan


def _configuration(firmware: Firmware, told: MemoryMap, block: Range) -> bytes:
    """What stands in BLOCK: addresses, the serial line, the map, then copies of what they name."""
    told.insert(TypedRange(block, RESERVED))
    table = uefi_map.entries(told)
    config = Config.new(Version=1, Count=len(table))
    rows = uefi_map.build(table)
    at = block.start + align_up(Config.size + len(rows), 16)
    config.AcpiBase, config.AcpiSize = firmware.rsdp_address, len(firmware.rsdp) or 36
    tail = bytearray()
    if firmware.rsdp:
        config.AcpiBase = at
        tail += firmware.rsdp.ljust(48, b"\0")
    if firmware.smbios:
        config.SmbiosBase, config.SmbiosSize = at + len(tail), len(firmware.smbios)
        tail += firmware.smbios
    if firmware.serial:
        config.SerialType, config.SerialWidth, config.SerialHertz = _IO_PORT, 1, _CLOCK
        config.SerialBase, config.SerialBaud = firmware.serial
    content = (bytes(config) + rows).ljust(at - block.start, b"\0") + tail
    if len(content) > _CONFIG_SIZE:
        expected, found = f"at most {_CONFIG_SIZE:#x} bytes", f"{len(content):#x}"
        raise FormatError(Config.title, 0, expected, found)
    return content
