"""Hand-off blocks: how one phase of firmware tells the next one about the machine.

Ref: UEFI Platform Initialization 1.8, volume 3, chapter 5 "HOB Code Definitions"; Universal Payload
specification 0.9, "Hand-off Block"; edk2, MdePkg/Include/UniversalPayload and
MdePkg/Include/Guid/GraphicsInfoHob.h.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u8, u16, u32, u64
from uroot_py.base.ranges import PAGE_SIZE, align_down, align_up
from uroot_py.base.reader import as_bytes
from uroot_py.formats.uefi import guid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uroot_py.base.layout import Buffer
    from uroot_py.base.ranges import Range

HANDOFF, MEMORY_ALLOCATION, RESOURCE, GUID_EXTENSION, FV, CPU = 1, 2, 3, 4, 5, 6
END = 0xFFFF
MAX_HOBS = 4096
_NAMES = {
    HANDOFF: "hand-off", MEMORY_ALLOCATION: "memory allocation", RESOURCE: "resource",
    GUID_EXTENSION: "GUID extension", FV: "firmware volume", CPU: "processor", END: "end",
}  # fmt: skip

SYSTEM_MEMORY, MAPPED_IO, IO, RESERVED = 0, 1, 2, 5  # EFI_RESOURCE_TYPE
RESOURCE_NAMES = {0: "system memory", 1: "memory-mapped I/O", 2: "I/O", 5: "reserved memory"}
# Present, initialized, tested; may be uncacheable, write-combined, -through and -back cached.
ATTRIBUTES = 0x3C07
MEMORY_TYPES = {
    0: "reserved", 3: "boot services code", 4: "boot services data", 5: "run-time services code",
    6: "run-time services data", 7: "conventional", 9: "ACPI reclaim", 10: "ACPI NVS",
    11: "memory-mapped I/O",
}  # fmt: skip

ACPI_TABLE = "9f9a9506-5597-4515-bab6-8bcde784ba87"
SMBIOS_TABLE = "590a0d26-06e5-4d20-8a82-59ea1b34982d"
SMBIOS3_TABLE = "92b7896c-3362-46ce-99b3-4f5e3c34eb42"
SERIAL_PORT = "aa7e190d-be21-4409-8e67-a2cd0f61e170"
PCI_ROOT_BRIDGES = "ec4ebacb-2638-416e-be80-e5fa4b511901"
PAYLOAD_BASE = "03d4c61d-2713-4ec5-a1cc-883be9dc18e5"
GRAPHICS = "39f62cce-6825-4669-bb56-541aba753a07"
GUID_NAMES = {
    ACPI_TABLE: "ACPI", SMBIOS_TABLE: "SMBIOS", SMBIOS3_TABLE: "SMBIOS 3",
    SERIAL_PORT: "serial port", PCI_ROOT_BRIDGES: "PCI root bridges",
    PAYLOAD_BASE: "payload", GRAPHICS: "framebuffer",
}  # fmt: skip


class Header(Layout, size=8, title="HOB"):
    """EFI_HOB_GENERIC_HEADER."""

    HobType = u16(0)
    HobLength = u16(2)


class Handoff(Layout, size=56, title="hand-off HOB"):
    """EFI_HOB_HANDOFF_INFO_TABLE, the first of a list."""

    Version = u32(8)
    BootMode = u32(12)
    EfiMemoryTop = u64(16)
    EfiMemoryBottom = u64(24)
    EfiFreeMemoryTop = u64(32)
    EfiFreeMemoryBottom = u64(40)
    EfiEndOfHobList = u64(48)


class Resource(Layout, size=48, title="resource HOB"):
    """EFI_HOB_RESOURCE_DESCRIPTOR."""

    Owner = raw(8, 16)
    ResourceType = u32(24)
    ResourceAttribute = u32(28)
    PhysicalStart = u64(32)
    ResourceLength = u64(40)


class Allocation(Layout, size=48, title="memory allocation HOB"):
    """EFI_HOB_MEMORY_ALLOCATION."""

    Name = raw(8, 16)
    MemoryBaseAddress = u64(24)
    MemoryLength = u64(32)
    MemoryType = u32(40)


class Processor(Layout, size=16, title="processor HOB"):
    """EFI_HOB_CPU: bits of an address of memory and of I/O."""

    SizeOfMemorySpace = u8(8)
    SizeOfIoSpace = u8(9)


class SerialPort(Layout, size=18, title="serial port HOB"):
    """UNIVERSAL_PAYLOAD_SERIAL_PORT_INFO behind its GUID."""

    Revision = u8(0)
    Length = u16(2)
    UseMmio = u8(4)
    RegisterStride = u8(5)
    BaudRate = u32(6)
    RegisterBase = u64(10)


class Table(Layout, size=12, title="table HOB"):
    """UNIVERSAL_PAYLOAD_ACPI_TABLE, _SMBIOS_TABLE: where it is."""

    Revision = u8(0)
    Length = u16(2)
    address = u64(4)


class Base(Layout, size=16, title="payload HOB"):
    """UNIVERSAL_PAYLOAD_BASE: where the payload's file is."""

    Revision = u8(0)
    Length = u16(2)
    Entry = u64(8)


