"""KVM: the ioctls and structures that a guest needs.

Numbers keep the names of include/uapi/linux/kvm.h; ``ioctl`` raises KernelError with the name.
Ref: Documentation/virt/kvm/api.rst (Linux 6.1).
"""

from __future__ import annotations

import fcntl
import os

from uroot_py.abi.libc import address_of, syscall
from uroot_py.base.errors import KernelError
from uroot_py.base.layout import Layout, raw, u8, u16, u32, u64
from uroot_py.base.reader import as_bytes, number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    import mmap

KVM_API_VERSION = 12
KVM_PIT_SPEAKER_DUMMY = 1
KVM_MP_STATE_RUNNABLE = 0
KVM_MP_STATE_HALTED = 3
NUMBERS = {
    "KVM_GET_API_VERSION": 0xAE00,
    "KVM_CREATE_VM": 0xAE01,
    "KVM_GET_VCPU_MMAP_SIZE": 0xAE04,
    "KVM_GET_SUPPORTED_CPUID": 0xC008AE05,
    "KVM_CREATE_VCPU": 0xAE41,
    "KVM_SET_USER_MEMORY_REGION": 0x4020AE46,
    "KVM_SET_TSS_ADDR": 0xAE47,
    "KVM_SET_IDENTITY_MAP_ADDR": 0x4008AE48,
    "KVM_CREATE_IRQCHIP": 0xAE60,
    "KVM_IRQ_LINE": 0x4008AE61,
    "KVM_CREATE_PIT2": 0x4040AE77,
    "KVM_RUN": 0xAE80,
    "KVM_GET_REGS": 0x8090AE81,
    "KVM_SET_REGS": 0x4090AE82,
    "KVM_GET_SREGS": 0x8138AE83,
    "KVM_SET_SREGS": 0x4138AE84,
    "KVM_GET_MSRS": 0xC008AE88,
    "KVM_SET_CPUID2": 0x4008AE90,
    "KVM_GET_MP_STATE": 0x8004AE98,
    "KVM_NMI": 0xAE9A,
}
_RUN = NUMBERS["KVM_RUN"]
EXIT_REASONS = {
    2: "KVM_EXIT_IO",
    5: "KVM_EXIT_HLT",
    6: "KVM_EXIT_MMIO",
    8: "KVM_EXIT_SHUTDOWN",
    9: "KVM_EXIT_FAIL_ENTRY",
    17: "KVM_EXIT_INTERNAL_ERROR",
    24: "KVM_EXIT_SYSTEM_EVENT",
}


class Regs(Layout, size=144, title="kvm_regs"):
    """The general registers."""

    rax = u64(0x00)
    rbx = u64(0x08)
    rcx = u64(0x10)
    rdx = u64(0x18)
    rsi = u64(0x20)
    rdi = u64(0x28)
    rsp = u64(0x30)
    rbp = u64(0x38)
    r8 = u64(0x40)
    r9 = u64(0x48)
    r10 = u64(0x50)
    r11 = u64(0x58)
    r12 = u64(0x60)
    r13 = u64(0x68)
    r14 = u64(0x70)
    r15 = u64(0x78)
    rip = u64(0x80)
    rflags = u64(0x88)


class Segment(Layout, size=24, title="kvm_segment"):
    """A segment register with its hidden part."""

    limit = u32(0x08)
    selector = u16(0x0C)
    type = u8(0x0E)
    present = u8(0x0F)
    db = u8(0x11)
    s = u8(0x12)
    l = u8(0x13)  # noqa: E741 - the kernel's name
    g = u8(0x14)


class Sregs(Layout, size=312, title="kvm_sregs"):
    """Segments and control registers."""

    cs = raw(0x00, 24)
    ds = raw(0x18, 24)
    es = raw(0x30, 24)
    fs = raw(0x48, 24)
    gs = raw(0x60, 24)
    ss = raw(0x78, 24)
    cr0 = u64(0xE0)
    cr3 = u64(0xF0)
    cr4 = u64(0xF8)
    efer = u64(0x108)


class MemoryRegion(Layout, size=32, title="kvm_userspace_memory_region"):
    """Which of our memory the guest sees, and where."""

    slot = u32(0x00)
    guest_phys_addr = u64(0x08)
    memory_size = u64(0x10)
    userspace_addr = u64(0x18)


