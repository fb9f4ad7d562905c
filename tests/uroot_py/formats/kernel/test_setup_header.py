"""Linux, and what has its setup header without being it."""

import struct

import pytest

from scripts.builders.kernels import bzimage
from uroot_py.formats.kernel.setup_header import is_linux

DEBIAN = b"6.1.0-57-amd64 (debian-kernel@lists.debian.org) #1 SMP PREEMPT_DYNAMIC Debian 6.1.1-1"
PROGRAMS = [
    pytest.param(bzimage(release=DEBIAN), True, id="Linux"),
    pytest.param(bzimage(release=b"Memtest86+ v6.10"), False, id="memtest86+"),
    pytest.param(bzimage(release=b"1.0.0+git-20190125.36a4c85-5.1"), False, id="iPXE"),
    pytest.param(bzimage(release=b"MEMDISK 6.04 20200816"), False, id="MEMDISK"),
    pytest.param(bzimage(release=b""), True, id="no text"),
    pytest.param(b"\x1f\x8b" + bytes(4096), True, id="compressed"),
    pytest.param(bzimage(release=None), False, id="GRUB"),
    pytest.param(bzimage(release=None)[:0x20F], True, id="cut"),
    pytest.param(b"", True, id="nothing"),
]


@pytest.mark.parametrize(("head", "linux"), PROGRAMS)
def test_programs(head, linux):
    assert is_linux(lambda offset, size: head[offset : offset + size]) is linux


def test_a_text_outside_of_the_file():
    head = bytearray(bzimage(release=b"MEMDISK"))
    struct.pack_into("<H", head, 0x20E, 0xFFFF)
    assert is_linux(lambda offset, size: bytes(head[offset : offset + size]))