class Graphics(Layout, size=48, title="framebuffer HOB"):
    """EFI_PEI_GRAPHICS_INFO_HOB."""

    FrameBufferBase = u64(0)
    FrameBufferSize = u32(8)
    Version = u32(12)
    HorizontalResolution = u32(16)
    VerticalResolution = u32(20)
    PixelFormat = u32(24)
    RedMask = u32(28)
    GreenMask = u32(32)
    BlueMask = u32(36)
    ReservedMask = u32(40)
    PixelsPerScanLine = u32(44)


class RootBridge(Layout, size=182, title="PCI root bridge"):
    """UNIVERSAL_PAYLOAD_PCI_ROOT_BRIDGE; an aperture is its base, its limit, its translation."""

    Segment = u32(0)
    Supports = u64(4)
    Attributes = u64(12)
    DmaAbove4G = u8(20)
    NoExtendedConfigSpace = u8(21)
    AllocationAttributes = u64(22)
    Bus = raw(30, 24)
    Io = raw(54, 24)
    Mem = raw(78, 24)
    MemAbove4G = raw(102, 24)
    PMem = raw(126, 24)
    PMemAbove4G = raw(150, 24)
    HID = u32(174)
    UID = u32(178)


class RootBridges(Layout, size=6, title="PCI root bridges HOB"):
    """UNIVERSAL_PAYLOAD_PCI_ROOT_BRIDGES before the bridges."""

    Revision = u8(0)
    Length = u16(2)
    ResourceAssigned = u8(4)
    Count = u8(5)


class Hob:
    """One block: its type and all its bytes, with the header."""

    __slots__ = ("data", "kind")

    def __init__(self, kind: int, data: bytes) -> None:
        self.kind = kind
        self.data = data

    @property
    def guid(self) -> str:
        """The GUID of a GUID extension, else ''."""
        return guid.text(self.data[8:24]) if self.kind == GUID_EXTENSION else ""

    @property
    def body(self) -> bytes:
        """What is behind the header, or behind the GUID."""
        return self.data[24:] if self.kind == GUID_EXTENSION else self.data[8:]

    def __str__(self) -> str:
        name = _NAMES.get(self.kind, f"type {self.kind:#x}")
        if self.kind == RESOURCE:
            found = Resource(self.data)
            start, size = found.PhysicalStart, found.ResourceLength
            what = RESOURCE_NAMES.get(found.ResourceType, f"type {found.ResourceType}")
            return f"{name}: [{start:#x}, {start + size:#x}) {what}"
        if self.kind == MEMORY_ALLOCATION:
            part = Allocation(self.data)
            start, size = part.MemoryBaseAddress, part.MemoryLength
            what = MEMORY_TYPES.get(part.MemoryType, f"type {part.MemoryType}")
            return f"{name}: [{start:#x}, {start + size:#x}) {what}"
        if self.kind == CPU:
            bits = Processor(self.data)
            return f"{name}: {bits.SizeOfMemorySpace} bits of memory, {bits.SizeOfIoSpace} of I/O"
        if self.kind == HANDOFF:
            table = Handoff(self.data)
            return f"{name}: memory [{table.EfiMemoryBottom:#x}, {table.EfiMemoryTop:#x})"
        if self.kind == GUID_EXTENSION:
            return f"{GUID_NAMES.get(self.guid, self.guid)}: {_extension(self)}"
        return f"{name}: {len(self.data)} bytes"


