"""Block devices from a captured shape of sysfs, with real images as the devices."""

import lzma
import os
import subprocess
import time
from pathlib import Path

import pytest

from uroot_py.disks import blockdev
from uroot_py.formats.disk import partitions, superblock
from uroot_py.machine.sysroot import Sysroot

DATA = Path(__file__).parents[2] / "data" / "superblocks"
SCRIPT = """label: gpt
start=2048, size=16384, name=boot, uuid=AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE
start=20480, size=2048, name=empty
"""


class Machine:
    """A directory with /sys/class/block as the kernel lays it out, and device files."""

    def __init__(self, top):
        self.sys = top / "sys"
        self.dev = top / "dev"
        self.dev.mkdir()
        (self.sys / "class/block").mkdir(parents=True)

    def add(self, name, content, parent="", number=0):
        where = self.sys / "devices" / "pci" / parent / name
        where.mkdir(parents=True, exist_ok=True)
        (where / "size").write_text(f"{len(content) // 512}\n")
        if number:
            (where / "partition").write_text(f"{number}\n")
        os.symlink(where, self.sys / "class/block" / name)
        (self.dev / name).write_bytes(content)

    def scan(self):
        return {volume.name: volume for volume in blockdev.scan(Sysroot(str(self.sys.parent)))}


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def disk_image(tmp_path):
    path = tmp_path / "image"
    path.write_bytes(bytes(16 << 20))
    subprocess.run(["sfdisk", "-q", path], input=SCRIPT.encode(), check=True)
    return path.read_bytes()


def test_a_disk_with_partitions(machine, tmp_path):
    ext4 = lzma.decompress((DATA / "ext4.xz").read_bytes())
    machine.add("vda", disk_image(tmp_path))
    machine.add("vda1", ext4.ljust(8 << 20, b"\0"), "vda", 1)
    machine.add("vda2", bytes(1 << 20), "vda", 2)
    machine.add("ram0", bytes(4096))
    machine.add("loop0", b"")
    machine.add("nbd0", bytes(4096))  # a server's disk, once it is attached
    machine.add("nbd1", b"")
    found = machine.scan()
    assert list(found) == ["nbd0", "vda", "vda1", "vda2"]
    assert (found["vda"].table, found["vda"].number, found["vda"].disk) == ("gpt", 0, "vda")
    first = found["vda1"]
    assert (first.kind, first.label, first.partlabel) == ("ext4", "root", "boot")
    assert first.partuuid == "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
    assert (first.uuid, first.disk) == ("11111111-2222-3333-4444-555555555504", "vda")
    assert (found["vda2"].superblock, found["vda2"].fault) == (None, "")


def test_natural_order(machine):
    for name, number in (("sdb", 0), ("sda10", 10), ("sda2", 2), ("sda", 0), ("nvme0n1", 0)):
        machine.add(name, bytes(512), "sda" if number else "", number)
    assert list(machine.scan()) == ["nvme0n1", "sda", "sda2", "sda10", "sdb"]


def test_an_unreadable_device_is_a_fault_of_that_device(machine):
    machine.add("sda", bytes(4096))
    machine.add("sr0", bytes(4096))
    (machine.dev / "sr0").unlink()
    found = machine.scan()
    assert found["sr0"].fault == "no such file or directory"
    assert found["sda"].fault == ""


def test_a_damaged_table_is_a_fault_of_the_disk(machine, tmp_path):
    image = bytearray(disk_image(tmp_path))
    image[520] ^= 1
    image[-500] ^= 1
    machine.add("sda", bytes(image))
    assert machine.scan()["sda"].fault == (
        "GPT header at offset 0x210: expected a right checksum, found a wrong one"
    )


def test_no_sysfs_at_all(tmp_path):
    assert blockdev.scan(Sysroot(str(tmp_path))) == []


def test_a_disk_that_does_not_answer_is_left_out(machine, tmp_path, monkeypatch):
    """It and its partitions; the others are as if it were not there."""
    monkeypatch.setattr(blockdev, "SECONDS", 2)
    identify = superblock.identify

    def silent(read, size):
        if size == 3 << 19:
            time.sleep(600)
        return identify(read, size)

    monkeypatch.setattr(superblock, "identify", silent)
    ext4 = lzma.decompress((DATA / "ext4.xz").read_bytes())
    machine.add("vda", bytes(3 << 19))
    machine.add("vda1", bytes(1 << 20), "vda", 1)
    machine.add("vdb", disk_image(tmp_path))
    machine.add("vdb1", ext4.ljust(8 << 20, b"\0"), "vdb", 1)
    found = machine.scan()
    assert found["vda"].fault == "it has not answered for 2 s: left out"
    assert [name for name, volume in found.items() if volume.silent] == ["vda", "vda1"]
    assert (found["vdb1"].kind, found["vdb1"].partlabel) == ("ext4", "boot")


def test_a_defect_is_the_fault_of_one_volume(machine, tmp_path, monkeypatch):
    def parse(*_):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(partitions, "parse", parse)
    ext4 = lzma.decompress((DATA / "ext4.xz").read_bytes())
    machine.add("vda", bytes(1 << 20))
    machine.add("vda1", ext4.ljust(8 << 20, b"\0"), "vda", 1)
    found = machine.scan()
    assert found["vda"].fault.startswith("internal error: ")
    assert found["vda1"].kind == "ext4"
