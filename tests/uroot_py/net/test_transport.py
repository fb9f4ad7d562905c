import errno
import socket
import time

import pytest

from uroot_py.base.errors import KernelError
from uroot_py.net.transport import Datagrams, Stream, connect, failed

FAULTS = [
    (
        OSError(errno.EHOSTUNREACH, "No route to host"),
        "connection to x: EHOSTUNREACH: no route to host; nobody answers at that address: ip neigh",
    ),
    (
        TimeoutError(),
        "connection to x: ETIMEDOUT: no answer in time; is it there? ping it, or its gateway",
    ),
    (OSError(errno.EIO, "Input/output error"), "connection to x: EIO: input/output error"),
]


@pytest.mark.parametrize(("error", "text"), FAULTS)
def test_failed(error, text):
    assert str(failed("to x", error)) == text


def test_the_second_address_when_the_first_refuses():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = connect(["127.0.0.9", "127.0.0.1"], port, 5)
        assert client.getpeername() == ("127.0.0.1", port)
        client.close()


def test_not_every_address_is_tried():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(KernelError, match=f"to 127.0.0.5 port {port}: ECONNREFUSED"):
            connect([f"127.0.0.{n}" for n in (2, 3, 4, 5, 1)], port, 5)


def test_stream_ends_at_its_deadline():
    ours, theirs = socket.socketpair()
    with theirs:
        stream = Stream(ours, "it")
        theirs.sendall(b"x")
        assert stream.receive(time.monotonic() + 5) == b"x"
        for wait in (0.01, -1):
            with pytest.raises(KernelError, match="connection it: ETIMEDOUT"):
                stream.receive(time.monotonic() + wait)
        stream.close()


def test_datagrams():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        peer = Datagrams.udp("127.0.0.1", server.getsockname()[1])
        peer.send(b"question")
        data, where = server.recvfrom(100)
        assert data == b"question"
        assert peer.receive(time.monotonic() + 0.01) is None
        server.sendto(b"answer", where)
        assert peer.receive(time.monotonic() + 5) == b"answer"
        assert peer.receive(time.monotonic() - 1) is None
        peer.close()


@pytest.mark.parametrize("address", ["::1", "0000:0000:0000:0000:0000:0000:0000:0001"])
def test_an_address_of_ipv6_however_it_is_written(address):
    there, here = Datagrams.unconnected("::1", own="::1"), Datagrams.unconnected(address)
    try:
        here.send_to(b"question", address, there.socket.getsockname()[1])
        _, asker = there.socket.recvfrom(99)
        there.socket.sendto(b"answer", asker)
        assert here.receive_from(address, time.monotonic() + 20) == b"answer"
    finally:
        there.close()
        here.close()
