"""Virtio over MMIO: a device's registers, and queues that lie in memory which the guest owns.

Nothing that the guest says is trusted: a chain has at most as many parts as its queue and 4 MiB of
data, one notification is answered with what was waiting when it came, and a device that is told
nonsense says so once (``fault``), asks for a reset, and does nothing until it gets one.
Ref: Virtual I/O Device (VIRTIO) 1.2, 2.1 (status), 2.7 (split queues), 4.2 (MMIO).
"""

from __future__ import annotations

import threading

from uroot_py.base.errors import FormatError, UrootError
from uroot_py.base.reader import as_bytes, number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.vmm.memory import GuestMemory

FIRST_ADDRESS = 0xD0000000
STRIDE = 0x1000
FIRST_IRQ = 16  # behind those of ISA
MAX_DEVICES = 8  # the interrupt controller has 24 lines
QUEUE_SIZE = 256
CONFIG = 0x100
_MAGIC, _VERSION, _VENDOR = 0x74726976, 2, 0x59505255
_VERSION_1 = 1 << 32
_MOST_DATA = 4 << 20
_NEXT, _WRITE = 1, 2  # of a descriptor
_FEATURES_OK, _NEEDS_RESET = 8, 64  # of the status
_USED, _CHANGED = 1, 2  # reasons for an interrupt


class Chain:
    """A request: ``sent`` by the guest, and ``room`` bytes for the answer."""

    def __init__(self, memory: GuestMemory, head: int) -> None:
        self.head = head
        self.sent = b""
        self.room = 0
        self._memory = memory
        self._parts: list[tuple[int, int]] = []

    def add(self, address: int, size: int, *, writable: bool) -> None:
        """The next part; FormatError when it cannot follow, PlanError where there is no RAM."""
        if len(self.sent) + self.room + size > _MOST_DATA:
            raise FormatError("virtio chain: data", self.head, "4 MiB at most", "more")
        if writable:
            self._parts.append((address, size))
            self.room += size
        elif self._parts:
            raise FormatError("virtio chain: part", self.head, "one to write to", "one to read")
        else:
            self.sent += self._memory.read(address, size)

    def put(self, data: bytes) -> int:
        """Store the answer, as far as there is room; its size."""
        done = 0
        for address, size in self._parts:
            piece = data[done : done + size]
            self._memory.write(address, piece)
            done += len(piece)
        return done


class Queue:
    """A split queue: ``places`` are the addresses of descriptors, driver's and device's ring."""

    def __init__(self, memory: GuestMemory) -> None:
        self.size = QUEUE_SIZE
        self.ready = False
        self.places = [0, 0, 0]
        self._memory = memory
        self._taken = self._given = 0

    def _number(self, address: int, size: int) -> int:
        return number_at(self._memory.read(address, size), 0, size)

    def check(self) -> None:
        """FormatError when its size is none that was offered."""
        if not 0 < self.size <= QUEUE_SIZE or self.size & (self.size - 1):
            raise FormatError("virtio QueueNum", 0x38, "a power of 2 up to 256", f"{self.size}")

    def waiting(self) -> int:
        """How many chains the guest has put in and nobody has taken."""
        count = (self._number(self.places[1] + 2, 2) - self._taken) & 0xFFFF
        if count > self.size:
            raise FormatError("virtio queue: idx", 2, f"{self.size} chains at most", f"{count}")
        return count

    def take(self) -> Chain:
        """The next one that waits."""
        at = self._number(self.places[1] + 4 + 2 * (self._taken % self.size), 2)
        self._taken = (self._taken + 1) & 0xFFFF
        chain = Chain(self._memory, at)
        for _ in range(self.size):
            if at >= self.size:
                break
            descriptor = self._number(self.places[0] + 16 * at, 16)
            flags, at = descriptor >> 96 & 0xFFFF, descriptor >> 112
            if flags & ~(_NEXT | _WRITE):
                raise FormatError("virtio descriptor: flags", 12, "0 to 3", f"{flags:#x}")
            address, size = descriptor & 0xFFFFFFFFFFFFFFFF, descriptor >> 64 & 0xFFFFFFFF
            chain.add(address, size, writable=bool(flags & _WRITE))
            if not flags & _NEXT:
                return chain
        raise FormatError("virtio chain", chain.head, f"an end within {self.size} parts", "none")

    def give(self, chain: Chain, written: int) -> bool:
        """CHAIN is done, with WRITTEN bytes in it; whether the guest wants an interrupt."""
        used = as_bytes(chain.head, 4) + as_bytes(written, 4)
        self._memory.write(self.places[2] + 4 + 8 * (self._given % self.size), used)
        self._given = (self._given + 1) & 0xFFFF
        self._memory.write(self.places[2] + 2, as_bytes(self._given, 2))
        return not self._number(self.places[1], 2) & 1


