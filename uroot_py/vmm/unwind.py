"""The stack of a stopped processor: by ORC, frame pointers, or what looks like a return address.

Ref: Documentation/arch/x86/orc-unwinder.rst; arch/x86/include/asm/orc_types.h,
arch/x86/kernel/unwind_orc.c (Linux 6.1, 6.3 and 6.12).
"""

from __future__ import annotations

from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.vmm.symbols import Symbols
    from uroot_py.vmm.view import View

_ENTRY = 6
_BP, _SP, _BP_INDIRECT, _SP_INDIRECT = 4, 5, 8, 9
_PREVIOUS_SP = 1
_STACK = 16384
_IPS_MAX = 16 << 20
_END, _CALL, _REGS, _REGS_PARTIAL = range(4)
# What the bits from 8 on say up to Linux 6.3, and since 6.4; the bit for the end moved in 6.3.
_KINDS_OLD = {0: _CALL, 1: _REGS, 2: _REGS_PARTIAL}
_KINDS_NEW = {2: _CALL, 3: _REGS, 4: _REGS_PARTIAL}


class Orc:
    """The table with which a kernel of VERSION unwinds its own stack."""

    def __init__(self, addresses: list[int], entries: bytes, version: tuple[int, ...]) -> None:
        self.addresses = addresses
        self.entries = entries
        self.new = version >= (6, 4)
        self.end_bit = 11 if version >= (6, 3) else 10

    def find(self, ip: int) -> tuple[int, int, int, int]:
        """The offsets of stack and base pointer, the registers' numbers, and the kind, for IP."""
        at = (bisect_right(self.addresses, ip) - 1) * _ENTRY
        if at < 0:
            return 0, 0, 0, _END
        data = self.entries[at : at + _ENTRY]
        if len(data) < _ENTRY:
            return 0, 0, 0, _END
        sp, bp, flags = memoryview(data).cast("h")  # signed; of the last one the bits count
        if self.new:
            kind = _KINDS_NEW.get(flags >> 8 & 7, _END)
        elif flags >> self.end_bit & 1:
            kind = _END
        else:
            kind = _KINDS_OLD.get(flags >> 8 & 3, _END)
        return sp, bp, flags & 0xFF, kind


def read_orc(view: View, symbols: Symbols) -> Orc | None:
    """The table of the guest's kernel, or None without one that is known here."""
    first, last, table = (
        symbols.address(name)
        for name in ("__start_orc_unwind_ip", "__stop_orc_unwind_ip", "__start_orc_unwind")
    )
    if first is None or last is None or table is None or not 0 < last - first <= _IPS_MAX:
        return None
    version = linux_version(view, symbols)
    if not version:
        return None
    read = view.read(first, last - first)
    data = memoryview(read)[: len(read) // 4 * 4].cast("i")
    addresses = [first + 4 * n + offset for n, offset in enumerate(data)]
    return Orc(addresses, view.read(table, len(addresses) * _ENTRY), version)


def linux_version(view: View, symbols: Symbols) -> tuple[int, ...]:
    """What the guest's kernel says of itself: (6, 12, 95); empty when it does not."""
    banner = view.read(symbols.address("linux_banner") or 0, 64).split(b" ")
    words = banner[2].split(b"-")[0].split(b"+")[0].split(b".") if len(banner) > 2 else []
    return tuple(int(word) for word in words if word.isdigit())


class Text:
    """Where the kernel's code is."""

    def __init__(self, symbols: Symbols) -> None:
        pairs = (("_stext", "_etext"), ("_sinittext", "_einittext"))
        self._ranges = [
            (symbols.address(start) or 0, symbols.address(end) or 0) for start, end in pairs
        ]

    def __contains__(self, address: int) -> bool:
        return any(start <= address <= end for start, end in self._ranges)


def walk(
    view: View, registers: dict[str, int], symbols: Symbols, orc: Orc | None, most: int
) -> list[int]:
    """The instruction pointer, then the return addresses, at most MOST."""
    text = Text(symbols)
    ips = [registers["rip"]]
    if registers["rip"] in text:
        ips = (
            _by_orc(view, registers, orc, text, most)
            if orc
            else _by_frames(view, registers, text, most)
        )
    if len(ips) < 2:
        ips = _by_looking(view, registers, text, most)
    return ips


def _by_orc(view: View, registers: dict[str, int], orc: Orc, text: Text, most: int) -> list[int]:
    ip, sp, bp = registers["rip"], registers["rsp"], registers["rbp"]
    others = {2: registers["rdx"], 3: registers["rdi"], 6: registers["r10"], 7: registers["r13"]}
    ips = [ip]
    called = 0  # a return address is behind the call, perhaps in the next function
    while len(ips) < most:
        sp_offset, bp_offset, registers_used, kind = orc.find(ip - called)
        cfa = _frame(view, registers_used & 15, sp_offset, {**others, _BP: bp, _SP: sp})
        if cfa is None or kind == _END:
            break
        next_bp: int | None = bp
        if kind == _CALL:
            next_ip, next_sp = view.number(cfa - 8), cfa
        elif kind == _REGS:
            next_ip, next_sp = view.number(cfa + 128), view.number(cfa + 152) or 0
            next_bp = view.number(cfa + 32)
        else:
            next_ip, next_sp = view.number(cfa), view.number(cfa + 24) or 0
        if registers_used >> 4 == _PREVIOUS_SP:
            next_bp = view.number(cfa + bp_offset)
        elif registers_used >> 4 == _BP:
            next_bp = view.number(bp + bp_offset)
        if next_ip is None or next_ip not in text:
            break
        ip, sp, bp = next_ip, next_sp, next_bp or 0
        called, others = int(kind == _CALL), {}
        ips.append(ip)
    return ips


def _frame(view: View, register: int, offset: int, known: dict[int, int]) -> int | None:
    """The canonical frame address: what the stack pointer was before the call."""
    if register == _BP_INDIRECT:
        return view.number(known[_BP] + offset)
    if register == _SP_INDIRECT:
        pointed = view.number(known[_SP])
        return None if pointed is None else pointed + offset
    return known[register] + offset if register in known else None


def _by_frames(view: View, registers: dict[str, int], text: Text, most: int) -> list[int]:
    ips, bp = [registers["rip"]], registers["rbp"]
    while len(ips) < most:
        ip, following = view.number(bp + 8), view.number(bp)
        if ip is None or following is None or ip not in text:
            break
        ips.append(ip)
        if following <= bp:
            break
        bp = following
    return ips


def _by_looking(view: View, registers: dict[str, int], text: Text, most: int) -> list[int]:
    """What is on the stack and lies behind a call instruction; there may be too many."""
    sp = registers["rsp"] & -8
    data = view.read(sp, -sp % _STACK or _STACK)
    words = memoryview(data)[: len(data) // 8 * 8].cast("Q")
    found = [word for word in words if word in text and _follows_call(view, word)]
    return [registers["rip"], *found][:most]


def _follows_call(view: View, address: int) -> bool:
    before = view.read(address - 5, 5)
    return len(before) == 5 and (before[0] == 0xE8 or 0xFF in (before[2], before[3]))
