"""Memory in device trees: trees compiled by dtc, and Debian's own."""

import subprocess
from pathlib import Path

import pytest

from uroot_py.base.errors import FormatError
from uroot_py.base.ranges import Range
from uroot_py.memory.devicetree import from_fdt
from uroot_py.memory.map import RAM, RESERVED, MemoryMap, TypedRange

DATA = Path(__file__).parents[2] / "data/memory/dtb"
CELLS = "#address-cells = <2>; #size-cells = <2>;"


def dtb(body: str, head: str = "") -> bytes:
    """The blob of a tree with BODY in its root node."""
    text = f"/dts-v1/; {head} / {{ {body} }};"
    command = ["dtc", "-q", "-f", "-I", "dts", "-O", "dtb"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout


def memory(reg: str, more: str = "") -> str:
    return f'memory@0 {{ device_type = "memory"; reg = <{reg}>; {more} }};'


def m(*entries: tuple[int, int, str]) -> MemoryMap:
    return MemoryMap(TypedRange(Range(start, end), kind) for start, end, kind in entries)


THREE = """
    memory@a { device_type = "memory"; reg = <0 0 0xffff 0xffffffff>; };
    memory@b { device_type = "memory"; reg = <0x10000 0 0x1ffff 0xffffffff>; };
    memory@c { device_type = "memory"; reg = <0x30000 0 0x2ffff 0xffffffff>; };
"""


@pytest.mark.parametrize(
    ("body", "head", "expected"),
    [
        pytest.param("", "", m(), id="empty-tree"),
        pytest.param(
            CELLS + THREE,
            "",
            m(
                (0, 0xFFFFFFFFFFFF, RAM),
                (0x1000000000000, 0x2FFFFFFFFFFFF, RAM),
                (0x3000000000000, 0x5FFFFFFFFFFFF, RAM),
            ),
            id="three-nodes-with-gaps",
        ),
        pytest.param(
            CELLS
            + THREE
            + f"reserved-memory {{ {CELLS} ranges; reg = <0 0 0 0xffffffff>;"
            + " a@3 { reg = <0x30000 0 0xff 0xffffffff>; }; };",
            "/memreserve/ 0x1000000000000 0xffff;",
            m(
                (0, 0xFFFFFFFF, RESERVED),
                (0xFFFFFFFF, 0xFFFFFFFFFFFF, RAM),
                (0x1000000000000, 0x100000000FFFF, RESERVED),
                (0x100000000FFFF, 0x2FFFFFFFFFFFF, RAM),
                (0x3000000000000, 0x300FFFFFFFFFF, RESERVED),
                (0x300FFFFFFFFFF, 0x5FFFFFFFFFFFF, RAM),
            ),
            id="both-kinds-of-reservation",
        ),
        pytest.param(
            CELLS + memory("0 0x1000 0 0x1000  1 0 0 0x2000"),
            "",
            m((0x1000, 0x2000, RAM), (0x100000000, 0x100002000, RAM)),
            id="two-banks-in-one-reg-where-the-reference-fails",
        ),
        pytest.param(
            "#address-cells = <1>; #size-cells = <1>;" + memory("0x1000 0x1000"),
            "",
            m((0x1000, 0x2000, RAM)),
            id="32-bit-cells-where-the-reference-fails",
        ),
        pytest.param(
            memory("1 0x1000 0x1000"),
            "",
            m((0x100001000, 0x100002000, RAM)),
            id="default-cells-are-2-and-1",
        ),
        pytest.param(
            "#address-cells = <1>; #size-cells = <1>;"
            + memory("0 0x8000")
            + "reserved-memory { ranges; a@1000 { reg = <0x1000 0x1000>; }; };",
            "",
            m((0, 0x1000, RAM), (0x1000, 0x2000, RESERVED), (0x2000, 0x8000, RAM)),
            id="cells-inherited",
        ),
        pytest.param(
            "#address-cells = <1>; #size-cells = <1>;"
            "bus { #address-cells = <2>; ranges = <1 0  0x80000000  0x10000>;"
            + memory("1 0x1000 0x1000")
            + "};",
            "",
            m((0x80001000, 0x80002000, RAM)),
            id="behind-a-bus",
        ),
        pytest.param(
            CELLS + memory("0 0 0 0x1000", 'status = "okay";'),
            "",
            m((0, 0x1000, RAM)),
            id="status-okay",
        ),
        pytest.param(
            CELLS + memory("0 0 0 0x4000", "linux,usable-memory = <0 0x1000 0 0x1000>;"),
            "",
            m((0x1000, 0x2000, RAM)),
            id="the-part-of-a-kdump-kernel",
        ),
        pytest.param(
            CELLS
            + 'cpu@0 { device_type = "cpu"; reg = <0 0 0 1>; }; memory@1 { reg = <0 0 0 1>; };',
            "",
            m(),
            id="only-device-type-memory",
        ),
        pytest.param(
            CELLS + memory("0 0 0xffffffff 0xffffffff  0xffffffff 0xffffffff 0 1"),
            "",
            m((0, 1 << 64, RAM)),
            id="to-the-very-top",
        ),
    ],
)
def test_map(body: str, head: str, expected: MemoryMap) -> None:
    made = from_fdt(dtb(body, head))
    assert made == expected
    assert made.notes == []


def test_notes() -> None:
    made = from_fdt(
        dtb(
            CELLS
            + memory("0 0 0 0x8000  0 0x9000 0 0")
            + 'memory@9 { device_type = "memory"; reg = <0 9 0 9>; status = "disabled"; };'
            + "bus { ranges = <0 0 0 0x10000 0 0x1000>;"
            + memory("0 0 0 0x1000  0 0x5000 0 0x1000")
            + "};"
            + f"reserved-memory {{ {CELLS} ranges;"
            + "a@1 { reg = <0 0x1000 0 0x1000  0 0x3000 0 0x1000>; no-map; };"
            + "b { size = <1 0x2000>; };"
            + 'c@6 { reg = <0 0x6000 0 0x1000>; status = "disabled"; }; };'
        )
    )
    assert made.ram() == [
        *(Range(0, 0x1000), Range(0x2000, 0x3000), Range(0x4000, 0x8000)),
        Range(0x10000, 0x11000),
    ]
    assert made.notes == [
        "/memory@0: size 0 at 0x9000, to be filled in by the firmware",
        "/memory@9: status is 'disabled', left out",
        "/bus/memory@0: no bus maps 0x5000 for the processor, left out",
        "/reserved-memory/a@1: no-map [0x1000, 0x2000)",
        "/reserved-memory/a@1: no-map [0x3000, 0x4000)",
        "/reserved-memory/b: 0x100002000 bytes, to be placed by the kernel that is started",
        "/reserved-memory/c@6: status is 'disabled', left out",
    ]


def test_a_reservation_that_nothing_maps_still_holds() -> None:
    body = memory("0 0 0 0x8000") + "reserved-memory { a@1 { reg = <0 0x1000 0 0x1000>; }; };"
    made = from_fdt(dtb(CELLS + body))
    assert made.filter_by_type(RESERVED) == [Range(0x1000, 0x2000)]
    assert made.notes == [
        "/reserved-memory/a@1: no bus maps 0x1000 for the processor, taken as it is"
    ]


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        pytest.param(
            b"\xd0\x0d\xfe\xee" + bytes(60),
            "fdt: device tree: magic number at offset 0x0: expected d00dfeed, found d00dfeee",
            id="no-device-tree",
        ),
        pytest.param(
            dtb(CELLS + memory("0 0 0x1000")),
            "fdt: /memory@0: property reg at offset 0x0: expected rows of 16 bytes (2+2 cells),"
            " found 12 bytes",
            id="half-a-bank",
        ),
        pytest.param(
            dtb("#address-cells = <0>; #size-cells = <0>;" + memory("1")),
            "fdt: /memory@0: property reg at offset 0x0: expected rows of 0 bytes (0+0 cells),"
            " found 4 bytes",
            id="no-cells",
        ),
        pytest.param(
            dtb(CELLS + memory("0 0 0 1  0xffffffff 0xfffff000 0 0x1001")),
            "fdt: /memory@0: property reg at offset 0x0: expected ranges inside 64 bits,"
            " found 0xfffffffffffff000+0x1001",
            id="past-64-bits",
        ),
        pytest.param(
            dtb("#address-cells = <3>; #size-cells = <1>;" + memory("1 0 0 0x1000")),
            "fdt: /memory@0: property reg at offset 0x0: expected ranges inside 64 bits,"
            " found 0x10000000000000000+0x1000",
            id="96-bit-address",
        ),
        pytest.param(
            dtb(CELLS, "/memreserve/ 0xfffffffffffff000 0x2000;"),
            "fdt: device tree: reservation at offset 0x0: expected a range inside 64 bits,"
            " found 0xfffffffffffff000+0x2000",
            id="reservation-past-64-bits",
        ),
    ],
)
def test_refused(blob: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        from_fdt(blob, "fdt")
    assert str(caught.value) == message


# What stands in the .dts of each board, written down by hand from the output of dtc.
BOARDS = {
    "amd-overdrive-rev-b1": ("", 0),
    "armada-8040-mcbin": (
        "0-4000000 RAM, 4000000-4200000 Reserved, 4200000-80000000 RAM",
        1,
    ),
    "bcm2711-rpi-4-b": ("0-1000 Reserved", 3),
    "bcm2837-rpi-3-b": ("0-1000 Reserved, 1000-40000000 RAM", 1),
    "foundation-v8": (
        "80000000-80010000 Reserved, 80010000-100000000 RAM, 880000000-900000000 RAM",
        0,
    ),
    "fsl-ls1046a-frwy": ("", 4),
    "hi6220-hikey": (
        (
            "0-5e00000 RAM, 5f00000-5f01000 RAM, 5f02000-6dff000 RAM, 6e00000-740f000 RAM,"
            " 7410000-21f00000 RAM, 21f00000-22000000 Reserved, 22000000-3e000000 RAM"
        ),
        1,
    ),
    "imx8qxp-ai_ml": (
        (
            "80000000-84000000 RAM, 84000000-86200000 Reserved, 86200000-92000000 RAM,"
            " 92000000-92100000 Reserved, 92100000-92400000 RAM, 92400000-94b00000 Reserved,"
            " 94b00000-100000000 RAM"
        ),
        5,
    ),
    "k3-am62a7-sk": (
        (
            "80000000-9c900000 RAM, 9c900000-9e700000 Reserved, 9e700000-9e780000 RAM,"
            " 9e780000-a0000000 Reserved, a0000000-100000000 RAM, 880000000-900000000 RAM"
        ),
        3,
    ),
    "meson-gxbb-odroidc2": (
        (
            "0-1000000 Reserved, 1000000-5000000 RAM, 5000000-7300000 Reserved,"
            " 7300000-10000000 RAM,"
            " 10000000-10200000 Reserved, 10200000-80000000 RAM"
        ),
        5,
    ),
    "rtsm_ve-aemv8a": (
        (
            "18000000-18800000 Reserved, 80000000-80010000 Reserved, 80010000-100000000 RAM,"
            " 880000000-900000000 RAM"
        ),
        1,
    ),
    "sm6125-sony-xperia-seine-pdx201": (
        (
            "45700000-45d00000 Reserved, 45e00000-45f40000 Reserved, 45fff000-48f00000 Reserved,"
            " 4ab00000-57117000 Reserved, 5c000000-5d000000 Reserved, 5e400000-61600000 Reserved,"
            " f3000000-f3c00000 Reserved, 13fc00000-140000000 Reserved"
        ),
        22,
    ),
    "thunder2-99xx": ("80000000-100000000 RAM, 880000000-900000000 RAM", 0),
}


@pytest.mark.parametrize("name", sorted(path.stem for path in DATA.glob("*.dtb")))
def test_debian_boards(name: str) -> None:
    expected, notes = BOARDS[name]
    made = from_fdt((DATA / f"{name}.dtb").read_bytes())
    shown = [f"{e.range.start:x}-{e.range.end:x} {e.type.removeprefix('System ')}" for e in made]
    assert ", ".join(shown) == expected
    assert len(made.notes) == notes
