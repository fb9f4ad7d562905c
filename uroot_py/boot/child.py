"""Work on what a disk holds, in a child: whatever happens to it is the fault of that disk.

A defect of a parser, an image that unpacks to more than there is memory, a disk that never answers:
each ends the child, and what is tried next begins with all memory and every file given back.
"""

from __future__ import annotations

import marshal
import os
import select
import time

from uroot_py.abi import process, signals
from uroot_py.abi.limits import confine
from uroot_py.base.errors import RefusedError, UrootError
from uroot_py.base.reader import as_bytes, number_at
from uroot_py.base.text import format_size
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import Any

    Record = tuple[Any, ...]
    Send = Callable[..., None]

LEAST = 64 << 20  # bytes that a child may have in any case
_FAILED = "failed"


def records(
    work: Callable[[Send], object], seconds: float | None = None
) -> Generator[Record, None, None]:
    """What WORK sends from a child, each record as it comes: plain values, in a tuple.

    RefusedError says what went wrong: an error that WORK raised, more memory than this machine
    has left, or silence for SECONDS.
    """
    memory = max(_available(), LEAST)
    reader, writer = os.pipe()
    pid = process.fork(lambda: _work(work, writer, memory))
    os.close(writer)
    try:
        for record in _received(reader, seconds):
            if record[0] == _FAILED:
                raise RefusedError(str(record[1]))
            yield record
        ended = process.wait(pid)
        pid = 0
        if ended and ended[1]:
            raise RefusedError(signals.describe(ended[1] - 128) if ended[1] > 128 else "it failed")
    finally:
        os.close(reader)
        if pid:
            _end(pid)


def _end(pid: int) -> None:
    """Kill the child PID; one that waits for a disk ends only with the disk, without us."""
    os.kill(pid, signals.SIGKILL)
    limit = time.monotonic() + 1
    while not process.wait(pid, block=False) and time.monotonic() < limit:
        time.sleep(0.01)


def _available() -> int:
    """The bytes of memory that are left. Ref: proc(5), MemAvailable."""
    for line in HERE.text("/proc/meminfo").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) << 10
    return 0


def _work(work: Callable[[Send], object], writer: int, memory: int) -> int:
    with open(writer, "wb") as pipe:

        def send(*record: object) -> None:
            data = marshal.dumps(record)  # type: ignore[arg-type]
            pipe.write(as_bytes(len(data), 4) + data)
            pipe.flush()

        try:
            confine(memory)
            work(send)
        except MemoryError:
            send(_FAILED, f"it needs more than the {format_size(memory)} of memory that are left")
        except (UrootError, OSError) as error:
            send(_FAILED, str(error))
        except Exception as error:  # noqa: BLE001 - a defect of ours must not stop the next system
            send(_FAILED, f"internal error: {_where(error)}{type(error).__name__}: {error}")
    return 0


def _where(error: Exception) -> str:
    """The place in our code where ERROR was raised."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    if not trace:
        return ""
    file = trace.tb_frame.f_code.co_filename
    return f"{'/'.join(file.split('/')[-3:])} line {trace.tb_lineno}: "


def _received(reader: int, seconds: float | None) -> Iterator[Record]:
    data = b""
    while True:
        if seconds is not None and not select.select([reader], [], [], seconds)[0]:
            raise RefusedError(f"it has not answered for {seconds:g} s: left out")
        piece = os.read(reader, 65536)
        if not piece:
            return
        data += piece
        while len(data) >= 4:
            end = 4 + number_at(data, 0, 4)
            if len(data) < end:
                break
            yield marshal.loads(data[4:end])
            data = data[end:]
