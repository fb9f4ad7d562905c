"""Tiny guests on this machine's KVM: they print, halt, hang, fault, and every run ends."""

import os
import threading
from pathlib import Path

import pytest

from tests.support.kernels import bzimage, elf
from uroot_py.base.errors import FormatError, NotEnoughSpaceError, PlanError, RefusedError
from uroot_py.payload.guest_x86 import BootOptions
from uroot_py.vmm.machine import Machine
from uroot_py.vmm.probe import probe

VERDICT = probe(limit=30)
runs = pytest.mark.skipif(
    VERDICT.kind not in ("emulated", "good"), reason=f"no guest runs here: {VERDICT}"
)

PRINT_CMDLINE = "8bb628020000 66baf803 ac 84c0 7403 ee ebf8"  # rsi + cmd_line_ptr; lodsb; out
POWER_OFF = "66ba0406 66b80034 66ef ebfe"  # SLP_EN and type 5 to 0x604
RESET_8042 = "b0fe e664 ebfe"
RESET_CF9 = "66baf90c b006 ee ebfe"
MIB = 1 << 20


def kernel(code: str) -> bytes:
    """A bzImage whose 64-bit entry is CODE."""
    return bzimage(b"\x90" * 0x200 + bytes.fromhex(code) + bytes(512), init_size=MIB)


def run(code: str, limit: float = 30, cmdline: bytes = b"", **options):
    marker = options.pop("marker", b"")
    with Machine(64 * MIB, **options) as machine:
        machine.load(kernel(code), BootOptions(cmdline))
        return machine.run(limit, marker=marker), bytes(machine.console)


ENDS = [
    pytest.param(POWER_OFF, "powered off", id="ACPI S5"),
    pytest.param(RESET_8042, "rebooted", id="keyboard controller"),
    pytest.param(RESET_CF9, "rebooted", id="reset register"),
    pytest.param("0f0b", "triple fault: on vcpu 0", id="no interrupt table"),
    pytest.param("fa f4", "hung: interrupts are off, nothing changes", id="dead halt"),
    pytest.param("fa ebfe", "hung: interrupts are off, nothing changes", id="dead loop"),
]


@runs
@pytest.mark.parametrize(("code", "end"), ENDS)
def test_every_end_has_its_name(code, end):
    outcome, _ = run(code)
    assert str(outcome) == end


@runs
@pytest.mark.parametrize(
    "code",
    [
        pytest.param("fb ebfe", id="spins with interrupts on"),
        pytest.param("fb f4 ebfc", id="sleeps with interrupts on"),
        pytest.param("ffc0 ebfc", id="counts with interrupts off"),
    ],
)
def test_the_time_limit_ends_what_may_still_do_something(code):
    outcome, _ = run(code, limit=0.3)
    assert str(outcome) == "timed out: after 0.3 s"


@runs
def test_the_kernel_finds_its_command_line():
    outcome, console = run(PRINT_CMDLINE + POWER_OFF, cmdline=b"console=ttyS0 one two")
    assert (str(outcome), console) == ("powered off", b"console=ttyS0 one two")


@runs
def test_a_marker_ends_the_run():
    outcome, console = run(PRINT_CMDLINE + "ebfe", cmdline=b"one READY two", marker=b"READY")
    assert str(outcome) == "marker seen: READY"
    assert console == b"one READY"


@runs
@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(b"Kernel panic - not syncing: no init\n", RESET_8042, id="then a reset"),
        pytest.param(b"Kernel panic - not syncing: no init\n", "0f0b", id="then a triple fault"),
        pytest.param(
            b"Kernel panic - not syncing: no init\n"
            b"---[ end Kernel panic - not syncing: no init ]---\n",
            "fb ebfe",
            id="then nothing",
        ),
    ],
)
def test_a_panic_is_told_from_a_reboot(text, code):
    outcome, _ = run(PRINT_CMDLINE + code, cmdline=text)
    assert str(outcome) == "panicked: no init"


@runs
def test_what_is_typed_arrives():
    # 1: in al, LSR; test al, 1; jz 1b; in al, RBR; out THR, al; then power off
    echo = "66bafd03 ec a801 74fb 66baf803 ec ee" + POWER_OFF
    reader, writer = os.pipe()
    try:
        os.write(writer, b"x")
        with Machine(64 * MIB) as machine:
            machine.load(kernel(echo), BootOptions())
            outcome = machine.run(30, source=reader)
            assert (str(outcome), bytes(machine.console)) == ("powered off", b"x")
    finally:
        os.close(reader)
        os.close(writer)


