"""One image: all compressions, other kernels, little memory, both runtimes, packed modules."""

from __future__ import annotations

import gzip
import lzma
import subprocess
from typing import TYPE_CHECKING

from initramfs import build, compress
from scripts import fetch_kernel
from scripts.tools import BUILD
from scripts.vmtest import image
from scripts.vmtest.case import Case, End, Prompt, Run, Send

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scripts.vmtest.image import Files

SLOW = frozenset({"slow"})
# The shell, a program in a process of its own, a module of the standard library in C.
WORKS = (
    Prompt(),
    Run("echo it works", shows="^it works$"),
    Run("/bin/uname -s", shows="^Linux$"),
    Run(
        "echo abc | sha256sum",
        shows="^edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb ",
    ),
    Send("poweroff\r"),
    End(),
)


def packed(packing: str) -> Callable[[Path], Path]:
    """The built image, packed anew."""

    def made(folder: Path) -> Path:
        data = image.built().read_bytes()
        raw, _ = compress.decompress(data, compress.recognise(data))
        target = folder / f"image{compress.SUFFIXES[packing]}"
        target.write_bytes(compress.compress(raw, packing))
        return target

    return made


def lean(folder: Path) -> Path:
    """The default profile with the lean runtime, without kernel modules."""
    target = folder / "lean.cpio.zst"
    build.build(build.Options(target, runtime="lean", work=BUILD))
    return target


# As systems have them: packed by the tools, and with the options, of the kernel's own build.
PACKERS = {
    "nls_cp737.ko": "cat",
    "nls_cp775.ko.gz": "gzip -n",
    "nls_cp850.ko.xz": "xz --check=crc32 --lzma2=dict=1MiB",
    "nls_cp852.ko.zst": "zstd -q -T0",
}


def modules() -> Files:
    """Debian's modules in every form; one that is cut, one that is something else."""
    tree = fetch_kernel.fetch("cloud-amd64") / "modules"
    files: dict[str, Path | bytes] = {}
    for name, packer in PACKERS.items():
        (found,) = tree.rglob(f"{name.partition('.')[0]}.ko*")
        data = found.read_bytes()
        if found.suffix == ".xz":  # as newer kernels have them all
            data = lzma.decompress(data)
        done = subprocess.run(packer.split(), input=data, capture_output=True, check=True)
        files[f"/srv/{name}"] = done.stdout
    files["/srv/cut.ko.xz"] = bytes(files["/srv/nls_cp850.ko.xz"])[:1000]
    files["/srv/text.ko.gz"] = gzip.compress(b"no module", mtime=0)
    return files


CASES = [
    *(
        Case(
            f"image.{name}",
            append="uroot.shell",
            image=packed(name),
            steps=WORKS,
            tags=SLOW,
        )
        for name in compress.SUFFIXES
        if name != "zstd"  # what all the other cases use
    ),
    Case("image.generic-kernel", append="uroot.shell", kernel="amd64", steps=WORKS, tags=SLOW),
    Case(
        "image.96-mib",
        append="uroot.shell",
        memory=96,
        steps=WORKS,
        tags=SLOW,
    ),
    Case(
        "image.modules",
        append="uroot.shell",
        files=modules,
        steps=[
            Prompt(),
            *(Run(f"insmod /srv/{name}", limit=60) for name in PACKERS),
            Run("lsmod | grep -c nls_cp[78]", shows="^4$"),
            Run(
                "insmod /srv/nls_cp775.ko.gz",
                status=1,
                shows="nls_cp775.ko.gz: it is loaded already$",
            ),
            Run(
                "insmod /srv/cut.ko.xz",
                status=1,
                shows="^insmod: /srv/cut.ko.xz: xz data at offset 0x3e8: expected the rest",
            ),
            Run(
                "insmod /srv/text.ko.gz",
                status=1,
                shows="^insmod: init_module /srv/text.ko.gz: ENOEXEC: not a module, or built for",
            ),
            Run("modprobe -D xfs", shows=r"/libcrc32c\.ko\S*\ninsmod \S+/xfs\.ko\.xz$"),
            Run(
                "modprobe scsi_mod max_luns=7 && cat /sys/module/scsi_mod/parameters/max_luns",
                "^7$",
            ),
            Run("modprobe xfs && lsmod", shows=r"^libcrc32c +\d+ +1 xfs$"),
            # Their signatures have come through: without them the kernel would be tainted.
            Run("cat /proc/sys/kernel/tainted", shows="^0$"),
            Send("poweroff\r"),
            End(),
        ],
        tags=SLOW,
    ),
    Case(
        "image.lean",
        append="uroot.shell",
        image=lean,
        memory=91,
        steps=WORKS,
        tags=SLOW,
    ),
    Case(
        "image.lean-generic-kernel",
        append="uroot.shell",
        image=lean,
        kernel="amd64",
        steps=WORKS,
        tags=SLOW,
    ),
]
