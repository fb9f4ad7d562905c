"""What the setup header of a bzImage says about the program in it.

Boot menus ask this of every entry: it needs none of the reader of whole kernels.
Ref: Documentation/arch/x86/boot.rst, kernel_version; arch/x86/boot/version.c (Linux 6.1).
"""

from __future__ import annotations

from uroot_py.base.reader import number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_MAGIC, _KERNEL_VERSION, _END = 0x202, 0x20E, 0x210
_SECTOR = 0x200  # kernel_version counts from its end
_TEXT = 256  # bytes


def is_linux(read: Callable[[int, int], bytes]) -> bool:
    """Whether the file of which READ gives (offset, size) is no other program as a bzImage.

    iPXE, memtest86+ and MEMDISK give a name or a version of their own, GRUB none; Linux always says
    who built it, too: ``6.1.0 (user@host) #1 ...``. A file without this header is taken for Linux.
    """
    header = read(_MAGIC, _END - _MAGIC)
    if header[:4] != b"HdrS" or len(header) != _END - _MAGIC:
        return True
    at = number_at(header, _KERNEL_VERSION - _MAGIC, 2)
    text = read(_SECTOR + at, _TEXT).partition(b"\0")[0]
    return at != 0 and (not text or b" (" in text)
