"""What fills the test disks of scripts/make_disk.py: each step lays out files or runs a tool.

No configuration is written here where a distribution's tool writes it; the exception is Fedora's
(``fedora``), whose tools Debian does not have.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from scripts import apt, fetch_kernel, make_final_os
from scripts.builders.uki import uki
from scripts.disks import forms
from scripts.disks.disk import stable_uuid
from scripts.tools import ROOT, command
from uroot_py.base.errors import RefusedError

if TYPE_CHECKING:
    from scripts.disks.disk import Root

SUITE = "bookworm"
# What every disk adds to the kernel's command line; a test looks for it.
WORDS = "console=ttyS0,115200 disk={name}"
# What an administrator adds to Debian's /etc/default/grub.
GRUB_ADDED = f"""
GRUB_CMDLINE_LINUX="{WORDS}"
"""
# The same for Xen, which keeps the serial line for itself: /dev/console is hvc0.
GRUB_XEN = """
GRUB_CMDLINE_XEN="com1=115200,8n1 console=com1,vga loglvl=all noreboot"
GRUB_CMDLINE_LINUX_XEN_REPLACE="console=ttyS0 console=hvc0 earlyprintk=xen"
GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT=" "
"""
PRETTY_NAME = platform.freedesktop_os_release()["PRETTY_NAME"]  # of this machine: of the disks
OLDER = "6.1.0-9-cloud-amd64"
STUB = Path("/usr/lib/systemd/boot/efi/linuxx64.efi.stub")
ESP = "/boot/efi"
FEDORA = ROOT / "tests/data/bootconfig/fedora"
FEDORA_BOOT = "77777777-aaaa-bbbb-cccc-dddddddddddd"  # in those files: the UUID of /boot


def release(arch: str = "amd64") -> str:
    """``uname -r`` of the kernel on the disks."""
    return (fetch_kernel.usual(arch) / "release").read_text().strip()


def final_os(root: Root, arch: str = "amd64") -> None:
    """Debian's cloud kernel with the initrd of make_final_os, as a Debian lays them out."""
    kernel = fetch_kernel.usual(arch)
    root.copy(kernel / "vmlinuz", f"/boot/vmlinuz-{release(arch)}")
    root.copy(kernel / "config", f"/boot/config-{release(arch)}")
    root.copy(make_final_os.initrd(arch), f"/boot/initrd.img-{release(arch)}")
    root.copy(Path("/etc/os-release"), "/etc/os-release")
    root.write("/etc/fstab", f"UUID={root.nodes['/'][1]} / auto defaults 0 1\n")
    root.write("/etc/machine-id", stable_uuid(root.name, "machine").replace("-", "") + "\n")
    words = WORDS.format(name=root.name)
    root.write("/etc/kernel/cmdline", f"root=UUID={root.nodes['/'][1]} ro {words}\n")


def grub_of_this_machine(root: Root, more: str = "", scripts: Path | str = "/etc/grub.d") -> None:
    """grub.cfg by this machine's grub-mkconfig, lent to the disk.

    MORE lines of its settings; SCRIPTS are what it runs.
    """
    defaults = Path("/usr/share/grub/default/grub").read_text()
    root.write("/etc/default/grub", defaults + GRUB_ADDED.format(name=root.name) + more)
    _grub_mkconfig(root, borrowed=True, scripts=scripts)


def grub_saved(root: Root) -> None:
    """The same where the last choice is the default, and another one is asked for once."""
    grub_of_this_machine(root, "GRUB_DEFAULT=saved\nGRUB_SAVEDEFAULT=true\n")
    command(["grub-editenv", root.path / "boot/grub/grubenv", "create"])
    command(["grub-reboot", f"--boot-directory={root.path / 'boot'}", "0"])


def saved_default(root: Root) -> None:
    """The recovery entry, in the second submenu, is GRUB's saved default."""
    defaults = root.path / "etc/default/grub"
    defaults.write_text(defaults.read_text() + "GRUB_DEFAULT=saved\n")
    _grub_mkconfig(root, borrowed=True)
    config = (root.path / "boot/grub/grub.cfg").read_text()
    names = re.findall(r"'(gnulinux-[^']+)' \{", config)
    (submenu,) = [name for name in names if name.startswith("gnulinux-advanced-")]
    (recovery,) = [name for name in names if "-recovery-" in name]
    with root.alive(borrowed=True):
        root.chroot("grub-set-default", f"{submenu}>{recovery}")


def hypervisor() -> Path:
    """The image of Xen that Debian's metapackage depends on."""
    depends = apt.show("xen-system-amd64", "amd64").get("Depends", "")
    package = re.search(r"xen-hypervisor-[^\s,]+", depends)
    if package is None:
        raise RefusedError(f"xen-system-amd64: no hypervisor in its Depends: {depends!r}")
    return apt.file(package[0], "boot/xen-*.gz")


