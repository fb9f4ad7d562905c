"""What a UEFI payload is told of this machine: ACPI, SMBIOS, serial line, screen, PCI.

Read from what the running kernel shows; what cannot be read is a note, and the payload's planner
says what it cannot do without.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, u8, u16, u32, u64
from uroot_py.base.reader import number_at
from uroot_py.formats.kernel.boot_params import BootParams
from uroot_py.formats.uefi import hob
from uroot_py.payload.firmware import Bridge, Firmware

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.machine.sysroot import Sysroot
    from uroot_py.payload.request import Platform

    Read = Callable[[int, int], bytes]

_EBDA = 0x40E  # where a BIOS says which segment its data is in
_BIOS = (0xE0000, 0x20000)
_TABLES = "/sys/firmware/acpi/tables"
_ENTRY_POINT = "/sys/firmware/dmi/tables/smbios_entry_point"
_BAUD = 115200
_VLFB, _EFI = 0x23, 0x70  # VIDEO_TYPE_VLFB, VIDEO_TYPE_EFI
_MAX_DEVICES = 4096
_IORESOURCE_IO, _IORESOURCE_MEM, _IORESOURCE_MEM_64 = 0x100, 0x200, 0x100000
_PREFETCH = 0x2000


class ScreenInfo(Layout, size=0x40, title="screen_info"):
    """struct screen_info, Linux include/uapi/linux/screen_info.h."""

    orig_video_isVGA = u8(0x0F)
    lfb_width = u16(0x12)
    lfb_height = u16(0x14)
    lfb_depth = u16(0x16)
    lfb_base = u32(0x18)
    lfb_size = u32(0x1C)
    lfb_linelength = u16(0x24)
    red_size = u8(0x26)
    red_pos = u8(0x27)
    green_size = u8(0x28)
    green_pos = u8(0x29)
    blue_size = u8(0x2A)
    blue_pos = u8(0x2B)
    rsvd_size = u8(0x2C)
    rsvd_pos = u8(0x2D)
    capabilities = u32(0x36)
    ext_lfb_base = u32(0x3A)


class McfgRow(Layout, size=16, title="MCFG"):
    """Configuration space of a PCI segment's buses. Ref: PCI Firmware Specification 3.3, 4.1.2."""

    address = u64(0)
    segment = u16(8)
    first_bus = u8(10)
    last_bus = u8(11)


def read_firmware(sysroot: Sysroot, platform: Platform, physical: Read) -> Firmware:
    """The machine at SYSROOT.

    PHYSICAL reads its memory: (address, size) to bytes, b'' where that is not allowed.
    """
    found = Firmware()
    found.rsdp, found.rsdp_address = platform.rsdp, platform.rsdp_address
    if not found.rsdp_address and platform.boot_params:
        found.rsdp_address = BootParams(platform.boot_params).acpi_rsdp_addr
    if not found.rsdp_address:
        found.rsdp_address = _scan_for_rsdp(physical)
    if not found.rsdp and found.rsdp_address:
        root = physical(found.rsdp_address, 36)
        found.rsdp = root if root[:8] == b"RSD PTR " else b""
    try:
        found.smbios = sysroot.bytes(_ENTRY_POINT)
    except OSError:
        found.notes.append("SMBIOS is not handed over: this kernel does not show it")
    found.serial = _serial(sysroot)
    found.screen = _screen(sysroot, platform.boot_params)
    for line in sysroot.text("/proc/cpuinfo").splitlines():
        if line.startswith("address sizes"):
            found.address_bits = int(line.partition(":")[2].split()[0])
            break
    try:
        found.bridges = _bridges(sysroot)
    except (OSError, FormatError) as error:
        found.notes.append(f"PCI root bridges are not known: {error}")
    shown = f"port {found.serial[0]:#x} at {found.serial[1]} baud" if found.serial else "none"
    found.notes.append(f"serial line: {shown}; framebuffer: {'yes' if found.screen else 'none'}")
    return found


def _scan_for_rsdp(physical: Read) -> int:
    """Where a BIOS has the root pointer. Ref: ACPI 6.5, 5.2.5.1."""
    word = physical(_EBDA, 2)
    segment = number_at(word, 0, 2) if word else 0
    for start, size in ((segment << 4, 1024), _BIOS):
        data = physical(start, size) if start else b""
        for at in range(0, len(data) - 20, 16):
            if data[at : at + 8] == b"RSD PTR " and sum(data[at : at + 20]) % 256 == 0:
                return start + at
    return 0


