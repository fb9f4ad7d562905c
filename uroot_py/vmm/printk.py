"""The kernel's log, read from a stopped guest's memory.

Ref: kernel/printk/printk_ringbuffer.h (Linux 5.10 to 6.12).
"""

from __future__ import annotations

from uroot_py.base.reader import number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.vmm.symbols import Symbols
    from uroot_py.vmm.view import View

_DESCRIPTOR, _INFO = 24, 88
_MAX_BITS = 20


def read_log(view: View, symbols: Symbols) -> list[str]:
    """The lines, ``[   12.345678] text`` each; empty when the log is not found."""
    place, log_buf = symbols.address("prb"), symbols.address("log_buf")
    ring = view.number(place) if place else None
    data = view.number(log_buf) if log_buf else None
    if not ring or not data:
        return []
    bits, descs, infos = (view.number(ring + at, size) for at, size in ((0, 4), (8, 8), (16, 8)))
    head, tail = view.number(ring + 24), view.number(ring + 32)
    size_bits = _size_bits(view, ring, data)
    if (
        None in (bits, descs, infos, head, tail)
        or not size_bits
        or not 0 < (bits or 0) <= _MAX_BITS
    ):
        return []
    assert bits
    assert descs
    assert infos
    assert head is not None
    assert tail is not None
    count = 1 << bits
    table = view.read(descs, count * _DESCRIPTOR).ljust(count * _DESCRIPTOR, b"\0")
    facts = view.read(infos, count * _INFO)
    text = view.read(data, 1 << size_bits)
    if not text:
        return []
    lines = []
    ids = (head - tail) % (1 << 62)
    for n in range(min(ids + 1, count)):
        at = (tail + n) % count
        begin = number_at(table, at * _DESCRIPTOR + 8, 8)
        following = number_at(table, at * _DESCRIPTOR + 16, 8)
        info = facts[at * _INFO :][:_INFO]
        if begin & 1 or len(info) < _INFO:
            continue
        wraps = begin >> size_bits != (following - 1) >> size_bits
        start = 8 if wraps else begin % len(text) + 8
        found = text[start : start + number_at(info, 16, 2)]
        seconds = number_at(info, 8, 8) / 1e9
        lines.append(f"[{seconds:12.6f}] {found.decode('utf-8', 'replace')}")
    return lines


def _size_bits(view: View, ring: int, data: int) -> int:
    """The size of the text, as a power of two: it stands in front of the pointer to DATA."""
    for at in range(40, 104, 8):
        if view.number(ring + at) == data:
            bits = view.number(ring + at - 8, 4) or 0
            return bits if bits <= 28 else 0
    return 0
