"""Command lines, the choice of an engine, and that nothing of a guest runs on."""

import os
import select
import shlex
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from initramfs import target
from scripts.builders.kernels import bzimage
from scripts.vmtest import guest
from scripts.vmtest.failure import StepFailedError
from scripts.vmtest.guest import choose, running, trial, words
from scripts.vmtest.machine import ENGINES, Machine
from uroot_py.vmm.probe import Verdict, probe

TCG = ENGINES["qemu-tcg"]
VMM = ENGINES["vmm"]
VERDICT = probe(limit=30)
runs = pytest.mark.skipif(
    VERDICT.kind not in ("emulated", "good"), reason=f"no guest runs here: {VERDICT}"
)
NO_ROOT = b"Kernel panic - not syncing: VFS: Unable to mount root fs\n"
# mov dx, COM1; 1: lodsb; test al, al; jz 2f; out dx, al; jmp 1b; 2:
PRINTS = bytes.fromhex("66baf803 ac 84c0 7403 ee ebf8")
SPINS = "ebfe"
KERNEL = Path("/boot/vmlinuz")


@pytest.fixture
def fake_qemu(tmp_path, monkeypatch):
    """A program in QEMU's place that does what the test says."""

    def make(script):
        program = tmp_path / "bin/qemu-system-x86_64"
        program.parent.mkdir()
        version = '[ "$1" = --version ] && { echo "QEMU emulator version 10.0"; exit; }'
        program.write_text(f"#!/bin/sh\n{version}\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    return make


def ends(descriptor):
    """Whether the process of a pid file descriptor ends; the signal may still be on its way."""
    ended = select.select([descriptor], [], [], 20)[0]
    os.close(descriptor)
    return bool(ended)


LINES = [
    pytest.param(
        Machine(KERNEL, None),
        TCG,
        "qemu-system-x86_64 -nodefaults -no-reboot -display none -accel tcg -cpu max -m 512 -smp 1"
        " -chardev stdio,id=serial,signal=off -serial chardev:serial -kernel /boot/vmlinuz"
        " -append 'console=ttyS0 quiet panic=-1 norandmaps nowatchdog'",
        id="least",
    ),
    pytest.param(
        Machine(
            KERNEL, Path("/i"), "x=1", 64, 2, (Path("/d"),), ("-device", "rtl8139"), (Path("/c"),)
        ),
        ENGINES["qemu-kvm"],
        "qemu-system-x86_64 -nodefaults -no-reboot -display none -accel kvm -cpu max -m 64 -smp 2"
        " -chardev stdio,id=serial,signal=off -serial chardev:serial -kernel /boot/vmlinuz"
        " -append 'console=ttyS0 quiet panic=-1 x=1' -initrd /i"
        " -drive file=/d,format=raw,if=virtio -device virtio-scsi-pci -drive"
        " file=/c,format=raw,if=none,id=cd0,media=cdrom -device scsi-cd,drive=cd0"
        " -device rtl8139",
        id="all",
    ),
    pytest.param(
        Machine(KERNEL, Path("/i"), "x=1", disks=(Path("/d"),), loader=("-bios", "/b")),
        TCG,
        "qemu-system-x86_64 -nodefaults -no-reboot -display none -accel tcg -cpu max -m 512 -smp 1"
        " -chardev stdio,id=serial,signal=off -serial chardev:serial -bios /b"
        " -drive file=/d,format=raw,if=virtio",
        id="another boot loader",
    ),
    pytest.param(
        Machine(KERNEL, None, arch="arm64"),
        TCG,
        "qemu-system-aarch64 -nodefaults -no-reboot -display none -accel tcg -M virt -cpu"
        " max,pauth-impdef=on -m 512 -smp 1 -chardev stdio,id=serial,signal=off -serial"
        " chardev:serial -kernel /boot/vmlinuz"
        " -append 'console=ttyAMA0 quiet panic=-1 norandmaps nowatchdog'",
        id="arm64",
    ),
    pytest.param(
        Machine(KERNEL, None, arch="riscv64"),
        TCG,
        "qemu-system-riscv64 -nodefaults -no-reboot -display none -accel tcg -M virt -cpu rv64"
        " -m 512 -smp 1 -chardev stdio,id=serial,signal=off -serial chardev:serial"
        " -kernel /boot/vmlinuz -append 'console=ttyS0 quiet panic=-1 norandmaps nowatchdog'",
        id="riscv64",
    ),
]


@pytest.mark.parametrize(("machine", "engine", "line"), LINES)
def test_command_line(machine, engine, line, monkeypatch):
    monkeypatch.setattr(target, "qemu_major", lambda _emulator: 10)  # whatever this machine has
    assert shlex.join(words(machine, engine, Path())) == line


def test_everything_is_kept_and_ended(fake_qemu, tmp_path):
    # It ignores SIGTERM and has a child of its own, as a hanging QEMU with a helper would.
    fake_qemu("trap '' TERM; sleep 1000 & echo up $! $$; echo oh no >&2; wait")
    with running(Machine(KERNEL, None), TCG, tmp_path / "kept") as console:
        match = console.expect(r"up (\d+) (\d+)", 20)
        child, parent = (os.pidfd_open(int(number)) for number in match.groups())
    assert ends(child)
    assert ends(parent)
    assert (tmp_path / "kept/serial.log").read_text() == f"{match[0]}\n"
    assert (tmp_path / "kept/qemu.log").read_text() == "oh no\n"
    assert "-kernel /boot/vmlinuz" in (tmp_path / "kept/command.txt").read_text()


def test_all_can_be_ended_and_no_more_be_started(fake_qemu, tmp_path, monkeypatch):
    monkeypatch.setattr(guest, "_ENDING", threading.Event())
    fake_qemu("echo up; exec sleep 1000")
    with running(Machine(KERNEL, None), TCG, tmp_path / "kept") as console:
        console.expect("up", 20)
        guest.end_all()
        console.wait_end(20)
    with running(Machine(KERNEL, None), TCG, tmp_path / "kept") as console:
        console.wait_end(20)


def test_a_guest_that_is_made_slower_stops_and_goes_on(fake_qemu, tmp_path):
    fake_qemu("echo up $$; while :; do :; done")
    with running(Machine(KERNEL, None), replace(TCG, slower=5), tmp_path / "kept") as console:
        pid = console.expect(r"up (\d+)", 20)[1]
        seen: set[str] = set()
        end = time.monotonic() + 60
        while not {"R", "T"} <= seen and time.monotonic() < end:
            seen.add(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0])
        assert {"R", "T"} <= seen
        left = os.pidfd_open(int(pid))
    assert ends(left)


