"""Real file systems on loop devices: how they are mounted; nothing is written or left behind."""

import contextlib
import hashlib
import os
import subprocess

import pytest

from uroot_py.abi import loop
from uroot_py.abi.mount import mounts
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.disks import systems
from uroot_py.disks.blockdev import BlockDevice, identify
from uroot_py.disks.mounts import MAX_IMAGES, Mounts

pytestmark = pytest.mark.host
LOOPBACK = (
    "menuentry 'Live' { linux /vmlinuz findiso=${iso_path} iso-scan/filename=${iso_path}\n"
    "initrd /initrd }\n"
)


def run(*words):
    subprocess.run(words, check=True, capture_output=True, timeout=60)


def make(path, size, *words):
    """An image of SIZE MiB with what the mkfs WORDS put on it."""
    with path.open("wb") as file:
        file.truncate(size << 20)
    run(*words, path)


@contextlib.contextmanager
def attached(path):
    """The volume that PATH is on a loop device of its own."""
    device, handle = loop.attach(str(path), flags=loop.LO_FLAGS_AUTOCLEAR)
    try:
        volume = BlockDevice(os.path.basename(device), device, path.stat().st_size, "", 0)
        volume.superblock = identify(device)
        yield volume
    finally:
        os.close(handle)


def dirty(path, folder):
    """Make files on the image and take a copy in between, as a power cut would leave it."""
    folder.mkdir()
    run("mount", "-o", "loop", path, folder)
    try:
        for number in range(20):
            (folder / f"file{number}").write_text("data")
        with (folder / "last").open("w") as file:
            file.write("x")
            os.fsync(file.fileno())
        copy = path.with_suffix(".dirty")
        run("cp", "--sparse=always", path, copy)
    finally:
        run("umount", folder)
    return copy


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


def live_image(path, folder):
    """An image of another file system: this machine's kernel may not know that of CDs."""
    for name, text in {"vmlinuz": "k", "initrd": "i", "boot/grub/loopback.cfg": LOOPBACK}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    run("mksquashfs", folder, path, "-quiet", "-no-progress")


@pytest.fixture
def disk(tmp_path):
    """An ext4 with a live image in /isos, and what looks like one."""
    (tmp_path / "tree/isos").mkdir(parents=True)
    live_image(tmp_path / "tree/isos/live.iso", tmp_path / "live")
    (tmp_path / "tree/isos/bad.iso").write_bytes(b"no image" * 512)
    make(tmp_path / "disk", 16, "mkfs.ext4", "-q", "-d", tmp_path / "tree")
    with attached(tmp_path / "disk") as volume:
        yield volume


