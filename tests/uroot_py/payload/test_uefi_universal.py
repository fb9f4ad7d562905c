"""uroot_py.payload.uefi_universal: the file, its device tree and its hand-off blocks."""

import struct

import pytest

from tests.support.uefi_plans import (
    RSDP,
    SMBIOS,
    SMBIOS3,
    UNIVERSAL,
    firmware,
    held,
    plan,
    trampoline,
)
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.uefi import hob


def tree_of(found):
    _, _, parameter, entry = trampoline(found)
    (size,) = struct.unpack(">I", held(found, parameter + 4, 4))
    return fdt.parse(held(found, parameter, size)), entry


def test_universal():
    found = plan(UNIVERSAL)
    tree, entry = tree_of(found)
    assert entry == 0x200000 + 0x1300
    assert held(found, 0x201000, 0x400) != UNIVERSAL[0x1000:0x1400]
    names = [node.path for node in tree.root.walk()]
    assert [name for name in names if name.startswith("/memory")] == [
        "/memory@0",
        "/memory@100000",
        "/memory@100000000",
    ]
    acpi = next(node for node in tree.root.walk() if node.name.startswith("acpi@"))
    address, _ = struct.unpack(">QQ", acpi.properties["reg"])
    assert held(found, address, 36) == RSDP
    assert "/reserved-memory/runtime-data@7e0000" in names
    assert tree.find("/serial@3f8").cells("reg") == [1, 0x3F8]
    bridge = tree.find("/pci-rb@0")
    nothing = [0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0, 0]
    assert bridge.cells("ranges") == [
        *(0x03000000, *nothing),
        *(0x02000000, 0, 0xC0000000, 0, 0, 0, 0x1000000),
        *(0x01000000, 0, 0x6000, 0, 0, 0, 0x100),
    ]
    assert (bridge.u64("reg"), bridge.cells("bus-range")) == (0xB0000000, [0, 1])


@pytest.mark.parametrize("smbios", [SMBIOS, SMBIOS3], ids=["2", "3"])
def test_hobs_of_a_universal_payload(smbios):
    found = plan(UNIVERSAL, firmware(smbios))
    tree, _ = tree_of(found)
    listed = tree.find("/options/upl-custom").u64("hoblistptr")
    blocks = hob.parse(held(found, listed, 0x2000))
    shown = [str(each) for each in blocks]
    assert "processor: 40 bits of memory, 16 of I/O" in shown
    assert "payload: at 0x200000" in shown
    assert "resource: [0xb0000000, 0xc0000000) reserved memory" in shown
    assert not [line for line in shown if line.endswith("system memory")]
    two = [each for each in blocks if each.guid == hob.SMBIOS_TABLE]
    three = [node for node in tree.root.walk() if node.name.startswith("smbios@")]
    assert (len(two), len(three)) == ((1, 0) if smbios is SMBIOS else (0, 1))
    if two:
        address = hob.Table(two[0].body).address
    else:
        (address, _) = struct.unpack(">QQ", three[0].properties["reg"])
    assert held(found, address, len(smbios)) == smbios
