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
from uroot_py.vmm import acpi, virtio
from uroot_py.vmm.devices import COM1_IRQ, Serial, ports
from uroot_py.vmm.memory import GuestMemory
from uroot_py.vmm.outcome import (
    HUNG,
    MARKER,
    PANIC_END,
    PANICKED,
    REBOOTED,
    STOPPED,
    TIMED_OUT,
    TRIPLE_FAULT,
    Outcome,
    panic_text,
)
from uroot_py.vmm.vcpu import Vcpu
from uroot_py.vmm.virtio_devices import Block, Entropy, Line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self

    from uroot_py.payload.guest_x86 import Frame, GuestPlan
    from uroot_py.payload.request import Request

MAX_CPUS = 16
MAX_DISKS = virtio.MAX_DEVICES - 2
_TSS_ADDRESS = 0xFFFBD000
_TICK = 0.25
_MOST_TEXT = 16 << 20  # of the console is kept
_SVM, _VMX, _TSC_DEADLINE, _HYPERVISOR = 1 << 2, 1 << 5, 1 << 24, 1 << 31


def _open(device: str) -> int:
    try:
        return os.open(device, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise RefusedError(f"{device}: {why}", hint="no guest can run without KVM") from error


class Guest:
    """A guest with MEMORY_SIZE bytes and CPUS processors; a context manager.

    OUTPUT gets what it writes to its consoles (serial line and virtio), also kept in ``console``;
    what is typed goes to the virtio console with VIRTIO_CONSOLE, else to the serial line. DISKS are
    files whose contents it sees. CHIPS False leaves out the interrupt controllers, the timer and
    all virtio devices: then a halt is the end (``stopped``).
    """

    def __init__(
        self,
        memory_size: int = 256 << 20,
        cpus: int = 1,
        *,
        output: Callable[[bytes], object] | None = None,
        chips: bool = True,
        device: str = "/dev/kvm",
        disks: Sequence[str] = (),
        virtio_console: bool = False,
    ) -> None:
        if not 1 <= cpus <= MAX_CPUS:
            raise RefusedError(f"a guest has 1 to {MAX_CPUS} processors, not {cpus}")
        if len(disks) > MAX_DISKS:
            raise RefusedError(f"a guest has at most {MAX_DISKS} disks, not {len(disks)}")
        self.e820 = default_e820_map(memory_size)
        self.console = bytearray()
        self.vcpus: list[Vcpu] = []
        self.devices: list[virtio.Device] = []
        self._fds: list[int] = []
        self._keep: list[object] = []
        self._output = output
        self._chips = chips
        self._marker = b""
        self._ended: Outcome | None = None
        self.serial = Serial(lambda byte: self._put(bytes([byte])), self._line(COM1_IRQ))
        self.type = self.serial.type
        self.memory = GuestMemory(memory_size)
        try:
            self._build(device, cpus)
            if chips:
                self._add_devices(disks, typed=virtio_console)
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
            vcpu = Vcpu(number, self.vm, size, answers, self.devices, self._end)
            self.vcpus.append(vcpu)
            kvm.set_cpuid(vcpu.fd, _cpuid(kvm.supported_cpuid(system), number, chips=self._chips))

    def _add_devices(self, disks: Sequence[str], *, typed: bool) -> None:
        line = Line(self.memory, self._line(virtio.FIRST_IRQ), self._put)
        self.devices += [line, Entropy(self.memory, self._line(virtio.FIRST_IRQ + 1))]
        for number, path in enumerate(disks):
            irq = self._line(virtio.FIRST_IRQ + len(self.devices))
            self.devices.append(Block(self.memory, irq, path, f"uroot-{number}"))
        if typed:
            self.type = line.type

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
        for device in self.devices:
            device.close()
        for fd in reversed(self._fds):
            os.close(fd)
        self.vcpus, self.devices, self._fds = [], [], []
        self._keep.clear()
        self.memory.close()

    # ---- what the guest does

    def _put(self, data: bytes) -> None:
        before = len(self.console)
        self.console += data
        if self._output:
            self._output(data)
        if self._marker and self._marker in self.console[max(before - len(self._marker), 0) :]:
            self._end(MARKER, self._marker.decode("utf-8", "replace"))
        if b"\n" in data and PANIC_END in self.console[max(before - 300, 0) :]:
            self._end(PANICKED, panic_text(self.console))
        if len(self.console) > 2 * _MOST_TEXT:
            del self.console[:_MOST_TEXT]

    def _line(self, irq: int) -> Callable[[bool], None]:
        """What sets the interrupt line IRQ."""

        def set_level(level: bool) -> None:
            if self._chips:
                kvm.ioctl(self.vm, "KVM_IRQ_LINE", kvm.IrqLevel.new(irq=irq, level=int(level)))

        return set_level

    def nmi(self) -> None:
        """Interrupt the first processor, whatever it does, as soon as it runs again.

        A kernel told ``unknown_nmi_panic`` then says what it was doing.
        """
        kvm.ioctl(self.vcpus[0].fd, "KVM_NMI")

    def stop(self) -> None:
        """End the run, from any thread or a signal: ``stopped: as asked``."""
        self._end(STOPPED, "as asked")

    def faults(self) -> list[str]:
        """What was wrong with what the guest told its devices, a line each."""
        pairs = enumerate(self.devices)
        return [f"virtio device {n}: {device.fault}" for n, device in pairs if device.fault]

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

    def load(self, request: Request, frame: Frame | None = None) -> GuestPlan:
        """Put a kernel and what belongs to it into the memory, and the first processor at it."""
        from uroot_py.payload.guest_x86 import plan_guest

        tables = acpi.build(len(self.vcpus), len(self.devices))
        self.memory.write(acpi.RSDP_ADDRESS, tables)
        request.platform.rsdp_address = acpi.RSDP_ADDRESS
        made = plan_guest(request, self.memory.size, frame)
        made.put(self.memory)
        self.vcpus[0].enter_long_mode(made.state)
        return made

    def run(self, limit: float, *, marker: bytes = b"", source: int | None = None) -> Outcome:
        """Run for at most LIMIT seconds, or until MARKER is on the serial line.

        What can be read from the descriptor SOURCE is typed. The processors stand still then, and
        a guest that has not come to its end goes on with the next run.
        """
        import signal

        self._marker = marker
        self._ended = None
        start = time.monotonic()
        before = signal.signal(signal.SIGUSR1, lambda number, frame: None)
        try:
            for vcpu in self.vcpus:
                vcpu.start()
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
            if self._wake in ready:
                os.read(self._wake, 64)
            elif ready:
                typed = os.read(ready[0], 4096)
                if typed:
                    self.type(typed)
                else:
                    sources.remove(ready[0])

    def _stop(self) -> None:
        for vcpu in self.vcpus:
            vcpu.kick(stop=True)
        for vcpu in self.vcpus:
            vcpu.stop()


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
