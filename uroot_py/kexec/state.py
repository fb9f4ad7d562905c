"""What is loaded on this machine. Ref: Documentation/ABI/testing/sysfs-kernel-kexec-kdump."""

from __future__ import annotations

import errno

from uroot_py.abi import kexec as abi
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.kexec.diagnose import explain
from uroot_py.machine.sysroot import HERE

_SYS = "/sys/kernel"
_NOTE = "/run/kexec-loaded"  # the kernel keeps what is loaded, but not what it was called


class UnknownStateError(RefusedError):
    """The running kernel does not say what is loaded."""


def is_loaded(*, crash: bool = False) -> bool:
    """Whether a kernel (a crash kernel) is loaded; UnknownStateError where that cannot be known."""
    path = f"{_SYS}/kexec_crash_loaded" if crash else f"{_SYS}/kexec_loaded"
    text = HERE.text(path).strip()
    if text not in ("0", "1"):
        raise UnknownStateError(
            f"{path}: expected 0 or 1, found {text or 'no such file'}",
            hint="is /sys mounted, and has this kernel CONFIG_KEXEC?",
        )
    return text == "1"


def crash_size() -> int:
    """How many bytes are reserved for a crash kernel; 0 without any."""
    return HERE.number(f"{_SYS}/kexec_crash_size")


def note(name: str) -> None:
    """Remember that the loaded kernel is called NAME; '' for none."""
    try:
        with open(_NOTE, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(name)
    except OSError:
        return  # without a /run nobody will know


def noted() -> str:
    """What is loaded, in words."""
    return HERE.text(_NOTE) or "the loaded kernel"


def unload(*, crash: bool = False, file_call: bool | None = None) -> None:
    """Forget the loaded kernel; FILE_CALL says by which system call (None: whichever works)."""
    _unload(crash=crash, file_call=file_call)
    if not crash:
        note("")


def _unload(*, crash: bool, file_call: bool | None) -> None:
    if file_call is not False:
        flags = abi.KEXEC_FILE_UNLOAD | (abi.KEXEC_FILE_ON_CRASH if crash else 0)
        try:
            return abi.kexec_file_load(-1, -1, b"", flags)
        except KernelError as error:
            if file_call or error.errno != errno.ENOSYS:
                raise explain(error) from None
    try:
        return abi.kexec_load(0, [], abi.KEXEC_ON_CRASH if crash else 0)
    except KernelError as error:
        raise explain(error) from None
