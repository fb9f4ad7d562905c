"""uroot_py.kexec.uefi: what a captured machine shows of itself to a payload."""

import struct

import pytest

from uroot_py.formats.kernel.boot_params import BootParams
from uroot_py.kexec.uefi import read_firmware
from uroot_py.machine.sysroot import Sysroot
from uroot_py.payload.request import Platform

RSDP = b"RSD PTR "
RSDP += bytes([-sum(RSDP) & 0xFF]) + bytes(27)
MCFG = bytes(44) + struct.pack("<QHBBI", 0xB0000000, 0, 0, 255, 0)
RESOURCES = {
    "0000:00:00.0": "0x0 0x0 0x0\n",
    "0000:00:01.0": (
        "0x00000000fd000000 0x00000000fdffffff 0x0000000000042208\n"
        "0x00000000febd0000 0x00000000febd0fff 0x0000000000040200\n"
    ),
    "0000:00:02.0": (
        "0x000000000000c000 0x000000000000c07f 0x0000000000040101\n"
        "0x00000000b0000000 0x00000000b00fffff 0x0000000000040200\n"
        "0x0000000800000000 0x0000000800003fff 0x000000000014220c\n"
    ),
}


@pytest.fixture
def machine(tmp_path):
    def write(path, data):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data if isinstance(data, bytes) else data.encode())

    write("sys/firmware/acpi/tables/MCFG", MCFG)
    write("sys/firmware/dmi/tables/smbios_entry_point", b"_SM_" + bytes(27))
    write("proc/cmdline", "console=tty0 console=ttyS1,57600n8 quiet\n")
    write("proc/cpuinfo", "processor\t: 0\naddress sizes\t: 40 bits physical, 48 bits virtual\n")
    write("proc/iomem", "00100000-1fffffff : System RAM\nb0000000-bfffffff : Reserved\n")
    write("sys/class/tty/ttyS1/port", "0x2F8\n")
    write("sys/class/tty/ttyS1/type", "4\n")
    write("sys/class/tty/ttyS0/port", "0x3F8\n")
    write("sys/class/tty/ttyS0/type", "4\n")
    for name, text in RESOURCES.items():
        write(f"sys/devices/pci0000:00/{name}/resource", text)
    return Sysroot(str(tmp_path))


def bios(address, size):
    """The memory of a machine whose BIOS has the root pointer at 0xf5b00."""
    low = bytearray(1 << 20)
    low[0x40E:0x410] = b"\xc0\x9f"
    low[0xF5B00 : 0xF5B00 + 36] = RSDP
    return bytes(low[address : address + size])


def test_a_pc(machine):
    found = read_firmware(machine, Platform(), bios)
    assert (found.rsdp_address, found.rsdp) == (0xF5B00, RSDP)
    assert found.smbios[:4] == b"_SM_"
    assert found.serial == (0x2F8, 57600)
    assert found.address_bits == 40
    assert found.screen is None
    (bridge,) = found.bridges
    assert (bridge.segment, bridge.ecam, bridge.buses) == (0, 0xB0000000, (0, 0))
    assert bridge.windows == {
        "Io": (0xC000, 0xC07F),
        "Mem": (0xFD000000, 0xFEBD0FFF),
        "MemAbove4G": (0x800000000, 0x800003FFF),
    }
    assert found.notes == ["serial line: port 0x2f8 at 57600 baud; framebuffer: none"]


def test_nothing_to_be_seen(tmp_path):
    found = read_firmware(Sysroot(str(tmp_path)), Platform(), lambda address, size: b"")
    assert (found.rsdp, found.rsdp_address, found.serial, found.bridges) == (b"", 0, None, [])
    assert found.notes[0] == "SMBIOS is not handed over: this kernel does not show it"
    assert found.notes[1].startswith("PCI root bridges are not known: ")


def screen(kind=0x23):
    info = bytearray(0x40)
    info[0x0F] = kind
    struct.pack_into("<HHHII", info, 0x12, 1024, 768, 32, 0xFD000000, 0x30)
    struct.pack_into("<H8B", info, 0x24, 4096, 8, 16, 8, 8, 8, 0, 8, 24)
    return bytes(BootParams.new(screen_info=bytes(info)))


def test_a_framebuffer(machine):
    found = read_firmware(machine, Platform(screen()), bios).screen
    assert found is not None
    assert (found.FrameBufferBase, found.FrameBufferSize) == (0xFD000000, 0x300000)
    assert (found.HorizontalResolution, found.VerticalResolution) == (1024, 768)
    assert (found.PixelFormat, found.PixelsPerScanLine) == (1, 1024)
    assert (found.RedMask, found.BlueMask) == (0xFF0000, 0xFF)


def test_a_framebuffer_that_a_driver_has_changed(machine, tmp_path):
    (tmp_path / "sys/class/drm/card0").mkdir(parents=True)
    assert read_firmware(machine, Platform(screen()), bios).screen is None


def test_text_is_no_framebuffer(machine):
    assert read_firmware(machine, Platform(screen(1)), bios).screen is None
