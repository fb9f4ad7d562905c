import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError, RefusedError, UsageError
from uroot_py.net import dns

NAME = b"\x04host\x07example\0"
HEAD = b"\x12\x34\x81\x80\0\1\0\2\0\0\0\0"
QUESTION = NAME + b"\0\1\0\1"
ANSWER = (
    HEAD + QUESTION
    + b"\xc0\x0c\0\5\0\1\0\0\1\0\0\x08\x05alias\xc0\x11"
    + b"\xc0\x2a\0\1\0\1\0\0\1\0\0\4\x0a\0\2\x0f"
)  # fmt: skip


def test_question():
    assert dns.build("host.example", dns.A, 0x1234) == (
        b"\x12\x34\1\0\0\1\0\0\0\0\0\0\x04host\x07example\0\0\1\0\1"
    )


def test_answer_with_pointers():
    code, answers = dns.parse(ANSWER, 0x1234)
    assert code == 0
    assert [(a.name, a.kind, a.value) for a in answers] == [
        ("host.example", dns.CNAME, "alias.example"),
        ("alias.example", dns.A, "10.0.2.15"),
    ]


BAD = [
    pytest.param(b"", "0x0: expected 2 bytes, found 0, then the end", id="empty"),
    pytest.param(b"\0\1" + ANSWER[2:], "0x2: expected the number 4660, found 1", id="number"),
    pytest.param(b"\x12\x34\1\0", "0x4: expected an answer, found a question", id="question"),
    pytest.param(
        HEAD + b"\xc0\x0c", "0xe: expected a pointer to an earlier place, found 0xc", id="loop"
    ),
    pytest.param(HEAD + b"\x40", "0xd: expected a length below 64, found 64", id="label"),
]


@pytest.mark.parametrize(("data", "text"), BAD)
def test_damaged(data, text):
    with pytest.raises(FormatError) as caught:
        dns.parse(data, 0x1234)
    assert str(caught.value) == f"DNS message at offset {text}"


@given(st.data())
def test_only_format_errors(data):
    blob = bytearray(ANSWER)
    for _ in range(data.draw(st.integers(0, 4))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    try:
        dns.parse(bytes(blob[: data.draw(st.integers(0, len(blob)))]), 0x1234)
    except FormatError:
        pass


@given(st.text(max_size=80), st.sampled_from([dns.A, dns.PTR]))
def test_any_name_is_asked_or_refused(name, kind):
    try:
        assert dns.build(name, kind, 1)[-5:-2] == b"\0" + kind.to_bytes(2, "big")
    except UsageError:
        pass


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("10.0.2.15", "15.2.0.10.in-addr.arpa"),
        ("fe80::1", "1." + "0." * 27 + "0.8.e.f.ip6.arpa"),
    ],
)
def test_reverse_name(address, name):
    assert dns.reverse_name(address) == name


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
    monkeypatch.setattr(dns, "_PORT", listening.getsockname()[1])
    monkeypatch.setattr(dns, "RESOLV_CONF", str(tmp_path / "resolv.conf"))
    monkeypatch.setattr(dns, "HOSTS", str(tmp_path / "hosts"))
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
    assert dns.resolve("host.example") == ["10.0.0.7"]
    assert dns.resolve("host") == ["10.0.0.7"]
    assert dns.resolve("six.example") == ["::1"]
    assert dns.resolve("box") == ["10.9.9.9", "::7"]
    assert dns.resolve("box.lan", socket.AF_INET) == ["10.9.9.9"]
    assert dns.resolve("192.0.2.1") == ["192.0.2.1"]
    assert dns.resolve("localhost") == ["127.0.0.1"]


def test_no_such_name(server):
    with pytest.raises(RefusedError) as caught:
        dns.resolve("gone.example")
    assert str(caught.value) == "gone.example: 127.0.0.1: no such name"


def test_a_name_without_an_address(server):
    server["empty.example", dns.A] = server["empty.example", dns.AAAA] = (0, b"", 0)
    with pytest.raises(RefusedError, match=r"empty\.example: it has no address"):
        dns.resolve("empty.example")


def test_a_server_that_fails(server):
    server["bad.example", dns.A] = (2, b"", 0)
    with pytest.raises(RefusedError) as caught:
        dns.resolve("bad.example")
    assert str(caught.value) == (
        "bad.example: 127.0.0.1: the server failed; is the network up? ip addr; ip route"
    )


def test_without_a_server(monkeypatch, tmp_path):
    monkeypatch.setattr(dns, "RESOLV_CONF", str(tmp_path / "none"))
    with pytest.raises(RefusedError, match=r"host\.example: no name server is known; dhclient"):
        dns.resolve("host.example")


def test_nslookup(server):
    from tests.support.applet import run_applet

    server["host.example", dns.A] = (0, record(dns.A, b"\x0a\0\0\7"), 1)
    server["host.example", dns.AAAA] = (0, b"", 0)
    server["7.0.0.10.in-addr.arpa", dns.PTR] = (0, record(dns.PTR, NAME), 1)
    server["host.example", dns.MX] = (0, record(dns.MX, b"\0\5" + NAME), 1)
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
