"""The plan for a Universal Payload: a FIT image, told of the machine by device tree and HOBs.

The file goes to a multiple of 2 MiB below 4 GiB, its entry's image moved there; behind it are the
root pointer, SMBIOS's entry point, the hand-off blocks and the device tree.

Ref: Universal Payload specification 0.9; edk2, UefiPayloadPkg/Library/FdtParserLib and
CustomFdtNodeParserLib (``upl-custom``).
"""

from __future__ import annotations

from itertools import pairwise

from uroot_py.base.errors import PlanError
from uroot_py.base.ranges import PAGE_SIZE, Range, align_down, align_up
from uroot_py.base.reader import as_bytes
from uroot_py.formats.fdt.build import build
from uroot_py.formats.fdt.edit import add
from uroot_py.formats.fdt.tree import DeviceTree
from uroot_py.formats.uefi import hob
from uroot_py.formats.uefi.universal import Universal
from uroot_py.memory import uefi as uefi_map
from uroot_py.payload.plan import GIB4
from uroot_py.payload.uefi import STORE, add_store, add_trampoline, need, told_map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.formats.fdt.tree import Node
    from uroot_py.memory.map import MemoryMap
    from uroot_py.payload.firmware import Bridge, Firmware
    from uroot_py.payload.plan import Memory, Plan
    from uroot_py.payload.request import Request

_STEP = 2 << 20
_ROOM = 0x40000  # for what is told, behind the file
_SMBIOS3_SIZE = 24
_NOTHING = (1 << 64) - 1
# The codes of `ranges` and the windows that they are for. Ref: IEEE 1275, PCI binding, 2.2.1.1.
_SPACES = ((0x03000000, "MemAbove4G"), (0x02000000, "Mem"), (0x01000000, "Io"))


def plan_universal(request: Request, memory: Memory) -> Plan:
    """The plan for a Universal Payload. PlanError, FormatError, RefusedError when there is none."""
    payload = Universal(request.kernel.data)
    firmware = need(request)
    if not firmware.bridges:
        raise PlanError(
            "a Universal Payload has to be told of the PCI root bridges, and none are known here",
            hint="ACPI's table MCFG says where they are (/sys/firmware/acpi/tables, as root)",
        )
    told = told_map(memory)
    stored = add_store(firmware, memory)
    file_size = align_up(len(payload.data), PAGE_SIZE)
    size = file_size + _ROOM
    place = memory.find_space(size, _STEP, within=Range(_STEP, GIB4))
    behind = _Behind(place.start + file_size)
    rsdp = firmware.rsdp_address
    if firmware.rsdp:
        rsdp = behind.put(firmware.rsdp)
    smbios = behind.put(firmware.smbios) if firmware.smbios else 0
    hobs = _hobs(firmware, told, place.start, smbios)
    listed = behind.put(hob.build(hobs, behind.next, place))
    tree = _device_tree(firmware, told, place, (rsdp, smbios, listed))
    tree_at = behind.put(build(tree))
    if behind.next > place.end:
        raise PlanError(f"what the payload is told takes more than {_ROOM:#x} bytes")
    memory.add(payload.at(place.start), Range(place.start, place.start + file_size), "UEFI payload")
    memory.add(bytes(behind.data), Range(behind.start, place.end), "RSDP, HOBs, device tree")
    plan = add_trampoline(memory, place.start + payload.entry, tree_at, GIB4)
    plan.kind = "uefi-universal"
    plan.notes.append(
        f"Universal Payload at {place.start:#x}: {payload.volumes} volumes, "
        f"{payload.drivers} drivers; {len(hobs)} hand-off blocks at {listed:#x}, "
        f"the device tree at {tree_at:#x}"
    )
    plan.notes += [stored, *firmware.notes]
    plan.segments = memory.segments.align_and_merge()
    return plan


