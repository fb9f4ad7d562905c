"""Keys that the kernel keeps and nobody can read back. Ref: add_key(2), keyctl(2), keyrings(7)."""

from __future__ import annotations

from uroot_py.abi.libc import syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer

KEY_SPEC_THREAD_KEYRING = -1
KEYCTL_UNLINK = 9


def add_logon(description: str, payload: Buffer) -> int:
    """The number of a new key of the type "logon" in this thread's keyring; KernelError.

    DESCRIPTION is ``PREFIX:NAME``; only the kernel's own drivers can read the PAYLOAD.
    """
    size = len(payload)
    words = b"logon\0", description.encode() + b"\0"
    return syscall("add_key", *words, payload, size, KEY_SPEC_THREAD_KEYRING, subject=description)


def unlink(key: int) -> None:
    """Take KEY out of this thread's keyring: who uses it keeps it. KernelError."""
    syscall("keyctl", KEYCTL_UNLINK, key, KEY_SPEC_THREAD_KEYRING, subject=f"unlink {key}")
