"""What is asked of a planner, apart from the kernel itself."""

from __future__ import annotations

from uroot_py.base.errors import PlanError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from uroot_py.base.layout import Buffer
    from uroot_py.base.ranges import Range

    Entry = Literal["", "64", "32", "16"]


class Request:
    """The command line, the initrd, and what the caller fixes instead of leaving it to the planner.

    ``crash`` is where the headers for a crash kernel are, and the memory that it may use.
    ``entry`` is the entry of an x86 kernel ('': the best it has); ``bare`` is for an ELF file that
    is no Linux. Addresses that are None are the
    planner's choice. ``modules`` are (bytes, text) pairs for Multiboot, where the
    command line begins with ``name``; ``seed`` is randomness for
    a kernel that takes it by its device tree: 8 bytes for its address, the rest for its pool.
    ``dtb`` is the device tree; ``running``, where that comes from a file, the running machine's.
    """

    __slots__ = (
        "bare",
        "cmdline",
        "crash",
        "dtb",
        "entry",
        "initrd",
        "initrd_address",
        "load_address",
        "modules",
        "name",
        "running",
        "seed",
        "zero_page_address",
    )

    def __init__(self, cmdline: bytes = b"", initrd: Buffer = b"") -> None:
        self.cmdline = cmdline
        self.initrd = initrd
        self.dtb: Buffer = b""
        self.running: Buffer = b""
        self.crash: tuple[Range, Range] | None = None
        self.seed = b""
        self.entry: Entry = ""
        self.bare = False
        self.name = b""
        self.modules: list[tuple[Buffer, bytes]] = []
        self.load_address: int | None = None
        self.initrd_address: int | None = None
        self.zero_page_address: int | None = None


_ALIGN = 512  # cpio's block; a multiple of the 4 that the kernel asks of an uncompressed archive
_LEAST = 4  # zeros that end an lz4 stream


def padding(size: int) -> int:
    """How many zeros stand between a part of an initrd of SIZE bytes and the next part.

    The kernel skips zeros between archives, wants an uncompressed archive at a multiple of 4, and
    its lz4 decoder ends only at four zeros. Ref: init/initramfs.c, lib/decompress_unlz4.c.
    """
    return -(size + _LEAST) % _ALIGN + _LEAST


def check_cmdline(cmdline: bytes, limit: int) -> bytes:
    """CMDLINE, when a kernel that takes LIMIT bytes (without the NUL) gets all of it."""
    if len(cmdline) > limit:
        raise PlanError(
            f"the command line has {len(cmdline)} bytes, this kernel takes at most {limit}",
            hint="shorten it",
        )
    if b"\0" in cmdline:
        raise PlanError("the command line has a NUL byte")
    return cmdline