def _extension(hob: Hob) -> str:
    """What a GUID extension says, in words."""
    body = hob.body
    if hob.guid in (ACPI_TABLE, SMBIOS_TABLE, SMBIOS3_TABLE):
        return f"at {Table(body).address:#x}"
    if hob.guid == SERIAL_PORT:
        port = SerialPort(body)
        space = "memory" if port.UseMmio else "I/O port"
        return f"{space} {port.RegisterBase:#x}, {port.BaudRate} baud"
    if hob.guid == PAYLOAD_BASE:
        return f"at {Base(body).Entry:#x}"
    if hob.guid == GRAPHICS:
        screen = Graphics(body)
        size = f"{screen.HorizontalResolution}x{screen.VerticalResolution}"
        return f"{size} at {screen.FrameBufferBase:#x}"
    if hob.guid == PCI_ROOT_BRIDGES:
        return str(RootBridges(body).Count)
    return f"{len(body)} bytes"


def _made(kind: int, whole: Layout) -> Hob:
    data = bytes(whole)
    size = align_up(len(data), 8)
    header = bytes(Header.new(HobType=kind, HobLength=size))
    return Hob(kind, header + data[8:].ljust(size - 8, b"\0"))


def extension(name: str, body: Layout | bytes) -> Hob:
    """A GUID extension with BODY."""
    data = guid.packed(name) + bytes(body)
    size = align_up(8 + len(data), 8)
    header = bytes(Header.new(HobType=GUID_EXTENSION, HobLength=size))
    return Hob(GUID_EXTENSION, header + data.ljust(size - 8, b"\0"))


def resource(where: Range, kind: int) -> Hob:
    """Memory or I/O of a resource type at WHERE, in whole pages: RAM has none that is shared."""
    start, end = align_down(where.start, PAGE_SIZE), align_up(where.end, PAGE_SIZE)
    if kind == SYSTEM_MEMORY:
        start = align_up(where.start, PAGE_SIZE)
        end = max(start, align_down(where.end, PAGE_SIZE))
    return _made(
        RESOURCE,
        Resource.new(
            ResourceType=kind,
            ResourceAttribute=ATTRIBUTES,
            PhysicalStart=start,
            ResourceLength=end - start,
        ),
    )


def allocation(where: Range, kind: int) -> Hob:
    """Memory that is in use for KIND, one of MEMORY_TYPES."""
    return _made(
        MEMORY_ALLOCATION,
        Allocation.new(MemoryBaseAddress=where.start, MemoryLength=where.size, MemoryType=kind),
    )


def table(name: str, address: int) -> Hob:
    """Where the table of the kind NAME (ACPI_TABLE, SMBIOS_TABLE, SMBIOS3_TABLE) is."""
    return extension(name, Table.new(Revision=1, Length=Table.size, address=address))


def processor(bits: int) -> Hob:
    """A processor with addresses of BITS bits."""
    return _made(CPU, Processor.new(SizeOfMemorySpace=bits, SizeOfIoSpace=16))


def serial_port(address: int, baud: int, *, memory: bool = False, stride: int = 1) -> Hob:
    """A 16550 at an I/O port, or in MEMORY with a register every STRIDE bytes."""
    return extension(
        SERIAL_PORT,
        SerialPort.new(
            Revision=1,
            Length=SerialPort.size,
            UseMmio=int(memory),
            RegisterStride=stride,
            BaudRate=baud,
            RegisterBase=address,
        ),
    )


