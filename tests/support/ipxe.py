"""A web of files and people who answer, for scripts of iPXE's; what was asked for is kept."""

from uroot_py.base.errors import RefusedError
from uroot_py.bootconfig.ipxe.host import Facts, Interface
from uroot_py.bootconfig.ipxe.loaders import LOADERS
from uroot_py.bootconfig.ipxe.outcome import Image
from uroot_py.bootconfig.ipxe.shell import Shell
from uroot_py.bootconfig.ipxe.uri import Uri

HOME = "http://10.0.2.2"


class Download:
    """A file, as a Host gives it."""

    def __init__(self, url, data):
        self.url, self.data, self.size = url, data, len(data)

    def read(self, limit):
        piece, self.data = self.data[:limit], self.data[limit:]
        return piece

    def close(self):
        self.data = b""


class Web:
    """FILES by their paths; KEYS are what people answer, one after another."""

    def __init__(self, files=(), keys=()):
        self.files = {
            path: text.encode() if isinstance(text, str) else text
            for path, text in dict(files).items()
        }
        self.keys = list(keys)
        self.log = []
        self.posted = []
        self.said = ""
        self.redirects = {}

    def open(self, request):
        uri = Uri(request.url)
        self.log.append(uri.target)
        if request.form is not None or request.headers:
            self.posted.append((request.form, request.headers))
        path = self.redirects.get(uri.path, uri.path)
        if path not in self.files:
            raise RefusedError(f"{request.url}: the server says 404 Not Found")
        return Download(request.url.replace(uri.path, path), self.files[path])

    def choose(self, menu, selected, timeout):
        if not self.keys:
            return selected
        wanted = self.keys.pop(0)
        return next((i for i, row in enumerate(menu.rows) if row.label == wanted), None)

    def prompt(self, text, timeout):
        self.echo(f"{text}\n")
        return self.keys.pop(0) if self.keys else None

    def read(self, name, value, *, hidden=False):
        return self.keys.pop(0) if self.keys else None

    def sleep(self, seconds):
        return True

    def echo(self, text):
        self.said += text

    def network(self, command, names):
        self.said += f"{command} {' '.join(names)}\n" if command != "dhcp" else ""

    def now(self):
        return 0x6B0DEDDD

    def shell(self):
        return bool(self.keys and self.keys.pop(0) == "shell")


def card():
    """A card as QEMU's user network configures it."""
    net = Interface("eth0", bytes.fromhex("525400123456"))
    net.ip, net.next_server = "10.0.2.15", "10.0.2.2"
    server, dns = bytes([10, 0, 2, 2]), bytes([10, 0, 2, 3])
    day = bytes([0, 1, 0x51, 0x80])
    net.options = {1: bytes([255, 255, 255, 0]), 3: server, 6: dns, 51: day, 54: server}
    net.values = {"bustype": "PCI", "chip": "82540em"}
    return net


def machine():
    """What iPXE says of itself in QEMU."""
    facts = Facts()
    facts.arch, facts.platform = "i386", "pcbios"
    facts.interfaces = [card()]
    return facts


def run(script, files=(), keys=(), url=f"{HOME}/boot/main.ipxe", facts=None, web=None):
    """The outcome of SCRIPT (its first line is put in front), and the web."""
    web = web or Web(files, keys)
    data = script if isinstance(script, bytes) else f"#!ipxe\n{script}\n".encode()
    image = Image("main.ipxe", Uri(url), data, len(data))
    return Shell(facts or machine(), web, LOADERS).run(image), web