class Device:
    """The registers of a device; a kind of device says what it answers.

    INTERRUPT sets its line. ``fault`` is what was wrong when the guest last talked nonsense.
    """

    kind = 0
    features = 0
    queue_count = 1

    def __init__(self, memory: GuestMemory, interrupt: Callable[[bool], None]) -> None:
        self.config = b""
        self.fault = ""
        self._memory = memory
        self._interrupt = interrupt
        self._lock = threading.Lock()  # processors, and who types, are threads
        self._reset()

    def close(self) -> None:
        """Give back what it holds."""

    def _reset(self) -> None:
        self.status = 0
        self.queues = [Queue(self._memory) for _ in range(self.queue_count)]
        self._registers = dict.fromkeys((0x14, 0x24, 0x30), 0)  # the selectors
        self._accepted = 0
        self._raised = 0
        self._interrupt(False)

    def answer(self, chain: Chain) -> int:
        """Do what CHAIN asks for; the bytes that were put in it."""
        raise NotImplementedError

    def serve(self, number: int) -> None:
        """The guest says that it has put something into queue NUMBER."""
        queue = self.queues[number]
        for _ in range(queue.waiting()):
            chain = queue.take()
            self.done(queue, chain, self.answer(chain))

    def done(self, queue: Queue, chain: Chain, written: int) -> None:
        """Give CHAIN back."""
        if queue.give(chain, written):
            self._raise(_USED)

    def _raise(self, reason: int) -> None:
        self._raised |= reason
        self._interrupt(True)

    def guarded(self, work: Callable[[int], None], number: int) -> None:
        """WORK on queue NUMBER, unless the guest's nonsense is in the way."""
        if self.status & _NEEDS_RESET or not self.queues[number].ready:
            return
        try:
            work(number)
        except UrootError as error:
            self._spoilt(error)

    def _spoilt(self, error: UrootError) -> None:
        self.fault = str(error)
        self.status |= _NEEDS_RESET
        self._raise(_CHANGED)

    def _selected(self) -> Queue | None:
        number = self._registers[0x30]
        return self.queues[number] if number < self.queue_count else None

    def read(self, offset: int, size: int) -> int:
        """SIZE bytes at OFFSET, as a number."""
        with self._lock:
            if offset >= CONFIG:
                return number_at(self.config[offset - CONFIG :][:size].ljust(size, b"\0"), 0, size)
            queue = self._selected()
            if offset == 0x10:
                return (self.features | _VERSION_1) >> 32 * self._registers[0x14] & 0xFFFFFFFF
            values = {0: _MAGIC, 4: _VERSION, 8: self.kind, 12: _VENDOR}
            values |= {0x34: QUEUE_SIZE if queue else 0, 0x44: bool(queue and queue.ready)}
            values |= {0x60: self._raised, 0x70: self.status}
            return values.get(offset, 0)

    def write(self, offset: int, size: int, value: int) -> None:
        """Registers are words of 4 bytes, nothing else is looked at."""
        with self._lock:
            if size != 4 or offset >= CONFIG:
                return
            if offset in self._registers:
                self._registers[offset] = min(value, 2**16)
            elif offset == 0x20 and self._registers[0x24] < 2:
                shift = 32 * self._registers[0x24]
                self._accepted = self._accepted & ~(0xFFFFFFFF << shift) | value << shift
            elif offset == 0x50 and value < self.queue_count:
                self.guarded(self.serve, value)
            elif offset == 0x64:
                self._raised &= ~value
                self._interrupt(bool(self._raised))
            elif offset == 0x70:
                self._set_status(value)
            else:
                self._write_queue(offset, value)

    def _set_status(self, value: int) -> None:
        if not value:
            self._reset()
            return
        if self._accepted != self._accepted & (self.features | _VERSION_1) | _VERSION_1:
            value &= ~_FEATURES_OK
        self.status = value & 0xFF | self.status & _NEEDS_RESET

    def _write_queue(self, offset: int, value: int) -> None:
        queue = self._selected()
        if queue is None:
            return
        if offset == 0x38:
            queue.size = value
        elif offset == 0x44:
            try:
                queue.check()
                queue.ready = bool(value & 1)
            except UrootError as error:
                self._spoilt(error)
        elif 0x80 <= offset < 0xB0 and offset & 15 in (0, 4):
            at, shift = (offset - 0x80) // 16, 32 * (offset >> 2 & 1)
            queue.places[at] = queue.places[at] & ~(0xFFFFFFFF << shift) | value << shift
