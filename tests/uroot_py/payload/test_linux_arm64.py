"""Plans for arm64: placement, /chosen as dtc reads it, the trampoline's words."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.kernels import arm64_image
from tests.support.dtc import compile_dts, run
from uroot_py.base.errors import FormatError, PlanError, UrootError
from uroot_py.base.ranges import Range, Ranges
from uroot_py.memory.map import RAM, RESERVED, MemoryMap, TypedRange
from uroot_py.payload.linux_arm64 import add_trampoline, plan_arm64
from uroot_py.payload.plan import MIB, Memory
from uroot_py.payload.request import KernelFile, Request

GIB = 1 << 30
DTS = """/dts-v1/;
/memreserve/ 0x7000000 0x5000;
/ { #address-cells = <2>; #size-cells = <2>;
    memory@0 { device_type = "memory"; reg = <0 0x100000 0 0xf00000>; };
    chosen { bootargs = "ohno"; stdout-path = "/uart"; kaslr-seed = <1 2>; rng-seed = [01 02];
             linux,initrd-start = <0x7000000>; linux,initrd-end = <0x7005000>;
             linux,usable-memory-range = <0 1 0 2>; linux,elfcorehdr = <0 1 0 2>;
             linux,ima-kexec-buffer = <0 1 0 2>; linux,kho-fdt = <0 1>; };
};"""
DTB = compile_dts(DTS)


def memory(*rows) -> Memory:
    return Memory(MemoryMap([TypedRange.from_size(row[0], row[1], row[2]) for row in rows]))


def asked(cmdline: bytes = b"", initrd: bytes = b"", dtb: bytes = DTB) -> Request:
    request = Request(KernelFile("kernel", arm64_image()), cmdline, initrd)
    request.dtb = dtb
    return request


def plan(*rows, image: bytes = b"", request: Request | None = None):
    room = memory(*(rows or [(MIB, 15 * MIB, RAM)]))
    request = request or asked()
    request.kernel = KernelFile("kernel", image or arm64_image())
    made = plan_arm64(request, room)
    add_trampoline(made, room)
    made.check(room.phys.ram())
    return made


def starts(made) -> dict[str, int]:
    return {segment.label: segment.phys.start for segment in made.segments}


def blob(made, label: str) -> bytes:
    return bytes(next(s for s in made.segments if s.label == label).content())


PLACES = [
    pytest.param(
        [],
        b"",
        {"device tree": 0x100000, "trampoline": 0x101000, "kernel": 0x200000},
        id="no initrd",
    ),
    pytest.param(
        [],
        b"12345",
        {
            "initrd": 0x100000,
            "device tree": 0x101000,
            "trampoline": 0x102000,
            "kernel": 0x200000,
        },
        id="initrd",
    ),
    pytest.param(
        [(MIB, 15 * MIB, RAM), (0x200000, 0x1000, RESERVED)],
        b"",
        {"device tree": 0x100000, "trampoline": 0x101000, "kernel": 0x400000},
        id="a reservation where the kernel would go",
    ),
]


@pytest.mark.parametrize(("rows", "initrd", "expected"), PLACES)
def test_places(rows, initrd, expected):
    made = plan(*rows, request=asked(initrd=initrd))
    assert starts(made) == expected
    assert made.entry == expected["trampoline"]
    assert made.registers == {"x0": expected["device tree"], "x1": 0, "x2": 0, "x3": 0}


NO_ROOM = [
    pytest.param(0x100000, 0, "0x940000", id="kernel"),
    pytest.param(0xA00000, 0x200000, "0x5 bytes", id="initrd"),
    pytest.param(0xA01000, 0x200000, "bytes in memory", id="device tree"),
]


@pytest.mark.parametrize(("size", "start", "text"), NO_ROOM)
def test_no_room(size, start, text):
    with pytest.raises(PlanError, match=f"no room for .*{text}"):
        plan((start, size - 0xC0000 if start else size, RAM), request=asked(b"", b"12345"))


def test_text_offset():
    made = plan((0, 32 * MIB, RAM), image=arm64_image(text_offset=0x80000))
    kernel = next(s for s in made.segments if s.label == "kernel")
    assert kernel.phys == Range(0x280000, 0x280000 + 0x940000)


def test_kernel_of_before_3_17():
    made = plan((0, 64 * MIB, RAM), image=arm64_image(0, text_offset=7))
    kernel = next(s for s in made.segments if s.label == "kernel")
    assert (kernel.phys.start, kernel.phys.size) == (0x280000, 16 * MIB)


def test_trampoline():
    made = plan()
    words = struct.unpack("<6IQQ", blob(made, "trampoline"))
    assert [f"{word:08x}" for word in words[:6]] == [
        "580000c4",
        "580000e0",
        "aa1f03e1",
        "aa1f03e2",
        "aa1f03e3",
        "d61f0080",
    ]
    assert words[6:] == (0x200000, 0x100000)


def test_chosen_is_cleaned_and_filled():
    request = asked(b"console=ttyAMA0 quiet", b"12345")
    request.seed = bytes(range(1, 13))
    text = run(
        "dtc", "-q", "-I", "dtb", "-O", "dts", data=blob(plan(request=request), "device tree")
    )
    chosen = text.decode().split("chosen {")[1].split("};")[0]
    assert {line.strip() for line in chosen.strip().splitlines()} == {
        'bootargs = "console=ttyAMA0 quiet";',
        'stdout-path = "/uart";',
        "kaslr-seed = <0x1020304 0x5060708>;",
        "rng-seed = <0x90a0b0c>;",
        "linux,initrd-start = <0x00 0x100000>;",
        "linux,initrd-end = <0x00 0x100005>;",
    }
    assert "/memreserve/" not in text.decode()


def test_a_crash_kernel_is_told_its_memory_and_where_the_headers_are():
    request = asked()
    low, high = Range(0x30000000, 0x38000000), Range(0x70000000, 0x80000000)
    request.crash = (Range(0x7FFF0000, 0x7FFF1000), Ranges([high, low]))
    made = run(
        "dtc", "-q", "-I", "dtb", "-O", "dts", data=blob(plan(request=request), "device tree")
    )
    text = made.decode()
    assert "linux,elfcorehdr = <0x00 0x7fff0000 0x00 0x1000>;" in text
    ranges = "<0x00 0x70000000 0x00 0x10000000 0x00 0x30000000 0x00 0x8000000>"
    assert f"linux,usable-memory-range = {ranges};" in text


def test_what_is_kept_for_a_handover_is_dropped_with_a_note():
    made = plan()
    note = "what the running kernel keeps for its next one (KHO) is not handed on"
    assert note in made.notes
    without = compile_dts(DTS.replace("linux,kho-fdt = <0 1>;", ""))
    assert note not in plan(request=asked(dtb=without)).notes
    assert b"kho" not in blob(made, "device tree")


RUNNING = """/dts-v1/;
/memreserve/ 0x3000000 0x1000;
/memreserve/ 0x5000000 0x1000; // its initrd, gone since
/ { #address-cells = <2>; #size-cells = <2>; model = "running";
    memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x20000000>; };
    chosen { stdout-path = "/uart"; linux,uefi-system-table = <0 5>; bootargs = "old";
             linux,initrd-start = <0x5000000>; };
};"""
FROM_FILE = """/dts-v1/;
/ { #address-cells = <1>; #size-cells = <1>; model = "file";
    memory@0 { device_type = "memory"; reg = <0 0>; linux,usable-memory = <1 2>; };
};"""


def test_a_tree_from_a_file_gets_what_only_the_firmware_knows():
    request = asked(dtb=compile_dts(FROM_FILE))
    request.running = compile_dts(RUNNING)
    made = plan(request=request)
    text = run("dtc", "-q", "-I", "dtb", "-O", "dts", data=blob(made, "device tree")).decode()
    assert "".join(text.split()) == (
        "/dts-v1/;/memreserve/0x00000000030000000x0000000000001000;/{#address-cells=<0x01>;"
        '#size-cells=<0x01>;model="file";memory@40000000{device_type="memory";'
        "reg=<0x400000000x20000000>;};chosen{linux,uefi-system-table=<0x000x05>;"
        'stdout-path="/uart";};};'
    )
    assert made.notes[:2] == [
        "memory as the running device tree has it",
        "EFI's tables and memory map as the running device tree has them",
    ]


def test_a_tree_from_a_file_keeps_its_memory_where_the_running_one_has_none():
    request = asked(dtb=DTB)
    request.running = compile_dts("/dts-v1/; / { chosen { }; };")
    text = run(
        "dtc", "-q", "-I", "dtb", "-O", "dts", data=blob(plan(request=request), "device tree")
    )
    assert "memory@0 {" in text.decode()


def test_no_command_line_and_no_chosen_before():
    dtb = compile_dts('/dts-v1/; / { model = "none"; };')
    text = run(
        "dtc",
        "-q",
        "-I",
        "dtb",
        "-O",
        "dts",
        data=blob(plan(request=asked(dtb=dtb)), "device tree"),
    )
    assert "bootargs" not in text.decode()


def test_initrd_stays_in_the_window_of_the_kernel():
    image = arm64_image(size=30 * MIB)
    rows = [(40 * GIB, 32 * MIB, RAM), (80 * GIB, GIB, RAM)]
    with pytest.raises(PlanError, match=r"no room for 0x1000000 bytes in memory \[0xa00000000, "):
        plan(*rows, image=image, request=asked(initrd=bytes(16 * MIB)))
    made = plan((60 * GIB, GIB, RAM), *rows[:1], image=image, request=asked(initrd=bytes(16 * MIB)))
    assert starts(made)["initrd"] == 60 * GIB


WRONG = [
    pytest.param(
        arm64_image()[:63],
        FormatError,
        "arm64 Image header at offset 0x0: expected 64 bytes, found 63 bytes",
        id="cut",
    ),
    pytest.param(
        bytes(64),
        FormatError,
        "arm64 Image header: magic at offset 0x38: expected 41 52 4d 64, found 00 00 00 00",
        id="magic",
    ),
    pytest.param(
        arm64_image(flags=1),
        FormatError,
        "arm64 Image header: flags at offset 0x18: expected a little-endian kernel, found 0x1",
        id="big endian",
    ),
    pytest.param(
        arm64_image(text_offset=1 << 40),
        FormatError,
        "arm64 Image header: text_offset at offset 0x8: expected less than 2 MiB, and a size below"
        " 1 TiB, found 0x10000000000, 0x940000",
        id="text_offset",
    ),
]


@pytest.mark.parametrize(("image", "kind", "text"), WRONG)
def test_refused_images(image, kind, text):
    with pytest.raises(kind) as caught:
        plan(image=image)
    assert str(caught.value) == text


def test_no_device_tree():
    with pytest.raises(PlanError) as caught:
        plan(request=asked(dtb=b""))
    assert str(caught.value) == "this machine shows no device tree; name one with --dtb"


def test_command_line_too_long():
    with pytest.raises(PlanError, match="has 2048 bytes, this kernel takes at most 2047"):
        plan(request=asked(b"x" * 2048))


@given(st.integers(0, len(DTB) - 1), st.integers(0, 255))
def test_a_damaged_tree_gives_a_plan_or_one_of_our_errors(at, value):
    try:
        plan(request=asked(dtb=DTB[:at] + bytes([value]) + DTB[at + 1 :]))
    except UrootError:
        pass
