"""Work on what a disk holds, in a child: whatever happens to it is the fault of that disk.

A defect of a parser, an image that unpacks to more than there is memory, a disk that never answers:
each ends the child, and what is tried next begins with all memory and every file given back. Who
waits for a child does so for a limited time, also when the kernel does not let it end.
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
    from collections.abc import Callable, Generator, Iterable
    from typing import Any

    Record = tuple[Any, ...]
    Send = Callable[..., None]
    Work = Callable[[Send], object]

LEAST = 64 << 20  # bytes that a child may have in any case
STUCK = 10.0  # seconds in which a child does not do a single step: it waits for a dead device
ABREAST = 8  # children at a time
SYNC_SECONDS = 20.0
_LOOK = 0.5  # seconds after which it is looked at whether a silent child does anything


class SilentError(RefusedError):
    """Nothing has come from a child for too long."""


class StuckError(SilentError):
    """The same, and it does nothing at all: what it waits for does not answer."""


class Child:
    """A child that does WORK, which sends records; ``end`` must be called."""

    def __init__(self, work: Work) -> None:
        # Were it all, the kernel would kill it before its own limit lets it say what is too large.
        memory = max(available() // 8 * 7, LEAST)
        self.reader, writer = os.pipe()
        self.pid = process.fork(lambda: _work(work, writer, memory))
        os.close(writer)
        self.heard = self.moved = time.monotonic()
        self.steps = ""
        self.data = bytearray()
        self.done = False
        self.fault = ""
        self.status: int | None = None

    def receive(self) -> list[Record]:
        """The records that have come; then it may be ``done``, with a ``fault`` if it failed."""
        piece = os.read(self.reader, 65536)
        if not piece:
            self.done, self.fault = True, _death(self._status(1))
            return []
        self.heard = self.moved = time.monotonic()
        self.data += piece
        found: list[Record] = []
        while len(self.data) >= 4:
            end = 4 + number_at(self.data, 0, 4)
            if len(self.data) < end:
                break
            record, self.done, self.fault = marshal.loads(self.data[4:end])
            del self.data[:end]
            if not self.done:
                found.append(record)
        return found

    def check(self, seconds: float | None, stuck: float) -> None:
        """SilentError when it has sent nothing for SECONDS, StuckError: done nothing for STUCK.

        RefusedError when it is dead and what it has started holds our pipe.
        """
        status = self._status(0)
        if select.select([self.reader], [], [], 0)[0]:
            return  # it has, in this moment
        if status is not None:
            raise RefusedError(_death(status))
        idle = self.idle()
        if idle >= stuck:
            raise StuckError(f"it has not answered for {stuck:g} s: left out")
        if seconds is not None and time.monotonic() - self.heard >= seconds:
            kind = StuckError if idle >= seconds / 2 else SilentError
            raise kind(f"it has not answered for {seconds:g} s: left out")

    def idle(self) -> float:
        """For how many seconds it has not done a single step, as far as we have looked."""
        now = steps(self.pid)
        if now != self.steps:
            self.steps, self.moved = now, time.monotonic()
        return time.monotonic() - self.moved

    def _status(self, seconds: float) -> int | None:
        """The status that it ended with in the next SECONDS; None when it has not."""
        limit = time.monotonic() + seconds
        while self.status is None:
            ended = process.wait(self.pid, block=False)
            if ended:
                self.status = ended[1]
            elif time.monotonic() >= limit:
                break
            else:
                time.sleep(0.002)
        return self.status

    def end(self) -> None:
        """Kill it; one that waits for a disk ends only with the disk, without us."""
        os.close(self.reader)
        if self._status(0) is None:
            os.kill(self.pid, signals.SIGKILL)
            self._status(1)


def _death(status: int | None) -> str:
    if status is not None and status > 128:
        return signals.describe(status - 128)
    return "it failed"


def gather(
    works: Iterable[Work], seconds: float | None = None, stuck: float = STUCK
) -> Generator[tuple[int, Record | RefusedError]]:
    """What each of WORKS sends from a child of its own, as it comes: (its number, a record).

    A record is plain values in a tuple. RefusedError in its place is the last of a work, and says
    what went wrong: an error that it raised, more memory than this machine has left, silence for
    SECONDS, or not a single step done for STUCK seconds.
    """
    waiting = list(enumerate(works))
    running: dict[int, tuple[int, Child]] = {}
    look = min(_LOOK, stuck / 4, seconds / 4 if seconds else _LOOK)
    try:
        while waiting or running:
            while waiting and len(running) < ABREAST:
                number, work = waiting.pop(0)
                child = Child(work)
                running[child.reader] = number, child
            ready = select.select(list(running), [], [], look)[0]
            for reader, (number, child) in list(running.items()):
                try:
                    if reader in ready:
                        for record in child.receive():
                            yield number, record
                        if child.fault:
                            raise RefusedError(child.fault)
                    else:
                        child.check(seconds, stuck)
                except RefusedError as error:
                    child.done = True
                    yield number, error
                if child.done:
                    del running[reader]
                    child.end()
    finally:
        for _, child in running.values():
            child.end()


def records(
    work: Work, seconds: float | None = None, stuck: float = STUCK
) -> Generator[Record, None, None]:
    """What one WORK sends, as ``gather``; what went wrong is raised."""
    stream = gather([work], seconds, stuck)
    try:
        for _, record in stream:
            if isinstance(record, RefusedError):
                raise record
            yield record
    finally:
        stream.close()


def ends(work: Callable[[], object], seconds: float | None, stuck: float) -> bool:
    """Do WORK in a child; False when that has not ended in SECONDS, or is stuck for STUCK seconds.

    RefusedError says how it failed.
    """
    try:
        for _ in records(lambda send: work(), seconds, stuck):
            pass
    except SilentError:
        return False
    return True


def sync_disks(seconds: float | None = SYNC_SECONDS, stuck: float = SYNC_SECONDS) -> bool:
    """Write what is in memory to the disks; False if that did not end within SECONDS.

    A dead disk or server can hold sync(2) for ever, so a child process makes the call.
    """
    return ends(os.sync, seconds, stuck)


def steps(pid: int) -> str:
    """What changes whenever the process PID does anything. Ref: proc(5), status and stat."""
    status = HERE.text(f"/proc/{pid}/status").splitlines()
    switches = [line for line in status if "ctxt_switches" in line]
    times = HERE.text(f"/proc/{pid}/stat").rpartition(")")[2].split()[11:13]
    return " ".join([*switches, *times])


def available() -> int:
    """The bytes of memory that are left, as the kernel estimates. Ref: proc(5), MemAvailable."""
    for line in HERE.text("/proc/meminfo").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) << 10
    return 0


def _work(work: Work, writer: int, memory: int) -> int:
    with open(writer, "wb") as pipe:

        def write(record: Record, done: bool, fault: str) -> None:
            data = marshal.dumps((record, done, fault))
            pipe.write(as_bytes(len(data), 4) + data)
            pipe.flush()

        fault = ""
        try:
            confine(memory)
            work(lambda *record: write(record, False, ""))
        except MemoryError:
            fault = f"it needs more than the {format_size(memory)} of memory that are left"
        except (UrootError, OSError) as error:
            fault = str(error) or type(error).__name__
        except Exception as error:  # noqa: BLE001 - a defect of ours must not stop the next system
            fault = f"internal error: {_where(error)}{type(error).__name__}: {error}"
        write((), True, fault)
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
