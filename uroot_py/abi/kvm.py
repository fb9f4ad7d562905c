"""KVM: the ioctls and structures that a guest needs.

Numbers keep the names of include/uapi/linux/kvm.h; ``ioctl`` raises KernelError with the name.
Ref: Documentation/virt/kvm/api.rst (Linux 6.1).
"""

from __future__ import annotations

import fcntl
import os

from uroot_py.abi.libc import address_of
from uroot_py.base.errors import KernelError
from uroot_py.base.layout import Layout, raw, u8, u16, u32, u64

TYPE_CHECKING = False
if TYPE_CHECKING:
    import mmap

KVM_API_VERSION = 12
NUMBERS = {
    "KVM_GET_API_VERSION": 0xAE00,
    "KVM_CREATE_VM": 0xAE01,
    "KVM_GET_VCPU_MMAP_SIZE": 0xAE04,
    "KVM_CREATE_VCPU": 0xAE41,
    "KVM_SET_USER_MEMORY_REGION": 0x4020AE46,
    "KVM_RUN": 0xAE80,
    "KVM_SET_REGS": 0x4090AE82,
    "KVM_GET_SREGS": 0x8138AE83,
    "KVM_SET_SREGS": 0x4138AE84,
}
EXIT_REASONS = {
    2: "KVM_EXIT_IO",
    5: "KVM_EXIT_HLT",
    6: "KVM_EXIT_MMIO",
    8: "KVM_EXIT_SHUTDOWN",
    9: "KVM_EXIT_FAIL_ENTRY",
    17: "KVM_EXIT_INTERNAL_ERROR",
}


class Regs(Layout, size=144, title="kvm_regs"):
    """The registers that the probe sets."""

    rcx = u64(0x10)
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


def ioctl(fd: int, name: str, argument: int | Layout = 0) -> int:
    """The result of the ioctl NAME; a Layout is passed by address and filled in."""
    try:
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
