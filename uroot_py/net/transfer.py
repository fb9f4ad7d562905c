"""Files by URL, in bounded time and memory: by HTTP, gone on with where it broke off; by TFTP.

A file that is to be loaded is written to an open one in memory as it comes, never held twice.
"""

from __future__ import annotations

import os
import time

from uroot_py.base.digest import made
from uroot_py.base.errors import FormatError, KernelError, RefusedError, UrootError, explain
from uroot_py.base.text import format_size, printable
from uroot_py.machine.sysroot import HERE
from uroot_py.net import tftp
from uroot_py.net.fetch import request
from uroot_py.net.resolve import resolve
from uroot_py.net.transport import Datagrams, failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uroot_py.net.fetch import Response
    from uroot_py.net.url import Url

    Watch = Callable[[str, int, int], None]
    Say = Callable[[str], object]

TIMEOUT = 8.0  # seconds without a byte; below what a child may wait without a step
_WAITS = (1.0, 2.0, 4.0, 4.0, 4.0)  # seconds for TFTP's next packet, before it is asked again
_TRIES = 4  # connections that bring nothing, in a row
_MOST_TRIES = 50
_PROGRESS = 1 << 16  # bytes that make a connection one that brought something
_MARGIN = 64 << 20  # bytes of memory that stay free
_LONGEST = 3600.0  # seconds for one file


class AbsentError(RefusedError):
    """The server answers, and has no such file."""


def room() -> int:
    """How many bytes a file may have that shall be held in memory, and loaded from there."""
    for line in HERE.text("/proc/meminfo").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return max((int(value.split()[0]) << 10) - _MARGIN, _MARGIN)
    return _MARGIN


class Whole:
    """A file that was fetched: the descriptor of one in memory, its size, and its SHA-256."""

    def __init__(self, fd: int, size: int, sha256: str) -> None:
        self.fd = fd
        self.size = size
        self.sha256 = sha256


def into_memory(url: Url, watch: Watch | None = None, say: Say = str) -> Whole:
    """All of the file at URL, its descriptor open for reading only; UrootError says why not.

    WATCH follows it; SAY gets a line when a connection broke off and is gone on with.
    """
    limit = room()
    writable = os.memfd_create("fetched", os.MFD_CLOEXEC)
    try:
        size, state = 0, made("sha256")
        for start, total, piece in pieces(url, limit, say):
            if start != size:  # from the beginning again
                size, state = start, made("sha256")
                os.ftruncate(writable, start)
                os.lseek(writable, start, os.SEEK_SET)
            view = memoryview(piece)
            while view:
                view = view[os.write(writable, view) :]
            size += len(piece)
            state.update(piece)
            if watch:
                watch(url.name, size, max(total, size))
        fd = os.open(f"/proc/self/fd/{writable}", os.O_RDONLY | os.O_CLOEXEC)
        return Whole(fd, size, state.hexdigest())
    except OSError as error:
        raise RefusedError(f"{url.text}: {explain(error)}") from None
    finally:
        os.close(writable)


def head(url: Url, size: int) -> tuple[bytes, int]:
    """The first SIZE bytes of the file at URL, or fewer, and how many it has (-1: not known).

    AbsentError where there is none.
    """
    data, whole = bytearray(), -1
    for start, total, piece in pieces(url, 1 << 62, str, last=size):
        del data[start:]
        data += piece
        whole = total or whole
        if len(data) >= size:
            break
    else:
        whole = len(data)
    return bytes(data[:size]), whole


