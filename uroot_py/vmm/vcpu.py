"""A processor of a guest: its registers, and the loop that runs it and answers its exits.

Ref: Documentation/virt/kvm/api.rst, "The kvm_run structure" (Linux 6.1).
"""

from __future__ import annotations

import contextlib
import mmap
import os
import threading

from uroot_py.abi import kvm
from uroot_py.base.errors import KernelError
from uroot_py.base.reader import as_bytes, number_at
from uroot_py.vmm.outcome import BROKEN, POWERED_OFF, REBOOTED, STOPPED, TRIPLE_FAULT
from uroot_py.vmm.virtio import FIRST_ADDRESS, STRIDE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.payload.guest_x86 import LongMode
    from uroot_py.vmm.devices import Device
    from uroot_py.vmm.virtio import Device as VirtioDevice

    Ports = dict[int, tuple[Device, int]]
    End = Callable[[str, str], None]

_IMMEDIATE_EXIT = 1  # offsets in struct kvm_run
_EXIT_REASON = 8
_EXIT = 32
_LSTAR = 0xC0000082  # entry_SYSCALL_64
_INTERRUPTS_ON = 1 << 9
_DEAD_HALT, _DEAD_LOOP = 3, 12  # this often the same state, interrupts off, when looked at
_SEEN = 8
_SYSTEM_EVENTS = {1: POWERED_OFF, 2: REBOOTED}


def enter_long_mode(fd: int, state: LongMode) -> None:
    """Bring the processor FD into STATE."""
    sregs = kvm.Sregs.new()
    kvm.ioctl(fd, "KVM_GET_SREGS", sregs)
    flat = {"limit": 0xFFFFFFFF, "present": 1, "s": 1, "g": 1}
    code = kvm.Segment.new(selector=state.CODE_SELECTOR, type=11, l=1, **flat)
    data = kvm.Segment.new(selector=state.DATA_SELECTOR, type=3, db=1, **flat)
    sregs.cs = bytes(code)
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = bytes(data)
    sregs.cr0, sregs.cr3, sregs.cr4, sregs.efer = state.cr0, state.cr3, state.cr4, state.efer
    kvm.ioctl(fd, "KVM_SET_SREGS", sregs)
    kvm.ioctl(fd, "KVM_SET_REGS", kvm.Regs.new(**state.registers))


