"""uroot_py.formats.fdt.text: the same bytes as fdtdump and dtc print."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.builders.fdt import NO_OP, SMALL, cell, make_fdt, node, old_items, prop
from tests.support.dtc import SAMPLES, as_dts, read_sample, run
from uroot_py.base.errors import FormatError, UsageError
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.salvage import Salvage
from uroot_py.formats.fdt.text import dts, dump, typed

ODD_VALUES = node(
    "",
    prop("empty"),
    prop("nul", b"\0"),
    prop("nuls", b"\0\0\0\0"),
    prop("short", b"a\0"),
    prop("half", b"a\0b\0"),
    prop("more-nuls", b"a\0\0"),
    prop("escapes", b'\a\b\t\n\v\f\r\\"\0x\0'),
    prop("high", b"\x7f\x80\xff\0"),
    prop("open", b"abc"),
    prop("cells", bytes(range(8))),
    prop("bytes", bytes(range(7))),
    cell("big", 0xFFFFFFFF, 0, 1),
    node("named@1", prop("name", b"named\0")),
    NO_OP,
)
EDK2 = Path(__file__).parents[3] / "data" / "uefi" / "universal-payload.dtb"
BLOBS = {
    "small": make_fdt(),
    "reserved": make_fdt(reservations=[(0, 1), (0x1000, 0x20), ((1 << 64) - 1, (1 << 64) - 1)]),
    "version 1": make_fdt(old_items(SMALL), version=1),
    "version 2": make_fdt(old_items(SMALL), version=2),
    "version 3": make_fdt(old_items(SMALL), version=3, order="sdm"),
    "version 16": make_fdt(version=16, order="dsm"),
    "odd values": make_fdt(ODD_VALUES),
    "trailing blanks": make_fdt(node("", prop("build-revision ", b"\0\1\1\5"), prop("arch  "))),
    "EDK2": EDK2.read_bytes(),
    **{path.name: read_sample(path) for path in SAMPLES},
}


def joined(lines):
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture(params=BLOBS)
def blob(request):
    return BLOBS[request.param]


def test_dts(blob, tmp_path):
    (tmp_path / "blob").write_bytes(blob)
    # dtc wants no blanks in names, but prints them when it is forced to; its fdtdump just does.
    assert joined(dts(fdt.parse(blob))) == as_dts(tmp_path / "blob", "-f")


@pytest.mark.parametrize("options", [[], ["-d"]], ids=["plain", "debug"])
def test_fdtdump(blob, options, tmp_path):
    (tmp_path / "blob").write_bytes(blob)
    expected = run("fdtdump", *options, tmp_path / "blob")
    assert joined(dump(Salvage(blob), debug=bool(options))) == expected


@settings(max_examples=10)
@given(
    st.lists(st.one_of(st.binary(max_size=12), st.from_regex(rb"[a\0 ~\n\"]{0,8}\0")), max_size=60)
)
def test_any_values(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("values") / "blob"
    path.write_bytes(make_fdt(node("", *(prop(f"p{i}", value) for i, value in enumerate(values)))))
    tree = fdt.parse(path.read_bytes())
    assert joined(dts(tree)) == as_dts(path, "-f")
    assert joined(dump(Salvage(path.read_bytes()))) == run("fdtdump", path)


TYPED = fdt.parse(
    make_fdt(
        node(
            "",
            prop("text", b"one\0two\0"),
            cell("cells", 1, 0x80000000, 0xFFFFFFFF),
            prop("bytes", b"\1\xff\2"),
            prop("halves", b"\0\1\xff\xfe\0\3"),
            prop("none"),
        )
    )
).root
TYPES = ["", "s", *(size + letter for size in ("", "b", "hh", "h", "l") for letter in "iux")]


@pytest.mark.parametrize("name", ["text", "cells", "bytes", "halves", "none"])
@pytest.mark.parametrize("kind", TYPES)
def test_typed_like_fdtget(name, kind, tmp_path):
    from tests.support.dtc import tool

    (tmp_path / "blob").write_bytes(
        make_fdt(node("", *(prop(*p) for p in TYPED.properties.items())))
    )
    option = ["-t", kind] if kind else []
    status, expected, _ = tool("fdtget", *option, tmp_path / "blob", "/", name)
    if status:
        with pytest.raises(FormatError, match=r"^/: property \w+ at offset"):
            typed(TYPED, name, kind)
    else:
        assert typed(TYPED, name, kind).encode() + b"\n" == expected


@pytest.mark.parametrize("kind", ["z", "bs", "hhhx", "bb", "lr"])
def test_unknown_type(kind):
    with pytest.raises(UsageError) as caught:
        typed(TYPED, "cells", kind)
    message = f"--type: expected s, r, or i, u, x after b, h or l; found {kind!r}"
    assert str(caught.value) == message