def aperture(first: int, last: int) -> bytes:
    """A window of a root bridge; EDK2 takes one that ends before it begins for none."""
    return as_bytes(first, 8) + as_bytes(last, 8) + bytes(8)


NO_APERTURE = aperture((1 << 64) - 1, 0)
_PNP_0A03 = 0x0A0341D0
_COMBINE_AND_64 = 3  # prefetchable memory with the rest; memory above 4 GiB is decoded


def root_bridges(rows: Iterable[RootBridge]) -> Hob:
    """The PCI root bridges ROWS, whose devices have their addresses already."""
    found = list(rows)
    size = RootBridges.size + RootBridge.size * len(found)
    head = RootBridges.new(Revision=1, Length=size, ResourceAssigned=1, Count=len(found))
    return extension(PCI_ROOT_BRIDGES, bytes(head) + b"".join(map(bytes, found)))


def root_bridge(
    number: int, segment: int, buses: tuple[int, int], windows: dict[str, bytes]
) -> RootBridge:
    """The bridge NUMBER with its BUSES; WINDOWS by field (``Io``, ``Mem``, ``MemAbove4G``)."""
    row = RootBridge.new(
        Segment=segment, Bus=aperture(*buses), HID=_PNP_0A03, UID=number,
        AllocationAttributes=_COMBINE_AND_64,
    )  # fmt: skip
    for name in ("Io", "Mem", "MemAbove4G", "PMem", "PMemAbove4G"):
        setattr(row, name, windows.get(name, NO_APERTURE))
    return row


def build(hobs: Iterable[Hob], address: int, memory: Range) -> bytes:
    """The list at ADDRESS: a hand-off block for MEMORY, HOBS, and the end."""
    body = b"".join(each.data for each in hobs)
    end = address + Handoff.size + len(body)
    first = Handoff.new(
        Version=9,
        EfiMemoryTop=memory.end,
        EfiMemoryBottom=memory.start,
        EfiFreeMemoryTop=memory.end,
        EfiFreeMemoryBottom=memory.start,
        EfiEndOfHobList=end,
    )
    last = bytes(Header.new(HobType=END, HobLength=Header.size))
    return _made(HANDOFF, first).data + body + last


def parse(data: Buffer) -> list[Hob]:
    """The blocks of the list DATA without the last one. FormatError."""
    found: list[Hob] = []
    at = 0
    while len(found) < MAX_HOBS:
        header = Header(data, at)
        size, left = header.HobLength, len(data) - at
        if header.HobType == END:
            return found
        if size < Header.size or size % 8 or size > left:
            expected = f"a multiple of 8 up to {left:#x}"
            raise FormatError("HOB: HobLength", at + 2, expected, f"{size:#x}")
        least = _LEAST.get(header.HobType, Header.size)
        if size < least:
            raise FormatError("HOB: HobLength", at + 2, f"{least} or more", str(size))
        hob = Hob(header.HobType, bytes(data[at : at + size]))
        least = _LEAST_BODY.get(hob.guid, 0)
        if len(hob.body) < least:
            raise FormatError("HOB: HobLength", at + 2, f"{24 + least} or more", str(size))
        found.append(hob)
        at += size
    raise FormatError("HOB list", at, f"at most {MAX_HOBS} blocks", "more")


_LEAST = {
    HANDOFF: Handoff.size, RESOURCE: Resource.size, MEMORY_ALLOCATION: Allocation.size,
    CPU: Processor.size, GUID_EXTENSION: 24,
}  # fmt: skip
_LEAST_BODY = {
    ACPI_TABLE: Table.size, SMBIOS_TABLE: Table.size, SMBIOS3_TABLE: Table.size,
    SERIAL_PORT: SerialPort.size,
    PAYLOAD_BASE: Base.size, GRAPHICS: Graphics.size,
}  # fmt: skip
