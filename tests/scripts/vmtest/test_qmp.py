"""QEMU's monitor, with a QEMU whose machine stands still before its first instruction."""

import shutil
import socket
import subprocess

import pytest

from scripts.vmtest.failure import StepFailedError
from scripts.vmtest.qmp import Monitor, Stopped, report

pytestmark = pytest.mark.skipif(
    not shutil.which("qemu-system-x86_64"), reason="qemu-system-x86 is not installed"
)


@pytest.fixture
def monitor():
    near, far = socket.socketpair()
    line = ["qemu-system-x86_64", "-S", "-nodefaults", "-display", "none", "-accel", "tcg"]
    line += ["-m", "16", "-smp", "2", "-chardev", f"socket,id=qmp,fd={far.fileno()}"]
    line += ["-mon", "chardev=qmp,mode=control"]
    with near, subprocess.Popen(line, pass_fds=(far.fileno(),)) as qemu:
        far.close()
        made = Monitor(near)
        made.greeting = 60  # it has only just been started
        yield made
        qemu.kill()


def test_registers_and_memory(monitor, tmp_path):
    stopped = Stopped(monitor, 16 << 20, tmp_path)
    assert [(each.number, each.registers().rip) for each in stopped.vcpus] == [
        (0, 0xFFF0),
        (1, 0xFFF0),
    ]
    assert stopped.memory.read(0xFFFF0, 1) == b"\xea"  # the firmware's first jump
    assert stopped.memory.size == 16 << 20
    stopped.memory.close()
    assert list(tmp_path.iterdir()) == []


def test_a_report_of_a_machine_without_a_kernel(monitor, tmp_path):
    words = "vcpu 0:\n  #0 0xfff0 ??+0x0\nvcpu 1:\n  #0 0xfff0 ??+0x0\n"
    assert report(monitor, 16 << 20, tmp_path) == (
        words + "the guest has no kernel at its place yet"
    )


def test_what_fails_is_told(monitor, tmp_path):
    with pytest.raises(StepFailedError, match=r"^QEMU: nonsense: The command nonsense has not"):
        monitor.ask("nonsense")
    with pytest.raises(StepFailedError, match=r"^QEMU: pmemsave: "):
        Stopped(monitor, 16 << 20, tmp_path / "none")


def test_nobody_answers():
    near, far = socket.socketpair()
    with near, far, pytest.raises(StepFailedError, match=r"^QEMU: stop: timed out$"):
        Monitor(near).ask("stop")
    near, far = socket.socketpair()
    far.close()
    with near, pytest.raises(StepFailedError, match=r"^QEMU: "):
        Monitor(near).ask("stop")
