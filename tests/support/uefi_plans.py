"""Plans for UEFI payloads of both forms on a made-up PC, and what lies where in them."""

import struct

from scripts.builders.uefi import payload, universal
from uroot_py.base.ranges import Range
from uroot_py.memory.map import ACPI, NVS, RAM, RESERVED, MemoryMap, TypedRange
from uroot_py.payload.firmware import Bridge, Firmware
from uroot_py.payload.plan import MIB, Memory
from uroot_py.payload.planner import find_planner
from uroot_py.payload.request import KernelFile, Platform, Request

VOLUME, UNIVERSAL = payload(), universal()
RSDP = b"RSD PTR " + bytes(28)
SMBIOS = b"_SM_" + bytes(27)
SMBIOS3 = b"_SM3_" + bytes(19)
ROWS = [
    (0, 0x9FC00, RAM),
    (0x9FC00, 0x400, RESERVED),
    (MIB, 510 * MIB, RAM),
    (511 * MIB, 0x10000, ACPI),
    (511 * MIB + 0x10000, 0x10000, NVS),
    (0xB0000000, 256 * MIB, RESERVED),
    (1 << 32, 1 << 30, RAM),
]


def memory(rows=ROWS):
    return Memory(MemoryMap([TypedRange.from_size(row[0], row[1], row[2]) for row in rows]))


def firmware(smbios=SMBIOS):
    found = Firmware()
    found.rsdp, found.smbios, found.serial = RSDP, smbios, (0x3F8, 115200)
    found.address_bits = 40
    bridge = Bridge(0, 0xB0000000, (0, 1))
    bridge.windows = {"Io": (0x6000, 0x60FF), "Mem": (0xC0000000, 0xC0FFFFFF)}
    found.bridges = [bridge]
    return found


def plan(data, known=None, room=None, **fields):
    room = room or memory()
    request = Request(KernelFile("/payload", data))
    for name, value in fields.items():
        setattr(request, name, value)
    request.platform = Platform()
    request.platform.firmware = known or firmware()
    found = find_planner(request.kernel)[0](request, room)
    found.check(room.phys.merge().ram())
    return found


def held(found, start, size):
    segment = next(each for each in found.segments if each.phys.contains(start))
    return segment.read(Range.from_size(start, size))


def trampoline(found):
    return struct.unpack("<QQQQ", held(found, found.entry + 8, 32))
