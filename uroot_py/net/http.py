"""HTTP/1.1 as bytes: a request is built, an answer is read piece by piece as it comes. No I/O.

Ref: RFC 9110 (semantics), RFC 9112 (messages).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from uroot_py.net.url import Url

_LINE = 8192
_HEADERS = 200
_INTERIM = 10  # answers such as "100 Continue" before the real one
_HEX = frozenset("0123456789abcdefABCDEF")


def build(
    url: Url,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    *,
    proxy: bool = False,
) -> bytes:
    """A request; HEADERS take the place of those that are sent by themselves.

    A PROXY is asked for the whole URL.
    """
    fields = {
        "Host": url.authority,
        "User-Agent": "uroot",
        "Accept": "*/*",
        "Connection": "close",
        **(headers or {}),
    }
    path = f"{url.scheme}://{url.authority}{url.path}" if proxy else url.path
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


class Answer:
    """An answer in the making: feed() it what comes, take() its body.

    ``status`` is 0 until the head is complete, ``done`` is true at the end of the body. SOURCE, a
    URL, is for the FormatError of bytes that are no answer.
    """

    def __init__(self, source: str = "", method: str = "GET") -> None:
        self.source = source
        self.method = method
        self.status = 0
        self.reason = ""
        self.headers: dict[str, str] = {}  # names in lower case
        self.size: int | None = None  # bytes of the body, where they are known
        self.done = False
        self._buffer = bytearray()
        self._body = bytearray()
        self._interim = 0
        self._left: int | None = 0  # bytes of the body, or of this chunk, that are still to come
        self._step = self._status_line

    def feed(self, data: bytes) -> None:
        """The next bytes of the connection; none is its end."""
        self._buffer += data
        while not self.done and self._step():
            pass
        if data or self.done:
            return
        if self._step == self._rest and self._left is None:
            self.done = True  # neither a length nor chunks: the body ends with the connection
        elif self._step == self._rest and not self.chunked and self.size is not None:
            came = self.size - (self._left or 0)
            raise self._wrong(f"{self.size} bytes", f"the end after {came}")
        elif self._step == self._rest:
            raise self._wrong(f"{self._left} more bytes of a chunk", "the end of the connection")
        else:
            raise self._wrong("a line", "the end of the connection")

    def take(self) -> bytes:
        """What of the body has come since the last call."""
        body = bytes(self._body)
        self._body.clear()
        return body

    def plain(self, most: int) -> int:
        """How many of the next bytes, at most MOST, are nothing but the body; 0: not known."""
        if self._step != self._rest or self._buffer or self._left is None or self.chunked:
            return 0
        return min(self._left, most)

    def passed(self, count: int) -> None:
        """COUNT bytes that are ``plain`` have come, and were used; none is the connection's end."""
        if not count:
            self.feed(b"")
        elif self._left is not None:
            self._left -= count
            self.done = not self._left

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks with their sizes."""
        return "chunked" in self.headers.get("transfer-encoding", "").lower()

    def _wrong(self, expected: str, found: str) -> FormatError:
        return FormatError("HTTP answer", 0, expected, found, source=self.source)

    def _line(self) -> str | None:
        """The next line; None when it is not complete."""
        end = self._buffer.find(b"\n")
        if end > _LINE or (end < 0 and len(self._buffer) > _LINE):
            raise self._wrong(f"lines of at most {_LINE} bytes", "more")
        if end < 0:
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.rstrip(b"\r").decode("latin-1")

    # -- one step each: whether it had enough bytes -------------------------------------------

    def _status_line(self) -> bool:
        line = self._line()
        if line is None:
            return False
        version, _, rest = line.partition(" ")
        code, _, self.reason = rest.partition(" ")
        if not version.startswith("HTTP/1.") or not code.isdecimal() or len(code) != 3:
            raise self._wrong("HTTP/1.1 and a status", repr(line[:40]))
        self._code = int(code)
        self._count = 0
        self._step = self._header
        return True

    def _header(self) -> bool:
        line = self._line()
        if line is None:
            return False
        if line:
            self._count += 1
            if self._count > _HEADERS:
                raise self._wrong(f"at most {_HEADERS} headers", "more")
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        elif 100 <= self._code < 200:
            self._interim += 1
            if self._interim > _INTERIM:
                found = f"{self._code} {printable(self.reason)}".rstrip()
                raise self._wrong(f"an answer after at most {_INTERIM} interim ones", found)
            self.headers.clear()
            self._step = self._status_line
        else:
            self._head_is_complete()
        return True

    def _head_is_complete(self) -> None:
        length = self.headers.get("content-length", "")
        if length and not self.chunked:
            if not length.isdecimal() or len(length) > 18:
                raise self._wrong("a content-length in digits", repr(length[:40]))
            self.size = int(length)
        self._left = self.size
        self._step = self._chunk_size if self.chunked else self._rest
        self.done = self.method == "HEAD" or self._code in (204, 304) or self._left == 0
        self.status = self._code

    def _rest(self) -> bool:
        """The body, or the rest of a chunk."""
        piece = self._buffer if self._left is None else self._buffer[: self._left]
        self._body += piece
        if self._left is None:
            self._buffer.clear()
            return False
        self._left -= len(piece)
        del self._buffer[: len(piece)]
        if self._left:
            return False
        self.done = not self.chunked
        self._step = self._chunk_end
        return True

    def _chunk_end(self) -> bool:
        line = self._line()
        if line:
            raise self._wrong("the end of a chunk", repr(line[:40]))
        self._step = self._chunk_size if line is not None else self._chunk_end
        return line is not None

    def _chunk_size(self) -> bool:
        line = self._line()
        if line is None:
            return False
        digits = line.partition(";")[0].strip()
        if not digits or len(digits) > 15 or set(digits) - _HEX:
            raise self._wrong("the size of a chunk", repr(digits[:40]))
        self._left = int(digits, 16)
        self._step = self._rest
        self.done = not self._left  # what follows are headers; nobody asks for them
        return True