def loops(path):
    """The devices that a file with the name of PATH is on."""
    listed = subprocess.run(
        ["losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return [line.split()[0] for line in listed.stdout.splitlines() if line.endswith(path)]


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
    with Mounts(str(tmp_path / "mnt")) as pool, pytest.raises(KernelError, match="ENOTBLK"):
        pool.mount(volume)


def machine(top, *volumes):
    """The /sys and /dev of a machine that has VOLUMES as sda, sda1, ..."""
    (top / "sys/class/block").mkdir(parents=True)
    (top / "dev").mkdir()
    for number, volume in enumerate(volumes):
        name = f"sda{number or ''}"
        place = top / "sys/devices" / ("sda/" + name if number else name)
        place.mkdir(parents=True, exist_ok=True)
        (place / "size").write_text(f"{volume.size // 512}\n")
        if number:
            (place / "partition").write_text(f"{number}\n")
        (top / "sys/class/block" / name).symlink_to(place)
        (top / "dev" / name).symlink_to(volume.path)
    return str(top / "sys"), str(top / "dev")


def test_a_survey_looks_into_images(disk, tmp_path):
    with Mounts(str(tmp_path / "mnt")) as pool:
        survey = systems.survey_machine(pool, *machine(tmp_path / "machine", disk))
        (system,) = survey.systems
        path = "/isos/live.iso"
        assert system.entry.parents == ("live.iso",)
        assert system.entry.cmdline == f"findiso={path} iso-scan/filename={path}"
        assert system.entry.kernel
        tree = system.find(system.entry.kernel)
        assert tree is not None
        assert tree.read("/vmlinuz", 9) == b"k"
        device = f"{tmp_path}/machine/dev/sda"
        (fault,) = survey.faults
        assert fault.startswith(f"{device}: /isos/bad.iso: /dev/loop")
        assert fault.endswith(": holds no file system that is known")
        assert f"{device}: /isos/bad.iso: cannot be looked into" in survey.looked
    assert loops(path) == []


def test_an_image_on_a_stick_is_one_file_system(tmp_path):
    """A hybrid image has itself as its first partition."""
    image = tmp_path / "image"
    make(image, 16, "mkfs.ext4", "-q")
    with attached(image) as whole, attached(image) as part, Mounts(str(tmp_path / "mnt")) as pool:
        sysfs, dev = machine(tmp_path / "machine", whole, part)
        survey = systems.survey_machine(pool, sysfs, dev)
    assert survey.faults == []
    assert f"{dev}/sda1 (16.0 MiB): the file system of {dev}/sda" in survey.looked


def test_a_btrfs_on_two_devices_is_one_file_system(tmp_path):
    images = [tmp_path / "one", tmp_path / "other"]
    for image in images:
        with image.open("wb") as file:
            file.truncate(128 << 20)
    top = tmp_path / "writable"
    with attached(images[0]) as one, attached(images[1]) as other:
        run("mkfs.btrfs", "-q", "-d", "raid1", "-m", "raid1", one.path, other.path)
        top.mkdir()
        run("mount", "-o", f"device={other.path}", one.path, top)
        (top / "boot/grub").mkdir(parents=True)
        (top / "boot/grub/grub.cfg").write_text("menuentry x { linux /boot/grub/grub.cfg\n }\n")
        run("umount", top)
        run("btrfs", "device", "scan", "--forget")
        with Mounts(str(tmp_path / "mnt")) as pool:
            sysfs, dev = machine(tmp_path / "machine", one, other)
            survey = systems.survey_machine(pool, sysfs, dev)
    assert survey.faults == []
    assert [system.entry.title for system in survey.systems] == ["x"]
    assert survey.looked[0].startswith(f"{dev}/sda (128.0 MiB): mounted, btrfs uuid=")
    assert survey.looked[1] == f"{dev}/sda1 (128.0 MiB): the file system of {dev}/sda"


ENCRYPTED = [
    pytest.param(
        ("cryptsetup", "luksFormat", "-q", "--pbkdf=pbkdf2", "--pbkdf-force-iterations=1000"),
        "crypto_LUKS, which is encrypted; unlocking is not supported",
        id="luks",
    ),
    pytest.param(
        ("pvcreate", "-q", "--config", 'devices{use_devicesfile=0 scan=["/dev"]}'),
        "LVM2_member, a part of a volume on top of it; that is not put together",
        id="lvm",
    ),
    pytest.param(("mkswap", "-q"), "swap", id="swap"),
    pytest.param(("true",), "nothing that is known", id="nothing"),
]


@pytest.mark.parametrize(("words", "what"), ENCRYPTED)
def test_what_cannot_be_mounted_is_listed(words, what, tmp_path):
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(32 << 20)
    with attached(image) as volume:
        subprocess.run(
            [*words, volume.path], input=b"pass", check=True, capture_output=True, timeout=60
        )
        with Mounts(str(tmp_path / "mnt")) as pool:
            sysfs, dev = machine(tmp_path / "machine", volume)
            survey = systems.survey_machine(pool, sysfs, dev)
    assert survey.looked == [f"{dev}/sda (32.0 MiB): holds {what}"]
    assert (survey.faults, survey.systems) == ([], [])
