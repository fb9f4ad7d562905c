import contextlib
import http.server
import re
import socket
import threading

import pytest

from tests.support.applet import run_applet
from uroot_py.base.errors import FormatError, KernelError, RefusedError
from uroot_py.net.fetch import request
from uroot_py.net.url import Url

BLOB = bytes(range(256)) * 4000


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/chunks":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for size in (1, 1000, 70000):
                self.wfile.write(b"%x;note=1\r\n" % size + BLOB[:size] + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        elif self.path.startswith("/jump"):
            self.send_response(302)
            target = {"/jump": "blob", "/jump/far": "/blob", "/jumps": "/jumps"}[self.path]
            self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/other-part":
            self.send_response(206)
            self.send_header("Content-Range", f"bytes 0-9/{len(BLOB)}")
            self.send_header("Content-Length", "10")
            self.end_headers()
            self.wfile.write(BLOB[:10])
        elif self.path.startswith("/blob"):
            start = int(self.headers.get("Range", "bytes=0-")[6:-1])
            if start >= len(BLOB):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(BLOB) - start))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(BLOB) - 1}/{len(BLOB)}")
            self.send_header("X-Asked-By", self.headers.get("X-Me", "nobody"))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(BLOB[start:])
        else:
            self.send_error(404, "gone fishing")

    do_HEAD = do_GET

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def base():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def body(url, **more):
    response = request(Url(url), **more)
    try:
        return response.status, b"".join(response.body())
    finally:
        response.close()


@pytest.mark.parametrize("path", ["/blob", "/jump", "/jump/far", "/blob?x=1#part"])
def test_get(base, path):
    assert body(base + path) == (200, BLOB)


def test_another_part_is_not_put_behind_what_is_there(base, tmp_path):
    part = tmp_path / "other-part.part"
    part.write_bytes(BLOB[:100])
    done = run_applet("wget", "-c", "-P", str(tmp_path), f"{base}/other-part")
    said = f"expected the bytes from 100 on, found bytes 0-9/{len(BLOB)}"
    assert done.status == 1
    assert done.err == f"wget: {base}/other-part: {said}; without -c all of it is fetched\n"
    assert part.read_bytes() == BLOB[:100]


@pytest.fixture
def interim():
    """A server that sends COUNT answers of the kind 100 before the real one, as the path says."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            client, _ = listening.accept()
            with client:
                count = int(client.recv(1 << 16).split()[1][1:])
                try:
                    client.sendall(b"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n" * count)
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                except OSError:
                    pass  # the other side has had enough

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def test_interim_answers_are_passed_over(interim):
    response = request(Url(f"{interim}/3"))
    assert (response.status, b"".join(response.body())) == (200, b"ok")
    assert "x-early" not in response.headers
    response.close()


def test_interim_answers_without_end(interim):
    with pytest.raises(FormatError) as caught:
        request(Url(f"{interim}/200000"))
    assert str(caught.value) == (
        f"{interim}/200000: HTTP answer at offset 0x0: expected an answer after at most 10"
        " interim ones, found 100 Continue"
    )


def test_chunks(base):
    assert body(f"{base}/chunks") == (200, BLOB[:1] + BLOB[:1000] + BLOB[:70000])


def test_redirects_end(base):
    with pytest.raises(RefusedError, match="more than 10 redirects"):
        request(Url(f"{base}/jumps"))


@contextlib.contextmanager
def raw(answer, *, stay=False):
    """A server that gives this ANSWER to the first connection, whatever it asks."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
                if stay:
                    done.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/x"
        finally:
            done.set()
            thread.join()


