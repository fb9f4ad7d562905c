"""Why a kexec system call was refused, and what to do: errno and this machine's state in words."""

from __future__ import annotations

import errno
import os

from uroot_py.abi.libc import MACHINE
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.errors import KernelError
    from uroot_py.machine.sysroot import Sysroot
    from uroot_py.payload.request import Kind

# The signature of an image is missing, wrong or not checkable. Never a reason to try another way.
SIGNATURE_ERRNOS = {
    errno.ELIBBAD: "the image's signature does not fit its contents",
    errno.EKEYREJECTED: "the image's signature was rejected",
    errno.ENOPKG: "the image's signature uses a digest or cipher that this kernel does not have",
    errno.ENOKEY: "the image is signed with a key that this kernel does not trust",
    errno.EBADMSG: "the image's signature is malformed",
    errno.EMSGSIZE: "the image's signature is cut off",
    errno.ENODATA: "the image is not signed, and this kernel loads only signed ones",
}
_SIGN = "sign it with a key in the kernel's keyrings, or boot this machine without enforcement"
# Ref: kexec(8), --kexec-syscall-auto: this kernel or its loader does not know how.
FALLBACK_ERRNOS = (errno.ENOSYS, errno.EINVAL, errno.ENOEXEC, errno.ENOTSUP)


def lockdown(sysroot: Sysroot = HERE) -> str:
    """The lockdown level in force: ``none``, ``integrity``, ``confidentiality``, or ''."""
    text = sysroot.text("/sys/kernel/security/lockdown")
    return text.partition("[")[2].partition("]")[0]


def _not_permitted(call: str, sysroot: Sysroot) -> tuple[str, str]:
    if os.geteuid():
        return "only root may load a kernel", "run it as root"
    level = lockdown(sysroot)
    if level not in ("", "none"):
        if call == "kexec_load":
            return f"kernel lockdown is on ({level})", "use kexec -s with a signed kernel"
        return f"kernel lockdown is on ({level}) and the image is not signed", _SIGN
    if sysroot.text("/proc/sys/kernel/kexec_load_disabled").strip() == "1":
        return "kernel.kexec_load_disabled is 1", "it stays so until the machine is restarted"
    for name in ("kexec_load_limit_reboot", "kexec_load_limit_panic"):
        if sysroot.text(f"/proc/sys/kernel/{name}").strip() == "0":
            return f"the limit kernel.{name} is used up", "restart the machine"
    return "this process lacks CAP_SYS_BOOT", "run it outside the container"


def _wrong_image(kind: Kind) -> tuple[str, str]:
    if kind.packed:
        return f"it is {kind.text}", "unpack it, or use kexec -c, which unpacks"
    if not kind.runs_on(MACHINE):
        return f"it is {kind.text}, this machine is {MACHINE}", f"use a kernel for {MACHINE}"
    return f"this kernel cannot load {kind.text}", "use kexec -c (kexec_load)"


def _file_load(number: int, kind: Kind, sysroot: Sysroot) -> tuple[str, str]:
    if number in SIGNATURE_ERRNOS:
        return SIGNATURE_ERRNOS[number], _SIGN
    if number == errno.ENOSYS and os.path.exists(sysroot.path("/sys/kernel/kexec_loaded")):
        return "this kernel has no CONFIG_KEXEC_FILE", "use kexec -c (kexec_load)"
    if number in (errno.ENOEXEC, errno.EINVAL, errno.ENOTSUP):
        return _wrong_image(kind)
    return "", ""


def _any_load(number: int, call: str, sysroot: Sysroot) -> tuple[str, str]:
    if number == errno.EPERM:
        return _not_permitted(call, sysroot)
    if number == errno.ENOSYS and not os.path.exists(sysroot.path("/sys/kernel/kexec_loaded")):
        return "this kernel was built without kexec", "use one with CONFIG_KEXEC"
    return {
        errno.ENOSYS: ("this kernel has no CONFIG_KEXEC", "use kexec -s (kexec_file_load)"),
        errno.EINVAL: ("the kernel refused the plan", "see it with kexec --dry-run"),
        errno.EADDRNOTAVAIL: ("no place in memory is free for it", "make the initrd smaller"),
        errno.ENOMEM: ("out of memory", "free some: the image is held twice while it is loaded"),
        errno.EBUSY: ("another kexec is being loaded or started", "try again"),
        errno.ETXTBSY: ("somebody has the file open for writing", "close it, or copy the file"),
        errno.EFBIG: ("the file is too large", ""),
    }.get(number, ("", ""))


def explain(error: KernelError, kind: Kind | None = None, sysroot: Sysroot = HERE) -> KernelError:
    """ERROR of a load call with its cause and next step.

    KIND is what the kernel file is, SYSROOT the machine.
    """
    cause, hint = _file_load(error.errno, kind, sysroot) if kind else ("", "")
    if not cause:
        cause, hint = _any_load(error.errno, error.call, sysroot)
    error.cause = cause or os.strerror(error.errno).lower()
    error.hint = hint
    return error
