"""TLS with nginx, whose CA is one of our own: whom it believes, and what it says of the others."""

import os
import socket
import subprocess
import sys
import time

import pytest

from tests.support.authority import Authority
from tests.support.namespace import ROOT
from uroot_py.base.errors import RefusedError, UsageError
from uroot_py.net import tls
from uroot_py.net.transport import Stream, connect

CASES = ("good", "expired", "early", "names", "addresses", "old", "self")


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """A server for each certificate: its name -> its port."""
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority(folder)
    authority.sign("good")
    authority.sign("expired", start="20200101000000Z", end="20210101000000Z")
    authority.sign("early", start="20900101000000Z", end="20950101000000Z")
    authority.sign("names", "DNS:elsewhere")
    authority.sign("addresses", "IP:10.0.0.1")
    authority.sign("old")
    (folder / "self.crt").write_bytes((folder / "other.crt").read_bytes())
    (folder / "www").mkdir()
    (folder / "www" / "file").write_bytes(b"hello" * 100_000)
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in CASES]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    rows = [(port, name, "TLSv1.1" if name == "old" else "TLSv1.2 TLSv1.3")
            for port, name in zip(ports, CASES, strict=True) if name != "self"]  # fmt: skip
    command = ["setpriv", "--pdeathsig", "KILL", "nginx", "-c", authority.configuration(rows)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        authority.ports = dict(zip(CASES, ports, strict=True))
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", ports[0]), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield authority
        server.terminate()


def fetched(web, name, host="localhost", ca="ca", pin=""):
    """What the server NAME answers."""
    trust = tls.Trust((web.folder / f"{ca}.crt").read_bytes() if ca else b"", pin, 20)
    secure = trust(connect(["127.0.0.1"], web.ports[name], 20), host)
    stream = Stream(secure, "test")
    try:
        stream.send(b"GET /file HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 20)
        data = b""
        while piece := stream.receive(time.monotonic() + 20):
            data += piece
    finally:
        stream.close()
    return data.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_ca_of_ones_own(web, host):
    assert fetched(web, "good", host) == b"hello" * 100_000


@pytest.mark.parametrize("form", ["{}", "sha256:{}"])
def test_a_pinned_certificate(web, form):
    assert fetched(web, "good", ca="", pin=form.format(web.pin("good"))) == b"hello" * 100_000


TODAY = time.strftime("%Y-%m-%d", time.gmtime())
CLOCK = f"the clock here says {TODAY}; if that is wrong: date -s, ntpdate"
OTHER_CA = "its certificate is from a CA that is not trusted here; give that CA"
OTHER_NAME = "use a name that the certificate has"
REFUSED = {
    "wrong CA": ({"name": "good", "ca": "other"}, OTHER_CA),
    "wrong name": ({"name": "names"}, f"its certificate is for other names; {OTHER_NAME}"),
    "expired": ({"name": "expired"}, f"its certificate has expired; {CLOCK}"),
    "not yet": ({"name": "early"}, f"its certificate is not valid yet; {CLOCK}"),
    "too old": ({"name": "old"}, "no TLS: "),
}


@pytest.mark.parametrize(("words", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(web, words, text):
    with pytest.raises(RefusedError) as error:
        fetched(web, **words)
    assert str(error.value).startswith(f"localhost: {text}")


def test_an_address_that_the_certificate_has_not(web):
    with pytest.raises(RefusedError) as error:
        fetched(web, "addresses", "127.0.0.1")
    text = f"127.0.0.1: its certificate is for other addresses; {OTHER_NAME}"
    assert str(error.value) == text


def test_another_certificate_than_the_pinned_one(web):
    wanted, found = (web.pin(name).replace(":", "").lower() for name in ("names", "good"))
    with pytest.raises(RefusedError) as error:
        fetched(web, "good", ca="", pin=web.pin("names"))
    assert str(error.value) == (
        f"localhost: its certificate is another one: expected SHA-256 {wanted}, found {found}"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [("names", "its certificate is for other names"), ("expired", "its certificate has expired")],
)
def test_a_pin_does_not_turn_names_and_dates_off(web, name, text):
    with pytest.raises(RefusedError, match=text):
        fetched(web, name, ca="", pin=web.pin(name))


def test_nobody_is_trusted_without_a_word():
    with pytest.raises(RefusedError) as error:
        tls.Trust()
    assert str(error.value) == (
        "https: nobody is trusted here: there is no CA; --ca-certificate FILE, --pin SHA256, or"
        " /etc/uroot/ca.pem in the image"
    )


@pytest.mark.parametrize("pin", ["x" * 64, "ab", "sha1:" + "a" * 40])
def test_what_is_no_pin(pin):
    with pytest.raises(UsageError, match="expected the 64 digits of a SHA-256"):
        tls.Trust(pin=pin)


@pytest.mark.parametrize("ca", [b"rubbish", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----\nAA\n"])
def test_what_is_no_ca(ca):
    with pytest.raises(RefusedError, match="CA certificates: expected PEM certificates"):
        tls.Trust(ca)


PROGRAM = """
import sys
from uroot_py.base.errors import RefusedError
from uroot_py.net import tls
from uroot_py.net.transport import connect
trust = tls.Trust(open(sys.argv[1], "rb").read())
try:
    trust(connect(["127.0.0.1"], int(sys.argv[2]), 20), "localhost")
except RefusedError as error:
    print(error)
"""


def test_a_clock_at_1970(web):
    words = ["faketime", "-f", "1970-01-05 12:00:00", sys.executable, "-P", "-c", PROGRAM]
    words += [str(web.folder / "ca.crt"), str(web.ports["good"])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TZ": "UTC"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
    clock = "the clock here says 1970-01-05; if that is wrong: date -s, ntpdate"
    assert (done.stdout, done.stderr) == (
        f"localhost: its certificate is not valid yet; {clock}\n",
        "",
    )


def test_a_server_without_tls(web):
    with socket.create_server(("127.0.0.1", 0)) as plain:
        trust = tls.Trust((web.folder / "ca.crt").read_bytes(), timeout=20)
        ours = connect(["127.0.0.1"], plain.getsockname()[1], 20)
        theirs, _ = plain.accept()
        theirs.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with pytest.raises(RefusedError, match="localhost: no TLS: wrong version number"):
            trust(ours, "localhost")
        theirs.close()


def test_a_program_without_the_library(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ssl", None)
    with pytest.raises(RefusedError, match="https needs TLS, which this image has not"):
        tls.Trust(b"x")


def test_the_ca_of_the_image(tmp_path, monkeypatch):
    monkeypatch.setattr(tls, "CA_FILE", str(tmp_path / "ca.pem"))
    assert tls.ca_of_image() == b""
    (tmp_path / "ca.pem").write_bytes(b"pem")
    assert tls.ca_of_image() == b"pem"