def test_qemus_own_words_are_told(fake_qemu, tmp_path):
    fake_qemu("echo no such option >&2; exit 1")
    with (
        pytest.raises(StepFailedError) as caught,
        running(Machine(KERNEL, None), TCG, tmp_path / "kept") as console,
    ):
        console.expect("Linux", 20)
    assert str(caught.value) == "the guest ended before 'Linux' was seen; QEMU says: no such option"


def test_a_kvm_that_hangs_is_found_out(fake_qemu, tmp_path):
    fake_qemu("echo Probing EDD; exec sleep 1000")
    found = trial(ENGINES["qemu-kvm"], KERNEL, tmp_path / "kept", limit=0.2)
    assert found == "'VFS: Unable to mount root fs' was not seen within 0.2 s"


def test_a_kvm_that_boots(fake_qemu, tmp_path):
    fake_qemu("echo 'Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block'")
    assert trial(ENGINES["qemu-kvm"], KERNEL, tmp_path / "kept") == ""


def test_auto_tells_why(fake_qemu, tmp_path):
    fake_qemu("echo Could not access KVM kernel module >&2; exit 1")
    engine, why = choose("auto", KERNEL, tmp_path)
    assert engine is TCG
    assert why.startswith(("no usable KVM: ", "KVM fails to boot a kernel: "))


@pytest.fixture
def kernel(tmp_path):
    """A bzImage that prints a text and goes on as CODE says."""

    def make(text, code):
        rest = PRINTS + bytes.fromhex(code)
        entry = b"\x48\x8d\x35" + len(rest).to_bytes(4, "little") + rest  # lea rsi, [rip + ..]
        made = tmp_path / "kernel"
        made.write_bytes(bzimage(b"\x90" * 0x200 + entry + text + bytes(512), init_size=1 << 20))
        return made

    return make


@runs
def test_our_own_engine_keeps_what_the_guest_was_doing(kernel, tmp_path):
    kept = tmp_path / "kept"
    machine = Machine(kernel(b"up\n", SPINS), None, "x=1")
    with pytest.raises(StepFailedError) as caught, running(machine, VMM, kept) as console:
        console.expect("^up\n[^$]", 2)
    assert str(caught.value) == "'^up\\n[^$]' was not seen within 2 s"
    assert (kept / "serial.log").read_text() == "up\n"
    assert "--append=x=1" in (kept / "command.txt").read_text()
    assert (kept / "post-mortem.txt").read_text().startswith("vcpu 0:\n  #0 0x1000213 ??+0x0\n")


@runs
def test_auto_takes_our_own_engine_where_kvm_is_good(kernel, tmp_path, monkeypatch):
    monkeypatch.setattr(guest, "probe", lambda: Verdict("good", "fast"))
    assert choose("auto", kernel(NO_ROOT, SPINS), tmp_path) == (VMM, "KVM is good: fast")


@runs
def test_auto_takes_qemu_where_ours_fails(fake_qemu, kernel, tmp_path, monkeypatch):
    monkeypatch.setattr(guest, "probe", lambda: Verdict("good", "fast"))
    fake_qemu(f"echo '{NO_ROOT.decode().strip()}'")
    engine, why = choose("auto", kernel(b"no\n", "66ba0406 66b80034 66ef ebfe"), tmp_path)
    assert engine.name == "qemu-kvm"
    assert why.startswith(
        "KVM is good: fast; vmm fails to boot a kernel: the guest ended before"
        " 'VFS: Unable to mount root fs' was seen; vmm: powered off ("
    )


def test_a_killed_runner_leaves_no_guest(fake_qemu, tmp_path):
    fake_qemu("echo up $$; exec sleep 1000")
    code = (
        "import signal, sys; from pathlib import Path\n"
        "from scripts.vmtest.guest import running\n"
        "from scripts.vmtest.machine import ENGINES, Machine\n"
        "with running(Machine(Path('/k'), None), ENGINES['qemu-tcg'], Path(sys.argv[1])) as c:\n"
        "    print(c.expect(r'up (\\d+)', 20)[1], flush=True)\n"
        "    signal.pause()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "kept"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as runner:
        assert runner.stdout is not None
        guest = int(runner.stdout.readline())
        descriptor = os.pidfd_open(guest)
        runner.kill()
    assert ends(descriptor)
