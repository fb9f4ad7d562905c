"""One image: every compression, cloud and generic kernels, little memory, both runtimes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initramfs import build, compress
from scripts.support import BUILD, image
from scripts.support.case import Case, End, Prompt, Run, Send

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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


def plain(runtime: str) -> Callable[[Path], Path]:
    """The default profile without kernel modules."""

    def made(folder: Path) -> Path:
        target = folder / f"{runtime}.cpio.zst"
        build.build(build.Options(target, runtime=runtime, work=BUILD))
        return target

    return made


CASES = [
    *(
        # nowatchdog: on a busy machine the slow ones take longer than the kernel likes.
        Case(
            f"image.{name}",
            append="uroot.shell nowatchdog",
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
        image=plain("host"),
        memory=96,
        steps=WORKS,
        tags=SLOW,
    ),
    Case(
        "image.lean",
        append="uroot.shell",
        image=plain("lean"),
        memory=91,
        steps=WORKS,
        tags=SLOW,
    ),
    Case(
        "image.lean-generic-kernel",
        append="uroot.shell",
        image=plain("lean"),
        kernel="amd64",
        steps=WORKS,
        tags=SLOW,
    ),
]