def _serial(sysroot: Sysroot) -> tuple[int, int] | None:
    """The serial line of the last console= that is one, else the first that there is."""
    names, baud = ["ttyS0"], _BAUD
    for word in sysroot.text("/proc/cmdline").split():
        name, _, options = word.removeprefix("console=").partition(",")
        if word.startswith("console=ttyS"):
            digits = options[: len(options) - len(options.lstrip("0123456789"))]
            names.insert(0, name)
            baud = int(digits) if digits else baud
    for name in names:
        folder = f"/sys/class/tty/{name}"
        port = sysroot.text(f"{folder}/port").strip()
        if port and int(port, 16) and sysroot.number(f"{folder}/type"):
            return int(port, 16), baud
    return None


def _screen(sysroot: Sysroot, boot_params: bytes) -> hob.Graphics | None:
    """The framebuffer that the boot loader set up, unless a driver has set up another one."""
    cards = [name for name in sysroot.names("/sys/class/drm") if name.startswith("card")]
    if not boot_params or cards:
        return None
    info = ScreenInfo(BootParams(boot_params).screen_info)
    if info.orig_video_isVGA not in (_VLFB, _EFI) or info.lfb_depth != 32:
        return None
    size = info.lfb_size << 16 if info.orig_video_isVGA == _VLFB else info.lfb_size

    def mask(bits: int, position: int) -> int:
        return ((1 << bits) - 1) << position

    blue_first = info.blue_pos < info.red_pos
    return hob.Graphics.new(
        FrameBufferBase=info.lfb_base | info.ext_lfb_base << 32,
        FrameBufferSize=size,
        HorizontalResolution=info.lfb_width,
        VerticalResolution=info.lfb_height,
        PixelFormat=1 if blue_first else 0,
        RedMask=mask(info.red_size, info.red_pos),
        GreenMask=mask(info.green_size, info.green_pos),
        BlueMask=mask(info.blue_size, info.blue_pos),
        ReservedMask=mask(info.rsvd_size, info.rsvd_pos),
        PixelsPerScanLine=info.lfb_linelength // 4,
    )


def _bridges(sysroot: Sysroot) -> list[Bridge]:
    """A bridge for every root bus in the table MCFG, with the windows that its devices use."""
    data = sysroot.bytes(f"{_TABLES}/MCFG")
    kept = [
        tuple(int(end, 16) for end in line.partition(" : ")[0].split("-"))
        for line in sysroot.text("/proc/iomem").splitlines()
        if line.rstrip().lower().endswith(": reserved")
    ]
    found = []
    for at in range(44, len(data) - McfgRow.size + 1, McfgRow.size):
        row = McfgRow(data, at)
        for bus in range(row.first_bus, row.last_bus + 1):
            root = f"/sys/devices/pci{row.segment:04x}:{bus:02x}"
            if os.path.isdir(sysroot.path(root)):
                bridge = Bridge(row.segment, row.address, (bus, bus))
                _add_devices(bridge, sysroot, root, kept)
                found.append(bridge)
    return found


def _add_devices(bridge: Bridge, sysroot: Sysroot, root: str, kept: list[tuple[int, ...]]) -> None:
    """Widen the windows of BRIDGE to what the devices below ROOT decode."""
    todo, seen = [root], 0
    while todo and seen < _MAX_DEVICES:
        folder = todo.pop()
        for name in sysroot.names(folder):
            parts = name.split(":")
            if len(parts) != 3 or "." not in parts[2]:
                continue
            seen += 1
            todo.append(f"{folder}/{name}")
            bridge.buses = (bridge.buses[0], max(bridge.buses[1], int(parts[1], 16)))
            for line in sysroot.text(f"{folder}/{name}/resource").splitlines():
                first, last, flags = (int(word, 16) for word in line.split())
                window = _window(first, flags, kept)
                if window:
                    low, high = bridge.windows.get(window, (first, last))
                    bridge.windows[window] = min(low, first), max(high, last)
    for window, (low, high) in bridge.windows.items():
        if window != "Io":
            bridge.windows[window] = low & ~0xFFF, high | 0xFFF


def _window(first: int, flags: int, kept: list[tuple[int, ...]]) -> str:
    """Which window a resource belongs to: '' for none."""
    if not first:
        return ""
    if flags & _IORESOURCE_IO:
        return "Io"
    if not flags & _IORESOURCE_MEM or any(low <= first <= high for low, high in kept):
        return ""
    return "MemAbove4G" if first >> 32 else "Mem"
