"""Real file systems on loop devices: how they are mounted; nothing is written or left behind."""

import hashlib
import os
import signal
import time

import pytest

from tests.support.volumes import attached, dirty, disk_of_images, loops, make, run
from uroot_py.abi import block
from uroot_py.abi.mount import mounts
from uroot_py.base.errors import RefusedError
from uroot_py.disks.blockdev import BlockDevice, identify
from uroot_py.disks.mounts import MAX_IMAGES, Mounts, known_by
from uroot_py.machine.child import StuckError

pytestmark = pytest.mark.host


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


SYSTEMS = [
    pytest.param(16, ("mkfs.ext2", "-q"), "ext4", id="ext2"),
    pytest.param(16, ("mkfs.ext3", "-q"), "ext4", id="ext3"),
    pytest.param(16, ("mkfs.ext4", "-q"), "ext4", id="ext4"),
    pytest.param(300, ("mkfs.xfs", "-q"), "xfs", id="xfs"),
    pytest.param(128, ("mkfs.btrfs", "-q"), "btrfs", id="btrfs"),
]


@pytest.mark.parametrize(("size", "mkfs", "driver"), SYSTEMS)
def test_nothing_is_written_to_a_disk_after_a_power_cut(size, mkfs, driver, tmp_path):
    make(tmp_path / "image", size, *mkfs)
    image = dirty(tmp_path / "image", tmp_path / "writable")
    before = digest(image)
    with attached(image) as volume, Mounts(str(tmp_path / "mnt")) as pool:
        tree = pool.mount(volume)
        assert tree.uuid == volume.uuid != ""
        (line,) = [line for line in mounts() if line.source == volume.path]
        assert line.fstype == driver
        assert {"ro", "nosuid", "nodev", "noexec"} <= set(line.options.split(","))
        tree.names("/")
        assert pool.close() == []
        assert [line for line in mounts() if line.source == volume.path] == []
    assert digest(image) == before


def test_a_plain_mount_does_replay_the_journal(tmp_path):
    """The test above can fail: read-only alone does not keep ext4 from writing."""
    make(tmp_path / "image", 16, "mkfs.ext4", "-q")
    image = dirty(tmp_path / "image", tmp_path / "writable")
    before = digest(image)
    with attached(image) as volume:
        run("mount", "-o", "ro", volume.path, tmp_path / "writable")
        run("umount", tmp_path / "writable")
    assert digest(image) != before


def damaged(path, folder, errors):
    """An ext4 with a name whose file is gone: looking at it is an error; ERRORS is what then."""
    (folder / "boot").mkdir(parents=True)
    (folder / "boot/victim").write_text("x")
    make(path, 16, "mkfs.ext4", "-q", "-d", folder)
    run("tune2fs", "-e", errors, path)
    run("debugfs", "-w", "-R", "set_inode_field /boot/victim links_count 0", path)


def test_errors_of_a_damaged_disk_are_not_counted_in_it(tmp_path):
    image = tmp_path / "image"
    damaged(image, tmp_path / "tree", "continue")
    before = digest(image)
    with attached(image) as volume, Mounts(str(tmp_path / "mnt")) as pool:
        assert pool.mount(volume).size("/boot/victim") is None
        assert block.protect(volume.path) is False
    assert digest(image) == before


def test_a_damaged_disk_does_not_choose_what_happens(tmp_path):
    """One that asks for a panic is not looked into here: this machine would have it."""
    damaged(tmp_path / "image", tmp_path / "tree", "panic")
    with attached(tmp_path / "image") as volume, Mounts(str(tmp_path / "mnt")) as pool:
        pool.mount(volume)
        (line,) = [line for line in mounts() if line.source == volume.path]
        assert "errors=continue" in line.options.split(",")


def test_a_device_can_be_written_to_afterwards(tmp_path):
    make(tmp_path / "image", 16, "mkfs.ext4", "-q")
    with attached(tmp_path / "image") as volume:
        with Mounts(str(tmp_path / "mnt")) as pool:
            pool.mount(volume)
            handle = os.open(volume.path, os.O_RDWR)
            with pytest.raises(PermissionError):
                os.pwrite(handle, bytes(512), 0)
            os.close(handle)
        assert block.protect(volume.path) is True
        block.release(volume.path)


def test_a_device_that_somebody_writes_to_stays_so(tmp_path):
    make(tmp_path / "image", 16, "mkfs.ext4", "-q")
    (tmp_path / "theirs").mkdir()
    with attached(tmp_path / "image") as volume:
        run("mount", volume.path, tmp_path / "theirs")
        try:
            with Mounts(str(tmp_path / "mnt")) as pool:
                pool.mount(volume)
                (tmp_path / "theirs/file").write_text("x")
                run("sync", tmp_path / "theirs/file")
        finally:
            run("umount", tmp_path / "theirs")


