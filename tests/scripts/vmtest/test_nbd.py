"""The disk that falls silent: what it says is what the protocol's document says."""

import socket
import struct

import pytest

from scripts.vmtest.nbd import SilentDisk

SIZE = 1 << 20


@pytest.fixture
def disk(tmp_path):
    image = tmp_path / "image"
    image.write_bytes(bytes(range(256)) * (SIZE >> 8))
    disk = SilentDisk(image, tmp_path, 0, answers=True)
    yield disk
    disk.close()


@pytest.fixture
def client(disk):
    """A connection after its negotiation, as a client sees it."""
    with socket.socket(socket.AF_UNIX) as near:
        near.settimeout(20)
        near.connect(str(disk.path))
        assert near.recv(18, socket.MSG_WAITALL) == b"NBDMAGICIHAVEOPT\0\3"
        near.sendall(struct.pack(">I", 3))
        near.sendall(struct.pack(">8sII", b"IHAVEOPT", 8, 0))  # structured replies: not here
        refused = near.recv(20, socket.MSG_WAITALL)
        assert struct.unpack(">QIII", refused) == (0x3E889045565A9, 8, 1 << 31 | 1, 0)
        near.sendall(struct.pack(">8sIIIH", b"IHAVEOPT", 7, 6, 0, 0))
        info = near.recv(32, socket.MSG_WAITALL)
        assert struct.unpack(">HQH", info[20:]) == (0, SIZE, 1)
        near.recv(20, socket.MSG_WAITALL)
        yield near


def request(client, kind, offset, length, data=b""):
    client.sendall(struct.pack(">IHHQQI", 0x25609513, 0, kind, 7, offset, length) + data)


def test_what_is_read_and_written(disk, client):
    request(client, 0, 512, 4)
    assert (
        client.recv(20, socket.MSG_WAITALL) == b"gDf\x98\0\0\0\0" + bytes(7) + b"\7" + b"\0\1\2\3"
    )
    request(client, 1, 512, 512, b"x" * 512)
    client.recv(16, socket.MSG_WAITALL)
    request(client, 0, 0, 1024)
    answer = client.recv(16 + 1024, socket.MSG_WAITALL)
    assert answer[16:] == bytes(range(256)) * 2 + b"x" * 512
    assert disk.written


def test_it_falls_silent(disk, client):
    disk.answers = False
    request(client, 0, 0, 512)  # as firmware does
    client.recv(16 + 512, socket.MSG_WAITALL)
    request(client, 0, 0, 4096)
    client.settimeout(0.3)
    with pytest.raises(TimeoutError):
        client.recv(1)
    assert disk.asked == 1
