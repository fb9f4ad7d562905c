"""The command line that starts a guest, and its process that always ends."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from initramfs import target
from scripts.tools import ROOT
from scripts.vmtest import nested
from scripts.vmtest.console import Console
from scripts.vmtest.failure import StepFailedError
from scripts.vmtest.machine import ENGINES, Engine, Machine
from scripts.vmtest.qmp import Monitor, report
from uroot_py.base.errors import RefusedError, UrootError
from uroot_py.vmm.probe import probe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO


EDK2 = "/usr/share/ovmf/OVMF.fd"
# Seconds that a guest works when it shall be slower: less than a tick of its timers, some of which
# it must see between two looks at the clock ("IO-APIC + timer doesn't work!").
_TURN = 0.001
_RUNNING: set[int] = set()
_ENDING = threading.Event()
POST_MORTEM = "post-mortem.txt"


def words(
    machine: Machine, engine: Engine, folder: Path, *, interactive: bool = False
) -> list[str]:
    """The command line of QEMU, or of our own scripts/vmm.py; FOLDER is for what must be made."""
    if engine.name == "vmm":
        return _own_words(machine)
    if engine.name == "vmm-tcg":
        machine = nested.carrier(machine, folder / "carrier")
    serial = "stdio,id=serial,signal=off" + (",mux=on" if interactive else "")
    kind = target.choose(machine.arch)
    told = (f"console={kind.console} quiet panic=-1", engine.append, machine.append)
    line = [
        *(kind.emulator, "-nodefaults", "-no-reboot", "-display", "none"),
        *kind.machine_words(engine.accelerator),
        *("-m", str(machine.memory), "-smp", str(machine.cpus)),
        *("-chardev", serial, "-serial", "chardev:serial"),
    ]
    if machine.loader:
        line += machine.loader
    elif machine.kernel.suffix == ".EFI":
        line += ["-bios", EDK2, "-drive"]
        line += [f"file=fat:{machine.kernel.parents[2]},format=raw,if=virtio,readonly=on"]
    else:
        line += ["-kernel", str(machine.kernel), "-append", " ".join(filter(None, told))]
        line += ["-initrd", str(machine.initrd)] if machine.initrd else []
    if interactive:
        line += ["-mon", "chardev=serial,mode=readline"]
    for number, (disk, answers) in enumerate(machine.silent):
        line += _silent(number, disk, "" if answers else ",throttling.bps-total=1")
    for disk in machine.disks:
        kept = ",snapshot=on" if interactive else ""  # a case has copies
        line += ["-drive", f"file={disk},format=raw,if=virtio{kept}"]
    return [*line, *_removable(machine), *machine.devices]


def _removable(machine: Machine) -> list[str]:
    """What may be taken out, and what comes later."""
    line = []
    for number, disk in enumerate(machine.later):
        line += ["-drive", f"file={disk},format=raw,if=none,id=later{number}"]
    if machine.cds:
        line += ["-device", "virtio-scsi-pci"]
    for number, cd in enumerate(machine.cds):
        line += ["-drive", f"file={cd},format=raw,if=none,id=cd{number},media=cdrom"]
        line += ["-device", f"scsi-cd,drive=cd{number}"]
    return line


def _silent(number: int, disk: Path, throttle: str) -> list[str]:
    """A disk whose second request waits until its first bytes have had a second each.

    With a geometry, or QEMU itself would wait for it. Nothing outside of QEMU may keep an answer
    back: a kernel that ends resets its devices, and QEMU's waits for what is under way then.
    """
    return [
        "-drive",
        f"file={disk},format=raw,if=none,id=drive{number}{throttle}",
        "-device",
        f"virtio-blk-pci,drive=drive{number},cyls=1024,heads=16,secs=63",
    ]


def _own_words(machine: Machine, report: str = "") -> list[str]:
    if machine.cds or machine.devices:
        raise RefusedError("the engine vmm has no CD drive and no QEMU devices")
    line = [sys.executable, str(ROOT / "scripts/vmm.py"), str(machine.kernel)]
    if machine.initrd:
        line.append(str(machine.initrd))
    line += [f"--append={machine.append}", f"--memory={machine.memory}", f"--cpus={machine.cpus}"]
    line += [f"--disk={disk}" for disk in machine.disks]
    return [*line, f"--report={report}"] if report else line


@contextlib.contextmanager
def running(machine: Machine, engine: Engine, folder: Path) -> Iterator[Console]:
    """The console of a started MACHINE; FOLDER keeps command line, serial line, QEMU's words.

    However the block is left, nothing of the guest runs on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    line = words(machine, engine, folder)
    if engine.name == "vmm":
        line = _own_words(machine, str(folder / POST_MORTEM))
    near, far = socket.socketpair()
    if engine.name.startswith("qemu"):
        line += ["-chardev", f"socket,id=qmp,fd={far.fileno()}", "-mon", "chardev=qmp,mode=control"]
    (folder / "command.txt").write_text(shlex.join(line) + "\n")
    with (
        (folder / "serial.log").open("wb") as log,
        (folder / "qemu.log").open("wb") as said,
        near,
    ):
        with far:
            process = _start(line, said, far.fileno())
        _RUNNING.add(process.pid)
        if _ENDING.is_set():
            end_all()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            console = Console(process.stdout.fileno(), process.stdin.fileno(), log)
            console.pid = process.pid
            console.patience = engine.patience
            console.monitor = Monitor(near)
            try:
                with _braked(process.pid, engine.slower):
                    yield console
            except StepFailedError as error:
                console.drain(1)
                if not console.ended:
                    _post_mortem(machine, engine, console, folder)
                complaint = (folder / "qemu.log").read_text(errors="replace").strip()
                if not complaint:
                    raise
                said_by = "" if engine.name == "vmm" else "QEMU says: "
                raise StepFailedError(f"{error}; {said_by}{complaint}") from error
        finally:
            _RUNNING.discard(process.pid)
            _end(process, 60 if engine.name == "vmm" else 3)  # it writes its report first


