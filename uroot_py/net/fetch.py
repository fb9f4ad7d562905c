"""Files by HTTP: one request, redirects, and the body piece by piece, in bounded time."""

from __future__ import annotations

import time

from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.net.http import Answer, build
from uroot_py.net.resolve import resolve
from uroot_py.net.transport import Stream, connect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from uroot_py.net.url import Url

_REDIRECTS = 10
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
        while True:
            piece = self.take()
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
                self.feed(self.stream.receive(min(now + self.timeout, self.end)))
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
        socket = connect(resolve(url.host), url.port, min(timeout, total))
        response = Response(url, Stream(socket, url.text), method, timeout, end)
        try:
            response.stream.send(build(url, method, headers), timeout)
            response.read_head()
            target = response.headers.get("location")
            if response.status not in (301, 302, 303, 307, 308) or not target:
                return response
            url = url.join(target)
        except BaseException:
            response.close()
            raise
        response.close()
    raise RefusedError(f"{url.text}: more than {_REDIRECTS} redirects")
