"""Disks that come and go while somebody waits: loop devices that a machine gets, and loses."""

import select

import pytest

from tests.support.hotplug import LIMIT, Machine, settle, systems, titles
from tests.support.volumes import attached, make
from uroot_py.abi import md
from uroot_py.disks import arrays, scanning
from uroot_py.formats.disk import superblock

pytestmark = pytest.mark.host


@pytest.fixture
def box(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def disks(tmp_path):
    with systems(tmp_path) as volumes:
        yield volumes


def test_a_disk_that_comes_joins_behind_the_others(box, disks):
    box.comes("sda", disks["first"])
    with box.survey() as survey:
        assert titles(survey) == [("First", "sda")]
        box.comes("sdb", disks["late"])
        survey.again()
        settle(survey)
        assert titles(survey) == [("First", "sda"), ("Late", "sdb")]
        (kernel,) = survey.entries[1].files()
        assert kernel.tree.read("/k", 99) == b"kernel"
        assert survey.volumes.all[1].device == "hd1"
        assert survey.volumes.all[1].read_raw(1024 + 56, 2) == b"\x53\xef"
        assert survey.faults == []
        assert [line.split(" (")[0] for line in survey.looked if "mounted" in line] == [
            f"{box.top}/machine/dev/{name}" for name in ("sda", "sdb")
        ]


def test_a_disk_that_goes_takes_its_rows_and_its_mounts_with_it(box, disks):
    box.comes("sda", disks["first"])
    box.comes("sdb", disks["late"])
    with box.survey() as survey:
        box.goes("sdb")
        survey.again()
        settle(survey)
        assert titles(survey) == [("First", "sda")]
        assert not any("sdb" in line for line in (*survey.looked, *survey.faults))
        assert [path.name for path in (box.top / "mnt").iterdir()] == ["sda"]
        with open(disks["late"].path, "r+b") as device:  # it may be written to again
            device.write(b"x")


def test_a_disk_that_comes_back_has_its_place_and_its_rows_again(box, disks):
    box.comes("sda", disks["first"])
    with box.survey() as survey:
        for _ in range(3):
            box.comes("sdb", disks["late"])
            survey.again()
            settle(survey)
            assert titles(survey) == [("First", "sda"), ("Late", "sdb")]
            assert [volume.device for volume in survey.volumes.all] == ["hd0", "hd1"]
            box.goes("sdb")
            survey.again()
            settle(survey)


def test_two_disks_that_come_one_after_the_other(box, disks):
    """None was there at the first look: each has its own name for GRUB, and its configuration."""
    with box.survey() as survey:
        for number, (name, disk) in enumerate((("sda", "first"), ("sdb", "late"))):
            box.comes(name, disks[disk])
            survey.again()
            settle(survey)
            assert survey.volumes.all[number].device == f"hd{number}"
        assert titles(survey) == [("First", "sda"), ("Late", "sdb")]


def test_a_partition_that_is_seen_after_its_disk(box, disks):
    """The kernel makes the disk first: the second look finds its partition."""
    with box.survey() as survey:
        box.comes("sda", disks["late"])
        survey.again()
        settle(survey)
        box.comes("sda1", disks["first"], disk="sda")
        (box.top / "machine/sys/devices/sda/sda1/partition").write_text("1\n")
        survey.again()
        settle(survey, changes=2)
        assert titles(survey) == [("Late", "sda"), ("First", "sda1")]


def test_a_disk_that_cannot_be_read_is_a_line(box, disks):
    with box.survey() as survey:
        box.comes("sda", disks["late"])
        (box.top / "machine/dev/sda").unlink()
        survey.again()
        settle(survey)
        assert survey.entries == []
        (fault,) = survey.faults
        assert fault == f"{box.top}/machine/dev/sda: no such file or directory"


def test_the_kernel_wakes_whoever_waits(box, disks):
    """A loop device of this machine gets a file: its uevent is the kernel's own."""
    with box.survey() as survey:
        while survey.waiting():
            survey.more()
        box.comes("sda", disks["late"])
        image = box.top / "image"
        make(image, 4, "mkfs.ext4", "-q")
        with attached(image):
            assert select.select(survey.filenos(), [], [], LIMIT)[0]
            settle(survey)
        assert titles(survey) == [("Late", "sda")]


def test_nothing_is_left_when_it_ends_in_the_middle(box, disks):
    box.comes("sda", disks["first"])
    with box.survey() as survey:
        box.comes("sdb", disks["late"])
        survey.again()
        survey.more()
        assert survey.waiting() == "disks"


@pytest.fixture
def arrays_of(box, disks, monkeypatch):
    """An array of all that is said to be a member: it has the system of a disk, in this machine."""

    def assemble(devices, have, send, *, name, patient):
        there = [each.name for each in devices]
        if "array" in have or len(there) < (2 if patient else 1):
            send("later", "array")
            return
        box.comes("md9", disks["late"])
        send("line", "array", f"/dev/md9: on {' '.join(there)}")
        send("made", "md", "md9", "md9", "array", 1, ["md/root"], there)

    monkeypatch.setattr(arrays, "assemble", assemble)
    monkeypatch.setattr(md, "stop", box.goes)

    def member(name):
        image = box.top / f"{name}.member"
        image.write_bytes(b"x" * (1 << 20))
        identify = superblock.identify

        def known(read, size):
            if read(0, 2) == b"xx":
                return superblock.Superblock("linux_raid_member", use="raid")
            return identify(read, size)

        monkeypatch.setattr(superblock, "identify", known)
        return image

    return member


def test_a_volume_that_becomes_whole_with_a_late_disk(box, disks, arrays_of, monkeypatch):
    """And that is put together again with what is left when one of its disks goes."""
    monkeypatch.setattr(scanning, "scanning", lambda _machine: ["host0"])
    with attached(arrays_of("a")) as a, attached(arrays_of("b")) as b:
        box.comes("sda", a)
        with box.survey() as survey:
            assert (titles(survey), survey.waiting()) == ([], "disks")
            box.comes("sdb", b)
            survey.again()
            settle(survey, changes=0, until=lambda: titles(survey))
            assert titles(survey) == [("Late", "md9")]
            assert "/dev/md9: on sda sdb" in survey.looked
            assert survey.volumes.find("device=md/root")
            monkeypatch.setattr(scanning, "scanning", lambda _machine: [])
            box.goes("sdb")
            survey.again()
            settle(survey, changes=0, until=lambda: "/dev/md9: on sda" in survey.looked)
            settle(survey, changes=0, until=lambda: titles(survey))
            assert titles(survey) == [("Late", "md9")]
            assert "/dev/md9: on sda sdb" not in survey.looked
            assert survey.faults == []
    assert not (box.top / "machine/sys/class/block/md9").is_symlink()
