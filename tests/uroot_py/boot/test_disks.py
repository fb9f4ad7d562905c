"""The machine's disks as a source of entries: real file systems on loop devices, images on them."""

import contextlib
import subprocess

import pytest

from tests.support.volumes import attached, disk_of_images, loops, machine, make, run
from uroot_py.boot.disks import Disks
from uroot_py.boot.survey import Survey

pytestmark = pytest.mark.host


@pytest.fixture
def disk(tmp_path):
    with disk_of_images(tmp_path) as volume:
        yield volume


@contextlib.contextmanager
def surveyed(top, *volumes, apart=False):
    """The survey of a machine whose disks VOLUMES are, its files and mounts below TOP."""
    disks = Disks(top=str(top / "mnt"), machine=machine(top / "machine", *volumes, apart=apart))
    with Survey([disks]) as survey:
        survey.look()
        yield survey
    assert list((top / "mnt").glob("*")) == []


def test_a_survey_looks_into_images(disk, tmp_path):
    path = "/isos/live.iso"
    with surveyed(tmp_path, disk) as survey:
        (entry,) = survey.entries
        assert entry.parents == ("live.iso",)
        assert entry.cmdline == f"findiso={path} iso-scan/filename={path}"
        assert entry.kernel
        assert entry.kernel.tree
        assert entry.kernel.tree.read("/vmlinuz", 9) == b"k"
        device = f"{tmp_path}/machine/dev/sda"
        (fault,) = survey.faults
        assert fault.startswith(f"{device}: /isos/bad.iso: /dev/loop")
        assert fault.endswith(": holds no file system that is known")
        assert f"{device}: /isos/bad.iso: cannot be looked into" in survey.looked
    assert loops(path) == []


def test_an_image_in_an_image(tmp_path):
    """Each is a volume of its own, and everything is given back."""
    inner, outer, tree = tmp_path / "inner", tmp_path / "outer", tmp_path / "disk-tree"
    (inner / "boot/grub").mkdir(parents=True)
    (inner / "k").write_text("k")
    (outer / "boot/grub").mkdir(parents=True)
    text = "loopback in /inner.iso\nmenuentry Inner { linux (in)/k }\n"
    (outer / "boot/grub/loopback.cfg").write_text(text)
    (tree / "isos").mkdir(parents=True)
    run("mksquashfs", inner, outer / "inner.iso", "-quiet", "-no-progress")
    run("mksquashfs", outer, tree / "isos/outer.iso", "-quiet", "-no-progress")
    make(tmp_path / "image", 16, "mkfs.ext4", "-q", "-d", tree)
    with attached(tmp_path / "image") as volume, surveyed(tmp_path, volume) as survey:
        (entry,) = survey.entries
        assert (entry.title, entry.why_not) == ("Inner", "")
        assert entry.kernel.tree.read("/k", 9) == b"k"
    assert loops("/inner.iso") == loops("/isos/outer.iso") == []


def test_an_image_on_a_stick_is_one_file_system(tmp_path):
    """A hybrid image has itself as its first partition."""
    image = tmp_path / "image"
    make(image, 16, "mkfs.ext4", "-q")
    dev = tmp_path / "machine/dev"
    with attached(image) as whole, attached(image) as part, surveyed(tmp_path, whole, part) as seen:
        assert seen.faults == []
        assert f"{dev}/sda1 (16.0 MiB): the file system of {dev}/sda" in seen.looked


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
        with surveyed(tmp_path, one, other) as survey:
            assert survey.faults == []
            assert [entry.title for entry in survey.entries] == ["x"]
    dev = tmp_path / "machine/dev"
    assert survey.looked[0].startswith(f"{dev}/sda (128.0 MiB): mounted, btrfs uuid=")
    assert survey.looked[1] == f"{dev}/sda1 (128.0 MiB): the file system of {dev}/sda"


# What to write zeros over, so that the superblock is all that is left: the first byte.
CLONES = [
    pytest.param(16, ("mkfs.ext4", "-q"), 2048, id="ext4"),
    pytest.param(300, ("mkfs.xfs", "-q"), 65536, id="xfs"),
    pytest.param(128, ("mkfs.btrfs", "-q"), 1 << 20, id="btrfs"),
]


@pytest.mark.parametrize(("size", "mkfs", "behind"), CLONES)
@pytest.mark.parametrize("damaged", [False, True], ids=["both whole", "the first damaged"])
def test_a_copy_beside_its_original(size, mkfs, behind, damaged, tmp_path):
    """A backup that is attached: what is on one of the two boots, and people are told."""
    images = [tmp_path / "one", tmp_path / "other"]
    make(images[0], size, *mkfs)
    (tmp_path / "writable").mkdir()
    run("mount", "-o", "loop", images[0], tmp_path / "writable")
    (tmp_path / "writable/boot/grub").mkdir(parents=True)
    config = "menuentry x { linux /boot/grub/grub.cfg\n }\n"
    (tmp_path / "writable/boot/grub/grub.cfg").write_text(config)
    run("umount", tmp_path / "writable")
    run("cp", "--sparse=always", *images)
    dev = tmp_path / "machine/dev"
    with attached(images[0]) as one, attached(images[1]) as other:
        if damaged:
            with open(one.path, "r+b") as file:
                file.seek(behind)
                file.write(bytes((size << 20) - behind))
        with surveyed(tmp_path, one, other, apart=True) as seen:
            titles = {(entry.title, entry.device) for entry in seen.entries}
            whole = "sdb" if damaged else "sda"
            assert ("x", f"{dev}/{whole}") in titles
            said = any(f"a copy of {dev}/sda, " in line for line in seen.looked)
            assert said is not damaged
            assert len(seen.faults) == int(damaged)


ENCRYPTED = [
    pytest.param(
        ("cryptsetup", "luksFormat", "-q", "--pbkdf=pbkdf2", "--pbkdf-force-iterations=1000"),
        "crypto_LUKS, which is encrypted: a passphrase or a key file unlocks it",
        id="luks",
    ),
    pytest.param(
        ("pvcreate", "-q", "--config", 'devices{use_devicesfile=0 scan=["/dev"]}'),
        "LVM2_member, a part of a volume on top of it",
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
        with surveyed(tmp_path, volume) as survey:
            assert survey.looked == [f"{tmp_path}/machine/dev/sda (32.0 MiB): holds {what}"]
            assert (survey.faults, survey.entries) == ([], [])
