"""TFTP as bytes: a file is asked for and comes in blocks, in windows of several. No I/O.

Ref: RFC 1350 (protocol), RFC 2347 (options), 2348 (blksize), 2349 (tsize), 7440 (windowsize).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.base.reader import Reader, as_bytes
from uroot_py.base.text import printable

PORT = 69
RRQ, WRQ, DATA, ACK, ERROR, OACK = range(1, 7)
BLOCK = 1428  # bytes that fit on a cable behind the heads of IPv6, UDP and TFTP, with room left
WINDOW = 32  # blocks
_PLAIN = 512  # bytes of a block where nothing else was agreed
_ERRORS = (
    "not defined", "file not found", "access violation", "disk full", "illegal operation",
    "unknown transfer ID", "file already exists", "no such user", "option not accepted",
)  # fmt: skip


class Reading:
    """One file: send request(), hand what comes to receive() and send what that returns.

    ``body`` holds what came since it was last emptied; ``size`` is what the server says, None where
    it does not; ``done`` is true behind the last block. More than LIMIT bytes are refused.
    """

    def __init__(
        self,
        path: str,
        *,
        block: int = BLOCK,
        window: int = WINDOW,
        limit: int = 1 << 62,
    ) -> None:
        self.path = path
        self.limit = limit
        self.body = bytearray()
        self.size: int | None = None
        self.came = 0  # bytes
        self.done = False
        self.started = False
        self.agreed: dict[str, str] = {}
        self._asked = {"blksize": block, "tsize": 0, "windowsize": window}
        self._block, self._window = _PLAIN, 1
        self._last = 0  # the block that came last, of the whole file
        self._acked = 0
        self._warned = -1  # the block after which the window was said to be broken
        self._sent = b""

    def request(self) -> bytes:
        """The question for the file."""
        words = [self.path, "octet"]
        for name, value in self._asked.items():
            words += [name, str(value)]
        text = "\0".join(words).encode("utf-8", "surrogateescape")
        self._sent = as_bytes(RRQ, 2, "big") + text + b"\0"
        return self._sent

    def again(self) -> bytes:
        """What is to be sent when nothing has come for a while."""
        return self._acknowledge() if self.started else self._sent

    def stop(self) -> bytes:
        """What ends the transfer before its time."""
        return as_bytes(ERROR, 2, "big") + b"\0\0stopped\0"

    def receive(self, packet: bytes) -> bytes:
        """Take a PACKET of the server; what is to be sent back, b'' for nothing.

        RefusedError is the server's own, or that of a file that is too large.
        """
        reader = Reader(packet, "TFTP packet", order="big")
        kind = reader.u16()
        if kind == ERROR:
            raise self._error(reader)
        if kind == OACK and not self.started:
            self._agree(reader.take(reader.left))
            self.started = True
            return self._acknowledge()
        if kind == OACK:
            return self._acknowledge() if not self._last else b""
        if kind != DATA:
            raise reader.fault("data", f"kind {kind}")
        self.started = True
        number = reader.u16()
        return self._take(number, reader.take(reader.left))

    def _take(self, number: int, data: bytes) -> bytes:
        if self.done:
            return self._acknowledge()
        if len(data) > self._block:
            expected = f"at most {self._block} bytes of data"
            raise FormatError("TFTP packet", 4, expected, str(len(data)))
        if number != (self._last + 1) & 0xFFFF:
            # One is missing, or one comes twice: the server goes on behind the last good one.
            if self._warned == self._last:
                return b""
            self._warned = self._last
            return self._acknowledge()
        self._last += 1
        self.body += data
        self.came += len(data)
        if self.came > self.limit:
            raise RefusedError(f"more than the {self.limit} bytes that there is room for")
        self.done = len(data) < self._block
        if self.done or self._last - self._acked >= self._window:
            return self._acknowledge()
        return b""

    def _acknowledge(self) -> bytes:
        self._acked = self._last
        return as_bytes(ACK, 2, "big") + as_bytes(self._last & 0xFFFF, 2, "big")

    def _agree(self, data: bytes) -> None:
        """Take the options that the server has agreed to: none that we have not asked for."""
        words = data.split(b"\0")
        if len(words) % 2 == 0 or words.pop():
            raise FormatError("TFTP options", 2, "names and values", repr(data[:40]))
        for name, value in zip(words[0::2], words[1::2], strict=True):
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            if key not in self._asked or not text.isdecimal() or len(text) > 18:
                raise FormatError("TFTP options", 2, "those asked for", f"{key!r} {text!r}"[:80])
            self.agreed[key] = text
        block = int(self.agreed.get("blksize", _PLAIN))
        window = int(self.agreed.get("windowsize", 1))
        if not 8 <= block <= max(self._asked["blksize"], _PLAIN):
            expected = f"blocks of at most {self._asked['blksize']} bytes"
            raise FormatError("TFTP options", 2, expected, str(block))
        if not 1 <= window <= self._asked["windowsize"]:
            expected = f"windows of at most {self._asked['windowsize']} blocks"
            raise FormatError("TFTP options", 2, expected, str(window))
        self._block, self._window = block, window
        if "tsize" in self.agreed:
            self.size = int(self.agreed["tsize"])
            if self.size > self.limit:
                raise RefusedError(
                    f"{self.size} bytes, more than the {self.limit} that there is room for"
                )

    def _error(self, reader: Reader) -> RefusedError:
        code = reader.u16()
        text = reader.take(reader.left).partition(b"\0")[0].decode("utf-8", "replace")
        known = _ERRORS[code] if code < len(_ERRORS) else f"error {code}"
        if text.lower() == known or not text:
            return RefusedError(f"the server says {known}")
        return RefusedError(f"the server says {known}: {printable(text[:100])}")
