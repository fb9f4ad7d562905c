"""What a URL offers: each kind of file, from a real server on this machine."""

import http.server
import threading
from typing import ClassVar

import pytest

from scripts.builders import kernels
from scripts.builders.pe import by_struct
from tests.uroot_py.net.test_lease import LINK
from uroot_py.boot.netboot import Place, base_of, discover, grub_names, pxelinux_names
from uroot_py.net.acquire import Found

KERNEL = kernels.bzimage(b"\x90" * 40_000)
SYSLINUX = b"DEFAULT a\nLABEL a\nKERNEL k\nINITRD http://SERVER/deep/initrd\nIPAPPEND 3\n"
GRUB = b"""
menuentry One { linux (http,$net_default_server)/deep/k one; initrd /deep/initrd }
menuentry Two { linux ($root)/deep/k mac=$net_default_mac }
"""
PROGRAM = b"\xff\0\1\2 a program"


class Files(http.server.BaseHTTPRequestHandler):
    files: ClassVar[dict[str, bytes]] = {}

    def do_GET(self):
        data = self.files.get(self.path)
        if data is None:
            self.send_error(404)
            return
        data = data.replace(b"SERVER", self.headers["Host"].encode())
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def offered(monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def run(path, files, **more):
        monkeypatch.setattr(Files, "files", files)
        return discover(f"http://127.0.0.1:{server.server_port}{path}", place(**more))

    yield run
    server.shutdown()
    thread.join()
    server.server_close()


def place(**more):
    found = Found(LINK, "dhcp")
    found.address, found.mask, found.gateway = "10.7.0.9/24", "255.255.255.0", "10.7.0.1"
    made = Place(found, uuid="11223344-5566-7788-99aa-bbccddeeff00", uname="x86_64")
    for name, value in more.items():
        setattr(made if hasattr(made, name) else found, name, value)
    return made


def shown(offer):
    return [(entry.title, entry.cmdline, entry.why_not) for entry in offer.listing.entries]


def test_a_kernel(offered):
    offer = offered("/k", {"/k": KERNEL}, cmdline="quiet", initrds=["deep/initrd"], words="a=b")
    (entry,) = offer.listing.entries
    assert (entry.title, entry.cmdline, entry.default, entry.linux) == (
        "k",
        "quiet a=b",
        True,
        True,
    )
    assert [ref.path for ref in entry.files()] == ["/k", "/deep/initrd"]
    assert {ref.volume for ref in entry.files()} == {f"device={offer.servers[0][0]}"}


def test_a_unified_kernel_image(offered):
    rows = [(".linux", KERNEL), (".cmdline", b"quiet"), (".osrel", b"ID=a\nPRETTY_NAME=Mine")]
    assert shown(offered("/u.efi", {"/u.efi": by_struct(rows)})) == [("Mine", "quiet", "")]


def test_a_configuration_of_syslinux(offered):
    files = {"/deep/menu.cfg": SYSLINUX, "/deep/k": KERNEL, "/deep/initrd": b"x"}
    offer = offered("/deep/menu.cfg", files)
    words = "ip=10.7.0.9:127.0.0.1:10.7.0.1:255.255.255.0 BOOTIF=01-02-00-00-00-00-01"
    assert shown(offer) == [("a", words, "")]


def test_a_configuration_of_grub(offered):
    files = {"/deep/grub.cfg": GRUB, "/deep/k": KERNEL, "/deep/initrd": b"x"}
    assert shown(offered("/deep/grub.cfg", files)) == [
        ("One", "one", ""),
        ("Two", "mac=02:00:00:00:00:01", ""),
    ]


@pytest.mark.parametrize(
    ("program", "config", "text"),
    [
        ("/deep/pxelinux.0", "/deep/pxelinux.cfg/default", SYSLINUX),
        ("/deep/pxelinux.0", "/deep/pxelinux.cfg/0A07", SYSLINUX),
        ("/deep/pxelinux.0", "/deep/pxelinux.cfg/01-02-00-00-00-00-01", SYSLINUX),
        (
            "/deep/pxelinux.0",
            "/deep/pxelinux.cfg/11223344-5566-7788-99aa-bbccddeeff00",
            SYSLINUX,
        ),
        ("/deep/grubx64.efi", "/deep/grub/grub.cfg", GRUB),
        ("/deep/x86_64-efi/core.efi", "/deep/grub.cfg", GRUB),
        ("/bootx64.efi", "/grub/grub.cfg-01-02-00-00-00-00-01", GRUB),
    ],
)
def test_the_configuration_of_a_program(offered, program, config, text):
    files = {program: PROGRAM, config: text, "/deep/k": KERNEL, "/deep/initrd": b"x"}
    entries = offered(program, files).listing.entries
    assert [entry.why_not for entry in entries] == [""] * len(entries)
    assert len(entries) == (1 if text is SYSLINUX else 2)


def test_option_209_and_210(offered):
    files = {"/x.0": PROGRAM, "/deep/my.cfg": SYSLINUX, "/deep/k": KERNEL, "/deep/initrd": b"x"}
    offer = offered("/x.0", files, config_file="my.cfg", path_prefix="/deep/")
    assert [entry.title for entry in offer.listing.entries] == ["a"]


@pytest.mark.parametrize(
    ("files", "more", "fault"),
    [
        (
            {"/x": PROGRAM},
            {},
            "data of an unknown format, and no configuration of PXELINUX or GRUB beside it",
        ),
        ({}, {}, "nothing, and no configuration of PXELINUX or GRUB beside it"),
        ({}, {"by_hand": True}, "nothing is there"),
    ],
)
def test_nothing(offered, files, more, fault):
    (found,) = offered("/x", files, **more).listing.faults
    assert found.endswith(f"/x: {fault}")


def test_no_url():
    (fault,) = discover("ftp://h/x", place()).listing.faults
    assert fault == "'ftp://h/x': expected a URL such as http://10.0.2.2/file"


def test_names():
    assert pxelinux_names("/p", place(uuid=""))[:3] == [
        "/p/pxelinux.cfg/01-02-00-00-00-00-01",
        "/p/pxelinux.cfg/0A070009",
        "/p/pxelinux.cfg/0A07000",
    ]
    assert grub_names("", place())[0] == "/grub.cfg-01-02-00-00-00-00-01"
    assert base_of("http,h:8080") == "http://h:8080"
    assert base_of("hd0,gpt1") == base_of("http") == ""
