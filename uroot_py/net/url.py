"""``http://HOST[:PORT]/PATH``, and the same with https and tftp. Ref: RFC 3986, 9110 4.2, 3617."""

from __future__ import annotations

from uroot_py.base.errors import UsageError

PORTS = {"http": 80, "https": 443, "tftp": 69}


class Url:
    """Where a file is; UsageError for a text that is no URL. Without a scheme it is http."""

    __slots__ = ("host", "path", "port", "scheme", "text")

    def __init__(self, text: str) -> None:
        scheme, colon, rest = text.partition("://")
        if not colon:
            scheme, rest = "http", text
        self.scheme = scheme.lower()
        if self.scheme not in PORTS:
            raise UsageError(f"{text!r}: expected a URL such as http://10.0.2.2/file")
        place, slash, path = rest.partition("/")
        place = place.partition("?")[0].rpartition("@")[2]
        self.host, port = place, str(PORTS[self.scheme])
        if ":" in place and not place.endswith("]"):
            self.host, _, port = place.rpartition(":")
        self.host = self.host.strip("[]")
        if not self.host or not port.isdecimal() or not 0 < int(port[:6]) < 65536:
            raise UsageError(f"{text!r}: expected a host and perhaps a port, found {place!r}")
        self.port = int(port)
        self.path = slash + path.partition("#")[0] or "/"
        if set(self.path) & set(" \r\n\t"):
            self.path = "".join(f"%{ord(c):02X}" if c in " \r\n\t" else c for c in self.path)
        self.text = f"{self.scheme}://{place}{self.path}"

    @property
    def file(self) -> str:
        """The path as TFTP has it: without the slash in front, with its spaces."""
        path = self.path.replace("%20", " ")
        return path.removeprefix("/").removesuffix(";mode=octet")

    @property
    def name(self) -> str:
        """The last part of the path, a good name for a file."""
        return self.path.partition("?")[0].rpartition("/")[2] or "index.html"

    @property
    def authority(self) -> str:
        """Host and port, as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def join(self, other: str) -> Url:
        """The URL that OTHER, in an answer from here, means."""
        if "://" in other:
            return Url(other)
        if other.startswith("//"):
            return Url(f"{self.scheme}:{other}")
        base = "" if other.startswith("/") else self.path.rpartition("/")[0] + "/"
        return Url(f"{self.scheme}://{self.authority}{base}{other}")
