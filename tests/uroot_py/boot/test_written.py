"""Real file systems that are written to: once, in place, and given back clean."""

import subprocess

import pytest

from tests.support.volumes import attached, dirty, make, run
from uroot_py.abi.mount import mounts
from uroot_py.boot import writeback
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.bootconfig.grub import envblock
from uroot_py.disks.blockdev import BlockDevice
from uroot_py.disks.mounts import Mounts
from uroot_py.disks.tree import DirectoryTree
from uroot_py.formats.disk import partitions

pytestmark = pytest.mark.host
SYSTEMS = [
    pytest.param(16, ("mkfs.ext4", "-q"), id="ext4"),
    pytest.param(300, ("mkfs.xfs", "-q"), id="xfs"),
    pytest.param(128, ("mkfs.btrfs", "-q"), id="btrfs"),
]
HEADER = 512 * 512, 512  # where openSUSE has it


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


def test_a_block_in_the_header_of_a_btrfs(tmp_path):
    image = tmp_path / "image"
    make(image, 128, "mkfs.btrfs", "-q")
    with image.open("r+b") as file:
        file.seek(HEADER[0])
        file.write(envblock.build(envblock.SIGNATURE.ljust(HEADER[1], b"#"), {"saved_entry": "A"}))
    with attached(image) as volume:
        with Mounts(str(tmp_path / "mnt")) as pool:
            entry = BootEntry("e", "E", source="/grub.cfg")
            entry.saves = [(FileRef("", part=HEADER), "saved_entry", "B")]
            entry.saves[0][0].tree = pool.mount(volume)
            wanted, faults = writeback.changes(entry)
        assert ([change.text for change in wanted], faults) == (
            [f"{volume.path}: saved_entry=B"],
            [],
        )
        assert writeback.carry_out(wanted, str(tmp_path / "mnt")) == []
    block = image.read_bytes()[HEADER[0] :][: HEADER[1]]
    assert envblock.parse(block) == {"saved_entry": "B"}
    run("btrfs", "check", image)


def test_tries_in_the_table_of_a_disk(tmp_path):
    image = tmp_path / "image"
    make(image, 16, "true")
    table = "label: gpt\nstart=2048, size=2048, type=L, attrs=GUID:52\n"
    subprocess.run(["sfdisk", "-q", image], input=table.encode(), check=True, timeout=20)
    with attached(image) as disk:
        volume = BlockDevice(f"{disk.name}p1", f"{disk.path}p1", 1 << 20, disk.name, 1)
        _, rows = partitions.parse(lambda at, size: disk.read_raw(at, size) or b"", disk.size)
        volume.partition = rows[0]
        entry = BootEntry("e", "E", source="/grub.cfg")
        entry.saves = [(FileRef(""), "tries", "0")]
        tree = entry.saves[0][0].tree = DirectoryTree(str(tmp_path))
        tree.volume = volume
        wanted, faults = writeback.changes(entry)
        tree.close()
        assert [*faults, *writeback.carry_out(wanted, str(tmp_path / "mnt"))] == []
    shown = subprocess.run(
        ["sfdisk", "--verify", image], capture_output=True, text=True, check=True, timeout=20
    )
    assert "No errors detected" in shown.stdout
    run("sh", "-c", f'test -z "$(sfdisk --part-attrs {image} 1)"')


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