class PitConfig(Layout, size=64, title="kvm_pit_config"):
    """The interval timer; KVM_PIT_SPEAKER_DUMMY lets it answer port 0x61, too."""

    flags = u32(0x00)


class IrqLevel(Layout, size=8, title="kvm_irq_level"):
    """An interrupt line of the chips in the kernel."""

    irq = u32(0x00)
    level = u32(0x04)


class MpState(Layout, size=4, title="kvm_mp_state"):
    """What a processor is doing."""

    mp_state = u32(0x00)


class CpuidEntry(Layout, size=40, title="kvm_cpuid_entry2"):
    """What one leaf of CPUID says."""

    function = u32(0x00)
    index = u32(0x04)
    eax = u32(0x0C)
    ebx = u32(0x10)
    ecx = u32(0x14)
    edx = u32(0x18)


_CPUIDS = 256


def run(fd: int) -> None:
    """Let the processor FD run until it needs us; OSError, InterruptedError after a signal.

    Not by fcntl.ioctl: since Python 3.14 it calls again after a signal, and never comes back.
    """
    try:
        syscall("ioctl", fd, _RUN, 0)
    except KernelError as error:
        raise OSError(error.errno, os.strerror(error.errno)) from None


def ioctl(fd: int, name: str, argument: int | Layout | bytearray = 0) -> int:
    """The result of the ioctl NAME; a structure is passed by address and filled in."""
    try:
        if isinstance(argument, bytearray):
            return int(fcntl.ioctl(fd, NUMBERS[name], argument))
        if isinstance(argument, Layout):
            if not isinstance(argument.data, bytearray):
                raise TypeError(f"{argument.title} is a view of read-only bytes")
            return int(fcntl.ioctl(fd, NUMBERS[name], argument.data))
        return fcntl.ioctl(fd, NUMBERS[name], argument)
    except OSError as error:
        number = error.errno or 0
        raise KernelError(name, number, cause=os.strerror(number).lower()) from error


def set_memory(vm: int, slot: int, guest_phys_addr: int, memory: mmap.mmap) -> object:
    """Give the guest MEMORY at GUEST_PHYS_ADDR; keep the result for as long as the guest runs."""
    address, keep = address_of(memoryview(memory))
    region = MemoryRegion.new(
        slot=slot,
        guest_phys_addr=guest_phys_addr,
        memory_size=len(memory),
        userspace_addr=address,
    )
    ioctl(vm, "KVM_SET_USER_MEMORY_REGION", region)
    return keep


def supported_cpuid(kvm: int) -> list[CpuidEntry]:
    """What CPUID can say to a guest on this machine."""
    data = bytearray(8 + _CPUIDS * CpuidEntry.size)
    data[:4] = as_bytes(_CPUIDS, 4)
    ioctl(kvm, "KVM_GET_SUPPORTED_CPUID", data)
    count = min(number_at(data, 0, 4), _CPUIDS)
    return [CpuidEntry(data, 8 + n * CpuidEntry.size) for n in range(count)]


def set_cpuid(vcpu: int, entries: list[CpuidEntry]) -> None:
    """Let CPUID say ENTRIES."""
    head = bytearray(as_bytes(len(entries), 8))
    ioctl(vcpu, "KVM_SET_CPUID2", head + b"".join(map(bytes, entries)))


def read_msr(vcpu: int, index: int) -> int:
    """The model-specific register INDEX; 0 when there is none."""
    # struct kvm_msrs with one struct kvm_msr_entry behind it
    data = bytearray(as_bytes(1, 8) + as_bytes(index, 16))
    found = ioctl(vcpu, "KVM_GET_MSRS", data)
    return number_at(data, 16, 8) if found else 0


def set_tss_address(vm: int, address: int) -> None:
    """Where old processors may keep what they need for real mode: above all RAM."""
    # fcntl.ioctl() takes numbers up to 2 GiB only.
    syscall("ioctl", vm, NUMBERS["KVM_SET_TSS_ADDR"], address)
    ioctl(vm, "KVM_SET_IDENTITY_MAP_ADDR", bytearray(as_bytes(address - 0x1000, 8)))
