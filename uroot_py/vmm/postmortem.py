"""What a stopped guest was doing: the stack of each processor, and the kernel's log."""

from __future__ import annotations

from uroot_py.abi import kvm
from uroot_py.base.errors import UrootError
from uroot_py.vmm import printk, symbols, unwind
from uroot_py.vmm.view import View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from uroot_py.vmm.memory import GuestMemory
    from uroot_py.vmm.symbols import Symbols

    class Vcpu(Protocol):
        """A processor that stands still."""

        number: int

        @property
        def seen(self) -> Sequence[int]:
            """Where it was while it ran, if somebody looked."""

        def registers(self) -> kvm.Regs:
            """The general ones."""

        def control_registers(self) -> kvm.Sregs:
            """Segments and control registers."""

        def kernel_entry(self) -> int:
            """An address in the kernel's code, or 0."""

    class Guest(Protocol):
        """A guest that stands still: ours, or another's."""

        memory: GuestMemory

        @property
        def vcpus(self) -> Sequence[Vcpu]:
            """Its processors."""


_FRAMES = 16
_REPORTED = 64  # as many as a stack of the kernel holds in practice
_PROGRAMS_TABLES = 0x1000
_CODE = 16  # bytes before an instruction that has no name, and from it on
_SYMBOL_OF_SLIDE = "entry_SYSCALL_64"


class StackFrame:
    """Frame ``index``: ``pc``, and the ``symbol`` that is ``offset`` bytes before it."""

    __slots__ = ("index", "offset", "pc", "symbol")

    def __init__(self, index: int, pc: int, symbol: str, offset: int) -> None:
        self.index = index
        self.pc = pc
        self.symbol = symbol
        self.offset = offset

    def __str__(self) -> str:
        return f"#{self.index} {self.pc:#x} {self.symbol}+{self.offset:#x}"


def view_of(guest: Guest, vcpu: Vcpu) -> View:
    """The memory of GUEST as VCPU's kernel sees it.

    A kernel that hides from programs has tables of its own in the page before a program's.
    Ref: Documentation/arch/x86/pti.rst.
    """
    control = vcpu.control_registers()
    view = View(guest.memory, control.cr3, control.cr4)
    if not control.cr3 & _PROGRAMS_TABLES or not _in_program(vcpu):
        return view
    entry = vcpu.kernel_entry()
    other = View(guest.memory, control.cr3 & ~_PROGRAMS_TABLES, control.cr4)
    return other if other.translate(entry) == view.translate(entry) is not None else view


def _in_program(vcpu: Vcpu) -> bool:
    return bool(kvm.Segment(vcpu.control_registers().cs).selector & 3)


def find_symbols(guest: Guest, vcpu: Vcpu, source: Symbols | None = None) -> Symbols:
    """SOURCE moved to where the guest's kernel is, or the guest's own table.

    RefusedError when there is none.
    """
    entry = vcpu.kernel_entry()
    if source is None:
        return symbols.from_memory(view_of(guest, vcpu), entry)
    if entry and not source.placed:  # a processor that was never woken has none
        source.slide = 0
        before = source.address(_SYMBOL_OF_SLIDE)
        source.slide = entry - before if before else 0
    return source


def capture_stack_trace(
    guest: Guest, vcpu: Vcpu, source: Symbols | None = None, max_frames: int = _FRAMES
) -> list[StackFrame]:
    """The stack of VCPU, which must not run, innermost frame first; at least that one.

    SOURCE is a vmlinux or a System.map; without it the guest's own table is used. Where there are
    no symbols at all they are ``??``.
    """
    registers = vcpu.registers()
    values = {field.name: getattr(registers, field.name) for field in registers.fields}
    view = view_of(guest, vcpu)
    try:
        names = find_symbols(guest, vcpu, source)
    except UrootError:
        names = symbols.Symbols([])
    if _in_program(vcpu):
        return [StackFrame(0, registers.rip, "(a program, not the kernel)", 0)]
    orc = unwind.read_orc(view, names)
    ips = unwind.walk(view, values, names, orc, max_frames if max_frames > 0 else _FRAMES)
    frames = []
    for index, ip in enumerate(ips):
        back = int(index > 0)  # a call that does not return may be the last of its function
        symbol, offset = names.lookup(ip - back)
        frames.append(StackFrame(index, ip, symbol, offset + back if symbol != "??" else 0))
    return frames


def _code(view: View, rip: int) -> list[str]:
    """The bytes around RIP, if it is mapped, as Linux prints them: scripts/decodecode reads it."""
    at = view.read(rip, _CODE)
    if not at:
        return []
    before = view.read(rip - _CODE, _CODE)
    words = [*(f"{byte:02x}" for byte in before), f"<{at[0]:02x}>"]
    return [f"  Code: {' '.join([*words, *(f'{byte:02x}' for byte in at[1:])])}"]


def _movement(vcpu: Vcpu, names: Symbols) -> list[str]:
    """Whether VCPU was always where it is now."""
    places = dict.fromkeys([*vcpu.seen, vcpu.registers().rip])
    if len(places) == 1:
        return ["  not moving"] if vcpu.seen else []
    pairs = [(place, *names.lookup(place)) for place in places]
    words = [hex(place) if name == "??" else f"{name}+{n:#x}" for place, name, n in pairs]
    return [f"  moving, seen at {', '.join(words)}"]


def report(guest: Guest, source: Symbols | None = None, lines: int = 40) -> str:
    """The stacks of all processors and the last LINES of the kernel's log, for people."""
    found, trouble = [], ""
    try:
        source = find_symbols(guest, guest.vcpus[0], source)  # once for all
    except UrootError as error:
        trouble = str(error)
    for vcpu in guest.vcpus:
        found.append(f"vcpu {vcpu.number}:")
        frames = capture_stack_trace(guest, vcpu, source, _REPORTED)
        found += [f"  {frame}" for frame in frames]
        if frames[0].symbol == "??":
            found += _code(view_of(guest, vcpu), frames[0].pc)
        found += _movement(vcpu, source or symbols.Symbols([]))
    if trouble or source is None:
        return "\n".join([*found, trouble])
    log = printk.read_log(view_of(guest, guest.vcpus[0]), source)
    return "\n".join([*found, "the kernel's log:", *(f"  {line}" for line in log[-lines:])])
