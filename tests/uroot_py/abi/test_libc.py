"""System calls by number, with every kind of argument, against what os says."""

import errno
import os

import pytest

from uroot_py.abi import foreign, libc
from uroot_py.base.errors import KernelError

GETCWD, GETPID, WRITE, PREAD = (79, 39, 1, 17) if libc.MACHINE == "x86_64" else (17, 172, 64, 67)


def test_numbers_buffers_and_nothing(tmp_path):
    assert foreign.call(GETPID) == os.getpid()
    room = bytearray(4096)
    length = foreign.call(GETCWD, room, len(room))
    assert room[: length - 1].decode() == os.getcwd()
    file = os.open(tmp_path / "x", os.O_RDWR | os.O_CREAT)
    try:
        assert foreign.call(WRITE, file, b"hello", 5) == 5
        assert foreign.call(WRITE, file, None, 0) == 0
        part = bytearray(8)
        assert foreign.call(PREAD, file, memoryview(part)[2:], 4, 1) == 4
        assert part == b"\0\0ello\0\0"
    finally:
        os.close(file)


def test_refusals_keep_their_errno():
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        foreign.call(WRITE, -1, b"x", 1)
    assert caught.value.errno == errno.EBADF
    with pytest.raises(KernelError) as failed:
        libc.syscall("umount2", b"/no/such", 0, subject="/no/such")
    assert str(failed.value).startswith("umount2 /no/such: E")
    with pytest.raises(KernelError) as failed:
        libc.syscall("umount2", b"/no/such", 0, subject="x", cause="because")
    assert str(failed.value) in {"umount2 x: ENOENT: because", "umount2 x: EPERM: because"}


@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_an_address_stays_while_its_holder_lives(kind):
    buffer = kind(b"0123")
    where, holder = libc.address_of(buffer)
    assert where == foreign.address(buffer)
    assert bytes(holder) == b"0123"  # type: ignore[call-overload]
    if kind is bytearray:
        with pytest.raises(BufferError):
            buffer.extend(b"4")