@contextlib.contextmanager
def raw_pieces(pieces):
    """A server that gives these PIECES of an answer, with a pause after each."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                for piece in pieces:
                    connection.sendall(piece)
                    if over.wait(0.05):
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/x"
        finally:
            over.set()
            thread.join()


def test_body_until_the_end():
    with raw(b"HTTP/1.0 200 OK\r\n\r\nall of it") as url:
        assert body(url) == (200, b"all of it")


def test_continue_first():
    with raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok") as url:
        assert body(url) == (200, b"ok")


BAD = [
    pytest.param(b"", "expected a line, found the end of the connection", id="nothing"),
    pytest.param(b"SSH-2.0-x\r\n", "expected HTTP/1.1 and a status, found 'SSH-2.0-x'", id="ssh"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "expected a content-length in digits, found 'x'",
        id="length",
    ),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        "expected 9 bytes, found the end after 5",
        id="short",
    ),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "expected the size of a chunk, found 'zz'",
        id="chunk",
    ),
    pytest.param(
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 201,
        "expected at most 200 headers, found more",
        id="headers",
    ),
    pytest.param(b"x" * 9000, "expected lines of at most 8192 bytes, found more", id="line"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "text"), BAD)
def test_damaged_answers(answer, text):
    with raw(answer) as url, pytest.raises(FormatError) as caught:
        body(url)
    assert str(caught.value) == f"{url}: HTTP answer at offset 0x0: {text}"


def test_a_server_that_stops():
    with raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsh", stay=True) as url:
        with pytest.raises(KernelError) as caught:
            body(url, timeout=0.2)
        assert str(caught.value) == (
            f"connection {url}: ETIMEDOUT: no answer in time; is it there? ping it, or its gateway"
        )


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(KernelError) as caught:
        request(Url(f"http://127.0.0.1:{port}/"))
    assert str(caught.value) == (
        f"connection to 127.0.0.1 port {port}: ECONNREFUSED: connection refused;"
        " the machine is there, the service is not"
    )


def test_wget(base, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run_applet("wget", f"{base}/blob")
    assert (done.status, done.out, done.err) == (0, "", "wget: blob: 1000.0 KiB\n")
    assert (tmp_path / "blob").read_bytes() == BLOB
    assert run_applet("wget", "-q", f"{base}/blob").err == ""
    assert (tmp_path / "blob.1").read_bytes() == BLOB
    (tmp_path / "blob").write_bytes(BLOB[:5000])
    assert run_applet("wget", "-cq", f"{base}/blob").status == 0
    assert (tmp_path / "blob").read_bytes() == BLOB
    assert run_applet("wget", "-c", f"{base}/blob").err == "wget: blob is complete\n"
    assert run_applet("wget", "-qO-", f"{base}/chunks").raw[-70000:] == BLOB[:70000]
    done = run_applet("wget", "-S", "--spider", "--header", "X-Me: test", f"{base}/blob")
    assert "  x-asked-by: test\n" in done.err


def test_wget_refused(base, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run_applet("wget", f"{base}/nothere", "https://host/x")
    assert done.status == 1
    assert done.err == (
        f"wget: {base}/nothere: the server says 404 gone fishing\n"
        "wget: https://host/x: https: nobody is trusted here: there is no CA; --ca-certificate"
        " FILE, --pin SHA256, or /etc/uroot/ca.pem in the image\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_head_that_drips_has_an_end():
    drips = [b"HTTP/1.1 200 OK\r\n", *[b"a: b\r\n"] * 50]
    with raw_pieces(drips) as url, pytest.raises(KernelError, match="ETIMEDOUT"):
        body(url, timeout=0.3)


def test_a_body_that_drips_has_an_end():
    drips = [b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", *[b"."] * 50]
    with raw_pieces(drips) as url, pytest.raises(RefusedError) as caught:
        body(url, timeout=0.3)
    words = r"too slow: \d+ bytes in 0\.3 s; --timeout allows more time"
    assert re.fullmatch(re.escape(f"{url}: ") + words, str(caught.value))


def test_an_endless_body_ends_with_the_time_for_all():
    drips = [b"HTTP/1.1 200 OK\r\n\r\n", *[b"." * 5000] * 100]
    with raw_pieces(drips) as url, pytest.raises(RefusedError) as caught:
        body(url, timeout=20, total=0.5)
    assert str(caught.value) == f"{url}: not complete in the time that it was given"


def test_wget_max_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with raw_pieces([b"HTTP/1.1 200 OK\r\n\r\n", *[b"." * 5000] * 100]) as url:
        done = run_applet("wget", "-q", "--max-time", "0.5", url)
    assert done.status == 1
    assert done.err == (
        f"wget: {url}: not complete in the time that it was given; x.part has what came;"
        " wget -c goes on\n"
    )
