"""Files by URL from servers of this machine that do as they should, and from those that do not."""

import hashlib
import os
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from tests.support.http import Background
from uroot_py.base.errors import KernelError, RefusedError, UrootError
from uroot_py.net import transfer, transport
from uroot_py.net.transfer import head, into_memory
from uroot_py.net.url import Url

DATA = os.urandom(300_000)
SEEN: list[str] = []  # requests for /no-ranges
DIGEST = hashlib.sha256(DATA).hexdigest()


class Moods(BaseHTTPRequestHandler):
    """/data, /cut (ends after 100 kB each time), /no-ranges, /changed, /endless, /away, /moved."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.close_connection = True
        name = self.path.partition("?")[0]
        first, last = (self.headers.get("Range", "bytes=0-")[6:]).split("-")
        start, end = int(first), min(int(last or len(DATA)), len(DATA) - 1) + 1
        if name in ("/data", "/cut", "/dies"):
            asked = "Range" in self.headers
            self.send_response(206 if asked else 200)
            if asked:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(DATA)}")
            self.send_header("Content-Length", str(end - start))
            self.send_header("ETag", '"one"')
            self.end_headers()
            body = DATA[start:end]
            self.wfile.write(body[: {"/cut": 100_000, "/dies": 90}.get(name, len(body))])
        elif name == "/no-ranges":
            SEEN.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(DATA)))
            self.end_headers()
            self.wfile.write(DATA[: 120_000 if len(SEEN) < 3 else len(DATA)])
        elif name == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(bytes(1 << 16))
            except OSError:
                self.close_connection = True
        elif name.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", {"/away": "data"}.get(name, "file:///etc/passwd"))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.send_error(404)

    def log_message(self, *_):
        """Say nothing."""


class Server(Background):
    handler = Moods


@pytest.fixture(scope="module")
def web():
    server = Server().start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


def fetched(text, **more):
    whole = into_memory(Url(text), **more)
    try:
        return os.pread(whole.fd, 1 << 20, 0), whole
    finally:
        os.close(whole.fd)


def test_a_file_in_memory(web):
    seen = []
    data, whole = fetched(f"{web}/data", watch=lambda *progress: seen.append(progress))
    assert data == DATA
    assert (whole.size, whole.sha256) == (len(DATA), DIGEST)
    assert seen[-1] == ("data", len(DATA), len(DATA))


def test_what_breaks_off_is_gone_on_with(web):
    said: list[str] = []
    assert fetched(f"{web}/cut", say=said.append)[0] == DATA
    assert [line.partition(", going on: ")[0].rpartition("/")[2] for line in said] == [
        "cut: broke off after 97.7 KiB",
        "cut: broke off after 195.3 KiB",
    ]


def test_a_server_without_ranges_begins_again(web):
    data, whole = fetched(f"{web}/no-ranges")
    assert (data, whole.sha256) == (DATA, DIGEST)


def test_a_server_that_never_gets_further(web, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with pytest.raises(UrootError, match=r"expected \d+ bytes, found the end after 90"):
        fetched(f"{web}/dies")


def test_a_body_without_an_end(web, monkeypatch):
    monkeypatch.setattr(transfer, "room", lambda: 1 << 20)
    with pytest.raises(RefusedError) as caught:
        fetched(f"{web}/endless")
    assert str(caught.value) == (
        f"{web}/endless: more than the 1.0 MiB that this machine has room for"
    )


def test_absent(web):
    with pytest.raises(RefusedError) as caught:
        fetched(f"{web}/gone")
    assert str(caught.value) == f"{web}/gone: the server says 404 Not Found"


def test_redirects(web):
    assert fetched(f"{web}/away")[0] == DATA
    with pytest.raises(RefusedError) as caught:
        fetched(f"{web}/away/file")
    assert str(caught.value) == (
        f"{web}/away/file: it points to file:///etc/passwd, which is not followed"
    )


def test_https_without_tls(monkeypatch):
    monkeypatch.setattr(transport, "SECURE", None)
    with pytest.raises(RefusedError) as caught:
        fetched("https://127.0.0.1/x")
    assert str(caught.value).startswith(
        "https://127.0.0.1/x: https needs TLS, which this image has not"
    )


def test_a_proxy(web, monkeypatch):
    monkeypatch.setenv("http_proxy", web)
    with pytest.raises(RefusedError, match="the server says 404"):
        head(Url("http://nowhere.invalid/gone"), 10)
    monkeypatch.setenv("no_proxy", "invalid, 10.0.0.1")
    with pytest.raises(RefusedError, match=r"nowhere\.invalid: "):
        head(Url("http://nowhere.invalid/gone"), 10)


def test_the_beginning_of_a_file(web):
    assert head(Url(f"{web}/data"), 1000) == (DATA[:1000], len(DATA))
    assert head(Url(f"{web}/endless"), 1000) == (bytes(1000), -1)


class Tftp:
    """A TFTP server that answers each packet with what PLAY gives for it, from another port."""

    def __init__(self, play):
        self.listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.listening.bind(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.play = play
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        packet, peer = self.listening.recvfrom(2000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as answering:
            answering.bind(("127.0.0.1", 0))
            answering.settimeout(10)
            while packet[:2] != b"\0\5":
                answers = self.play(packet)
                for answer in answers:
                    answering.sendto(answer, peer)
                if not answers or answers[0][:2] == b"\0\5":
                    return
                packet, peer = answering.recvfrom(2000)

    def close(self):
        self.thread.join()
        self.listening.close()


def blocks(packet):
    """DATA of 512 bytes without any option, each block sent twice."""
    number = int.from_bytes(packet[2:4], "big") if packet[:2] == b"\0\4" else 0
    body = DATA[:2000]
    if number * 512 > len(body):
        return []
    block = b"\0\3" + (number + 1).to_bytes(2, "big") + body[number * 512 : number * 512 + 512]
    return [block, block]


def test_tftp_without_options():
    server = Tftp(blocks)
    try:
        assert fetched(f"tftp://127.0.0.1:{server.port}/a/b")[0] == DATA[:2000]
    finally:
        server.close()


def test_tftp_says_no():
    server = Tftp(lambda packet: [b"\0\5\0\1File not found\0"])
    try:
        with pytest.raises(transfer.AbsentError, match=r"/a: the server says file not found$"):
            fetched(f"tftp://127.0.0.1:{server.port}/a")
    finally:
        server.close()


def test_tftp_without_a_server(monkeypatch):
    monkeypatch.setattr(transfer, "_WAITS", (0.01, 0.02))
    with pytest.raises(KernelError, match="no answer in time"):
        fetched("tftp://127.0.0.1:1/a")
