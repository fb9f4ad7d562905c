"""Plans for UEFI payloads of both forms: what lies where, and what a payload is told."""

import struct
import uuid

import pytest

from tests.support.uefi_plans import UNIVERSAL, VOLUME, firmware, held, memory, plan, trampoline
from uroot_py.base.errors import PlanError
from uroot_py.formats.uefi.variables import device_path
from uroot_py.memory import uefi as uefi_map
from uroot_py.memory.map import RAM
from uroot_py.payload.request import identify


def walk_tables(found, root, address):
    """The physical address that the tables at ROOT map ADDRESS to; None where they do not."""
    for shift in (39, 30):
        (entry,) = struct.unpack("<Q", held(found, root + (address >> shift) % 512 * 8, 8))
        if not entry & 1:
            return None
        root = entry & ~0xFFF
    (entry,) = struct.unpack("<Q", held(found, root + (address >> 21) % 512 * 8, 8))
    return (entry & ~0x1FFFFF) + address % (1 << 21) if entry & 0x81 == 0x81 else None


@pytest.mark.parametrize(("data", "name"), [(VOLUME, "uefi-volume"), (UNIVERSAL, "uefi-universal")])
def test_known_by_content(data, name):
    kind = identify(data[:32768])
    assert (kind.name, kind.machine, kind.kernel, kind.wrapped) == (name, "x86_64", True, False)


@pytest.mark.parametrize("data", [VOLUME, UNIVERSAL], ids=["volume", "universal"])
def test_the_way_in(data):
    found = plan(data)
    tables, stack, _, _ = trampoline(found)
    assert (found.mode, found.registers) == ("protected", {"rbx": found.entry})
    assert found.entry < stack <= tables < 1 << 32
    for address in (0, 0xFEE00000, 0x800000, (1 << 32) - 1):
        assert walk_tables(found, tables, address) == address
    assert walk_tables(found, tables, 1 << 32) is None


@pytest.mark.parametrize("data", [VOLUME, UNIVERSAL], ids=["volume", "universal"])
def test_what_it_starts(data):
    known = firmware()
    known.start = ("Windows Boot Manager", device_path(None, "\\a.efi"))
    found = plan(data, known)
    store = held(found, 0x7E0000, 0x10000)
    assert uuid.UUID(bytes_le=store[:16]) == uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792")
    assert "BootNext".encode("utf-16-le") in store
    assert "Windows Boot Manager".encode("utf-16-le") in store
    assert "UEFI variables at 0x7e0000: BootNext is Windows Boot Manager" in found.describe()


@pytest.mark.parametrize("data", [VOLUME, UNIVERSAL], ids=["volume", "universal"])
def test_as_json_and_again(data):
    assert plan(data).as_json() == plan(data).as_json()
    assert plan(data).as_json()["mode"] == "protected"


def without(**fields):
    found = firmware()
    for name, value in fields.items():
        setattr(found, name, value)
    return found


def test_what_cannot_be_planned():
    cases = [
        (VOLUME, {"known": without(rsdp=b"")}, "has to be told where ACPI's tables are"),
        (UNIVERSAL, {"known": without(bridges=[])}, "has to be told of the PCI root bridges"),
        (VOLUME, {"cmdline": b"a"}, "a UEFI payload takes no command line"),
        (UNIVERSAL, {"initrd": b"a"}, "a UEFI payload takes no initrd"),
        (VOLUME, {"room": memory([(0, 0x7F8000, RAM)])}, "the firmware volume must be at"),
    ]
    for data, fields, message in cases:
        with pytest.raises(PlanError) as caught:
            plan(data, **fields)
        assert message in str(caught.value)


def test_resources():
    shown = [str(each) for each in uefi_map.resources(memory().phys)]
    assert shown[:3] == [
        "resource: [0x0, 0x9f000) system memory",
        "resource: [0x9f000, 0xa0000) reserved memory",
        "resource: [0x100000, 0x1ff00000) system memory",
    ]