class _Behind:
    """Pages that grow: what is put there has a page of its own, as it gets a range of its own."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.data = bytearray()

    @property
    def next(self) -> int:
        return self.start + len(self.data)

    def put(self, data: bytes) -> int:
        """The address of DATA."""
        at = self.next
        self.data += data + bytes(-len(data) % PAGE_SIZE)
        return at


def _hobs(firmware: Firmware, told: MemoryMap, base: int, smbios: int) -> list[hob.Hob]:
    """What the tree has no words for; RAM, ACPI and the bridges are taken from there only."""
    taken = (hob.PCI_ROOT_BRIDGES,)
    found = [each for each in firmware.hobs() if each.guid not in taken]
    row = hob.Base.new(Length=hob.Base.size, Entry=base)
    found.append(hob.extension(hob.PAYLOAD_BASE, row))
    if smbios and len(firmware.smbios) != _SMBIOS3_SIZE:
        found.append(hob.table(hob.SMBIOS_TABLE, smbios))
    return found + [
        each
        for each in uefi_map.resources(told)
        if hob.Resource(each.data).ResourceType != hob.SYSTEM_MEMORY
    ]


def _device_tree(
    firmware: Firmware, told: MemoryMap, place: Range, addresses: tuple[int, int, int]
) -> DeviceTree:
    """The tree; ADDRESSES are those of the root pointer, SMBIOS's entry point, the HOBs."""
    rsdp, smbios, listed = addresses
    tree = DeviceTree()
    root = tree.root
    root.properties["#address-cells"] = _cells(2)
    root.properties["#size-cells"] = _cells(2)
    for each in told.ram():
        for part in _below_and_above(each):
            node = add(root, f"memory@{part.start:x}")
            node.properties["reg"] = _reg(part.start, part.size)
    kept = add(root, "reserved-memory")
    # Each page once: ACPI's and SMBIOS 3's are taken by the nodes that say where those are.
    old_smbios = smbios and len(firmware.smbios) != _SMBIOS3_SIZE
    _reserve(kept, "boot-data", Range(place.start, rsdp if firmware.rsdp else listed))
    _reserve(kept, "boot-data", Range(smbios if old_smbios else listed, place.end))
    _reserve(kept, "runtime-data", STORE)
    node = add(kept, f"acpi@{rsdp:x}")
    node.properties.update(compatible=b"acpi\0", reg=_reg(rsdp, PAGE_SIZE))
    if smbios and len(firmware.smbios) == _SMBIOS3_SIZE:
        node = add(kept, f"smbios@{smbios:x}")
        node.properties.update(compatible=b"smbios\0", reg=_reg(smbios, PAGE_SIZE))
    options = add(root, "options")
    add(options, f"upl-images@{place.start:x}").properties["addr"] = as_bytes(place.start, 8, "big")
    add(options, "upl-params").properties.update(
        {
            "addr-width": _cells(firmware.address_bits),
            "pci-enum-done": _cells(1),
            "boot-mode": b"normal\0",
        }
    )
    add(options, "upl-custom").properties["hoblistptr"] = as_bytes(listed, 8, "big")
    if firmware.serial:
        port, baud = firmware.serial
        add(root, f"serial@{port:x}").properties.update(
            {"compatible": b"isa\0", "current-speed": _cells(baud), "reg": _cells(1, port)}
        )
    for number, bridge in enumerate(firmware.bridges):
        _add_bridge(add(root, f"pci-rb@{number:x}"), bridge)
    return tree


def _below_and_above(where: Range) -> list[Range]:
    """Whole pages of WHERE; a range that crosses 4 GiB is two for a payload."""
    start, end = align_up(where.start, PAGE_SIZE), align_down(where.end, PAGE_SIZE)
    edges = [start, GIB4, end] if start < GIB4 < end else [start, end]
    return [Range(low, high) for low, high in pairwise(edges) if low < high]


def _reserve(kept: Node, kind: str, where: Range) -> None:
    node = add(kept, f"{kind}@{where.start:x}")
    node.properties.update(compatible=kind.encode() + b"\0", reg=_reg(where.start, where.size))


def _add_bridge(node: Node, bridge: Bridge) -> None:
    ranges = b""
    for code, name in _SPACES:
        first, last = bridge.windows.get(name, (_NOTHING, _NOTHING - 1))
        size = last - first + 1
        ranges += _cells(code, first >> 32, first & 0xFFFFFFFF, 0, 0, size >> 32, size & 0xFFFFFFFF)
    node.properties.update(
        {
            "compatible": b"pci-rb\0",
            "reg": as_bytes(bridge.ecam, 8, "big"),
            "bus-range": _cells(*bridge.buses),
            "ranges": ranges,
        }
    )


def _cells(*numbers: int) -> bytes:
    return b"".join(as_bytes(number, 4, "big") for number in numbers)


def _reg(start: int, size: int) -> bytes:
    return as_bytes(start, 8, "big") + as_bytes(size, 8, "big")
