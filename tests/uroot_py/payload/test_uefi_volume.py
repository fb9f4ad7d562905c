"""uroot_py.payload.uefi_volume: the volume, and the block below it."""

import struct

from scripts.builders import uefi as made
from tests.support.uefi_plans import RSDP, SMBIOS, VOLUME, held, plan, trampoline
from uroot_py.payload.plan import MIB


def test_volume():
    found = plan(VOLUME)
    assert held(found, 0x800000, len(VOLUME)) == VOLUME
    _, _, parameter, entry = trampoline(found)
    assert (parameter, entry) == (0, 0x800000 + made.CORE_AT + 0x300)
    numbers = struct.unpack("<QQQQQIIIIIII", held(found, 0x7F0000, 68))
    version, acpi, acpi_size, smbios, smbios_size = numbers[:5]
    assert (version, acpi_size, smbios_size) == (1, 36, 31)
    assert numbers[5:11] == (1, 0x3F8, 115200, 1, 1843200, 0)
    assert held(found, acpi, 36) == RSDP
    assert held(found, smbios, 31) == SMBIOS
    count = numbers[11]
    table = [struct.unpack("<QQI", held(found, 0x7F0044 + 20 * i, 20)) for i in range(count)]
    assert table == [
        (0, 0x9FBFF, 1),
        (0x9FC00, 0x9FFFF, 5),
        (0x100000, 0x7EFFFF, 1),
        (0x7F0000, 0x7FFFFF, 5),
        (0x800000, 511 * MIB - 1, 1),
        (511 * MIB, 511 * MIB + 0xFFFF, 3),
        (511 * MIB + 0x10000, 511 * MIB + 0x1FFFF, 4),
        (0xB0000000, 0xBFFFFFFF, 5),
        (1 << 32, (5 << 30) - 1, 1),
    ]
    assert found.entry < 0x7E0000


def test_volume_linked_elsewhere():
    found = plan(made.payload(0x1000000))
    assert held(found, 0x1000000, 16) == bytes(16)
    assert held(found, 0xFF0000, 8) == b"\1" + bytes(7)
