#!/usr/bin/env python3
"""build_firmware_kernel - a small LinuxBoot kernel from Debian's kernel source.

usage: scripts/build_firmware_kernel.py [--initramfs IMAGE] [--jobs N]

`make tinyconfig` and scripts/firmware_kernel.config make build/kernels/firmware/ with ``vmlinuz``,
``config``, ``release`` and ``version``; kept until the fragment or the source changes. The source
tree stays in build/firmware-kernel, so that --initramfs, which puts IMAGE into the kernel
(build/kernels/firmware-with-image/), takes a minute and not a quarter of an hour.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts import apt
from scripts.tools import BUILD, command, published
from uroot_py.base.errors import RefusedError, UrootError

SOURCE = "linux-source-6.1"
FRAGMENT = Path(__file__).with_name("firmware_kernel.config")
LIMIT = 5400.0  # seconds for the compiler, on a slow machine
NAME = "firmware"


def fetch(jobs: int = 0) -> Path:
    """The folder of the kernel, built when it is missing or the fragment has changed."""
    target = BUILD / "kernels" / NAME
    wanted = hashlib.sha256(FRAGMENT.read_bytes()).hexdigest()
    stamp = target / "fragment"
    if not stamp.is_file() or stamp.read_text() != wanted:
        tree = source()
        with published(target) as fresh:
            configure(tree)
            compile_(tree, fresh, jobs)
            (fresh / "fragment").write_text(wanted)
    return target


def with_image(image: Path, jobs: int = 0) -> Path:
    """The folder of the same kernel with IMAGE inside."""
    if not image.is_file():
        raise RefusedError(f"{image}: no such file")
    fetch(jobs)
    target = BUILD / "kernels" / f"{NAME}-with-image"
    tree = source()
    with published(target) as fresh:
        configure(tree, [f'CONFIG_INITRAMFS_SOURCE="{plain(image)}"'])
        compile_(tree, fresh, jobs)
    return target


def plain(image: Path) -> Path:
    """IMAGE under a name that the kernel's make files take for a packed archive."""
    copy = BUILD / "firmware-kernel" / "image.cpio.packed"
    shutil.copyfile(image, copy)
    return copy


def source() -> Path:
    """The unpacked source tree."""
    tree = BUILD / "firmware-kernel" / SOURCE
    if not tree.is_dir():
        with published(tree.parent) as fresh:
            apt.unpack(SOURCE, "amd64", fresh)
            archive = fresh / "usr/src" / f"{SOURCE}.tar.xz"
            command(["tar", "-xf", archive, "-C", fresh])
            shutil.rmtree(fresh / "usr")
            version = apt.show(SOURCE, "amd64")["Version"]
            (fresh / "version").write_text(f"{version}\n")
    return tree


def make(tree: Path, *words: str) -> str:
    """Run the kernel's make; neither the builder nor the hour is in the result."""
    fixed = {
        "KBUILD_BUILD_TIMESTAMP": "1970-01-01",
        "KBUILD_BUILD_USER": "uroot",
        "KBUILD_BUILD_HOST": "uroot",
    }
    return command(["nice", "-n", "10", "make", *words], cwd=tree, limit=LIMIT, environment=fixed)


def configure(tree: Path, more: list[str] | None = None) -> None:
    """Write .config; RefusedError names the lines that the kernel does not follow."""
    lines = FRAGMENT.read_text().splitlines() + (more or [])
    make(tree, "tinyconfig")
    with (tree / ".config").open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))
    make(tree, "olddefconfig")
    found = set((tree / ".config").read_text().splitlines())
    lost = [line for line in lines if line.startswith("CONFIG_") and line not in found]
    if lost:
        raise RefusedError(f"{FRAGMENT.name}: this kernel does not follow {', '.join(lost)}")


def compile_(tree: Path, into: Path, jobs: int) -> None:
    """Compile the kernel and put it into INTO, as scripts/fetch_kernel.py lays one out."""
    make(tree, f"-j{jobs or os.cpu_count() or 1}", "bzImage")
    shutil.copyfile(tree / "arch/x86/boot/bzImage", into / "vmlinuz")
    shutil.copyfile(tree / ".config", into / "config")
    shutil.copyfile(tree / "include/config/kernel.release", into / "release")
    shutil.copyfile(tree.parent / "version", into / "version")


def main() -> int:
    """Build what was asked for; its size in one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--initramfs", type=Path, metavar="IMAGE", help="put IMAGE into the kernel")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="compilers at a time")
    given = parser.parse_args()
    try:
        made = with_image(given.initramfs, given.jobs) if given.initramfs else fetch(given.jobs)
    except UrootError as error:
        print(f"build_firmware_kernel: {error}", file=sys.stderr)
        return error.status
    print(f"{made / 'vmlinuz'}: {(made / 'vmlinuz').stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
