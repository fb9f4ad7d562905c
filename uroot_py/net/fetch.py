"""Files by HTTP: one request, redirects, and the body piece by piece, in bounded time."""

from __future__ import annotations

import os
import time

from uroot_py.base.errors import KernelError, RefusedError, UsageError
from uroot_py.base.text import printable
from uroot_py.net import transport
from uroot_py.net.http import Answer, build
from uroot_py.net.resolve import resolve
from uroot_py.net.transport import Stream, connect
from uroot_py.net.url import Url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REDIRECTS = 10
_PIECE = 1 << 18  # bytes of a body that are read at once
_SLOWEST = 1024  # bytes of a body in the time in which something must come


class Response(Answer):
    """An answer with the connection that brings it; the caller closes it.

    Its head must be there TIMEOUT seconds after the request; of its body 1 KiB must come in each
    such time, and all of it before END (a moment of the monotonic clock).
    """

    def __init__(self, url: Url, stream: Stream, method: str, timeout: float, end: float) -> None:
        super().__init__(url.text, method)
        self.url = url
        self.stream = stream
        self.timeout = timeout
        self.end = end

    def read_head(self) -> None:
        """Wait for status and headers; KernelError, FormatError."""
        until = min(time.monotonic() + self.timeout, self.end)
        while not self.status:
            self.feed(self.stream.receive(until))

    def body(self) -> Iterator[bytes]:
        """The body, piece by piece; FormatError when it ends before its time."""
        came, since = 0, time.monotonic()
        piece = self.take()
        while True:
            if piece:
                yield piece
            if self.done:
                return
            now = time.monotonic()
            came += len(piece)
            if came >= _SLOWEST:
                came, since = 0, now
            elif came and now - since >= self.timeout:
                raise RefusedError(
                    f"{self.url.text}: too slow: {came} bytes in {self.timeout:g} s",
                    hint="--timeout allows more time",
                )
            try:
                until = min(now + self.timeout, self.end)
                if room := self.plain(_PIECE):  # there is nothing to be looked for in it
                    piece = self.stream.receive(until, room)
                    self.passed(len(piece))
                else:
                    self.feed(self.stream.receive(until))
                    piece = self.take()
            except KernelError as error:
                if time.monotonic() < self.end:
                    raise
                text = f"{self.url.text}: not complete in the time that it was given"
                raise RefusedError(text) from error

    def close(self) -> None:
        """Hang up."""
        self.stream.close()


def request(
    url: Url,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    timeout: float = 30,
    total: float = float("inf"),
) -> Response:
    """The answer to one request, redirects followed, all in TOTAL seconds; the caller closes it."""
    end = time.monotonic() + total
    for _ in range(_REDIRECTS):
        proxy = proxy_of(url)
        stream = _connected(url, proxy, min(timeout, total))
        response = Response(url, stream, method, timeout, end)
        try:
            response.stream.send(build(url, method, headers, proxy=bool(proxy)), timeout)
            response.read_head()
            target = response.headers.get("location")
            if response.status not in (301, 302, 303, 307, 308) or not target:
                return response
            url = _redirected(url, target)
        except BaseException:
            response.close()
            raise
        response.close()
    raise RefusedError(f"{url.text}: more than {_REDIRECTS} redirects")


def _connected(url: Url, proxy: Url | None, timeout: float) -> Stream:
    """A connection to the server of URL, or to the PROXY for it."""
    if url.scheme == "tftp":
        raise UsageError(f"{url.text}: expected http:// or https://")
    if url.scheme == "https" and (transport.SECURE is None or proxy):
        lacks = "needs TLS, which this image has not" if not proxy else "is not asked of a proxy"
        raise RefusedError(
            f"{url.text}: https {lacks}",
            hint="fetch it with http:// and compare its sha256sum",
        )
    where = proxy or url
    socket = connect(resolve(where.host), where.port, timeout)
    if url.scheme == "https" and transport.SECURE is not None:
        try:
            socket = transport.SECURE(socket, url.host)
        except BaseException:
            socket.close()
            raise
    return Stream(socket, url.text)


def proxy_of(url: Url) -> Url | None:
    """The proxy that $http_proxy names for URL, unless $no_proxy has its host; UsageError."""
    text = os.environ.get("http_proxy", "")
    spared = os.environ.get("no_proxy", "").replace(" ", "").split(",")
    if not text or any(each and f".{url.host}".endswith(f".{each.lstrip('.')}") for each in spared):
        return None
    return Url(text)


def _redirected(url: Url, target: str) -> Url:
    """Where an answer for URL points to: by HTTP, and never from https to what anybody can read."""
    try:
        new = url.join(target)
    except UsageError:
        new = None
    if new is None or new.scheme == "tftp" or (url.scheme, new.scheme) == ("https", "http"):
        raise RefusedError(
            f"{url.text}: it points to {printable(target)[:200]}, which is not followed"
        )
    return new
