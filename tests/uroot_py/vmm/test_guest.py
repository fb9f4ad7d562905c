"""Tiny guests on this machine's KVM: they print, halt, hang, fault, and every run ends."""

import os
import threading
from pathlib import Path

import pytest

from scripts.builders.kernels import bzimage, elf
from uroot_py.base.errors import FormatError, NotEnoughSpaceError, PlanError, UrootError
from uroot_py.payload.guest_x86 import Frame
from uroot_py.payload.request import KernelFile, Request
from uroot_py.vmm.guest import Guest
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


def asked(data: bytes, cmdline: bytes = b"", initrd: bytes = b"") -> Request:
    return Request(KernelFile("kernel", data), cmdline, initrd)


def run(code: str, limit: float = 30, cmdline: bytes = b"", **options):
    marker = options.pop("marker", b"")
    with Guest(64 * MIB, **options) as guest:
        guest.load(asked(kernel(code), cmdline))
        return guest.run(limit, marker=marker), bytes(guest.console)


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
        pytest.param("66baf803 b041 ee ebfd", id="prints"),
        pytest.param("bb700000d0 8b03 c70300000000 ebf6", id="resets a virtio device"),
        pytest.param("bb000000e0 8b03 ebfc", id="reads where nothing is"),
    ],
)
@pytest.mark.parametrize("cpus", [1, 2])
def test_the_time_limit_ends_what_may_still_do_something(code, cpus):
    outcome, _ = run(code, limit=0.3, cpus=cpus)
    assert str(outcome) == "timed out: after 0.3 s"


# In real mode at 0x8000: mov al, 'B'; mov dx, COM1; out dx, al; lock inc byte [0x9000]; then more.
OTHER = "b042 baf803 ee f0fe060090"
# mov ebx, the local APIC's ICR; INIT, then SIPI with vector 8, to all but itself; then more.
WAKE = "bb0003e0fe c70300450c00 c70308460c00"


def processors(cpus: int, first: str, others: str, limit: float = 30):
    with Guest(64 * MIB, cpus) as guest:
        guest.load(asked(kernel(WAKE + first)))
        guest.memory.write(0x8000, bytes.fromhex(OTHER + others))
        return guest.run(limit), bytes(guest.console)


@runs
@pytest.mark.parametrize("cpus", [2, 4])
def test_other_processors_are_woken_and_work(cpus):
    # 1: cmp byte [0x9000], cpus - 1; jne 1b; mov al, 'A'; mov dx, COM1; out dx, al
    wait = f"b900900000 8039{cpus - 1:02x} 75fb b041 66baf803 ee"
    outcome, console = processors(cpus, wait + POWER_OFF, "fa f4")
    assert (str(outcome), console) == ("powered off", b"B" * (cpus - 1) + b"A")


@runs
@pytest.mark.parametrize(
    ("first", "others", "end"),
    [
        pytest.param(
            "fa f4", "fa f4", "hung: interrupts are off, nothing changes", id="all halted"
        ),
        pytest.param("fa f4", "fb ebfe", "timed out: after 2 s", id="one still spins"),
        pytest.param("fa f4", "ba0406 b80034 ef ebfe", "powered off", id="one switches off"),
    ],
)
def test_an_end_is_that_of_all_processors_or_of_one(first, others, end):
    limit = 2 if end.startswith("timed") else 30
    outcome, console = processors(2, first, others, limit)
    assert (str(outcome), console) == (end, b"B")


@runs
def test_a_run_that_is_stopped_goes_on():
    with Guest(64 * MIB) as guest:
        guest.load(asked(kernel(ECHO)))
        assert guest.run(0.3).kind == "timed out"
        timer = threading.Timer(0.1, guest.stop)
        timer.start()
        assert str(guest.run(30)) == "stopped: as asked"
        timer.join()
        guest.type(b"x")
        assert (str(guest.run(30)), bytes(guest.console)) == ("powered off", b"x")


@runs
def test_an_nmi_reaches_a_guest_that_waits_for_nothing():
    # Without an interrupt table it is a triple fault, where it would have been halted for ever.
    with Guest(64 * MIB) as guest:
        guest.load(asked(kernel("fa f4 ebfd")))
        assert guest.run(30).kind == "hung"
        guest.nmi()
        assert str(guest.run(30)) == "triple fault: on vcpu 0"


@runs
def test_the_guest_finds_its_disk(tmp_path):
    (tmp_path / "disk").write_bytes(bytes(4096))
    # The third device: its kind, and its capacity in sectors, from 0xd0002000 on; printed.
    code = "bb082000d0 8a03 66baf803 ee bb002100d0 8a03 ee" + POWER_OFF
    assert run(code, disks=[str(tmp_path / "disk")])[1] == bytes([2, 8])


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


# 1: in al, LSR; test al, 1; jz 1b; in al, RBR; out THR, al; then power off
ECHO = "66bafd03 ec a801 74fb 66baf803 ec ee" + POWER_OFF


