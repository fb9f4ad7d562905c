"""What a guest of QEMU's is doing: its registers and memory, through QEMU's own monitor.

Ref: QEMU 7.2, docs/interop/qmp-spec.txt; HMP's ``info registers``.
"""

from __future__ import annotations

import json
import mmap
import re
from typing import TYPE_CHECKING

from scripts.vmtest.failure import StepFailedError
from uroot_py.abi import kvm
from uroot_py.vmm import postmortem
from uroot_py.vmm.memory import GuestMemory
from uroot_py.vmm.view import View

if TYPE_CHECKING:
    import socket
    from pathlib import Path

LIMIT = 300
_PAGE_FAULT = 14  # the vector whose handler every kernel has in its own code


class Monitor:
    """QEMU's monitor at the other end of LINE."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._rest = b""  # what was read behind the last line
        self._greeted = False
        self.greeting = 0.5  # seconds; it was sent when QEMU started

    def ask(self, command: str, **arguments: object) -> object:
        """What COMMAND returns; StepFailedError when it fails or QEMU is gone."""
        try:
            if not self._greeted:
                self._line.settimeout(self.greeting)
                self._read()
                self._line.settimeout(LIMIT)
                self._greeted = True
                self.ask("qmp_capabilities")
            asked = json.dumps({"execute": command, "arguments": arguments})
            self._line.sendall(f"{asked}\n".encode())
            while line := self._read():
                said = json.loads(line)
                if "error" in said:
                    raise StepFailedError(f"QEMU: {command}: {said['error'].get('desc')}")
                if "return" in said:
                    return said["return"]
        except (OSError, ValueError) as error:
            raise StepFailedError(f"QEMU: {command}: {error}") from error
        raise StepFailedError(f"QEMU: {command}: it has ended")

    def _read(self) -> bytes:
        """A line; empty when QEMU is gone. A file of the socket would have to be closed, too."""
        while b"\n" not in self._rest:
            data = self._line.recv(65536)
            if not data:
                return b""
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line


class SavedMemory(GuestMemory):
    """RAM from 0 on, as it lies in a file."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self.slots = [(0, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))]
        self.size = len(self.slots[0][1])


class Processor:
    """A processor as QEMU prints it."""

    seen = ()

    def __init__(self, number: int, text: str, memory: GuestMemory) -> None:
        self.number = number
        self._memory = memory
        pairs = re.findall(r"([A-Z0-9]+) *= *([0-9a-f]+)", text)
        # Outside of 64-bit code they are EAX and so on.
        pairs += [(f"R{name[1:]}", digits) for name, digits in pairs if name[0] == "E"]
        self._values = {name: int(digits, 16) for name, digits in pairs}

    def registers(self) -> kvm.Regs:
        """The general ones."""
        names = [field.name for field in kvm.Regs.fields]
        return kvm.Regs.new(**{name: self._values.get(name.upper(), 0) for name in names})

    def control_registers(self) -> kvm.Sregs:
        """The code segment and the control registers."""
        segment = bytes(kvm.Segment.new(selector=self._values.get("CS", 0)))
        cr3, cr4 = (self._values.get(name, 0) for name in ("CR3", "CR4"))
        return kvm.Sregs.new(cs=segment, cr3=cr3, cr4=cr4)

    def kernel_entry(self) -> int:
        """Where its page faults go."""
        view = View(self._memory, self._values.get("CR3", 0), self._values.get("CR4", 0))
        gate = view.read(self._values.get("IDT", 0) + 16 * _PAGE_FAULT, 16)
        return int.from_bytes(gate[:2] + gate[6:12], "little") if len(gate) == 16 else 0


class Stopped:
    """The guest of MONITOR, which stands still from now on, with its first SIZE bytes of RAM."""

    def __init__(self, monitor: Monitor, size: int, folder: Path) -> None:
        monitor.ask("stop")
        said = monitor.ask("human-monitor-command", **{"command-line": "info registers -a"})
        path = folder / "memory"
        try:
            monitor.ask("pmemsave", val=0, size=size, filename=str(path))
            self.memory: GuestMemory = SavedMemory(path)
        finally:
            path.unlink(missing_ok=True)
        texts = str(said).split("CPU#")[1:]
        self.vcpus = [Processor(n, text, self.memory) for n, text in enumerate(texts)]


def report(monitor: Monitor, size: int, folder: Path) -> str:
    """What the guest of MONITOR is doing, in words; StepFailedError if that fails."""
    stopped = Stopped(monitor, size, folder)
    try:
        return postmortem.report(stopped)
    finally:
        stopped.memory.close()
