"""Real file systems on loop devices, and machines that have them as disks. Needs root."""

import contextlib
import os
import subprocess

from uroot_py.abi import loop
from uroot_py.disks.blockdev import BlockDevice, identify
from uroot_py.machine.sysroot import Sysroot

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


def live_image(path, folder):
    """An image of another file system: this machine's kernel may not know that of CDs."""
    for name, text in {"vmlinuz": "k", "initrd": "i", "boot/grub/loopback.cfg": LOOPBACK}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    run("mksquashfs", folder, path, "-quiet", "-no-progress")


@contextlib.contextmanager
def disk_of_images(top):
    """An ext4 with a live image in /isos, and what looks like one; made below TOP."""
    (top / "tree/isos").mkdir(parents=True)
    live_image(top / "tree/isos/live.iso", top / "live")
    (top / "tree/isos/bad.iso").write_bytes(b"no image" * 512)
    make(top / "disk", 16, "mkfs.ext4", "-q", "-d", top / "tree")
    with attached(top / "disk") as volume:
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


def machine(top, *volumes, apart=False):
    """A machine, its files below TOP, that has VOLUMES as sda, sda1, ... or (APART) sda, sdb."""
    (top / "sys/class/block").mkdir(parents=True)
    (top / "dev").mkdir()
    for number, volume in enumerate(volumes):
        name = f"sd{'abcdef'[number]}" if apart else f"sda{number or ''}"
        place = top / "sys/devices" / (f"sda/{name}" if number and not apart else name)
        place.mkdir(parents=True, exist_ok=True)
        (place / "size").write_text(f"{volume.size // 512}\n")
        if number and not apart:
            (place / "partition").write_text(f"{number}\n")
        (top / "sys/class/block" / name).symlink_to(place)
        (top / "dev" / name).symlink_to(volume.path)
    return Sysroot(str(top))


def image(folder, label="data"):
    """A file with an ext4 that its own tool has made."""
    path = folder / "ext4.img"
    make(path, 16, "mkfs.ext4", "-q", "-L", label)
    return path