def xen_dom0(root: Root) -> None:
    """Debian's generic kernel, which can be Xen's dom0, the final OS's initrd, and Xen."""
    kernel = fetch_kernel.fetch("amd64")
    named = (kernel / "release").read_text().strip()
    root.copy(kernel / "vmlinuz", f"/boot/vmlinuz-{named}")
    root.copy(kernel / "config", f"/boot/config-{named}")
    root.copy(make_final_os.initrd(), f"/boot/initrd.img-{named}")
    root.copy(Path("/etc/os-release"), "/etc/os-release")  # grub-mkconfig of Debian 13 asks for it
    image = hypervisor()
    root.copy(image, f"/boot/{image.name}")


def grub_others(root: Root) -> None:
    """grub.cfg for Xen, iPXE and memtest86+, by the scripts of their packages."""
    with TemporaryDirectory(prefix="grub.d-") as name:
        scripts = Path(name) / "grub.d"
        shutil.copytree("/etc/grub.d", scripts)
        for package in ("ipxe", "memtest86+"):
            files = apt.unpacked(package)
            if not (files / "etc/grub.d").is_dir():  # newer ones have their script beside them
                files = apt.unpacked(f"grub-{package}")
            shutil.copytree(files / "etc/grub.d", scripts, dirs_exist_ok=True)
            for path in (files / "boot").iterdir():
                root.copy(path, f"/boot/{path.name}")
        grub_of_this_machine(root, GRUB_XEN, scripts)


def _grub_mkconfig(root: Root, *, borrowed: bool, scripts: Path | str = "/etc/grub.d") -> None:
    # The map makes it the first disk, as it will be for the machine that boots from it.
    root.write("/boot/grub/device.map", f"(hd0) {root.disk}\n")
    with root.alive(borrowed=borrowed, scripts=scripts):
        root.chroot("grub-mkconfig", "-o", "/boot/grub/grub.cfg")
        root.chroot("grub-script-check", "/boot/grub/grub.cfg")
    (root.path / "boot/grub/device.map").unlink()


def debian(root: Root) -> None:
    """A complete Debian with systemd, its kernel and initramfs; root logs in without a password."""
    debian_with(root)


def debian_with(root: Root, packages: str = "") -> None:
    """The same with more PACKAGES."""
    more = f",{packages}" if packages else ""
    empty = "grub-pc grub-pc/install_devices_empty boolean true"
    command(
        [
            *("mmdebstrap", "--mode=root", "--variant=important"),
            f"--include=linux-image-cloud-amd64,grub-pc,systemd-sysv{more}",
            "--aptopt=Acquire::Retries 2",
            f"--essential-hook=echo {empty} | chroot $1 debconf-set-selections",
            *("--customize-hook=chroot $1 passwd --delete root", "--skip=check/empty"),
            *(SUITE, str(root.path)),
        ],
        limit=1500,
    )
    root.write("/etc/hostname", "debian-disk\n")
    root.write("/etc/fstab", f"UUID={root.nodes['/'][1]} / ext4 errors=remount-ro 0 1\n")
    defaults = (root.path / "etc/default/grub").read_text()
    root.write("/etc/default/grub", defaults + GRUB_ADDED.format(name=root.name))
    _grub_mkconfig(root, borrowed=False)


def systemd_boot(root: Root) -> None:
    """systemd-boot on the ESP by bootctl."""
    with root.alive(borrowed=True):
        # What is mounted on /boot/efi is no vfat yet.
        words = ("bootctl", f"--esp-path={ESP}", "--no-variables", "install")
        root.chroot(*words, SYSTEMD_RELAX_ESP_CHECKS="1")


def kernel_install(root: Root) -> None:
    """Type 1 entries of two kernels, with three tries each, by kernel-install."""
    root.write("/etc/kernel/install.conf", "layout=bls\n")
    root.write("/etc/kernel/tries", "3\n")
    files = f"/boot/vmlinuz-{release()}", f"/boot/initrd.img-{release()}"
    with root.alive(borrowed=True):
        root.chroot("kernel-install", "add", release(), *files, BOOT_ROOT=ESP)
        # An older kernel is the default, as an administrator would have it.
        line = root.path / "etc/kernel/cmdline"
        line.write_text(line.read_text().strip() + " older\n")
        root.chroot("kernel-install", "add", OLDER, *files, BOOT_ROOT=ESP)
    with (root.path / ESP[1:] / "loader/loader.conf").open("a") as conf:
        conf.write(f"default *-{OLDER}*\n")


def unified_image(root: Root) -> None:
    """A unified kernel image on the ESP."""
    boot = root.path / "boot"
    sections = {
        ".osrel": root.path / "etc/os-release",
        ".cmdline": root.path / "etc/kernel/cmdline",
        ".linux": boot / f"vmlinuz-{release()}",
        ".initrd": boot / f"initrd.img-{release()}",
    }
    uki(root.path / f"{ESP[1:]}/EFI/Linux/debian-{release()}.efi", STUB, sections)