@pytest.fixture
def disk(tmp_path):
    with disk_of_images(tmp_path) as volume:
        yield volume


def test_an_image_is_a_disk_of_its_own(disk, tmp_path):
    with Mounts(str(tmp_path / "mnt")) as pool:
        image = pool.mount_image(pool.mount(disk), "/isos/live.iso")
        assert image.read("/vmlinuz", 9) == b"k"
        (device,) = loops("/isos/live.iso")
        (line,) = [line for line in mounts() if line.source == device]
        assert line.fstype == "squashfs"
        assert {"ro", "nosuid", "nodev", "noexec"} <= set(line.options.split(","))
        assert pool.close() == []
    assert loops("/isos/live.iso") == []


WRONG = [
    pytest.param("/isos/bad.iso", RefusedError, "holds no file system that is known", id="no iso"),
    pytest.param("/isos/none.iso", OSError, "No such file or directory: '/isos/none.iso'", id="no"),
    pytest.param("/isos", OSError, "not a regular file: '/isos'", id="directory"),
]


@pytest.mark.parametrize(("path", "error", "text"), WRONG)
def test_what_is_no_image_leaves_no_device(path, error, text, disk, tmp_path):
    with Mounts(str(tmp_path / "mnt")) as pool:
        with pytest.raises(error, match=text):
            pool.mount_image(pool.mount(disk), path)
        assert loops(path) == []


def test_a_pool_opens_a_limited_number_of_images(disk, tmp_path):
    with Mounts(str(tmp_path / "mnt")) as pool:
        tree = pool.mount(disk)
        for _ in range(MAX_IMAGES):
            with pytest.raises(RefusedError, match="holds no file system"):
                pool.mount_image(tree, "/isos/bad.iso")
        with pytest.raises(RefusedError) as caught:
            pool.mount_image(tree, "/isos/live.iso")
    assert str(caught.value) == "more than 32 images, not opened"


def test_what_is_no_block_device(tmp_path):
    make(tmp_path / "image", 16, "mkfs.ext4", "-q")
    volume = BlockDevice("image", str(tmp_path / "image"), 1, "image", 0)
    volume.superblock = identify(volume.path)
    with Mounts(str(tmp_path / "mnt")) as pool, pytest.raises(RefusedError, match="ENOTBLK"):
        pool.mount(volume)


def test_what_a_boot_left_that_was_killed_is_given_back(tmp_path, monkeypatch):
    """Its mounts are gone, and what it held can be written to."""
    monkeypatch.setattr("uroot_py.disks.mounts.TOP", str(tmp_path / "mnt"))
    make(tmp_path / "image", 16, "mkfs.ext4", "-q")
    with attached(tmp_path / "image") as volume:
        child = os.fork()
        if not child:
            Mounts().mount(volume)
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
        (line,) = [line for line in mounts() if line.source == volume.path]
        assert line.target == f"{tmp_path}/mnt/{child}/{volume.name}"
        with Mounts() as pool:
            assert [line for line in mounts() if line.source == volume.path] == []
            assert block.protect(volume.path) is True
            block.release(volume.path)
            pool.mount(volume)
        assert os.listdir(tmp_path / "mnt") == []


def test_a_mount_that_does_not_answer_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr("uroot_py.disks.mounts.SECONDS", 0.5)
    monkeypatch.setattr("uroot_py.disks.mounts.mount", lambda *_: time.sleep(600))
    make(tmp_path / "image", 16, "mkfs.ext4", "-q")
    with attached(tmp_path / "image") as volume:
        with Mounts(str(tmp_path / "mnt")) as pool, pytest.raises(StuckError) as caught:
            pool.mount(volume)
        assert str(caught.value) == "it has not answered for 0.5 s: left out"
        assert block.protect(volume.path) is True
        block.release(volume.path)


@pytest.mark.host
def test_what_is_mounted_somewhere_by_hand_is_known(tmp_path):
    """As `mount` leaves it before `boot --root`: file systems on a device, and others."""
    uuid = "11111111-2222-3333-4444-555555555555"
    make(tmp_path / "image", 16, "mkfs.ext4", "-q", "-L", "data", "-U", uuid)
    (tmp_path / "mnt").mkdir()
    assert known_by(str(tmp_path / "mnt")) == {}
    run("mount", "-o", "loop", tmp_path / "image", tmp_path / "mnt")
    try:
        assert known_by(str(tmp_path / "mnt/")) == {"uuid": uuid, "label": "data"}
        assert known_by(str(tmp_path / "mnt/lost+found")) == {}
    finally:
        run("umount", tmp_path / "mnt")
    assert known_by("/proc") == {}
