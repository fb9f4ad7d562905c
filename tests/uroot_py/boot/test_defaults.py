"""What the test disks start by default: our choice beside GRUB's and systemd-boot's own.

grub-emu is GRUB as a program; it reads the disk's image, its file system and its grub.cfg. bootctl
says what systemd-boot would start. tests/vm/boot_loaders.py has both on real firmware.
"""

import re
import subprocess
from pathlib import Path

import pytest

from scripts import make_disk
from scripts.disks.disk import FIRST_PARTITION
from tests.support import bootctl, grub_emu
from uroot_py.abi import loop
from uroot_py.bootconfig.find import scan
from uroot_py.bootconfig.volumes import Volume, Volumes
from uroot_py.disks import blockdev
from uroot_py.disks.mounts import Mounts
from uroot_py.disks.tree import DirectoryTree

pytestmark = [pytest.mark.host, pytest.mark.reference]

# GRUB outside of a firmware has no command `linux`, or one of its own kind: a function in its place
# says what it is given.
BEFORE = f"""
function say_linux {{ echo "{grub_emu.MARK}$*"; }}
function say_initrd {{ echo "{grub_emu.MARK}$*"; exit; }}
set root=hd0,gpt1
set prefix=(hd0,gpt1)WHERE
set config_directory=(host)FOLDER
"""
LOADS = re.compile(r"^([ \t]+)(linux|initrd)(?=[ \t])", re.MULTILINE)
GRAPHICS = "terminal_output gfxterm\n"
GRUB = {
    "grub-ext4": "/boot/grub",
    "grub-boot": "/grub",
    "grub-btrfs": "/@rootfs/boot/grub",
    "grub-xfs": "/boot/grub",
    "grub-custom": "/grub",
}


def default(tree, device):
    home = Volume(tree, device)
    (entry,) = [entry for entry in scan(home, Volumes([home])).entries if entry.default]
    return entry


def lent(configs, folder):
    """The files of the directory CONFIGS in FOLDER, as this GRUB can run them; that of grub.cfg."""
    for path in configs.rglob("*.cfg"):
        target = folder / path.relative_to(configs)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(LOADS.sub(r"\1say_\2", path.read_text()).replace(GRAPHICS, ""))
    return (folder / "grub.cfg").read_text()


def first_partition(image, pool):
    """The first partition of IMAGE, mounted in POOL."""
    flags = loop.LO_FLAGS_READ_ONLY | loop.LO_FLAGS_AUTOCLEAR
    device, handle = loop.attach(str(image), flags=flags, offset=FIRST_PARTITION)
    with open(handle, "rb"):
        volume = blockdev.BlockDevice(device.rpartition("/")[2], device, 0, "", 0)
        volume.superblock = blockdev.identify(device)
        return pool.mount(volume)


@pytest.mark.parametrize(("name", "where"), GRUB.items(), ids=GRUB)
def test_grub_starts_the_same_entry(name, where, tmp_path):
    image = make_disk.make(name)
    grub = tmp_path / "grub"
    grub.mkdir()
    (grub / "map").write_text(f"(hd0) {image}\n")
    with Mounts(str(tmp_path / "mnt")) as pool:
        tree = first_partition(image, pool)
        entry = default(tree, "hd0,gpt1")
        text = lent(Path(tree.path + where), grub)
    before = BEFORE.replace("WHERE", where).replace("FOLDER", str(grub))
    theirs = grub_emu.run(before + text, grub, device_map=grub / "map")
    theirs = [line.removeprefix("(hd0,gpt1)") for line in theirs]
    assert entry.kernel
    assert theirs == [f"{entry.kernel.path} {entry.cmdline}", *(ref.path for ref in entry.initrds)]


@pytest.mark.parametrize("name", ["systemd-boot", "uki", "bls-names"])
def test_systemd_boot_starts_the_same_entry(name, tmp_path):
    top = tmp_path / "files"
    top.mkdir()
    image = f"{make_disk.make(name)}@@{FIRST_PARTITION}"
    subprocess.run(["mcopy", "-s", "-n", "-Q", "-i", image, "::/", top], check=True, timeout=60)
    tree = DirectoryTree(str(top))
    ours = default(tree, "hd0,gpt1")
    tree.close()
    files = {
        "/" + str(path.relative_to(top)): path.read_bytes()
        for path in top.rglob("*")
        if path.is_file()
    }
    (tmp_path / "esp").mkdir()
    listed, theirs = bootctl.listed(tmp_path / "esp", files)
    assert ours.id == (theirs or listed[0]["id"])
