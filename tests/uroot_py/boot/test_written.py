"""Real file systems that are written to: once, in place, and given back clean."""

import subprocess

import pytest

from tests.support.volumes import attached, dirty, make, run
from uroot_py.abi.mount import mounts
from uroot_py.boot import writeback
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.disks.mounts import Mounts

pytestmark = pytest.mark.host
SYSTEMS = [
    pytest.param(16, ("mkfs.ext4", "-q"), id="ext4"),
    pytest.param(300, ("mkfs.xfs", "-q"), id="xfs"),
    pytest.param(128, ("mkfs.btrfs", "-q"), id="btrfs"),
]


def filled(path, size, mkfs, folder, *, power_cut):
    make(path, size, *mkfs)
    folder.mkdir()
    run("mount", "-o", "loop", path, folder)
    run("grub-editenv", folder / "grubenv", "create")
    run("grub-editenv", folder / "grubenv", "set", "next_entry=2")
    (folder / "os+3.conf").write_text("title OS\n")
    run("umount", folder)
    return dirty(path, folder.with_suffix(".cut")) if power_cut else path


def entry_on(volume, pool):
    entry = BootEntry("e", "E", source="/grub.cfg")
    entry.saves = [(FileRef("/grubenv"), "next_entry", ""), (FileRef("/grubenv"), "a", "b")]
    entry.rename = FileRef("/os+3.conf"), "/os+2-1.conf"
    tree = pool.mount(volume)
    for ref in entry.files():
        ref.tree = tree
    return entry


@pytest.mark.parametrize("power_cut", [False, True])
@pytest.mark.parametrize(("size", "mkfs"), SYSTEMS)
def test_written_and_given_back(size, mkfs, power_cut, tmp_path):
    image = filled(tmp_path / "image", size, mkfs, tmp_path / "made", power_cut=power_cut)
    with attached(image) as volume:
        with Mounts(str(tmp_path / "mnt")) as pool:
            wanted, faults = writeback.changes(entry_on(volume, pool))
        assert faults == []
        assert writeback.carry_out(wanted, str(tmp_path / "mnt")) == []
        assert [line for line in mounts() if line.source == volume.path] == []
        run("mount", "-o", "ro", volume.path, tmp_path / "made")
        try:
            shown = subprocess.run(
                ["grub-editenv", tmp_path / "made/grubenv", "list"],
                capture_output=True, text=True, timeout=20, check=True,
            ).stdout  # fmt: skip
            names = {path.name for path in (tmp_path / "made").iterdir()}
        finally:
            run("umount", tmp_path / "made")
    assert shown == "next_entry=\na=b\n"
    assert "os+2-1.conf" in names
    assert "os+3.conf" not in names
    if power_cut:
        assert "last" in names
    if mkfs[0] == "mkfs.ext4":
        run("e2fsck", "-fn", image)


def test_a_disk_that_somebody_holds_is_left_alone(tmp_path):
    mkfs = ("mkfs.ext4", "-q")
    image = filled(tmp_path / "image", 16, mkfs, tmp_path / "made", power_cut=False)
    with attached(image) as volume, Mounts(str(tmp_path / "mnt")) as pool:
        wanted, _ = writeback.changes(entry_on(volume, pool))
        faults = writeback.carry_out(wanted, str(tmp_path / "mnt2"))
    assert [fault.partition(": not written: ")[2] for fault in faults] == [
        "/grubenv: read-only file system",
        "os+3.conf: read-only file system",
    ]