@contextlib.contextmanager
def _braked(group: int, slower: int) -> Iterator[None]:
    """The processes of GROUP work one part in SLOWER of the time, their clocks go on."""
    ended = threading.Event()

    def stop_and_go() -> None:
        while not ended.wait(_TURN):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGSTOP)
                ended.wait(_TURN * (slower - 1))
                os.killpg(group, signal.SIGCONT)

    brake = threading.Thread(target=stop_and_go)
    if slower > 1:
        brake.start()
    try:
        yield
    finally:
        ended.set()
        if slower > 1:
            brake.join()


def end_all() -> None:
    """End every guest at once, and those that are still to be started: who waits sees their end."""
    _ENDING.set()
    for pid in tuple(_RUNNING):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _post_mortem(machine: Machine, engine: Engine, console: Console, folder: Path) -> None:
    """Keep what a guest that has not ended is doing; our own engine does so when it is stopped."""
    said = ""
    try:
        if engine.name == "vmm-tcg":
            begun = len(console.text)
            console.send("\x01s")  # Ctrl-A S, for our VMM in the guest
            console.expect("^the kernel's log:$", 30, faults=())
            console.drain(10)
            said = console.text[begun:]
        elif console.monitor and engine.name != "vmm" and machine.arch == "amd64":
            said = report(console.monitor, machine.memory << 20, folder)
    except (StepFailedError, UrootError) as error:
        said = str(error)
    if said:
        (folder / POST_MORTEM).write_text(f"{said}\n")


def _start(line: list[str], said: BinaryIO, monitor: int) -> subprocess.Popen[bytes]:
    # setpriv: should this program be killed, the kernel ends the guest. A session of its own: one
    # signal reaches all of it, and Ctrl-C reaches only us.
    try:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *line],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            start_new_session=True,
            pass_fds=(monitor,),
        )
    except FileNotFoundError as error:
        raise RefusedError(f"{error.filename}: not installed", hint="run `make setup`") from error


def _end(process: subprocess.Popen[bytes], patience: float) -> None:
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            break
    for stream in (process.stdin, process.stdout):
        if stream:
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def choose(name: str, kernel: Path, folder: Path, arch: str = "amd64") -> tuple[Engine, str]:
    """The engine NAME, or for ``auto`` the best one that works for ARCH, and one line why.

    Where KVM is good that is ``vmm``, which knows what a guest was doing when it fails.
    """
    if name != "auto":
        return ENGINES[name], "as asked"
    if arch != target.choose().debian:
        return ENGINES["qemu-tcg"], f"{arch} is another architecture than this machine's"
    verdict = probe()
    if not verdict.good:
        return ENGINES["qemu-tcg"], f"no usable KVM: {verdict}"
    troubles: list[str] = []
    for engine in (ENGINES["vmm"], ENGINES["qemu-kvm"]):
        trouble = trial(engine, kernel, folder / f"{engine.name}-trial")
        if not trouble:
            return engine, "; ".join([f"KVM is {verdict}", *troubles])
        troubles.append(f"{engine.name} fails to boot a kernel: {trouble}")
    return ENGINES["qemu-tcg"], "; ".join(troubles)


def trial(engine: Engine, kernel: Path, folder: Path, limit: float = 30) -> str:
    """Boot KERNEL with nothing, as far as its complaint that there is no root; what went wrong.

    A processor that runs the probe's few instructions can still hang in a kernel.
    """
    try:
        with running(Machine(kernel, None), engine, folder) as console:
            console.expect("VFS: Unable to mount root fs", limit, faults=())
    except StepFailedError as error:
        return str(error)
    return ""
