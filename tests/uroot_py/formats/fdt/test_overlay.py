"""uroot_py.formats.fdt.overlay: dtc's overlays applied as fdtoverlay does it, and bad ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.fdt import cell, make_fdt, node, prop
from tests.support.dtc import at, compile_dts, run
from uroot_py.base.errors import FormatError
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.build import build
from uroot_py.formats.fdt.diff import diff
from uroot_py.formats.fdt.overlay import MAX_FIXUPS, MAX_FRAGMENTS, apply

BASE = """/dts-v1/;
/ {
  #address-cells = <1>;
  #size-cells = <1>;
  soc: soc {
    i2c0: i2c@1000 { status = "disabled"; reg = <0x1000 0x100>; };
    gpio: gpio@2000 { gpio-controller; phandle = <7>; };
  };
  vcc: regulator { compatible = "regulator-fixed"; };
  user { supply = <&vcc>; };
};
"""
OVERLAYS = {
    "property": "/dts-v1/; /plugin/; &i2c0 { status = \"okay\"; extra = [01 02 03]; };",
    "nodes": """/dts-v1/; /plugin/;
        &i2c0 { #address-cells = <1>; sensor: sensor@48 { reg = <0x48>; power = <&vcc>; }; };
        &soc { more { leaf { deep { x; }; }; }; };""",
    "local references": """/dts-v1/; /plugin/;
        &soc {
          clk: clock { #clock-cells = <0>; };
          dev { clocks = <1 2>, <&clk>, <&gpio 1 &clk>; bytes = [01]; };
        };""",
    "path": """/dts-v1/; /plugin/;
        &{/user} { note = "by path"; };
        &{/} { new { here; }; };""",
    "two to one": """/dts-v1/; /plugin/;
        &i2c0 { a = <1>; }; &i2c0 { a = <2>; b = <3>; };""",
}  # fmt: skip


@pytest.fixture(scope="module")
def base():
    return compile_dts(BASE, "-@")


@pytest.mark.parametrize("name", OVERLAYS)
def test_like_fdtoverlay(name, base, tmp_path):
    overlay = compile_dts(OVERLAYS[name], "-@")
    (tmp_path / "base").write_bytes(base)
    (tmp_path / "overlay").write_bytes(overlay)
    files = tmp_path / "base", tmp_path / "overlay"
    run("fdtoverlay", "-i", files[0], "-o", tmp_path / "out", files[1])
    theirs = fdt.parse((tmp_path / "out").read_bytes())
    before = fdt.parse(base), fdt.parse(overlay)
    ours = apply(*before)
    assert list(diff(theirs, ours)) == []
    assert fdt.parse(build(ours)).version == 17
    assert [build(tree) for tree in before] == [build(fdt.parse(base)), build(fdt.parse(overlay))]


def test_overlay_on_overlay(base, tmp_path):
    names = ("nodes", "local references")
    blobs = [base, *(compile_dts(OVERLAYS[name], "-@") for name in names)]
    files = [tmp_path / str(i) for i in range(3)]
    for file, blob in zip(files, blobs, strict=True):
        file.write_bytes(blob)
    run("fdtoverlay", "-i", files[0], "-o", tmp_path / "out", *files[1:])
    ours = apply(apply(fdt.parse(base), fdt.parse(blobs[1])), fdt.parse(blobs[2]))
    assert list(diff(fdt.parse((tmp_path / "out").read_bytes()), ours)) == []
    assert ours.find(at(ours, "/__symbols__").string("sensor")) is at(
        ours, "/soc/i2c@1000/sensor@48"
    )


def fragment(*content, target=("target-path", b"/a\0"), name="fragment@0"):
    return node(name, prop(*target), node("__overlay__", *content))


PLAIN = make_fdt(
    node(
        "",
        node("a", cell("phandle", 3)),
        node("b"),
        node("__symbols__", prop("a", b"/a\0"), prop("b", b"/b\0"), prop("gone", b"/gone\0")),
    )
)
DEEP = node("x", node("x"))
for _ in range(58):
    DEEP = node("x", DEEP)


def fixups(*items):
    return [fragment(cell("x", 0)), node("__fixups__", *items)]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        pytest.param(
            [fragment(target=("target-path", b"/nope\0"))],
            "target of /fragment@0 at offset 0x0: expected a node of the base tree, found /nope",
            id="no such path",
        ),
        pytest.param(
            [fragment(target=("target", b"\0\0\0\x09"))],
            "target of /fragment@0 at offset 0x0: expected a node of the base tree, "
            "found phandle 0x9",
            id="no such phandle",
        ),
        pytest.param(
            [fragment(target=("other", b""))],
            "target of /fragment@0 at offset 0x0: expected a node of the base tree, found none",
            id="no target",
        ),
        pytest.param(
            fixups(prop("c", b"/fragment@0/__overlay__:x:0\0")),
            "label c at offset 0x0: expected a node of the base tree with a phandle, found none",
            id="unknown label",
        ),
        pytest.param(
            fixups(prop("gone", b"/fragment@0/__overlay__:x:0\0")),
            "label gone at offset 0x0: expected a node of the base tree with a phandle, found none",
            id="label of a missing node",
        ),
        pytest.param(
            fixups(prop("b", b"/fragment@0/__overlay__:x:0\0")),
            "label b at offset 0x0: expected a node of the base tree with a phandle, found none",
            id="label of a node without a phandle",
        ),
        *(
            pytest.param(
                fixups(prop("a", place.encode() + b"\0")),
                "__fixups__ at offset 0x0: expected PATH:PROPERTY:OFFSET of the overlay, "
                f"found {place!r}",
                id=f"fixup {place}",
            )
            for place in (
                "/fragment@0/__overlay__",
                "/fragment@0/__overlay__:x",
                "/fragment@0/__overlay__:x:",
                "/fragment@0/__overlay__::0",
                "/fragment@0/__overlay__:x:y",
                "/fragment@0/__overlay__:x:-1",
                "/fragment@0/nope:x:0",
                "fragment@0:x:0",
            )
        ),
        pytest.param(
            fixups(prop("a", b"/fragment@0/__overlay__:x:1\0")),
            "fixup of /fragment@0/__overlay__:x at offset 0x0: expected 4 bytes in its 4, "
            "found offset 0x1",
            id="fixup past the value",
        ),
        pytest.param(
            fixups(prop("a", b"/fragment@0/__overlay__:y:0\0")),
            "fixup of /fragment@0/__overlay__:y at offset 0x0: expected 4 bytes in its 0, "
            "found no such property",
            id="fixup of no property",
        ),
        pytest.param(
            [fragment(), node("__local_fixups__", node("nope"))],
            "/__local_fixups__/nope at offset 0x0: expected a node nope in /, found none",
            id="local fixup of no node",
        ),
        pytest.param(
            [fragment(), node("__local_fixups__", node("fragment@0", cell("target-path", 0)))],
            "fixup of /fragment@0:target-path at offset 0x0: expected 4 bytes in its 3, "
            "found offset 0x0",
            id="local fixup past the value",
        ),
        pytest.param(
            [fragment(cell("phandle", 0xFFFFFFFE))],
            "phandle of /fragment@0/__overlay__ at offset 0x0: expected 1 to 0xfffffffb, "
            "found 0xfffffffe",
            id="no phandles left",
        ),
        pytest.param(
            [fragment(name=f"f@{i}") for i in range(MAX_FRAGMENTS + 1)],
            "fragments at offset 0x0: expected at most 256, found 257",
            id="too many fragments",
        ),
        pytest.param(
            fixups(prop("a", b"/fragment@0/__overlay__:x:0\0" * (MAX_FIXUPS + 1))),
            "__fixups__ at offset 0x0: expected at most 4096 places, found more",
            id="too many fixups",
        ),
    ],
)
def test_bad_overlays(items, message):
    base, overlay = fdt.parse(PLAIN), fdt.parse(make_fdt(node("", *items)))
    with pytest.raises(FormatError) as caught:
        apply(base, overlay)
    assert str(caught.value) == f"device tree overlay: {message}"
    assert build(base) == build(fdt.parse(PLAIN))


def test_too_deep_together():
    deep = fdt.parse(make_fdt(node("", DEEP)))
    bottom = max((n.path for n in deep.root.walk()), key=len).encode() + b"\0"
    overlay = fdt.parse(make_fdt(node("", fragment(DEEP, target=("target-path", bottom)))))
    with pytest.raises(FormatError, match="expected at most 64 levels, found one more"):
        apply(deep, overlay)


def test_base_without_symbols():
    base = fdt.parse(make_fdt())
    overlay = fdt.parse(make_fdt(node("", *fixups(prop("a", b"/fragment@0/__overlay__:x:0\0")))))
    with pytest.raises(FormatError, match=r"no __symbols__ \(build the tree with dtc -@\)"):
        apply(base, overlay)


@given(st.integers(0, 400), st.integers(0, 255))
def test_any_change_of_an_overlay(base, offset, value):
    """One byte of an overlay's structure is changed: a tree or a FormatError."""
    blob = bytearray(compiled())
    start = int.from_bytes(blob[8:12], "big")
    blob[start + offset] = value
    try:
        assert apply(fdt.parse(base), fdt.parse(blob)).root.parent is None
    except FormatError as error:
        assert error.text()  # noqa: PT017


def compiled(cache=[]):  # noqa: B006 - one run of dtc for all examples
    if not cache:
        cache.append(compile_dts(OVERLAYS["local references"], "-@"))
    return cache[0]
