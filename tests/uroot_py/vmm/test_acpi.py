"""The guest's ACPI tables: checksums and links by the specification's offsets, and iasl."""

import shutil
import struct
import subprocess

import pytest

from uroot_py.vmm import acpi


def tables(cpus, devices=0):
    """Each table by its signature, found from the root pointer on; every checksum is looked at."""
    blob = acpi.build(cpus, devices)

    def at(address, size):
        return blob[address - acpi.RSDP_ADDRESS :][:size]

    def table(address):
        data = at(address, struct.unpack_from("<I", at(address, 8), 4)[0])
        assert sum(data) & 0xFF == 0
        return data

    assert blob[:8] == b"RSD PTR "
    assert sum(blob[:20]) & 0xFF == sum(blob[:36]) & 0xFF == 0
    xsdt = table(struct.unpack_from("<Q", blob, 24)[0])
    found = [table(each) for (each,) in struct.iter_unpack("<Q", xsdt[36:])]
    found.append(table(struct.unpack_from("<Q", found[0], 140)[0]))
    return {bytes(data[:4]): data for data in found}


@pytest.mark.parametrize("cpus", [1, 4])
def test_tables(cpus):
    found = tables(cpus)
    assert set(found) == {b"FACP", b"APIC", b"DSDT"}
    assert len(found[b"FACP"]) == 276
    assert struct.unpack_from("<II", found[b"FACP"], 56)[0] == 0x600
    kinds = []
    at = 44
    while at < len(found[b"APIC"]):
        kinds.append(found[b"APIC"][at])
        at += found[b"APIC"][at + 1]
    assert kinds == [0] * cpus + [1, 2, 2]


@pytest.mark.reference
def test_iasl_understands_the_dsdt(tmp_path):
    if not shutil.which("iasl"):
        pytest.skip("iasl (acpica-tools) is not installed")
    (tmp_path / "dsdt.aml").write_bytes(tables(1, 8)[b"DSDT"])
    subprocess.run(["iasl", "-d", "dsdt.aml"], cwd=tmp_path, check=True, timeout=30)
    found = (tmp_path / "dsdt.dsl").read_text()
    assert "Name (_S5, Package (0x04)" in found
    assert found.count('Name (_HID, "LNRO0005")') == 8
    assert "Device (VIO7)" in found
    assert "0xD0007000,         // Address Base" in found
    assert "Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive" in found
    assert "0x00000017," in found
