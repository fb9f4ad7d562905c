"""HTTP/1.1: one request, one answer, redirects. No TLS: what is fetched is checked by its sum.

Ref: RFC 9110 (semantics), RFC 9112 (messages).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, RefusedError, UsageError
from uroot_py.base.text import printable
from uroot_py.net.connect import connect, failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Iterator, Mapping

_LINE = 8192
_HEADERS = 200
_CHUNK = 1 << 16
_REDIRECTS = 10
_INTERIM = 10  # answers of the kind 1xx before the one that counts


class Url:
    """``http://HOST[:PORT]/PATH``; UsageError for anything else."""

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
        self.host, _, port = place.rpartition(":") if self._has_port(place) else (place, "", "80")
        self.host = self.host.strip("[]")
        if not self.host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise UsageError(f"{text!r}: expected a host and perhaps a port, found {place!r}")
        self.port = int(port)
        self.path = slash + path.partition("#")[0] or "/"
        if set(self.path) & set(" \r\n\t"):
            self.path = "".join(f"%{ord(c):02X}" if c in " \r\n\t" else c for c in self.path)
        self.text = f"http://{place}{self.path}"

    @staticmethod
    def _has_port(place: str) -> bool:
        return ":" in place and not place.endswith("]")

    @property
    def name(self) -> str:
        """The last part of the path, a good name for a file."""
        return self.path.partition("?")[0].rpartition("/")[2] or "index.html"

    def join(self, other: str) -> Url:
        """The URL that OTHER, in an answer from here, means."""
        if "://" in other:
            return Url(other)
        if other.startswith("//"):
            return Url(f"http:{other}")
        host = f"[{self.host}]" if ":" in self.host else self.host
        base = "" if other.startswith("/") else self.path.rpartition("/")[0] + "/"
        return Url(f"http://{host}:{self.port}{base}{other}")


class Response:
    """An answer: status, headers (names in lower case), and a body to be read once."""

    def __init__(self, url: Url, socket: _socket.socket) -> None:
        self.url = url
        self.socket = socket
        self.buffer = bytearray()
        self.status = 0
        self.reason = ""
        self.headers: dict[str, str] = {}
        self.size: int | None = None  # bytes of the body, where they are known

    def _fill(self) -> bool:
        try:
            data = self.socket.recv(_CHUNK)
        except OSError as error:
            raise failed(self.url.text, error) from None
        self.buffer += data
        return bool(data)

    def _wrong(self, expected: str, found: str) -> FormatError:
        return FormatError("HTTP answer", 0, expected, found, source=self.url.text)

    def _line(self) -> str:
        while (end := self.buffer.find(b"\n")) < 0:
            if len(self.buffer) > _LINE:
                raise self._wrong(f"lines of at most {_LINE} bytes", "more")
            if not self._fill():
                raise self._wrong("a line", "the end of the connection")
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 1]
        return line.rstrip(b"\r").decode("latin-1")

    def read_head(self) -> None:
        """Status line and headers."""
        line = self._line()
        version, _, rest = line.partition(" ")
        code, _, self.reason = rest.partition(" ")
        if not version.startswith("HTTP/1.") or not code.isdecimal() or len(code) != 3:
            raise self._wrong("HTTP/1.1 and a status", repr(line[:40]))
        self.status = int(code)
        for _ in range(_HEADERS):
            line = self._line()
            if not line:
                break
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        else:
            raise self._wrong(f"at most {_HEADERS} headers", "more")
        length = self.headers.get("content-length", "")
        if length and not self.chunked:
            if not length.isdecimal() or len(length) > 18:
                raise self._wrong("a content-length in digits", repr(length[:40]))
            self.size = int(length)

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks with their sizes."""
        return "chunked" in self.headers.get("transfer-encoding", "").lower()

    def body(self) -> Iterator[bytes]:
        """The body, piece by piece; FormatError when it ends before its time."""
        if self.chunked:
            yield from self._chunks()
        elif self.size is None:
            while self.buffer or self._fill():
                yield bytes(self.buffer)
                self.buffer.clear()
        else:
            yield from self._exactly(self.size)

    def _exactly(self, size: int) -> Iterator[bytes]:
        left = size
        while left:
            if not self.buffer and not self._fill():
                raise self._wrong(f"{size} bytes", f"the end after {size - left}")
            piece = bytes(self.buffer[:left])
            del self.buffer[: len(piece)]
            left -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while True:
            digits = self._line().partition(";")[0].strip()
            if not digits or len(digits) > 15 or set(digits.lower()) - set("0123456789abcdef"):
                raise self._wrong("the size of a chunk", repr(digits[:40]))
            size = int(digits, 16)
            if not size:
                return
            yield from self._exactly(size)
            self._line()

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def request(
    url: Url, *, method: str = "GET", headers: Mapping[str, str] | None = None, timeout: float = 30
) -> Response:
    """The answer to one request, redirects followed; the caller closes it."""
    for _ in range(_REDIRECTS):
        response = _once(url, method, headers or {}, timeout)
        target = response.headers.get("location")
        if response.status not in (301, 302, 303, 307, 308) or not target:
            return response
        response.close()
        url = url.join(target)
    raise RefusedError(f"{url.text}: more than {_REDIRECTS} redirects")


def _once(url: Url, method: str, headers: Mapping[str, str], timeout: float) -> Response:
    socket = connect(url.host, url.port, timeout)
    host = f"[{url.host}]" if ":" in url.host else url.host
    fields = {
        "Host": host if url.port == 80 else f"{host}:{url.port}",
        "User-Agent": "uroot",
        "Accept": "*/*",
        "Connection": "close",
        **headers,
    }
    lines = [f"{method} {url.path} HTTP/1.1", *(f"{name}: {text}" for name, text in fields.items())]
    response = Response(url, socket)
    try:
        socket.sendall("\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape"))
        response.read_head()
        for _ in range(_INTERIM):
            if not 100 <= response.status < 200:
                break
            response.headers.clear()
            response.read_head()
        else:
            raise FormatError(
                "HTTP answer",
                0,
                f"an answer after at most {_INTERIM} interim ones",
                f"{response.status} {printable(response.reason)}".rstrip(),
                source=url.text,
            )
    except OSError as error:
        socket.close()
        raise failed(url.text, error) from None
    except FormatError:
        socket.close()
        raise
    return response
