"""A guest: memory, processors, devices; it runs until something ends it, and never longer.

Each processor has a thread. The one that calls ``run`` looks after the limits, the input and
whether anything still happens. It must be the main thread: signals wake the processors.
"""

from __future__ import annotations

import os
import time

from uroot_py.abi import kvm
from uroot_py.base.errors import RefusedError
from uroot_py.payload.guest_x86 import default_e820_map
from uroot_py.vmm import acpi
from uroot_py.vmm.devices import COM1_IRQ, Serial, ports
from uroot_py.vmm.memory import GuestMemory
from uroot_py.vmm.outcome import (
    HUNG,
    MARKER,
    PANIC_END,
    PANICKED,
    REBOOTED,
    TIMED_OUT,
    TRIPLE_FAULT,
    Outcome,
    panic_text,
)
from uroot_py.vmm.vcpu import Vcpu

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from uroot_py.base.layout import Buffer
    from uroot_py.payload.guest_x86 import BootOptions, BootPlan

MAX_CPUS = 16
_TSS_ADDRESS = 0xFFFBD000
_TICK = 0.25
_SVM, _VMX, _TSC_DEADLINE, _HYPERVISOR = 1 << 2, 1 << 5, 1 << 24, 1 << 31


def _open(device: str) -> int:
    try:
        return os.open(device, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise RefusedError(f"{device}: {why}", hint="no guest can run without KVM") from error


class Machine:
    """A guest with MEMORY_SIZE bytes and CPUS processors; a context manager.

    OUTPUT gets what it writes to its serial line, which is also kept in ``console``. CHIPS False
    leaves out the interrupt controllers and the timer: then a halt is the end (``stopped``).
    """

    def __init__(
        self,
        memory_size: int = 256 << 20,
        cpus: int = 1,
        *,
        output: Callable[[bytes], object] | None = None,
        chips: bool = True,
        device: str = "/dev/kvm",
    ) -> None:
        if not 1 <= cpus <= MAX_CPUS:
            raise RefusedError(f"a guest has 1 to {MAX_CPUS} processors, not {cpus}")
        self.e820 = default_e820_map(memory_size)
        self.console = bytearray()
        self.vcpus: list[Vcpu] = []
        self._fds: list[int] = []
        self._keep: list[object] = []
        self._output = output
        self._chips = chips
        self._marker = b""
        self._ended: Outcome | None = None
        self.serial = Serial(self._put, self._raise)
        self.memory = GuestMemory(memory_size)
        try:
            self._build(device, cpus)
        except BaseException:
            self.close()
            raise

    def _build(self, device: str, cpus: int) -> None:
        self._fds.append(_open(device))
        system = self._fds[0]
        version = kvm.ioctl(system, "KVM_GET_API_VERSION")
        if version != kvm.KVM_API_VERSION:
            raise RefusedError(f"KVM speaks API {version}, not {kvm.KVM_API_VERSION}")
        self._fds.append(kvm.ioctl(system, "KVM_CREATE_VM"))
        self.vm = self._fds[1]
        kvm.set_tss_address(self.vm, _TSS_ADDRESS)
        if self._chips:
            kvm.ioctl(self.vm, "KVM_CREATE_IRQCHIP")
            kvm.ioctl(
                self.vm, "KVM_CREATE_PIT2", kvm.PitConfig.new(flags=kvm.KVM_PIT_SPEAKER_DUMMY)
            )
        for slot, (address, memory) in enumerate(self.memory.slots):
            self._keep.append(kvm.set_memory(self.vm, slot, address, memory))
        self._wake, self._waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._fds += [self._wake, self._waker]
        size = kvm.ioctl(system, "KVM_GET_VCPU_MMAP_SIZE")
        answers = ports(self.serial, lambda kind: self._end(kind, ""))
        for number in range(cpus):
            vcpu = Vcpu(number, self.vm, size, answers, self._end)
            self.vcpus.append(vcpu)
            kvm.set_cpuid(vcpu.fd, _cpuid(kvm.supported_cpuid(system), number, chips=self._chips))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give everything back; a guest that still runs is ended."""
        self._stop()
        for vcpu in self.vcpus:
            vcpu.close()
        for fd in reversed(self._fds):
            os.close(fd)
        self.vcpus, self._fds = [], []
        self._keep.clear()
        self.memory.close()

    # ---- what the guest does

    def _put(self, value: int) -> None:
        self.console.append(value)
        if self._output:
            self._output(bytes([value]))
        if self._marker and self.console.endswith(self._marker):
            self._end(MARKER, self._marker.decode("utf-8", "replace"))
        if value == 10 and PANIC_END in self.console[-300:]:
            self._end(PANICKED, panic_text(self.console))

    def _raise(self, level: bool) -> None:
        if self._chips:
            kvm.ioctl(self.vm, "KVM_IRQ_LINE", kvm.IrqLevel.new(irq=COM1_IRQ, level=int(level)))

    def _end(self, kind: str, text: str) -> None:
        """The first end counts."""
        if self._ended is None:
            panic = panic_text(self.console)
            if panic and kind in (REBOOTED, TRIPLE_FAULT):
                kind, text = PANICKED, panic
            self._ended = Outcome(kind, text)
            for vcpu in self.vcpus:
                vcpu.stopping = True
            os.write(self._waker, b"x")

    # ---- running it

    def load(self, kernel: Buffer, options: BootOptions) -> BootPlan:
        """Put a kernel and what belongs to it into the memory, and the first processor at it."""
        from uroot_py.payload.guest_x86 import load_kernel

        self.memory.write(acpi.RSDP_ADDRESS, acpi.build(len(self.vcpus)))
        options.rsdp_address = acpi.RSDP_ADDRESS
        plan = load_kernel(kernel).prepare(self.memory, options, self.memory.size)
        plan.configure_vcpu(self.vcpus[0])
        return plan

    def run(self, limit: float, *, marker: bytes = b"", source: int | None = None) -> Outcome:
        """Run for at most LIMIT seconds, or until MARKER is on the serial line.

        What can be read from the descriptor SOURCE is typed. The processors stand still then.
        """
        import signal

        self._marker = marker
        start = time.monotonic()
        before = signal.signal(signal.SIGUSR1, lambda number, frame: None)
        try:
            for vcpu in self.vcpus:
                vcpu.thread.start()
            self._look_after(start + limit, [self._wake, *([] if source is None else [source])])
        finally:
            self._stop()
            signal.signal(signal.SIGUSR1, before)
        panic = panic_text(self.console)
        if self._ended is None:
            kind, text = TIMED_OUT, f"after {limit:g} s"
            self._ended = Outcome(PANICKED, panic) if panic else Outcome(kind, text)
        self._ended.seconds = time.monotonic() - start
        self._ended.exits = sum(vcpu.exits for vcpu in self.vcpus)
        return self._ended

    def _look_after(self, deadline: float, sources: list[int]) -> None:
        import select

        tick = time.monotonic() + _TICK
        while self._ended is None:
            now = time.monotonic()
            if now >= deadline:
                return
            if now >= tick:
                tick = now + _TICK
                if all(vcpu.dead for vcpu in self.vcpus):
                    self._end(HUNG, "interrupts are off, nothing changes")
                for vcpu in self.vcpus:
                    vcpu.kick()
            ready = select.select(sources, [], [], max(0, min(tick, deadline) - now))[0]
            if ready and self._wake not in ready:
                typed = os.read(ready[0], 4096)
                if typed:
                    self.serial.type(typed)
                else:
                    sources.remove(ready[0])

    def _stop(self) -> None:
        for vcpu in self.vcpus:
            while vcpu.thread.is_alive():
                vcpu.kick(stop=True)
                vcpu.thread.join(0.1)


def _cpuid(entries: list[kvm.CpuidEntry], number: int, *, chips: bool) -> list[kvm.CpuidEntry]:
    """What processor NUMBER says of itself: who it is, a guest, no guests of its own, no PMU."""
    for entry in entries:
        if entry.function == 1:
            entry.ebx = entry.ebx & 0xFFFFFF | number << 24
            entry.ecx = (entry.ecx | _HYPERVISOR) & ~_VMX
            entry.ecx = entry.ecx | _TSC_DEADLINE if chips else entry.ecx & ~_TSC_DEADLINE
        elif entry.function in (0xB, 0x1F):
            entry.edx = number
        elif entry.function == 0xA:
            entry.eax = entry.ebx = entry.ecx = entry.edx = 0
        elif entry.function == 0x80000001:
            entry.ecx &= ~_SVM
    return entries
