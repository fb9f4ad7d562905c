#!/usr/bin/env python3
"""setup - make .venv and install what is missing: Python packages, and Debian's with apt.

usage: scripts/setup.py [ARCH]

Needs nothing but Python's standard library. One line for each thing it does, one now and then while
a thing takes long; what apt or pip say is shown when they fail. As another user than root it prints
the command to run as root and ends with status 1. Run again it finds everything in place and is
done at once. What only riscv64's image and cases need is installed when that is the ARCH.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "setup.stamp"
LEAST = (3, 11)
UPDATE_LIMIT = 300  # seconds for the package lists
INSTALL_LIMIT = 2400  # seconds for Debian's packages
PIP_LIMIT = 1200  # seconds for Python's
PROGRESS = 20  # seconds without a line
SHOWN = 12  # last lines of a tool that failed

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
    ("bzip2", "bzip2", "tests of images and archives packed with it"),
    ("ps", "procps", "the same cases on this machine's tools; `kill` for the tests of the shell"),
    ("hexdump", "bsdextrautils", "the same cases on this machine's tools"),
    ("dpkg-source", "dpkg-dev", "the lean runtime, scripts/build_firmware_kernel.py"),
    ("depmod", "kmod", "kernel modules of the test kernels"),
    ("udevadm", "udev", "grub-mkconfig on test disks: without it they get no root=UUID=..."),
    ("dtc", "device-tree-compiler", "tests of device trees"),
    ("aarch64-linux-gnu-as", "binutils-aarch64-linux-gnu", "scripts/assemble.py and its test"),
    ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu", "make initramfs ARCH=arm64"),
    ("qemu-system-x86_64", "qemu-system-x86", "make test-kvm"),
    ("qemu-system-aarch64", "qemu-system-arm", "make test-vm ARCH=arm64"),
    ("/usr/share/qemu-efi-aarch64/QEMU_EFI.fd", "qemu-efi-aarch64", "the same"),
    ("mkimage", "u-boot-tools", "tests of FIT images"),
    ("nasm", "nasm", "scripts/build_uefi_payload.py"),
    ("iasl", "acpica-tools", "the same"),
    ("/usr/include/uuid/uuid.h", "uuid-dev", "the same"),
    ("g++", "g++", "scripts/build_uefi_payload.py"),
    ("/usr/lib/python3/dist-packages/pefile.py", "python3-pefile", "the same"),
    ("/usr/lib/python3/dist-packages/libfdt.py", "python3-libfdt", "the same"),
    ("setpriv", "util-linux", "guests that end with the test runner"),
    ("busybox", "busybox-static", "the final OS of the test disks"),
    ("sfdisk", "fdisk", "test disks"),
    ("mkfs.ext4", "e2fsprogs", "test disks"),
    ("mkfs.xfs", "xfsprogs", "test disks"),
    ("mkfs.btrfs", "btrfs-progs", "test disks"),
    ("snapper", "snapper", "tests of snapshots"),
    ("mkfs.vfat", "dosfstools", "test disks"),
    ("/usr/lib/ipxe/ipxe.lkrn", "ipxe", "make test-reference: iPXE's scripts on iPXE itself"),
    ("nginx", "nginx", "tests of TLS"),
    ("openssl", "openssl", "tests of TLS: a CA of its own"),
    ("faketime", "faketime", "tests of TLS with a clock at 1970"),
    ("mcopy", "mtools", "test disks, whatever this machine's kernel can mount"),
    ("cryptsetup", "cryptsetup-bin", "test disks, tests of encrypted volumes"),
    (
        f"/usr/lib/{platform.machine()}-linux-gnu/libargon2.so.1",
        "libargon2-1",
        "images, tests of encrypted volumes",
    ),
    ("mdadm", "mdadm", "tests of md's superblocks, test disks"),
    ("lvm", "lvm2", "test disks"),
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
    ("dnsmasq", "dnsmasq-base", "tests of network boot"),
    ("in.tftpd", "tftpd-hpa", "tests of tftp"),
    ("/usr/share/ovmf/OVMF.fd", "ovmf", "machines that EDK2 starts"),
    ("flex", "flex", "scripts/build_firmware_kernel.py, scripts/make_grub.py"),
    ("bison", "bison", "the same"),
    ("bc", "bc", "the same"),
    ("/usr/include/libelf.h", "libelf-dev", "the same"),
)
# Since Debian 13 this emulator is a package of its own.
_OLD = platform.freedesktop_os_release().get("VERSION_CODENAME") == "bookworm"
# The same for what one ARCH needs and nobody else.
NEEDED_FOR = {
    "riscv64": (
        ("riscv64-linux-gnu-gcc", "gcc-riscv64-linux-gnu", "make initramfs ARCH=riscv64"),
        (
            "qemu-system-riscv64",
            "qemu-system-misc" if _OLD else "qemu-system-riscv",
            "make test-vm ARCH=riscv64",
        ),
    ),
}


def libraries() -> tuple[tuple[str, str, str], ...]:
    """Rows as in NEEDED, of this Python: its shared library, that the image holds."""
    if sys.base_prefix != "/usr" or not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        return ()  # a Python that Debian did not make brings its own
    library = Path(sysconfig.get_config_var("LIBDIR")) / sysconfig.get_config_var("INSTSONAME")
    package = f"libpython{sys.version_info[0]}.{sys.version_info[1]}"
    return ((str(library), package, "the freeze"),)


def missing_packages(arch: str = "") -> list[str]:
    """The Debian packages to install, those that ARCH needs, too."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    packages = []
    for need, package, _ in (*NEEDED, *libraries(), *NEEDED_FOR.get(arch, ())):
        there = Path(need).exists() if need.startswith("/") else shutil.which(need, path=path)
        if not there:
            packages.append(package)
    if not VENV.exists() and not importlib.util.find_spec("ensurepip"):
        packages.append("python3-venv")
    return sorted(set(packages))


