"""Why a kexec system call was refused, and what to do: errno and this machine's state in words."""

from __future__ import annotations

import errno
import os

from uroot_py.abi.libc import MACHINE
from uroot_py.formats.kernel import cmdline
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.errors import KernelError
    from uroot_py.machine.sysroot import Sysroot
    from uroot_py.payload.request import KernelFile, Kind

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
# By these kexec_file_load says that it does not know how, not that it must not be: our own plan
# may, which looks at everything again that the kernel could have meant.
# Ref: kernel/kexec_file.c; arch/x86/kernel/kexec-bzimage64.c; arch/arm64/kernel/kexec_image.c.
_DOES_NOT_KNOW = {
    errno.ENOSYS: "the call is not there",
    errno.ENOEXEC: "no loader for such a file, or one that it cannot enter in 64-bit mode",
    errno.EINVAL: "a flag, a command line or an image that its loader does not take",
    errno.ENOTSUP: "a loader that does not do this",
    errno.EADDRNOTAVAIL: "no place where it looks: with Kexec HandOver in its scratch memory only",
}
_KHO = "/sys/kernel/debug/kho"
_STUCK = b"Can't kexec: CPUs are stuck in the kernel"
_MOST_LOG = 16 << 20  # bytes of the kernel's log that are looked at


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
        cause = f"kernel lockdown is on ({level}) and the image has no signature that it trusts"
        return cause, _SIGN
    if sysroot.text("/proc/sys/kernel/kexec_load_disabled").strip() == "1":
        return "kernel.kexec_load_disabled is 1", "it stays so until the machine is restarted"
    for name in ("kexec_load_limit_reboot", "kexec_load_limit_panic"):
        if sysroot.text(f"/proc/sys/kernel/{name}").strip() == "0":
            return f"the limit kernel.{name} is used up", "restart the machine"
    return "this process lacks CAP_SYS_BOOT", "run it outside the container"


def _file_load(number: int, kind: Kind, sysroot: Sysroot) -> tuple[str, str]:
    if number in SIGNATURE_ERRNOS:
        return SIGNATURE_ERRNOS[number], _SIGN
    if number == errno.ENOSYS and os.path.exists(sysroot.path("/sys/kernel/kexec_loaded")):
        return "this kernel has no CONFIG_KEXEC_FILE", "use kexec -c (kexec_load)"
    if number == errno.EACCES and os.path.exists(sysroot.path("/sys/kernel/security/ima")):
        cause = (
            "IMA appraises kernels here, and this file has no signature (security.ima) it trusts"
        )
        return cause, "sign it with a key in the kernel's .ima keyring"
    if number == errno.EADDRNOTAVAIL and handover(sysroot):
        cause = "Kexec HandOver is on (kho=): this call uses its scratch memory only, which is full"
        return cause, "use kexec -c (kexec_load), or start this machine with kho=off"
    if number in (errno.ENOEXEC, errno.EINVAL, errno.ENOTSUP):
        if kind.packed:
            return f"it is {kind.text}", "unpack it, or use kexec -c, which unpacks"
        if not kind.runs_on(MACHINE):
            return f"it is {kind.text}, this machine is {MACHINE}", f"use a kernel for {MACHINE}"
        return f"this kernel cannot load {kind.text}", "use kexec -c (kexec_load)"
    return "", ""


def handover(sysroot: Sysroot = HERE) -> bool:
    """Whether the running kernel keeps memory back for Kexec HandOver."""
    said = cmdline.last(sysroot.text("/proc/cmdline"), "kho")
    if said is not None:
        return said.lower() in ("", "1", "y", "yes", "on", "t", "true")
    return os.path.exists(sysroot.path(_KHO))


def does_not_know(number: int, kernel: KernelFile, page_size: int) -> bool:
    """Whether kexec_file_load by the errno NUMBER leaves KERNEL to our own plan.

    Never for signatures. On arm64 EINVAL may mean that the processor has no pages as large as the
    kernel's: where it has another PAGE_SIZE than the running one, that must be believed.
    """
    if number == errno.EINVAL and kernel.kind.machine == "aarch64":
        from uroot_py.formats.kernel.arm64_image import Arm64Image

        return Arm64Image(kernel.data).page_size in (0, page_size)
    return number in _DOES_NOT_KNOW


def _stuck(sysroot: Sysroot) -> bool:
    """Whether the kernel's log says that processors cannot be taken away from it."""
    try:
        fd = os.open(sysroot.path("/dev/kmsg"), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    seen = 0
    try:
        while seen < _MOST_LOG:
            record = os.read(fd, 8192)
            seen += len(record)
            if _STUCK in record:
                return True
            if not record:
                return False
    except OSError:  # EAGAIN at its end, EPIPE where it was overwritten meanwhile
        return False
    finally:
        os.close(fd)
    return False


def _any_load(number: int, call: str, sysroot: Sysroot) -> tuple[str, str]:
    if number == errno.EPERM:
        return _not_permitted(call, sysroot)
    if number == errno.ENOSYS and not os.path.exists(sysroot.path("/sys/kernel/kexec_loaded")):
        return "this kernel was built without kexec", "use one with CONFIG_KEXEC"
    if number == errno.EBUSY and _stuck(sysroot):
        cause = "processors of this machine cannot be taken from the kernel (spin-table)"
        return cause, "only firmware with PSCI lets arm64 machines do it; start with maxcpus=1"
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
    """The ERROR of a load call with its cause and next step.

    KIND is what the kernel file is, SYSROOT the machine.
    """
    cause, hint = _file_load(error.errno, kind, sysroot) if kind else ("", "")
    if not cause:
        cause, hint = _any_load(error.errno, error.call, sysroot)
    return error.with_cause(cause or os.strerror(error.errno).lower(), hint)
