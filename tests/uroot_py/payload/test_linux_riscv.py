"""Plans for riscv64: the header, placement, and a device tree that the running kernel finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.kernels import arm64_image, riscv_image
from tests.support.dtc import compile_dts, run
from uroot_py.base.errors import FormatError, PlanError, UrootError
from uroot_py.base.ranges import Range
from uroot_py.memory.map import RAM, RESERVED, MemoryMap, TypedRange
from uroot_py.payload.linux_riscv import plan_riscv
from uroot_py.payload.plan import MIB, Memory
from uroot_py.payload.planner import check_whole, find_planner
from uroot_py.payload.request import KernelFile, Request

BASE = 0x80000000
DTB = compile_dts("""/dts-v1/;
/ { #address-cells = <2>; #size-cells = <2>;
    memory@80000000 { device_type = "memory"; reg = <0 0x80000000 0 0x10000000>; };
    chosen { bootargs = "old"; stdout-path = "/soc/serial"; rng-seed = [01 02];
             linux,initrd-start = <0 0x87000000>; linux,initrd-end = <0 0x87005000>; };
};""")
ROWS = [(BASE, 256 * MIB, RAM), (BASE, 0x40000, RESERVED)]  # OpenSBI is at the begin


def asked(image: bytes = b"", cmdline: bytes = b"", initrd: bytes = b"") -> Request:
    request = Request(KernelFile("kernel", image or riscv_image()), cmdline, initrd)
    request.dtb = DTB
    return request


def plan(request: Request, *rows, within: Range | None = None):
    found = MemoryMap([TypedRange.from_size(*row) for row in rows or ROWS])
    room = Memory(found, within=within) if within else Memory(found)
    planner, front = find_planner(request.kernel)
    assert planner is plan_riscv
    made = planner(request, room)
    front(made, room, None, True)
    made.check(room.phys.merge().ram())
    return made


def starts(made) -> dict[str, int]:
    return {segment.label: segment.phys.start for segment in made.segments}


PLACES = [
    pytest.param(
        ROWS,
        riscv_image(),
        {"kernel": 0x80200000, "initrd": 0x80C00000, "device tree": 0x80C01000},
        id="behind the firmware, in the step that text_offset names",
    ),
    pytest.param(
        ROWS[:1],
        riscv_image(),
        {"kernel": 0x80000000, "initrd": 0x80A00000, "device tree": 0x80A01000},
        id="as low as it can",
    ),
    pytest.param(
        ROWS,
        riscv_image(text_offset=0x1000),
        {"kernel": 0x80201000, "initrd": 0x80C00000, "device tree": 0x80C01000},
        id="a text_offset that is no whole step",
    ),
    pytest.param(
        [*ROWS, (0x80200000, 0x1000, RESERVED)],
        riscv_image(0x900001),
        {"kernel": 0x80400000, "initrd": 0x80E00000, "device tree": 0x80E01000},
        id="a reservation where the kernel would go",
    ),
]


@pytest.mark.parametrize(("rows", "image", "expected"), PLACES)
def test_places(rows, image, expected):
    made = plan(asked(image, initrd=b"12345"), *rows)
    assert starts(made) == expected
    assert made.entry == expected["kernel"]
    assert made.registers == {"a1": expected["device tree"]}


def test_chosen_is_filled_as_on_arm64():
    request = asked(cmdline=b"console=ttyS0", initrd=b"12345")
    request.seed = bytes(range(1, 13))
    made = plan(request)
    blob = bytes(next(s for s in made.segments if s.label == "device tree").content())
    text = run("dtc", "-q", "-I", "dtb", "-O", "dts", data=blob).decode()
    chosen = text.split("chosen {")[1].split("};")[0]
    assert {line.strip() for line in chosen.strip().splitlines()} == {
        'bootargs = "console=ttyS0";',
        'stdout-path = "/soc/serial";',
        "kaslr-seed = <0x1020304 0x5060708>;",
        "rng-seed = <0x90a0b0c>;",
        "linux,initrd-start = <0x00 0x80c00000>;",
        "linux,initrd-end = <0x00 0x80c00005>;",
    }


@given(
    st.integers(1, 64 * MIB),
    st.sampled_from([0, 0x1000, 0x200000]),
    st.integers(0, 3 * 4096),
    st.binary(max_size=64),
)
def test_the_device_tree_begins_a_segment_above_the_kernel(size, offset, initrd, cmdline):
    """machine_kexec_prepare() takes the first segment that begins with one, in whole pages."""
    image = riscv_image(size, text_offset=offset)
    made = plan(asked(image, cmdline.replace(b"\0", b" "), bytes(initrd)))
    trees = [s for s in made.segments if bytes(s.content()[:4]) == b"\xd0\x0d\xfe\xed"]
    assert [s.phys.start for s in trees] == [made.registers["a1"]]
    assert min(starts(made).values()) == made.segments[0].phys.start <= made.entry
    assert made.segments[0].label == "kernel"


def test_a_crash_kernel_stays_in_its_memory():
    area = Range(0x88000000, 0x8C000000)
    made = plan(asked(initrd=b"12345"), within=area)
    assert all(area.is_superset_of(segment.phys) for segment in made.segments)


WRONG = [
    pytest.param(
        riscv_image()[:63],
        "riscv64 Image header at offset 0x0: expected 64 bytes, found 63 bytes",
        id="cut",
    ),
    pytest.param(
        riscv_image(flags=1),
        "riscv64 Image header: flags at offset 0x18: expected a little-endian kernel, found 0x1",
        id="big endian",
    ),
    pytest.param(
        riscv_image(version=0x10003),
        "riscv64 Image header: version at offset 0x20: expected 0.x, found 1.3",
        id="another header",
    ),
    pytest.param(
        riscv_image(0),
        "riscv64 Image header: image_size at offset 0x10: expected a size below 1 TiB, found 0x0",
        id="no size",
    ),
    pytest.param(
        riscv_image(1 << 40),
        "riscv64 Image header: image_size at offset 0x10: expected a size below 1 TiB,"
        " found 0x10000000000",
        id="too large",
    ),
]


@pytest.mark.parametrize(("image", "text"), WRONG)
def test_refused_images(image, text):
    with pytest.raises(FormatError) as caught:
        plan(asked(image))
    assert str(caught.value) == text
    with pytest.raises(FormatError) as caught:
        check_whole(KernelFile("k", image))
    assert str(caught.value) == f"k: {text}"


def test_an_arm64_image_is_no_riscv64_one():
    with pytest.raises(FormatError) as caught:
        plan_riscv(asked(arm64_image()), Memory(MemoryMap()))
    text = "riscv64 Image header: magic2 at offset 0x38: expected 52 53 43 05, found 41 52 4d 64"
    assert str(caught.value) == text


NO_PLAN = [
    pytest.param(
        b"",
        b"",
        b"",
        ROWS,
        "this machine shows no device tree; name one with --dtb",
        id="no device tree",
    ),
    pytest.param(
        DTB,
        b"x" * 1024,
        b"",
        ROWS,
        "the command line has 1024 bytes, this kernel takes at most 1023; shorten it",
        id="command line",
    ),
    pytest.param(
        DTB,
        b"",
        b"",
        [(BASE, 8 * MIB, RAM)],
        "no room for 0x940000 bytes in memory [0x100000, ",
        id="no room",
    ),
]


@pytest.mark.parametrize(
    ("dtb", "cmdline", "initrd", "rows", "text"),
    NO_PLAN,
)
def test_no_plan(dtb, cmdline, initrd, rows, text):
    request = asked(cmdline=cmdline, initrd=initrd)
    request.dtb = dtb
    with pytest.raises(PlanError) as caught:
        plan(request, *rows)
    assert str(caught.value).startswith(text)


def test_nothing_goes_below_the_kernel_or_into_its_last_step():
    """Before 6.4 a kernel does not use the memory there; what is in its last 2 MiB it drops."""
    rows = [(BASE, 13 * MIB, RAM), (BASE, 0x40000, RESERVED)]
    with pytest.raises(PlanError, match=r"no room for 0x1c0000 bytes in memory \[0x80c00000, "):
        plan(asked(initrd=bytes(0x1C0000)), *rows)


@given(st.integers(0, 0x3F), st.integers(0, 255))
def test_a_damaged_header_gives_a_plan_or_one_of_our_errors(at, value):
    image = riscv_image()
    try:
        plan_riscv(
            asked(image[:at] + bytes([value]) + image[at + 1 :]),
            Memory(MemoryMap([TypedRange.from_size(*row) for row in ROWS])),
        )
    except UrootError:
        pass