@runs
def test_nobody_is_at_other_ports_and_addresses():
    # al from port 0x1234, al from 0xe0000000 (in the hole below 4 GiB); both printed
    code = "66ba3412 ec 66baf803 ee bb000000e0 8a03 ee" + POWER_OFF
    assert run(code)[1] == b"\xff\xff"


@runs
def test_memory_above_3_gib_begins_at_4_gib():
    with Machine(3 * 1024 * MIB + 64 * MIB) as machine:
        machine.memory.write(1 << 32, b"high")
        options = BootOptions()
        options.address_space_gib = 5
        # rbx = 4 GiB; al = [rbx]
        machine.load(kernel("bb01000000 48c1e320 8a03 66baf803 ee" + POWER_OFF), options)
        outcome = machine.run(30)
        assert (str(outcome), bytes(machine.console)) == ("powered off", b"h")
        with pytest.raises(PlanError, match=r"^\[0xbfffffff, 0xc0000001\) is not in the guest's"):
            machine.memory.read((3 << 30) - 1, 2)


@runs
def test_a_halt_without_interrupt_chips_is_the_end():
    outcome, _ = run("f4", chips=False)
    assert str(outcome) == "stopped: halted at 0x1000201"


@runs
def test_a_vmlinux_starts_at_its_entry():
    part = bytes.fromhex(PRINT_CMDLINE + POWER_OFF)
    with Machine(64 * MIB) as machine:
        plan = machine.load(elf([(0x1000000, part, 4096)]), BootOptions(b"elf"))
        assert (plan.load_address, plan.entry_address) == (0x1000000, 0x1000000)
        assert str(machine.run(30)) == "powered off"
        assert bytes(machine.console) == b"elf"


BAD = [
    pytest.param(b"#!/bin/sh\n" * 100, {}, FormatError, "bzImage: boot_flag at", id="no kernel"),
    pytest.param(
        bzimage(xloadflags=0), {}, FormatError, "expected a 64-bit entry, found 0x0", id="32-bit"
    ),
    pytest.param(
        bzimage(version=0x20A), {}, FormatError, "expected 2.12 or newer, found 2.10", id="old"
    ),
    pytest.param(
        bzimage(), {"initrd": bytes(90 * MIB)}, NotEnoughSpaceError, "no room for", id="initrd"
    ),
    pytest.param(
        bzimage(), {"cmdline": b"x" * 3000}, PlanError, "takes at most 2047", id="cmdline"
    ),
    pytest.param(
        bzimage(init_size=80 * MIB), {}, NotEnoughSpaceError, "no room for 0x5000000", id="memory"
    ),
]


@runs
@pytest.mark.parametrize(("data", "options", "error", "text"), BAD)
def test_bad_input_is_one_line_and_leaves_nothing(data, options, error, text):
    before = sorted(os.listdir("/proc/self/fd"))
    with pytest.raises(error, match=text) as caught, Machine(64 * MIB) as machine:
        machine.load(data, BootOptions(**options))
    assert "\n" not in str(caught.value)
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_no_kvm_at_all(tmp_path):
    before = sorted(os.listdir("/proc/self/fd"))
    with pytest.raises(RefusedError) as caught:
        Machine(device=str(tmp_path / "kvm"))
    why = f"{tmp_path}/kvm: no such file or directory; no guest can run without KVM"
    assert str(caught.value) == why
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_too_many_processors():
    with pytest.raises(RefusedError, match=r"^a guest has 1 to 16 processors, not 17$"):
        Machine(cpus=17)


def test_too_little_memory():
    with pytest.raises(PlanError, match=r"^a guest needs more than 1 MiB of memory, not 0x100000"):
        Machine(MIB)


@runs
def test_nothing_is_left_of_a_machine():
    def held():
        maps = Path("/proc/self/maps").read_text().count("kvm")
        return sorted(os.listdir("/proc/self/fd")), maps, threading.active_count()

    before = held()
    run("ebfe", limit=0.1)
    assert held() == before