def install_packages(packages: list[str]) -> None:
    """Install PACKAGES with apt; SystemExit with the command when that is not ours to do."""
    apt = ["apt-get", "-y", "-o", "DPkg::Lock::Timeout=300"]
    install = ["install", "--no-install-recommends", *packages]
    line = f"apt-get update && apt-get -y {shlex.join(install)}"
    if not shutil.which("apt-get"):
        raise SystemExit(
            f"setup: there is no apt-get; install what Debian calls {' '.join(packages)}"
        )
    if os.geteuid() != 0:
        raise SystemExit(
            f"setup: Debian packages are missing; run as root, then try again:\n  {line}"
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    update = Step("fetching apt's package lists", [*apt, "update"], UPDATE_LIMIT, environment)
    what = f"installing {len(packages)} Debian packages: {' '.join(packages)}"
    step = Step(what, [*apt, *install], INSTALL_LIMIT, environment)
    known = subprocess.run([*apt, "-qq", "--simulate", *install], capture_output=True, check=False)
    if known.returncode == 0:
        fault = step.run()
        if not fault:
            return
        # Older lists than the archive is what it most often is.
        print(f"setup: {fault}; with new package lists once more")
    for part in (update, step):
        if fault := part.run():
            part.explain(fault)
            raise SystemExit(
                "setup: apt-get failed, see above; when that is mended, run again, or as root:\n"
                f"  {line}"
            )


class Step:
    """One thing that takes long: a line when it begins, now and then one with its tool's last."""

    def __init__(
        self, what: str, words: Sequence[str], limit: int, environment: Mapping[str, str]
    ) -> None:
        self.what = what
        self.words = words
        self.limit = limit
        self.environment = environment
        self.lines: list[str] = []  # what the tool said last

    def run(self) -> str:
        """What went wrong, '' when the tool ended well within the limit."""
        print(f"setup: {self.what}", flush=True)
        with tempfile.NamedTemporaryFile() as log:
            process = subprocess.Popen(
                self.words,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            fault = self.watch(process, Path(log.name))
            self.lines = last_lines(Path(log.name), SHOWN)
        return fault

    def explain(self, fault: str) -> None:
        """Show what the tool said last."""
        print("\n".join(["", *self.lines, ""]))
        print(f"setup: {shlex.join(self.words)}: {fault}", flush=True)

    def watch(self, process: subprocess.Popen[bytes], log: Path) -> str:
        """Wait for the tool, with a line now and then; what is wrong, '' when nothing."""
        begun = time.monotonic()
        while (taken := time.monotonic() - begun) < self.limit:
            try:
                status = process.wait(min(PROGRESS, self.limit - taken))
            except subprocess.TimeoutExpired:
                now = " ".join(last_lines(log, 1))[:70]
                seconds = time.monotonic() - begun
                print(f"setup: {seconds:.0f} s (at most {self.limit}): {now}", flush=True)
            else:
                return f"status {status}" if status else ""
        process.kill()
        process.wait()
        return f"not finished after {self.limit} s"


def last_lines(log: Path, count: int) -> list[str]:
    """The last COUNT lines of a tool's output that hold something."""
    lines = log.read_text(errors="replace").replace("\r", "\n").splitlines()
    return [line for line in lines if line.strip()][-count:]


def wanted() -> str:
    """What the virtual environment was made for: this Python, these requirements."""
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    return f"{sys.version_info[0]}.{sys.version_info[1]} {digest}\n"


def make_environment() -> None:
    """.venv with the project (editable) and what its development needs."""
    fresh = not (VENV / "bin/python").exists()
    words = [str(VENV / "bin/python"), "-m", "pip", "install", "--progress-bar", "off"]
    step = Step(
        "installing Python packages into .venv (pip install -e .[dev])",
        [*words, "--disable-pip-version-check", "-e", f"{ROOT}[dev]"],
        PIP_LIMIT,
        dict(os.environ),
    )
    try:
        if fresh:
            import venv

            print(f"setup: making {VENV.name}", flush=True)
            venv.create(VENV, with_pip=True, clear=VENV.exists())
        if fault := step.run():
            step.explain(fault)
            raise SystemExit("setup: pip failed, see above; is there a network?")
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
    if VENV.is_symlink():  # the programs in it would run the code here, unasked
        raise SystemExit(f"setup: {VENV} is a link; make it in {VENV.resolve().parent}")
    arch = sys.argv[1] if len(sys.argv) > 1 else ""
    packages = missing_packages(arch)
    if packages:
        install_packages(packages)
        left = missing_packages(arch)
        if left:
            raise SystemExit(f"setup: installed, and still missing: {' '.join(left)}")
    if not STAMP.exists() or STAMP.read_text() != wanted():
        make_environment()
        print("setup: done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
