"""lvs, vgs and pvs on two devices that lvm2 made."""

import lzma

import pytest

from tests.support.applet import complains, run_applet
from tests.uroot_py.disks.test_groups import DATA
from uroot_py.disks import blockdev
from uroot_py.disks.blockdev import BlockDevice
from uroot_py.formats.disk.superblock import Superblock


@pytest.fixture
def disks(tmp_path, monkeypatch):
    found = []
    for name in "ab":
        path = tmp_path / name
        path.write_bytes(lzma.decompress((DATA / f"{name}.xz").read_bytes()))
        device = BlockDevice(name, str(path), 64 << 20, name, 0)
        device.superblock = Superblock("LVM2_member", use="raid")
        found.append(device)
    monkeypatch.setattr(blockdev, "scan", lambda: found)
    return found


def test_lvs(disks):
    out = run_applet("lvs", "-o", "lv_name,vg_name,lv_size,type").out
    assert [line.split() for line in out.splitlines()] == [
        ["LV", "VG", "LSize", "Type"],
        ["striped", "vg-a", "6.00m", "striped"],
        ["root", "vg-a", "70.00m", "striped"],
        ["one", "vg-a", "8.00m", "striped"],
        ["two", "vg-a", "4.00m", "striped"],
    ]


def test_vgs_and_pvs(disks):
    done = run_applet("vgs", "--noheadings")
    assert done.out.split()[:4] == ["vg-a", "2/2", "4", "126.00m"]
    pvs = run_applet("pvs", "--noheadings", "-o", "pv_name,vg_name,pv_size").out
    assert [line.split() for line in pvs.splitlines()] == [
        [device.path, "vg-a", "63.00m"] for device in disks
    ]


def test_a_device_is_missing(disks):
    del disks[0]
    assert "[missing]" in run_applet("pvs").out
    assert "is missing" in run_applet("lvs").out


def test_faults(disks):
    complains("vgs other", 5, "vgs: volume group other is not here\n")
    complains(
        "lvs -o frob",
        2,
        "lvs: unknown column 'frob': lv vg state lsize type uuid cannot lv_name vg_name lv_size"
        " lv_uuid vg_uuid pv_uuid segtype;"
        " usage: lvs [-a] [-o COLUMN,...] [GROUP]...\n",
    )
