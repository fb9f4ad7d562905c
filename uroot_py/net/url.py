"""``http://HOST[:PORT]/PATH``. Ref: RFC 3986, RFC 9110 4.2."""

from __future__ import annotations

from uroot_py.base.errors import RefusedError, UsageError


class Url:
    """Where a file is; UsageError for a text that is no URL, RefusedError for https."""

    __slots__ = ("host", "path", "port", "text")

    def __init__(self, text: str) -> None:
        scheme, colon, rest = text.partition("://")
        if not colon:
            scheme, rest = "http", text
        if scheme.lower() == "https":
            raise RefusedError(
                f"{text}: https needs TLS, which this image has not",
                hint="fetch it with http:// and compare its sha256sum",
            )
        if scheme.lower() != "http":
            raise UsageError(f"{text!r}: expected a URL such as http://10.0.2.2/file")
        place, slash, path = rest.partition("/")
        place = place.partition("?")[0].rpartition("@")[2]
        self.host, port = place, "80"
        if ":" in place and not place.endswith("]"):
            self.host, _, port = place.rpartition(":")
        self.host = self.host.strip("[]")
        if not self.host or not port.isdecimal() or not 0 < int(port[:6]) < 65536:
            raise UsageError(f"{text!r}: expected a host and perhaps a port, found {place!r}")
        self.port = int(port)
        self.path = slash + path.partition("#")[0] or "/"
        if set(self.path) & set(" \r\n\t"):
            self.path = "".join(f"%{ord(c):02X}" if c in " \r\n\t" else c for c in self.path)
        self.text = f"http://{place}{self.path}"

    @property
    def name(self) -> str:
        """The last part of the path, a good name for a file."""
        return self.path.partition("?")[0].rpartition("/")[2] or "index.html"

    @property
    def authority(self) -> str:
        """Host and port, as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 80 else f"{host}:{self.port}"

    def join(self, other: str) -> Url:
        """The URL that OTHER, in an answer from here, means."""
        if "://" in other:
            return Url(other)
        if other.startswith("//"):
            return Url(f"http:{other}")
        base = "" if other.startswith("/") else self.path.rpartition("/")[0] + "/"
        return Url(f"http://{self.authority}{base}{other}")
