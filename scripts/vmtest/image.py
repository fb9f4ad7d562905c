"""Initramfs images for tests: the built one, with files added, or spoilt. Debian's cpio packs."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from initramfs.target import choose
from scripts.tools import BUILD, ROOT, command
from uroot_py.base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    Files = Mapping[str, Path | bytes]


def built(arch: str = "amd64") -> Path:
    """The image of `make initramfs` for Debian's architecture ARCH."""
    name = choose(arch).name
    path = BUILD / f"initramfs-{name}.cpio.zst"
    if not path.is_file():
        raise RefusedError(f"{path}: missing", hint=f"run `make initramfs ARCH={name}`")
    return path


def _laid_out(files: Files, folder: Path) -> Path:
    """A directory in FOLDER with FILES."""
    tree = folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for name, content in files.items():
        path = tree / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
            path.chmod(0o755 if content.startswith(b"#!") else 0o644)
        else:
            shutil.copyfile(content, path)
            path.chmod(0o755 if os.access(content, os.X_OK) else 0o644)
    return tree


def volume(files: Files, folder: Path) -> Path:
    """A disk in FOLDER that is one ext4 file system with FILES: path on it -> what they are."""
    tree, disk = _laid_out(files, folder), folder / "volume.img"
    size = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())
    disk.unlink(missing_ok=True)
    command(["mkfs.ext4", "-q", "-d", tree, disk, f"{(size * 5 // 4 >> 20) + 8}M"])
    shutil.rmtree(tree)
    return disk


def packed(files: Files, folder: Path) -> Path:
    """A cpio archive in FOLDER with FILES: path in the guest -> a file here, or its bytes."""
    tree = _laid_out(files, folder)
    names = sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))
    archive = folder / "files.cpio"
    command(
        ["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0", "-O", archive],
        cwd=tree,
        feed="\n".join(names) + "\n",
    )
    shutil.rmtree(tree)
    return archive


def joined(image: Path, archive: Path, folder: Path) -> Path:
    """IMAGE with ARCHIVE behind it, so that the archive's files win.

    Each part of an initramfs starts at a multiple of 4.
    Ref: Documentation/driver-api/early-userspace/buffer-format.rst.
    """
    target = folder / "initramfs"
    with target.open("wb") as out:
        data = image.read_bytes()
        out.write(data + b"\0" * (-len(data) % 4))
        out.write(archive.read_bytes())
    return target


def archive(files: Files, *, behind: Path | None = None) -> bytes:
    """An initrd with FILES, alone or BEHIND another."""
    with tempfile.TemporaryDirectory() as folder:
        made = packed(files, Path(folder))
        return (joined(behind, made, Path(folder)) if behind else made).read_bytes()


def truncated(folder: Path) -> Path:
    """The built image without its last third."""
    target = folder / "initramfs"
    data = built().read_bytes()
    target.write_bytes(data[: len(data) * 2 // 3])
    return target


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe(arch: str = "amd64") -> str:
    """The built image in words: path, size, digest."""
    try:
        path = built(arch)
    except RefusedError:
        return "none was built"
    return f"{path.relative_to(ROOT)}, {path.stat().st_size} bytes, sha256 {digest(path)}"
