"""What this machine's KVM can do, found out by running a guest.

That /dev/kvm exists, or opens, says nothing: there are machines where it cannot be used, where a
guest never ends, and where ring 0 is emulated a thousand times slower than the processor. So a
small guest in 64-bit mode counts down, in a child process with a limit.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import mmap
    from typing import Literal

    Kind = Literal["none", "not permitted", "broken", "emulated", "good"]

COUNT = 200_000  # rounds of two instructions
SLOW = 0.05  # seconds; a processor needs 0.0001, one inside another hypervisor not much more
_CODE_ADDRESS = 0x4000
# 1: dec ecx; jnz 1b; mov al, 0x2a; out 0x80, al; hlt. Ref: Intel SDM volume 2.
COUNT_DOWN = bytes.fromhex("ffc9 75fc b02a e680 f4")
FOREVER = bytes.fromhex("ebfe")  # 1: jmp 1b


class Verdict:
    """What was found: KIND, WHY in one line, SECONDS that the count took (0: it did not end)."""

    __slots__ = ("kind", "seconds", "why")

    def __init__(self, kind: Kind, why: str, seconds: float = 0.0) -> None:
        self.kind = kind
        self.why = why
        self.seconds = seconds

    @property
    def good(self) -> bool:
        """Whether a kernel can be expected to run at speed."""
        return self.kind == "good"

    def __str__(self) -> str:
        return f"{self.kind}: {self.why}"


def probe(device: str = "/dev/kvm", *, limit: float = 5.0, code: bytes = COUNT_DOWN) -> Verdict:
    """Run CODE as a guest of DEVICE in a child that is ended after LIMIT seconds."""
    if os.uname().machine != "x86_64":
        return Verdict("none", f"no guest for {os.uname().machine}")
    try:
        fd = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    except PermissionError:
        return Verdict("not permitted", f"{device}: permission denied (is the user in group kvm?)")
    except OSError as error:
        return Verdict("none", f"{device}: {(error.strerror or str(error)).lower()}")
    try:
        answer = _in_child(fd, limit, code)
    finally:
        os.close(fd)
    return _judge(answer, limit)


def _judge(answer: str, limit: float) -> Verdict:
    if not answer:
        return Verdict("broken", f"a guest of {COUNT * 2} instructions hangs for {limit:g} s")
    word, _, rest = answer.partition(" ")
    if word != "ok":
        return Verdict("broken", rest)
    seconds = float(rest)
    speed = f"{COUNT * 2 / max(seconds, 1e-6) / 1e6:.3g} M instructions/s in ring 0"
    return Verdict("emulated" if seconds > SLOW else "good", speed, seconds)


def _in_child(fd: int, limit: float, code: bytes) -> str:
    import select
    import signal

    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os._exit(_child(fd, writer, code))
    os.close(writer)
    try:
        ready = select.select([reader], [], [], limit)[0]
        return os.read(reader, 4096).decode() if ready else ""
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _child(fd: int, writer: int, code: bytes) -> int:
    try:
        answer = f"ok {_count(fd, code):.6f}"
    except Exception as error:  # noqa: BLE001 - the child's only way to say what went wrong
        answer = f"error {error}"
    os.write(writer, answer.encode()[:4096])
    return 0


def _count(fd: int, code: bytes) -> float:
    """Seconds that the guest needs; RefusedError when it ends in another way."""
    import mmap
    import time

    from uroot_py.abi import kvm
    from uroot_py.base.errors import RefusedError
    from uroot_py.base.reader import number_at
    from uroot_py.payload.guest_x86 import LongMode
    from uroot_py.vmm.vcpu import enter_long_mode

    version = kvm.ioctl(fd, "KVM_GET_API_VERSION")
    if version != kvm.KVM_API_VERSION:
        raise RefusedError(f"KVM speaks API {version}, not {kvm.KVM_API_VERSION}")
    vm = kvm.ioctl(fd, "KVM_CREATE_VM")
    memory = mmap.mmap(-1, 0x10000, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    _fill(memory, code)
    keep = kvm.set_memory(vm, 0, 0, memory)
    vcpu = kvm.ioctl(vm, "KVM_CREATE_VCPU")
    state = mmap.mmap(vcpu, kvm.ioctl(fd, "KVM_GET_VCPU_MMAP_SIZE"))
    registers = {"rcx": COUNT, "rip": _CODE_ADDRESS}
    enter_long_mode(vcpu, LongMode(0x1000, registers))
    start = time.monotonic()
    kvm.ioctl(vcpu, "KVM_RUN")
    seconds = time.monotonic() - start
    reason = number_at(state[8:12], 0, 4)
    if kvm.EXIT_REASONS.get(reason) != "KVM_EXIT_IO":
        raise RefusedError(f"the guest ended with {kvm.EXIT_REASONS.get(reason, reason)}")
    del keep
    return seconds


def _fill(memory: mmap.mmap, code: bytes) -> None:
    """The code, and page tables that map the first 2 MiB to themselves."""
    from uroot_py.base.reader import as_bytes

    present_writable = 0x3
    large_page = 0x80
    for offset, entry in (
        (0x1000, 0x2000 | present_writable),
        (0x2000, 0x3000 | present_writable),
        (0x3000, present_writable | large_page),
    ):
        memory[offset : offset + 8] = as_bytes(entry, 8)
    memory[_CODE_ADDRESS : _CODE_ADDRESS + len(code)] = code
