"""The forms that an arm64 kernel comes in, as files of a test disk."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from initramfs import fit as workshop
from scripts import apt, fetch_kernel, make_final_os
from scripts.builders import fit
from scripts.builders.kernels import zboot
from scripts.builders.uki import uki
from scripts.tools import BUILD, command

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.disks.disk import Root

MODEL = "the tree of the disk"
UKI_LINE = "console=ttyAMA0 from=uki"
# The parts of the UKI that systemd-stub(7) names, at addresses behind the stub's own.
_STUB = "usr/lib/systemd/boot/efi/linuxaa64.efi.stub"


def machine_tree(target: Path) -> None:
    """The tree that QEMU makes for its machine, with another model and, as a board's, no memory."""
    machine = f"virt,dumpdtb={target}"
    command(["qemu-system-aarch64", "-M", machine, "-cpu", "cortex-a57", "-display", "none"])
    command(["fdtput", "-t", "s", target, "/", "model", MODEL])
    command(["fdtput", "-t", "x", target, "/memory@40000000", "reg", *"0000"])


def overlay(target: Path) -> None:
    """An overlay that leaves a word in /chosen."""
    source = '/dts-v1/; /plugin/; &{/chosen} { overlaid = "by the disk"; };'
    command(["dtc", "-q", "-@", "-O", "dtb", "-o", target, "-"], feed=source)


def arm64_forms(root: Root) -> None:
    """Debian's kernel compressed, as EFI zboot, as UKI and as FIT image, and device trees."""
    kernel = fetch_kernel.fetch("cloud-arm64") / "vmlinuz"
    initrd = make_final_os.initrd("arm64")
    packed = gzip.compress(kernel.read_bytes(), 6, mtime=0)
    (root.path / "Image.gz").write_bytes(packed)
    size = kernel.stat().st_size.to_bytes(4, "little")
    (root.path / "zboot").write_bytes(zboot(packed + size, b"gzip"))
    tree, extra = root.path / "machine.dtb", root.path / "extra.dtbo"
    machine_tree(tree)
    overlay(extra)
    _fit(root, tree, extra, initrd)
    workshop.build(kernel, initrd, [tree], root.path / "fit/workshop.itb")
    line = BUILD / "final-os-arm64" / "cmdline"
    line.write_text(UKI_LINE)
    sections = {".cmdline": line, ".dtb": tree, ".initrd": initrd, ".linux": kernel}
    stub = apt.unpacked("systemd-boot-efi", arch="arm64") / _STUB
    uki(root.path / "uki.efi", stub, sections, tools="aarch64-linux-gnu-")


def _fit(root: Root, tree: Path, extra: Path, initrd: Path) -> None:
    folder = root.path / "fit"
    folder.mkdir()
    images = (
        fit.kernel(
            "kernel", "k", "gzip", 'hash-1 { algo = "sha256"; }; hash-2 { algo = "crc32"; };'
        )
        + fit.tree("tree", "d", 'hash-1 { algo = "md5"; };')
        + fit.tree("overlay", "o", 'hash-1 { algo = "sha1"; };')
        + fit.ramdisk("ramdisk", "r")
    )
    configurations = """
        default = "plain";
        plain { kernel = "kernel"; };
        full { kernel = "kernel"; fdt = "tree", "overlay"; ramdisk = "ramdisk"; };
    """
    files = {"k": root.path / "Image.gz", "d": tree, "o": extra, "r": initrd}
    fit.mkimage(folder, images, configurations, files, ("-E",))
    for file in folder.iterdir():
        if file.suffix != ".itb":
            file.unlink()
