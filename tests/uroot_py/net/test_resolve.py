import errno
import socket
import threading

import pytest

from tests.support.applet import run_applet
from uroot_py.base.errors import RefusedError
from uroot_py.net import dns
from uroot_py.net import resolve as names


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A name server on this machine; its ``table`` maps (name, kind) to (code, records)."""
    table: dict[tuple[str, int], tuple[int, bytes, int]] = {}
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("127.0.0.1", 0))

    def serve():
        while True:
            data, peer = listening.recvfrom(600)
            if data == b"stop":
                return
            labels, at = [], 12
            while data[at]:
                labels.append(data[at + 1 : at + 1 + data[at]].decode())
                at += data[at] + 1
            kind = int.from_bytes(data[at + 1 : at + 3], "big")
            code, records, count = table.get((".".join(labels), kind), (3, b"", 0))
            head = data[:2] + bytes([0x81, 0x80 | code]) + b"\0\1" + bytes([0, count, 0, 0, 0, 0])
            listening.sendto(b"zz" + head[2:] + data[12:], peer)  # an answer to somebody else
            listening.sendto(head + data[12:] + records, peer)

    thread = threading.Thread(target=serve)
    thread.start()
    (tmp_path / "resolv.conf").write_text("# none\nsearch lan example\nnameserver 127.0.0.1\n")
    (tmp_path / "hosts").write_text("10.9.9.9 box box.lan # mine\n::7 box\n")
    monkeypatch.setattr(names, "_PORT", listening.getsockname()[1])
    monkeypatch.setattr(names, "RESOLV_CONF", str(tmp_path / "resolv.conf"))
    monkeypatch.setattr(names, "HOSTS", str(tmp_path / "hosts"))
    yield table
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"stop", listening.getsockname())
    thread.join()
    listening.close()


def record(kind, data):
    sized = len(data).to_bytes(2, "big") + data
    return b"\xc0\x0c" + kind.to_bytes(2, "big") + b"\0\1\0\0\0\1" + sized


def test_resolve(server):
    server["host.example", dns.A] = (0, record(dns.A, b"\x0a\0\0\7"), 1)
    server["six.example", dns.A] = (0, b"", 0)
    server["six.example", dns.AAAA] = (0, record(dns.AAAA, bytes(15) + b"\1"), 1)
    assert names.resolve("host.example") == ["10.0.0.7"]
    assert names.resolve("host") == ["10.0.0.7"]
    assert names.resolve("six.example") == ["::1"]
    assert names.resolve("box") == ["10.9.9.9", "::7"]
    assert names.resolve("box.lan", socket.AF_INET) == ["10.9.9.9"]
    assert names.resolve("192.0.2.1") == ["192.0.2.1"]
    assert names.resolve("localhost") == ["127.0.0.1"]


def test_no_such_name(server):
    with pytest.raises(RefusedError) as caught:
        names.resolve("gone.example")
    assert str(caught.value) == "gone.example: 127.0.0.1: no such name"


def test_a_name_without_an_address(server):
    server["empty.example", dns.A] = server["empty.example", dns.AAAA] = (0, b"", 0)
    with pytest.raises(RefusedError, match=r"empty\.example: it has no address"):
        names.resolve("empty.example")


def test_a_server_that_fails(server):
    server["bad.example", dns.A] = (2, b"", 0)
    with pytest.raises(RefusedError) as caught:
        names.resolve("bad.example")
    assert str(caught.value) == (
        "bad.example: 127.0.0.1: the server failed; is the network up? ip addr; ip route"
    )


def test_without_a_server(monkeypatch, tmp_path):
    monkeypatch.setattr(names, "RESOLV_CONF", str(tmp_path / "none"))
    with pytest.raises(RefusedError, match=r"host\.example: no name server is known; dhclient"):
        names.resolve("host.example")


def test_nslookup(server):
    server["host.example", dns.A] = (0, record(dns.A, b"\x0a\0\0\7"), 1)
    server["host.example", dns.AAAA] = (0, b"", 0)
    server["7.0.0.10.in-addr.arpa", dns.PTR] = (0, record(dns.PTR, b"\x04host\x07example\0"), 1)
    server["host.example", dns.MX] = (0, record(dns.MX, b"\0\5" + b"\x04host\x07example\0"), 1)
    server["host.example", dns.TXT] = (0, record(dns.TXT, b"\3one\1\x1b"), 1)
    head = "Server:\t\t127.0.0.1\n\n"
    assert run_applet("nslookup", "host.example").out == (
        f"{head}Name:\thost.example\nAddress: 10.0.0.7\n"
    )
    done = run_applet("nslookup", "10.0.0.7", "127.0.0.1")
    assert done.out == f"{head}7.0.0.10.in-addr.arpa\tname = host.example.\n"
    assert run_applet("nslookup", "-type=mx", "host.example").out == (
        f"{head}host.example\tMX 5 host.example\n"
    )
    done = run_applet("nslookup", "-type=TXT", "host.example")
    assert done.out == f"{head}host.example\tTXT one?\n"
    done = run_applet("nslookup", "gone.example")
    assert (done.status, done.err) == (1, "nslookup: gone.example: 127.0.0.1: no such name\n")


def test_a_flood_of_answers_to_others_has_an_end(monkeypatch):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
        flood.bind(("127.0.0.1", 0))
        monkeypatch.setattr(names, "_PORT", flood.getsockname()[1])
        over = threading.Event()

        def serve():
            data, peer = flood.recvfrom(600)
            while not over.wait(0.01):
                flood.sendto(bytes(byte ^ 1 for byte in data[:2]) + data[2:], peer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(TimeoutError) as caught:
            names.query("host.example", dns.A, "127.0.0.1", timeout=0.3)
        over.set()
        thread.join()
    assert caught.value.errno == errno.ETIMEDOUT


def test_servers_and_search_are_bounded(monkeypatch, tmp_path):
    lines = [f"nameserver 10.0.0.{n}\n" for n in range(99)]
    (tmp_path / "conf").write_text("".join(lines) + "search " + " ".join("abcdefgh") + "\n")
    monkeypatch.setattr(names, "RESOLV_CONF", str(tmp_path / "conf"))
    assert names.servers() == (["10.0.0.0", "10.0.0.1", "10.0.0.2"], [*"abcdef"])
