"""A guest's disk, its source of random bytes and its fast console, as virtio devices.

Ref: Virtual I/O Device (VIRTIO) 1.2, 5.2 (block), 5.3 (console), 5.4 (entropy).
"""

from __future__ import annotations

import mmap
import os

from uroot_py.base.errors import FormatError, RefusedError, explain
from uroot_py.base.reader import as_bytes, number_at
from uroot_py.vmm.virtio import QUEUE_SIZE, Device

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.vmm.memory import GuestMemory
    from uroot_py.vmm.virtio import Chain

SECTOR = 512
_SEG_MAX = 1 << 2  # a feature: seg_max counts
_IN, _OUT, _GET_ID = 0, 1, 8
_OK, _IOERR, _UNSUPP = b"\0", b"\1", b"\2"
_MOST_RANDOM = 4096


class Block(Device):
    """A disk with the contents of the file PATH; what the guest writes is gone with it."""

    kind = 2
    features = _SEG_MAX

    def __init__(
        self, memory: GuestMemory, interrupt: Callable[[bool], None], path: str, serial: str = ""
    ) -> None:
        super().__init__(memory, interrupt)
        try:
            with open(path, "rb") as file:
                size = file.seek(0, os.SEEK_END) // SECTOR * SECTOR
                if not size:
                    raise RefusedError(f"{path}: a disk needs {SECTOR} bytes at least")
                self._data = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY)
        except OSError as error:
            raise RefusedError(explain(error)) from error
        self._size = size
        self._serial = serial.encode()[:20]
        words = ((size // SECTOR, 8), (0, 4), (QUEUE_SIZE - 2, 4))  # capacity size_max seg_max
        self.config = b"".join(as_bytes(number, length) for number, length in words)

    def close(self) -> None:
        """Give the file back."""
        self._data.close()

    def answer(self, chain: Chain) -> int:
        """Read or write; the last byte of the answer says how it went."""
        if len(chain.sent) < 16 or not chain.room:
            raise FormatError("virtio-blk request", chain.head, "a header, a status", "less")
        kind = number_at(chain.sent, 0, 4)
        start = number_at(chain.sent, 8, 8) * SECTOR
        size, sent = chain.room - 1, memoryview(chain.sent)[16:]
        data, status = b"", _UNSUPP
        if kind in (_IN, _OUT):
            inside = start + max(size, len(sent)) <= self._size
            status = _OK if inside else _IOERR
            if inside and kind == _IN:
                data = self._data[start : start + size]
            elif inside:
                self._data[start : start + len(sent)] = sent
        elif kind == _GET_ID:
            data, status = self._serial[:size], _OK
        return chain.put(data.ljust(size, b"\0") + status)


class Entropy(Device):
    """Random bytes."""

    kind = 4

    def answer(self, chain: Chain) -> int:
        """As many as there is room for, within reason."""
        return chain.put(os.urandom(min(chain.room, _MOST_RANDOM)))


class Line(Device):
    """A console (``hvc0``): many bytes with one exit, where a serial line needs two for each."""

    kind = 3
    queue_count = 2
    _RECEIVE = 0

    def __init__(
        self,
        memory: GuestMemory,
        interrupt: Callable[[bool], None],
        output: Callable[[bytes], None],
    ) -> None:
        super().__init__(memory, interrupt)
        self._output = output
        self._typed = bytearray()

    def type(self, data: bytes) -> None:
        """DATA arrives at the guest when it has room for it."""
        with self._lock:
            self._typed += data
            self.guarded(self._feed, self._RECEIVE)

    def _feed(self, number: int) -> None:
        queue = self.queues[number]
        for _ in range(queue.waiting()):
            if not self._typed:
                break
            chain = queue.take()
            written = chain.put(bytes(self._typed))
            del self._typed[:written]
            self.done(queue, chain, written)

    def serve(self, number: int) -> None:
        """Room for what is typed, or text."""
        if number == self._RECEIVE:
            self._feed(number)
        else:
            super().serve(number)

    def answer(self, chain: Chain) -> int:
        """The guest writes."""
        self._output(chain.sent)
        return 0