def final_os_arm64(root: Root) -> None:
    """The same for arm64."""
    final_os(root, "arm64")


def final_os_riscv64(root: Root) -> None:
    """The same for riscv64."""
    final_os(root, "riscv64")


def device_trees(root: Root) -> None:
    """A folder of device trees and an overlay, and where u-boot-update shall look for them."""
    folder = root.path / "boot/dtbs" / release("arm64")
    other = '/dts-v1/; / { model = "another board"; compatible = "acme,virt", "acme,soc"; };'
    for name in ("acme", "qemu"):
        (folder / name).mkdir(parents=True)
    command(["dtc", "-q", "-O", "dtb", "-o", folder / "acme/acme-virt.dtb", "-"], feed=other)
    forms.machine_tree(folder / "qemu/linux-dummy-virt.dtb")
    (root.path / "boot/dtbo").mkdir()
    forms.overlay(root.path / "boot/dtbo/mark.dtbo")
    root.write("/etc/default/u-boot", 'U_BOOT_FDT_DIR="/boot/dtbs/"\n')


def u_boot_menu(root: Root) -> None:
    """extlinux.conf by u-boot-update, which Debian's arm systems run for U-Boot."""
    packages = apt.unpacked("u-boot-menu", "linux-base")
    with root.alive(borrowed=True), root.lent(packages) as lent:
        # Newer ones source a file of their package by its path, which is not installed here.
        text = (packages / "usr/sbin/u-boot-update").read_text()
        shared = "/usr/share/u-boot-menu"
        root.write("/tmp/u-boot-update", text.replace(shared, f"{lent}{shared}"))
        root.chroot(
            *("sh", "/tmp/u-boot-update"),
            PATH=f"{lent}/usr/bin:/usr/sbin:/usr/bin",
            PERL5LIB=f"{lent}/usr/share/perl5",
        )


def fedora(root: Root) -> None:
    """What Fedora has: a stub on the ESP, grub.cfg with blscfg, snippets, an environment block.

    The files are those of tests/data, written after what grub2-mkconfig and kernel-install's
    20-grub.install write there; the environment block is grub-editenv's.
    """
    boot = root.path / "boot"
    for snippet in sorted(FEDORA.glob("*.conf")):
        root.copy(snippet, f"/boot/loader/entries/{snippet.name}")
        for line in snippet.read_text().splitlines():
            key, _, value = line.partition(" ")
            if key in ("linux", "initrd"):
                first = "vmlinuz" if key == "linux" else "initrd.img"
                os.link(boot / f"{first}-{release()}", boot / value.split()[0].lstrip("/"))
    for name, where in (("esp-grub.cfg", f"{ESP}/EFI/fedora"), ("grub.cfg", "/boot/grub2")):
        text = (FEDORA / name).read_text()
        root.write(f"{where}/grub.cfg", text.replace(FEDORA_BOOT, root.nodes["/boot"][1]))
    newest = max(FEDORA.glob("*-6.11*.conf")).stem
    options = f"root=UUID={root.nodes['/'][1]} ro rootflags=subvol=root {WORDS}"
    block = boot / "grub2/grubenv"
    command(["grub-editenv", block, "create"])
    kernelopts = f"kernelopts={options.format(name=root.name)}"
    command(["grub-editenv", block, "set", kernelopts, f"saved_entry={newest}"])


def live_image(image: Path, name: str) -> None:
    """A hybrid ISO with isolinux and GRUB's loopback.cfg, by the stages of Debian's live-build."""
    words = f"boot=live components {WORDS.format(name=name)}"
    with TemporaryDirectory(prefix="live-") as folder:
        top = Path(folder)
        command(
            [
                *("lb", "config", "--architecture=amd64", f"--distribution={SUITE}"),
                *("--linux-flavours=cloud-amd64", f"--bootappend-live={words}"),
                *("--bootloaders=syslinux", "--debian-installer=none", "--memtest=none"),
                *("--build-with-chroot=false", "--iso-volume=LIVE"),
            ],
            cwd=top,
        )
        # The stages before these would make a Debian; it is the final OS that is live here.
        (top / ".build/bootstrap").touch()
        for where in ("chroot/boot", "binary/live"):
            (top / where).mkdir(parents=True)
            kernel = fetch_kernel.fetch("cloud-amd64") / "vmlinuz"
            shutil.copyfile(kernel, top / where / f"vmlinuz-{release()}")
        initrd = top / f"binary/live/initrd.img-{release()}"
        shutil.copyfile(make_final_os.initrd(), initrd)
        for stage in ("binary_grub_cfg", "binary_syslinux", "binary_iso"):
            command(["lb", stage], cwd=top)
        shutil.copyfile(top / "live-image-amd64.hybrid.iso", image)
