"""Disk images made on a loop device, with real partitions, mounted as the system they hold.

Needs root. The work is done in a mount namespace of its own (``unshare``), so that nothing stays
mounted; the loop device is given back however the block is left.

This machine's kernel need not know vfat: such a file system is filled as a tmpfs, and mtools put
its files into what mkfs.vfat made.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.tools import command
from uroot_py.abi import loop

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMESPACE = uuid.UUID("6b7d3d3c-55f0-4a3e-9d0a-2f6f1d8b7c11")
GPT_TYPES = {
    "linux": "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
    "esp": "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
    "bios": "21686148-6449-6E6F-744E-656564454649",
    "xbootldr": "BC13C2FF-59E6-4262-A352-B275FD6F7172",
    "coreos-usr": "5DFBF5F4-2848-4BAC-AA5E-0D9A20B745A6",
}
MIB = 1 << 20
FIRST_PARTITION = MIB  # where sfdisk puts it


@dataclass(frozen=True)
class Part:
    """A partition: what mkfs makes of it and where the finished system mounts it."""

    fs: str  # empty: left as it is
    mount: str = ""
    size: int = 0  # MiB; 0: the rest of the disk
    kind: str = "linux"
    label: str = ""
    subvolume: str = ""  # of a btrfs, mounted in place of its top
    options: tuple[str, ...] = ()  # for mkfs
    flags: str = ""  # attributes of the GPT, as sfdisk calls them


def stable_uuid(*words: str) -> str:
    """The same UUID for the same words: a disk made again is found by the same name."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(words)))


class Root:
    """The mounted system of a disk that is being made."""

    def __init__(self, name: str, path: Path, disk: str, nodes: dict[str, tuple[str, str]]) -> None:
        self.name = name
        self.path = path
        self.disk = disk  # its device node
        self.nodes = nodes  # mount point -> device node, UUID of the file system

    def write(self, name: str, text: str) -> None:
        """A file of the system."""
        path = self.path / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def copy(self, source: Path, name: str) -> None:
        """A file of the system, copied from here."""
        path = self.path / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)

    @contextlib.contextmanager
    def alive(self, *, borrowed: bool, scripts: Path | str = "/etc/grub.d") -> Iterator[None]:
        """Mount what a tool inside needs: /proc, /sys, a /dev that knows only this disk.

        BORROWED lends the system this machine's /usr, for disks that hold no system of their own,
        and SCRIPTS to grub-mkconfig.
        """
        kinds = {"proc": "proc", "sys": "sysfs", "dev": "tmpfs", "tmp": "tmpfs"}
        mounted: list[Path] = []
        try:
            for where, kind in kinds.items():
                mounted.append(self._mount(where, ["-t", kind, kind]))
            self._fill_dev()
            if borrowed:
                mounted.append(self._mount("usr", ["-o", "bind,ro", "/usr"]))
                mounted.append(self._mount("etc/grub.d", ["-o", "bind,ro", scripts]))
                for name in ("bin", "sbin", "lib", "lib64"):
                    (self.path / name).symlink_to(f"usr/{name}")
            yield
        finally:
            for path in reversed(mounted):
                command(["umount", path])
            if borrowed:
                for name in ("bin", "sbin", "lib", "lib64"):
                    (self.path / name).unlink(missing_ok=True)

    def _mount(self, where: str, words: list[str | Path]) -> Path:
        path = self.path / where
        path.mkdir(parents=True, exist_ok=True)
        command(["mount", *words, path])
        return path

    def _fill_dev(self) -> None:
        dev = self.path / "dev"
        names = ["/dev/null", "/dev/urandom", self.disk]
        for node, fs_uuid in self.nodes.values():
            names.append(node)
            link = dev / "disk/by-uuid" / fs_uuid
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(f"../../{Path(node).name}")
        for name in names:
            status = os.stat(name)
            os.mknod(dev / Path(name).name, status.st_mode, status.st_rdev)

    def chroot(self, *words: str | Path, limit: float = 600, **environment: str) -> str:
        """What a tool inside prints."""
        given = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environment}
        return command(["chroot", str(self.path), *words], limit=limit, environment=given)

    @contextlib.contextmanager
    def lent(self, folder: Path) -> Iterator[str]:
        """FOLDER of this machine, to be seen inside; where it is."""
        path = self._mount("mnt/lent", ["-o", "bind,ro", folder])
        try:
            yield "/mnt/lent"
        finally:
            command(["umount", path])
            path.rmdir()
            path.parent.rmdir()


