"""Load a kernel on this machine."""

from __future__ import annotations

import os

from uroot_py.abi import kexec as abi
from uroot_py.base.errors import KernelError, PlanError, RefusedError
from uroot_py.kexec.source import Source, join
from uroot_py.kexec.why import explain
from uroot_py.payload.detect import Kind, identify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_CMDLINE_LIMITS = {"x86_64": 2047, "aarch64": 2047, "riscv64": 1023}  # COMMAND_LINE_SIZE - 1


def cmdline_limit(head: bytes, kind: Kind) -> int:
    """How many bytes of command line the kernel that begins with HEAD takes, without the NUL."""
    if kind.name == "bzImage" and int.from_bytes(head[0x206:0x208], "little") >= 0x206:
        return int.from_bytes(head[0x238:0x23C], "little")
    return _CMDLINE_LIMITS.get(kind.machine, 2047)


def check_cmdline(cmdline: str, limit: int) -> bytes:
    """CMDLINE as bytes; RefusedError if the kernel would cut it, or if it has a NUL or newline."""
    raw = os.fsencode(cmdline)
    if len(raw) > limit:
        raise RefusedError(
            f"the command line has {len(raw)} bytes, this kernel takes at most {limit}",
            hint="shorten it",
        )
    if b"\0" in raw:
        raise RefusedError("the command line has a NUL byte")
    return raw


def load_file(
    kernel: Source,
    initrds: Sequence[Source],
    cmdline: str,
    *,
    crash: bool = False,
    debug: bool = False,
) -> None:
    """Load by kexec_file_load; what was loaded before stays when this fails.

    RefusedError for files that cannot be it, KernelError with cause and next step otherwise.
    """
    kernel.check()
    for initrd in initrds:
        initrd.check()
    head = kernel.head()
    kind = identify(head)
    if not kind.kernel:
        raise PlanError(f"{kernel.name}: expected a kernel, found {kind.text}")
    # The call counts the NUL where a boot loader does not.
    raw = check_cmdline(cmdline, cmdline_limit(head, kind) - 1)
    flags = (abi.KEXEC_FILE_ON_CRASH if crash else 0) | (abi.KEXEC_FILE_DEBUG if debug else 0)
    joined = join(initrds) if len(initrds) > 1 else None
    initrd_fd = joined.fd if joined else initrds[0].fd if initrds else -1
    try:
        abi.kexec_file_load(kernel.fd, initrd_fd, raw, flags)
    except KernelError as error:
        error.subject = kernel.name
        raise explain(error, kind) from error
    finally:
        if joined:
            os.close(joined.fd)