@runs
def test_what_is_typed_arrives():
    reader, writer = os.pipe()
    try:
        os.write(writer, b"x")
        with Guest(64 * MIB) as guest:
            guest.load(asked(kernel(ECHO)))
            outcome = guest.run(30, source=reader)
            assert (str(outcome), bytes(guest.console)) == ("powered off", b"x")
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
    with Guest(3 * 1024 * MIB + 64 * MIB) as guest:
        guest.memory.write(1 << 32, b"high")
        # rbx = 4 GiB; al = [rbx]
        guest.load(asked(kernel("bb01000000 48c1e320 8a03 66baf803 ee" + POWER_OFF)), Frame(gib=5))
        outcome = guest.run(30)
        assert (str(outcome), bytes(guest.console)) == ("powered off", b"h")
        with pytest.raises(PlanError, match=r"^\[0xbfffffff, 0xc0000001\) is not in the guest's"):
            guest.memory.read((3 << 30) - 1, 2)


@runs
def test_a_halt_without_interrupt_chips_is_the_end():
    outcome, _ = run("f4", chips=False)
    assert str(outcome) == "stopped: halted at 0x1000201"


@runs
def test_a_vmlinux_starts_at_its_entry():
    part = bytes.fromhex(PRINT_CMDLINE + POWER_OFF)
    with Guest(64 * MIB) as guest:
        plan = guest.load(asked(elf([(0x1000000, part, 4096)]), b"elf"))
        assert (plan.load_address, plan.state.registers["rip"]) == (0x1000000, 0x1000000)
        assert str(guest.run(30)) == "powered off"
        assert bytes(guest.console) == b"elf"


BAD = [
    pytest.param(
        b"#!/bin/sh\n" * 100, {}, FormatError, "bzImage or vmlinux, found a script", id="no kernel"
    ),
    pytest.param(
        elf([(0, b"\xf4", 4096)]),
        {},
        FormatError,
        "ELF: lowest p_paddr at offset 0x0: expected a kernel's: 1 MiB or more, found 0x0",
        id="a program",
    ),
    pytest.param(
        bzimage(xloadflags=0), {}, FormatError, "expected a 64-bit entry, found 0x0", id="32-bit"
    ),
    pytest.param(
        bzimage(version=0x20A), {}, FormatError, "expected a 64-bit entry, found 0x", id="old"
    ),
    pytest.param(
        bzimage(init_size=MIB),
        {"initrd": bytes(90 * MIB)},
        NotEnoughSpaceError,
        "no room for 0x5a00000",
        id="initrd",
    ),
    pytest.param(
        bzimage(), {"cmdline": b"x" * 3000}, PlanError, "takes at most 2047", id="cmdline"
    ),
    pytest.param(
        bzimage(init_size=80 * MIB), {}, NotEnoughSpaceError, "no room for 0x5000000", id="memory"
    ),
]


def held():
    """What this process holds: descriptors, maps of KVM, maps as large as a guest's memory."""
    large = 0
    text = Path("/proc/self/maps").read_text()
    for line in text.splitlines():
        start, end = (int(word, 16) for word in line.split()[0].split("-"))
        large += end - start >= 64 * MIB and "rw-p" in line
    fds = sorted(os.listdir("/proc/self/fd"))
    return fds, text.count("kvm"), large, threading.active_count()


@runs
@pytest.mark.parametrize(("data", "options", "error", "text"), BAD)
def test_bad_input_is_one_line_and_leaves_nothing(data, options, error, text):
    before = held()
    with pytest.raises(error, match=text) as caught, Guest(64 * MIB) as guest:
        guest.load(asked(data, **options))
    assert "\n" not in str(caught.value)
    del guest, caught
    assert held() == before


NO_MACHINE = [
    pytest.param(
        {"device": "{}/kvm"},
        "{}/kvm: no such file or directory; no guest can run without KVM",
        id="no KVM",
    ),
    pytest.param(
        {"device": "/dev/null"},
        "KVM_GET_API_VERSION: ENOTTY: inappropriate ioctl for device",
        id="another device",
    ),
    pytest.param({"cpus": 17}, "a guest has 1 to 16 processors, not 17", id="too many processors"),
    pytest.param({"cpus": 0}, "a guest has 1 to 16 processors, not 0", id="no processor"),
    pytest.param({"disks": ["/"] * 7}, "a guest has at most 6 disks, not 7", id="too many disks"),
    pytest.param({"disks": ["{}/none"]}, "{}/none: no such file or directory", id="no disk"),
    pytest.param(
        {"memory_size": MIB},
        "a guest needs more than 1 MiB of memory, not 0x100000 bytes",
        id="too little memory",
    ),
    pytest.param(
        {"memory_size": 1 << 60},
        "no memory of 0x1000000000000000 bytes for a guest: [Errno 12] Cannot allocate memory",
        id="too much memory",
    ),
]


@runs
@pytest.mark.parametrize(("words", "message"), NO_MACHINE)
def test_no_machine_is_one_line_and_leaves_nothing(tmp_path, words, message):
    before = held()
    options = {"memory_size": 64 * MIB, **words}
    if "device" in options:
        options["device"] = options["device"].format(tmp_path)
    if "disks" in options:
        options["disks"] = [path.format(tmp_path) for path in options["disks"]]
    with pytest.raises(UrootError) as caught:
        Guest(**options)
    assert str(caught.value) == message.format(tmp_path)
    del caught
    assert held() == before


@runs
def test_nothing_is_left_of_a_machine(tmp_path):
    (tmp_path / "disk").write_bytes(bytes(4096))
    before = held()
    run("ebfe", limit=0.1, cpus=3, disks=[str(tmp_path / "disk")])
    assert held() == before