class Vcpu:
    """Processor NUMBER of the guest VM; it finds PORTS, and DEVICES from FIRST_ADDRESS on.

    END is called with an outcome and a line about it. ``seen`` is where it was when last looked at.
    """

    def __init__(
        self,
        number: int,
        vm: int,
        state_size: int,
        ports: Ports,
        devices: list[VirtioDevice],
        end: End,
    ) -> None:
        self.number = number
        self.fd = kvm.ioctl(vm, "KVM_CREATE_VCPU", number)
        self.state = mmap.mmap(self.fd, state_size)
        self.exits = 0
        self.dead = False
        self.thread: threading.Thread | None = None
        self._ports = ports
        self._devices = devices
        self._end = end
        self.stopping = False
        self._before = b""
        self._same = 0
        self.seen: list[int] = []

    def start(self) -> None:
        """Let it run, in a thread of its own."""
        self.stopping = self.dead = False
        self._same = 0
        self.seen = []
        name = f"vcpu {self.number}"
        self.thread = threading.Thread(target=self._loop, daemon=True, name=name)
        self.thread.start()

    def enter_long_mode(self, state: LongMode) -> None:
        """Bring it to an entry."""
        enter_long_mode(self.fd, state)

    def registers(self) -> kvm.Regs:
        """The general registers; only while it does not run."""
        regs = kvm.Regs.new()
        kvm.ioctl(self.fd, "KVM_GET_REGS", regs)
        return regs

    def control_registers(self) -> kvm.Sregs:
        """Segments and control registers; only while it does not run."""
        sregs = kvm.Sregs.new()
        kvm.ioctl(self.fd, "KVM_GET_SREGS", sregs)
        return sregs

    def kernel_entry(self) -> int:
        """Where system calls enter the guest's kernel; 0 before it has said so."""
        return kvm.read_msr(self.fd, _LSTAR)

    def kick(self, *, stop: bool = False) -> None:
        """Make it look up from the guest's code; with STOP leave it."""
        import signal

        self.stopping |= stop
        if self.thread and self.thread.is_alive():
            self.state[_IMMEDIATE_EXIT] = 1
            signal.pthread_kill(self.thread.ident or 0, signal.SIGUSR1)

    def stop(self) -> None:
        """Make it stand still."""
        while self.thread and self.thread.is_alive():
            self.kick(stop=True)
            self.thread.join(0.1)

    def close(self) -> None:
        """Give it back."""
        self.state.close()
        os.close(self.fd)

    # ---- what follows runs in the processor's own thread

    def _loop(self) -> None:
        try:
            while not self.stopping:
                self._step()
            self._complete()
        except Exception as error:  # noqa: BLE001 - a thread's only way to say what went wrong
            self._end(BROKEN, f"vcpu {self.number}: {type(error).__name__}: {error}")

    def _complete(self) -> None:
        """Let KVM finish the instruction that made it exit: the registers are behind it then."""
        self.state[_IMMEDIATE_EXIT] = 1
        with contextlib.suppress(OSError):
            kvm.run(self.fd)
        self.state[_IMMEDIATE_EXIT] = 0

    def _step(self) -> None:
        try:
            kvm.run(self.fd)
        except (InterruptedError, BlockingIOError):
            self.state[_IMMEDIATE_EXIT] = 0
            self._look()
            return
        except OSError as error:
            cause = os.strerror(error.errno or 0).lower()
            raise KernelError("KVM_RUN", error.errno or 0, cause=cause) from error
        self.exits += 1
        reason = kvm.EXIT_REASONS.get(self.state[_EXIT_REASON], "")
        if reason == "KVM_EXIT_IO":
            self._port()
        elif reason == "KVM_EXIT_MMIO":
            self._memory_access()
        else:
            self.stopping = True
            self._end(*self._judge(reason))

    def _port(self) -> None:
        state = self.state
        out, size = state[_EXIT], state[_EXIT + 1]
        port = number_at(state[_EXIT + 2 : _EXIT + 4], 0, 2)
        count = number_at(state[_EXIT + 4 : _EXIT + 8], 0, 4)
        at = number_at(state[_EXIT + 8 : _EXIT + 16], 0, 8)
        for n in range(count * size):
            device, offset = self._ports.get(port + n % size, (None, 0))
            if out:
                if device:
                    device.write(offset, state[at + n])
            else:
                state[at + n] = device.read(offset) if device else 0xFF

    def _memory_access(self) -> None:
        state = self.state
        address = number_at(state[_EXIT : _EXIT + 8], 0, 8) - FIRST_ADDRESS
        size = min(state[_EXIT + 16], 8)
        number, offset = divmod(address, STRIDE)
        device = self._devices[number] if 0 <= number < len(self._devices) else None
        if not state[_EXIT + 20]:  # where nothing is: all ones
            value = device.read(offset, size) if device else -1
            state[_EXIT + 8 : _EXIT + 16] = as_bytes(value & 0xFFFFFFFFFFFFFFFF, 8)
        elif device:
            data = state[_EXIT + 8 : _EXIT + 8 + size]
            device.write(offset, size, number_at(data, 0, size))

    def _judge(self, reason: str) -> tuple[str, str]:
        state = self.state
        if reason == "KVM_EXIT_HLT":
            return STOPPED, f"halted at {self.registers().rip:#x}"
        if reason == "KVM_EXIT_SHUTDOWN":
            return TRIPLE_FAULT, f"on vcpu {self.number}"
        if reason == "KVM_EXIT_SYSTEM_EVENT":
            kind = number_at(state[_EXIT : _EXIT + 4], 0, 4)
            return _SYSTEM_EVENTS.get(kind, BROKEN), f"system event {kind}"
        where = f"at {self.registers().rip:#x}"
        if reason == "KVM_EXIT_FAIL_ENTRY":
            why = number_at(state[_EXIT : _EXIT + 8], 0, 8)
            return BROKEN, f"the processor refuses to enter the guest {where}: reason {why:#x}"
        if reason == "KVM_EXIT_INTERNAL_ERROR":
            suberror = number_at(state[_EXIT : _EXIT + 4], 0, 4)
            return BROKEN, f"KVM cannot go on {where}: suberror {suberror}{self._instruction()}"
        return BROKEN, f"KVM left the guest {where} for {state[_EXIT_REASON]}"

    def _instruction(self) -> str:
        """What KVM could not emulate, if it says so."""
        flags, size = self.state[_EXIT + 8], self.state[_EXIT + 16]
        known = number_at(self.state[_EXIT + 4 : _EXIT + 8], 0, 4) > 1 and flags & 1
        code = self.state[_EXIT + 17 : _EXIT + 17 + min(size, 15)]
        return f", instruction {code.hex(' ')}" if known else ""

    def _look(self) -> None:
        """Whether anything still happens here: the answer is in ``dead``."""
        regs = self.registers()
        now = bytes(regs)
        self.seen = [*self.seen[1 - _SEEN :], regs.rip]
        mp_state = kvm.MpState.new()
        kvm.ioctl(self.fd, "KVM_GET_MP_STATE", mp_state)
        quiet = now == self._before and not regs.rflags & _INTERRUPTS_ON
        self._same = self._same + 1 if quiet else 0
        self._before = now
        halted = mp_state.mp_state == kvm.KVM_MP_STATE_HALTED
        asleep = mp_state.mp_state not in (kvm.KVM_MP_STATE_RUNNABLE, kvm.KVM_MP_STATE_HALTED)
        self.dead = asleep or self._same >= (_DEAD_HALT if halted else _DEAD_LOOP)