def pieces(url: Url, limit: int, say: Say, last: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """The file at URL as (offset, size of all or 0, bytes), at most LIMIT bytes of it.

    With LAST a server may send that many bytes and no more. UrootError.
    """
    if url.scheme == "tftp":
        yield from _by_tftp(url, limit)
    else:
        yield from _by_http(url, limit, say, last)


def _by_http(url: Url, limit: int, say: Say, last: int) -> Iterator[tuple[int, int, bytes]]:
    have, idle, mark, end = 0, 0, "", time.monotonic() + _LONGEST
    for _ in range(_MOST_TRIES):
        before = have
        end_of_it = last - 1 if last else ""
        headers = {"Range": f"bytes={have}-{end_of_it}"} if have or last else {}
        if have and mark:
            headers["If-Range"] = mark
        try:
            left = end - time.monotonic()
            response = request(url, headers=headers, timeout=TIMEOUT, total=left)
            try:
                have = _start(response, have)
                before = min(before, have)
                total = _total(response, have)
                mark = response.headers.get("etag", "")
                mark = "" if mark.startswith("W/") else mark
                if max(total, have) > limit:
                    raise _too_large(url, limit)
                for piece in response.body():
                    yield have, total, piece
                    have += len(piece)
                    if have > limit:
                        raise _too_large(url, limit)
            finally:
                response.close()
            return
        except (KernelError, FormatError) as error:
            idle = 0 if have - before >= _PROGRESS else idle + 1
            if not have or idle >= _TRIES:
                raise
            say(f"{url.text}: broke off after {format_size(have)}, going on: {error}")
            time.sleep(min(idle, 2))
    raise RefusedError(f"{url.text}: broke off {_MOST_TRIES} times")


def _start(response: Response, have: int) -> int:
    """Where the body of RESPONSE begins, of which HAVE bytes are here."""
    if response.status == 200:
        return 0
    found = response.headers.get("content-range", "")
    if response.status == 206 and found.startswith(f"bytes {have}-"):
        return have
    if response.status == 416 and found.startswith("bytes */0"):
        raise RefusedError(f"{response.url.text}: the file is empty")
    if response.status == 206:
        expected = f"the bytes from {have} on"
        raise RefusedError(f"{response.url.text}: expected {expected}, found {printable(found)}")
    reason = printable(f"{response.status} {response.reason}".strip())
    kind = AbsentError if response.status in (404, 410) else RefusedError
    raise kind(f"{response.url.text}: the server says {reason}")


def _total(response: Response, have: int) -> int:
    """The size of the whole file, 0 where it is not said."""
    words = response.headers.get("content-range", "").rpartition("/")[2]
    if response.status == 206 and words.isdecimal() and len(words) < 18:
        return int(words)
    return have + response.size if response.size is not None and response.status == 200 else 0


def _too_large(url: Url, limit: int) -> RefusedError:
    return RefusedError(
        f"{url.text}: more than the {format_size(limit)} that this machine has room for"
    )


def _by_tftp(url: Url, limit: int) -> Iterator[tuple[int, int, bytes]]:
    """The file by TFTP from the first address of the server that answers."""
    fault: UrootError | None = None
    for address in resolve(url.host)[:2]:
        reading = tftp.Reading(url.file, limit=limit)
        peer = Datagrams.unconnected(address)
        try:
            yield from _blocks(url, address, peer, reading)
            return
        except KernelError as error:
            if reading.started:
                raise
            fault = error
        except RefusedError as error:
            absent = "file not found" in str(error) or "access violation" in str(error)
            kind = AbsentError if absent else RefusedError
            raise kind(f"{url.text}: {error}") from None
        except FormatError as error:
            raise error.within(url.text) from None
        finally:
            if reading.started and not reading.done:
                peer.answer(reading.stop())
            peer.close()
    assert fault is not None  # a name has at least one address
    raise fault


def _blocks(
    url: Url, address: str, peer: Datagrams, reading: tftp.Reading
) -> Iterator[tuple[int, int, bytes]]:
    try:
        peer.send_to(reading.request(), address, url.port)
    except OSError as error:
        raise failed(url.text, error) from None
    silent, begun, came = 0, 0, -1
    until = time.monotonic() + _WAITS[0]
    while not reading.done:
        packet = peer.receive_from(address, until)
        if packet is None:
            silent += 1
            if silent == len(_WAITS):
                raise failed(url.text, TimeoutError())
            until = time.monotonic() + _WAITS[silent]
            if reading.started:
                peer.answer(reading.again())
            else:
                peer.send_to(reading.again(), address, url.port)
            continue
        back = reading.receive(packet)
        if reading.came > came:  # what comes twice is no reason to wait longer
            came, silent = reading.came, 0
            until = time.monotonic() + _WAITS[0]
        if back:
            peer.answer(back)
        if reading.body and (len(reading.body) >= _PROGRESS or reading.done):
            yield begun, reading.size or 0, bytes(reading.body)
            begun += len(reading.body)
            reading.body.clear()
    if reading.size is not None and reading.came != reading.size:
        raise RefusedError(f"expected {reading.size} bytes, found the end after {reading.came}")
