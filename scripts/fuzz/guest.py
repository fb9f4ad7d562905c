"""What is read out of a guest's memory, whatever the guest has put there."""

from __future__ import annotations

from uroot_py.vmm import printk, symbols, unwind
from uroot_py.vmm.memory import GuestMemory
from uroot_py.vmm.view import View
from uroot_py.vmm.virtio import Queue

SIZE = 1 << 16  # bytes of memory
NAMES = (
    *("linux_banner", "prb", "log_buf", "__start_orc_unwind_ip", "__stop_orc_unwind_ip"),
    *("__start_orc_unwind", "_stext", "_etext", "_sinittext", "_einittext"),
)


class Flat(View):
    """Memory whose addresses are its own."""

    def translate(self, address: int) -> int | None:
        """See View."""
        return address if 0 <= address < SIZE else None


def memory(data: bytes) -> None:
    """The log, the frames and the symbols of a kernel; a virtio queue."""
    held = GuestMemory(SIZE)
    try:
        held.write(0, data[:SIZE])
        view = Flat(held, 0, 0)
        rows = [(64 * number, name) for number, name in enumerate(NAMES)]
        known = symbols.Symbols(rows, placed=True)
        printk.read_log(view, known)
        orc = unwind.read_orc(view, known)
        names = ("rbp", "rdx", "rdi", "r10", "r13")
        registers = {"rip": 7 * 64, "rsp": 1024, **dict.fromkeys(names, 1032)}
        unwind.walk(view, registers, known, orc, 30)
        View(held, 0, 0).read(int.from_bytes(data[:8], "little"), 64)
        queue = Queue(held)
        queue.places = [0, 256, 512]
        for _ in range(min(queue.waiting(), 8)):
            queue.give(queue.take(), 1)
    finally:
        held.close()
