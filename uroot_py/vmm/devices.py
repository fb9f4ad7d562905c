"""The devices of a guest that are ours and not the kernel's: serial line, clock, power, reset.

A device has ``read(offset)`` and ``write(offset, value)``, a byte each, from its first port on.
"""

from __future__ import annotations

import threading
import time

from uroot_py.vmm.acpi import PM1_CONTROL_PORT, PM1_EVENT_PORT, RESET_PORT
from uroot_py.vmm.outcome import POWERED_OFF, REBOOTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Device(Protocol):
        """What answers at some ports."""

        def read(self, offset: int) -> int:
            """The byte that the guest reads."""

        def write(self, offset: int, value: int) -> None:
            """The guest writes a byte."""


COM1 = 0x3F8
COM1_IRQ = 4
_LINE_READY = 0xB0  # modem status: DCD DSR CTS
_EMPTY = 0x60  # line status: nothing left to send


class Serial:
    """A 16550A. What the guest sends goes to OUTPUT; RAISE sets its interrupt line.

    Ref: National Semiconductor PC16550D, chapter 8.
    """

    def __init__(self, output: Callable[[int], None], raise_irq: Callable[[bool], None]) -> None:
        self._output = output
        self._raise = raise_irq
        self._typed = bytearray()
        self._ier = self._fcr = self._lcr = self._mcr = self._scratch = 0
        self._divisor = [1, 0]
        self._sent = False  # an interrupt "can send" is due
        self._level = False
        self._lock = threading.Lock()  # processors, and who types, are threads

    def type(self, data: bytes) -> None:
        """DATA arrives at the guest."""
        with self._lock:
            self._typed += data
            self._update()

    def _update(self) -> None:
        due = (self._ier & 1 and self._typed) or (self._ier & 2 and self._sent)
        level = bool(due and self._mcr & 8)
        if level != self._level:
            self._level = level
            self._raise(level)

    def read(self, offset: int) -> int:
        """A register of the guest's choice."""
        with self._lock:
            return self._read(offset)

    def write(self, offset: int, value: int) -> None:
        """A register of the guest's choice."""
        with self._lock:
            self._write(offset, value)
            self._update()

    def _read(self, offset: int) -> int:
        if self._lcr & 0x80 and offset < 2:
            return self._divisor[offset]
        if offset == 0:
            value = self._typed.pop(0) if self._typed else 0
        elif offset == 2:
            value = self._identify()
        elif offset == 5:
            return _EMPTY | bool(self._typed)
        elif offset == 6:
            return self._modem()
        else:
            return (0, self._ier, 0, self._lcr, self._mcr, 0, 0, self._scratch)[offset]
        self._update()
        return value

    def _identify(self) -> int:
        fifo = 0xC0 if self._fcr & 1 else 0
        if self._ier & 1 and self._typed:
            return fifo | 4
        if self._ier & 2 and self._sent:
            self._sent = False
            return fifo | 2
        return fifo | 1

    def _modem(self) -> int:
        if not self._mcr & 0x10:
            return _LINE_READY
        # Looped back: DTR, RTS, OUT1, OUT2 come in as DSR, CTS, RI, DCD.
        return sum(
            to for bit, to in ((1, 0x20), (2, 0x10), (4, 0x40), (8, 0x80)) if self._mcr & bit
        )

    def _write(self, offset: int, value: int) -> None:
        if self._lcr & 0x80 and offset < 2:
            self._divisor[offset] = value
        elif offset == 0:
            self._send(value)
        elif offset == 1:
            self._sent |= bool(value & ~self._ier & 2)
            self._ier = value & 0xF
        elif offset == 2:
            self._fcr = value
            if value & 2:
                self._typed.clear()
        elif offset == 3:
            self._lcr = value
        elif offset == 4:
            self._mcr = value & 0x1F
        elif offset == 7:
            self._scratch = value

    def _send(self, value: int) -> None:
        if self._mcr & 0x10:
            self._typed.append(value)
        else:
            self._output(value)
        self._sent = True


class Cmos:
    """The clock (UTC) and nothing else. Ref: Motorola MC146818A."""

    def __init__(self) -> None:
        self._index = 0

    def read(self, offset: int) -> int:
        """The selected byte; the time is in BCD."""
        if offset == 0:
            return 0xFF
        now = time.gmtime()
        numbers = [now.tm_sec, now.tm_min, now.tm_hour, now.tm_wday + 1, now.tm_mday, now.tm_mon]
        numbers += [now.tm_year % 100, now.tm_year // 100]
        clock = dict(zip((0, 2, 4, 6, 7, 8, 9, 0x32), numbers, strict=True))
        value = clock.get(self._index)
        if value is not None:
            return value // 10 << 4 | value % 10
        return {0xA: 0x26, 0xB: 2, 0xD: 0x80}.get(self._index, 0)

    def write(self, offset: int, value: int) -> None:
        """Select a byte; the clock cannot be set."""
        if offset == 0:
            self._index = value & 0x7F


class Power:
    """ACPI's fixed registers: END is called with the outcome when the guest goes to sleep."""

    def __init__(self, end: Callable[[str], None]) -> None:
        self._end = end
        self._bytes = bytearray(PM1_CONTROL_PORT + 2 - PM1_EVENT_PORT)
        self._bytes[4] = 1  # SCI_EN

    def read(self, offset: int) -> int:
        """What was written."""
        return self._bytes[offset]

    def write(self, offset: int, value: int) -> None:
        """SLP_EN switches off."""
        self._bytes[offset] = value if offset >= 2 else 0
        if offset == 5 and value & 0x20:
            self._end(POWERED_OFF)


class Reset:
    """A port where one value, or bits of it, reset the machine; it reads as 0."""

    def __init__(self, end: Callable[[str], None], mask: int, value: int) -> None:
        self._end = end
        self._mask, self._value = mask, value

    def read(self, offset: int) -> int:
        """Nothing is set, nothing is busy."""
        return 0

    def write(self, offset: int, value: int) -> None:
        """Perhaps the end."""
        if value & self._mask == self._value:
            self._end(REBOOTED)


def ports(serial: Serial, end: Callable[[str], None]) -> dict[int, tuple[Device, int]]:
    """Each port with what answers there, and the offset in it."""
    rows: list[tuple[int, int, Device]] = [
        (COM1, 8, serial),
        (0x70, 2, Cmos()),
        (PM1_EVENT_PORT, 6, Power(end)),
        (RESET_PORT, 1, Reset(end, 4, 4)),
        (0x64, 1, Reset(end, 0xFF, 0xFE)),  # the keyboard controller, which has no keyboard
    ]
    return {first + n: (device, n) for first, count, device in rows for n in range(count)}