@contextlib.contextmanager
def partitioned(
    image: Path, name: str, size: int, parts: tuple[Part, ...], *, logical: bool = False
) -> Iterator[Root]:
    """A new disk of SIZE MiB in IMAGE, its file systems mounted as one Root.

    LOGICAL: with an MBR, and all partitions inside of an extended one.
    """
    with image.open("wb") as file:
        file.truncate(size * MIB)
    command(["sfdisk", "--quiet", image], feed=_table(name, parts, logical=logical))
    with _loop(image) as device, _mounted(device, name, parts, 5 if logical else 1) as root:
        yield root


def _table(name: str, parts: tuple[Part, ...], *, logical: bool) -> str:
    """What sfdisk shall write."""
    if logical:
        lines = [f"label: dos\nlabel-id: 0x{stable_uuid(name)[:8]}\ntype=5"]
        words = [f"size={part.size}MiB" if part.size else "" for part in parts]
        return "\n".join([*lines, *(f"{word},type=83".lstrip(",") for word in words)]) + "\n"
    lines = [f"label: gpt\nlabel-id: {stable_uuid(name)}"]
    for number, part in enumerate(parts, 1):
        words = [f"type={GPT_TYPES[part.kind]}", f"uuid={stable_uuid(name, str(number), 'part')}"]
        if part.size:
            words.append(f"size={part.size}MiB")
        if part.label:
            words.append(f'name="{part.label}"')
        if part.flags:
            words.append(f'attrs="{part.flags}"')
        lines.append(", ".join(words))
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def _loop(image: Path) -> Iterator[str]:
    """The device that IMAGE is on until the block is left, or this process has ended: however."""
    device, handle = loop.attach(str(image), flags=loop.LO_FLAGS_AUTOCLEAR | loop.LO_FLAGS_PARTSCAN)
    try:
        # Kernels without a GPT parser do not find the partitions themselves.
        added = not list(Path("/dev").glob(f"{Path(device).name}p*"))
        if added:
            command(["partx", "--add", device])
        yield device
        if added:
            command(["partx", "--delete", device])
    finally:
        os.close(handle)


def _make_fs(node: str, part: Part, fs_uuid: str) -> str:
    """Make the file system; its UUID as the kernel and blkid write it."""
    label = ["-L", part.label] if part.label else []
    if part.fs == "ext4":
        seed = f"hash_seed={fs_uuid}"
        command(["mkfs.ext4", "-q", "-F", "-U", fs_uuid, "-E", seed, *label, *part.options, node])
    elif part.fs == "xfs":
        command(["mkfs.xfs", "-q", "-f", "-m", f"uuid={fs_uuid}", *label, *part.options, node])
    elif part.fs == "btrfs":
        command(["mkfs.btrfs", "-q", "-f", "-U", fs_uuid, *label, *part.options, node])
    elif part.fs == "vfat":
        label = ["-n", part.label.upper()] if part.label else []
        command(["mkfs.vfat", "-i", fs_uuid[:8], *label, *part.options, node])
        return f"{fs_uuid[:4]}-{fs_uuid[4:8]}".upper()
    elif part.fs:
        raise ValueError(f"no file system {part.fs}")
    return fs_uuid


def _mount(part: Part, node: str, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    if part.subvolume:
        command(["mount", node, target])
        command(["btrfs", "subvolume", "create", target / part.subvolume])
        command(["umount", target])
    source = ["-t", "tmpfs", "vfat"] if part.fs == "vfat" else [node]
    subvolume = ["-o", f"subvol={part.subvolume}"] if part.subvolume else []
    command(["mount", *subvolume, *source, target])


@contextlib.contextmanager
def _mounted(device: str, name: str, parts: tuple[Part, ...], first: int) -> Iterator[Root]:
    nodes = {}
    by_mount = {}
    for number, part in enumerate(parts, first):
        node = f"{device}p{number}"
        fs_uuid = _make_fs(node, part, stable_uuid(name, str(number), "fs"))
        if part.mount:
            nodes[part.mount] = (node, fs_uuid)
            by_mount[part.mount] = part
    path = Path(tempfile.mkdtemp(prefix="disk-"))
    mounted: list[Path] = []
    try:
        for where in sorted(nodes):
            target = path / where.lstrip("/")
            _mount(by_mount[where], nodes[where][0], target)
            mounted.append(target)
        yield Root(name, path, device, nodes)
        for where, part in by_mount.items():
            if part.fs == "vfat":
                found = sorted((path / where.lstrip("/")).iterdir())
                command(["mcopy", "-s", "-i", nodes[where][0], *found, "::/"])
    finally:
        for target in reversed(mounted):
            command(["umount", target])
        path.rmdir()
