"""What is asked of a planner, apart from the kernel itself."""

from __future__ import annotations

from uroot_py.base.errors import PlanError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from uroot_py.base.layout import Buffer

    Entry = Literal["", "64", "32", "16"]


class Request:
    """The command line, the initrd, and what the caller fixes instead of leaving it to the planner.

    ``entry`` is the entry of an x86 kernel ('': the best it has). Addresses that are None are the
    planner's choice. ``modules`` are (bytes, text) pairs for Multiboot.
    """

    __slots__ = (
        "cmdline",
        "dtb",
        "entry",
        "initrd",
        "initrd_address",
        "load_address",
        "modules",
        "zero_page_address",
    )

    def __init__(self, cmdline: bytes = b"", initrd: Buffer = b"") -> None:
        self.cmdline = cmdline
        self.initrd = initrd
        self.dtb: Buffer = b""
        self.entry: Entry = ""
        self.modules: list[tuple[Buffer, bytes]] = []
        self.load_address: int | None = None
        self.initrd_address: int | None = None
        self.zero_page_address: int | None = None


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
