#!/usr/bin/env python3
"""setup - make .venv and install what is missing: Python packages, and Debian's with apt.

Needs nothing but Python's standard library. As another user than root it prints the apt command
to run and ends with status 1. Run again it finds everything in place and is done at once.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "setup.stamp"
LEAST = (3, 11)

# (what must be there, a command or a file; the Debian package that brings it; what needs it)
NEEDED = (
    ("gcc", "gcc", "helpers in the image, tests of numbers against the kernel's headers"),
    ("/usr/include/linux/kvm.h", "linux-libc-dev", "the same tests"),
    ("objdump", "binutils", "the freeze"),
    ("xz", "xz-utils", "images"),
    ("zstd", "zstd", "images"),
    ("lz4", "lz4", "images"),
    ("lzop", "lzop", "tests of kernels packed with it"),
    ("cpio", "cpio", "a second opinion on images"),
    ("depmod", "kmod", "kernel modules of the test kernels"),
    ("dtc", "device-tree-compiler", "tests of device trees"),
    ("aarch64-linux-gnu-as", "binutils-aarch64-linux-gnu", "scripts/assemble.py and its test"),
    ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu", "make initramfs ARCH=arm64"),
    ("qemu-system-x86_64", "qemu-system-x86", "make test-kvm"),
    ("qemu-system-aarch64", "qemu-system-arm", "make test-vm ARCH=arm64"),
    ("/usr/share/qemu-efi-aarch64/QEMU_EFI.fd", "qemu-efi-aarch64", "the same"),
    ("mkimage", "u-boot-tools", "tests of FIT images"),
    ("setpriv", "util-linux", "guests that end with the test runner"),
    ("busybox", "busybox-static", "the final OS of the test disks"),
    ("sfdisk", "fdisk", "test disks"),
    ("mkfs.ext4", "e2fsprogs", "test disks"),
    ("mkfs.xfs", "xfsprogs", "test disks"),
    ("mkfs.btrfs", "btrfs-progs", "test disks"),
    ("mkfs.vfat", "dosfstools", "test disks"),
    ("mcopy", "mtools", "test disks, whatever this machine's kernel can mount"),
    ("grub-mkconfig", "grub-common", "test disks"),
    ("/usr/share/grub/default/grub", "grub2-common", "test disks"),
    ("kernel-install", "systemd", "test disks"),
    ("bootctl", "systemd-boot", "test disks, make test-reference"),
    ("/usr/lib/systemd/boot/efi/linuxx64.efi.stub", "systemd-boot-efi", "make uki, test disks"),
    ("lb", "live-build", "the live image"),
    ("xorriso", "xorriso", "the live image"),
    ("/usr/lib/ISOLINUX/isolinux.bin", "isolinux", "the live image"),
    ("/usr/lib/syslinux/modules/bios/vesamenu.c32", "syslinux-common", "the live image"),
    ("rsvg-convert", "librsvg2-bin", "the live image"),
    ("grub-emu", "grub-emu", "make test-reference"),
    ("mmdebstrap", "mmdebstrap", "make test-debian"),
    ("/usr/share/ovmf/OVMF.fd", "ovmf", "machines that EDK2 starts"),
    ("flex", "flex", "scripts/build_firmware_kernel.py, scripts/make_grub.py"),
    ("bison", "bison", "the same"),
    ("bc", "bc", "the same"),
    ("/usr/include/libelf.h", "libelf-dev", "the same"),
)


def missing_packages() -> list[str]:
    """The Debian packages to install."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    packages = []
    for need, package, _ in NEEDED:
        there = Path(need).exists() if need.startswith("/") else shutil.which(need, path=path)
        if not there:
            packages.append(package)
    if not VENV.exists() and not importlib.util.find_spec("ensurepip"):
        packages.append("python3-venv")
    return sorted(set(packages))


def install_packages(packages: list[str]) -> None:
    """Install PACKAGES with apt; SystemExit with the command when that is not ours to do."""
    line = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SystemExit(f"setup: missing packages; run as root:\n  {' '.join(line)}")
    print(f"setup: installing {' '.join(packages)}", flush=True)
    waiting = ["-q", "-o", "DPkg::Lock::Timeout=300"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for update in (False, True):
        if update:
            run(["apt-get", *waiting, "update"], environment)
        if run([line[0], *waiting, *line[1:]], environment) == 0:
            return
    raise SystemExit(f"setup: apt-get failed, see above; the command was\n  {' '.join(line)}")


def run(words: list[str], environment: dict[str, str]) -> int:
    """The status of a command; its output is shown only when it fails."""
    done = subprocess.run(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        sys.stdout.write(done.stdout.decode(errors="replace"))
        sys.stdout.flush()
    return done.returncode


def wanted() -> str:
    """What the virtual environment was made for: this Python, these requirements."""
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    return f"{sys.version_info[0]}.{sys.version_info[1]} {digest}\n"


def make_environment() -> None:
    """.venv with the project (editable) and what its development needs."""
    fresh = not (VENV / "bin/python").exists()
    try:
        if fresh:
            print(f"setup: making {VENV.name}", flush=True)
            venv.create(VENV, with_pip=True, clear=VENV.exists())
        print("setup: installing Python packages (pip install -e .[dev])", flush=True)
        line = [str(VENV / "bin/python"), "-m", "pip", "install", "-q", "-e", f"{ROOT}[dev]"]
        if run(line, dict(os.environ)) != 0:
            raise SystemExit("setup: pip failed, see above")
    except BaseException:
        # `make` takes .venv/bin/python for "set up": half an environment must not look whole.
        if fresh:
            shutil.rmtree(VENV, ignore_errors=True)
        raise
    STAMP.write_text(wanted())


def main() -> int:
    """Bring everything in place."""
    if sys.version_info < LEAST:
        raise SystemExit(f"setup: Python {LEAST[0]}.{LEAST[1]} or newer is needed")
    packages = missing_packages()
    if packages:
        install_packages(packages)
        left = missing_packages()
        if left:
            raise SystemExit(f"setup: installed, and still missing: {' '.join(left)}")
    if not STAMP.exists() or STAMP.read_text() != wanted():
        make_environment()
        print("setup: done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
