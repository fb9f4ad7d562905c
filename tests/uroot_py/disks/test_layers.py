"""Layers: rounds until nothing new comes, and all of it taken down, top first."""

import errno

import pytest

from uroot_py.abi import block, md
from uroot_py.base.errors import KernelError
from uroot_py.disks import arrays, blockdev, groups, layers, mapper
from uroot_py.disks.blockdev import BlockDevice
from uroot_py.disks.layers import Layers
from uroot_py.formats.disk.superblock import Superblock


def device(name, kind, use="raid"):
    found = BlockDevice(name, f"/dev/{name}", 1 << 20, name, 0)
    found.superblock = Superblock(kind, use=use)
    return found


@pytest.fixture
def machine(monkeypatch):
    """A RAID on sda whose array holds a volume group, in which is a LUKS volume."""
    monkeypatch.setattr(layers, "records", lambda work, _seconds: recorded(work))
    monkeypatch.setattr(arrays, "assemble", assemble)
    monkeypatch.setattr(groups, "activate", activate)
    monkeypatch.setattr(blockdev, "scan", scan)


def recorded(work):
    found = []
    work(lambda *record: found.append(record))
    return found


def assemble(devices, have, send, *, name, patient):
    assert [each.name for each in devices] == ["sda"]
    if "array" not in have:
        send("protected", "/dev/sda")
        send("line", "array", "/dev/md127: raid1")
        send("made", "md", "md127", "md127", "array", 7, ["md/root"], ["sda"])


def activate(devices, have, send, *, only, patient):
    assert [each.name for each in devices] == ["md127"]
    if "volume" not in have:
        send("made", "part", "vg-a_part", "dm-0", "", 0, [], ["md127"])
        send("made", "dm", "vg-a", "dm-1", "volume", 3, ["lvm/vg-a"], ["md127"])


def scan(_machine, among):
    (name,) = among
    return [device(name, *(("LVM2_member",) if name == "md127" else ("crypto_LUKS", "crypto")))]


def test_a_stack(machine, monkeypatch):
    """The partition of a disk that is a part of an array as a whole is not looked at by itself."""
    inside = BlockDevice("sda1", "/dev/sda1", 1 << 20, "sda", 1)
    inside.superblock = Superblock("LVM2_member", use="raid")
    stack = Layers()
    made = stack.add([device("sda", "linux_raid_member"), inside, device("sdb", "ext4", "other")])
    assert [(each.name, each.names) for each in made] == [
        ("md127", ["md/root"]), ("dm-1", ["lvm/vg-a"]),
    ]  # fmt: skip
    assert stack.lines == ["/dev/md127: raid1"]
    assert stack.done == {"array": 7, "volume": 3}
    assert stack.add([device("sdc", "ext4", "other")]) == []
    monkeypatch.setattr(mapper, "kernel_name", lambda _name: "dm-2")
    stack.opened("luks-1", "dm-1")
    down = recording(monkeypatch)
    assert stack.close() == []
    assert down == ["luks-1", "vg-a", "vg-a_part", "md127", "/dev/sda"]
    assert stack.close() == []


def recording(monkeypatch):
    down: list[str] = []
    monkeypatch.setattr(md, "stop", down.append)
    monkeypatch.setattr(mapper, "deactivate", down.append)
    monkeypatch.setattr(block, "release", down.append)
    return down


def test_what_lies_on_a_disk_that_is_gone(machine, monkeypatch):
    stack = Layers()
    stack.add([device("sda", "linux_raid_member")])
    down = recording(monkeypatch)
    assert stack.above(["sdb"]) == []
    above = stack.above(["sda"])
    assert [each.kernel for each in above] == ["md127", "dm-0", "dm-1"]
    recorded(stack.taking_down(above))
    assert down == ["vg-a", "vg-a_part", "md127"]
    assert (stack.made, stack.done, stack.lines) == ([], {}, [])
    assert [each.name for each in stack.known] == ["sda"]


def test_what_stays_is_said(monkeypatch):
    def busy(name):
        raise KernelError("DM_DEV_REMOVE", errno.EBUSY, subject=name)

    monkeypatch.setattr(layers, "records", lambda work, _seconds: recorded(work))
    monkeypatch.setattr(layers, "_TRIES", 0)
    monkeypatch.setattr(mapper, "deactivate", busy)
    stack = Layers()
    stack.take(("made", "dm", "vg-a", "dm-0", "", 0, [], []))
    assert stack.close() == ["vg-a: DM_DEV_REMOVE vg-a: EBUSY"]


def test_nothing_is_started_for_plain_disks(monkeypatch):
    monkeypatch.setattr(layers, "records", None)
    assert Layers().add([device("sdb", "ext4", "filesystem")]) == []
