"""LVM2's labels and groups: two devices that lvm2 made (with another host's name), and spoilt ones.

tests/vm/layers.py compares with what lvm2 hands to the kernel.
"""

import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.disk import lvm, lvm_map

DATA = Path(__file__).parents[3] / "data" / "lvm"
DISKS = [lzma.decompress((DATA / f"{name}.xz").read_bytes()) for name in "ab"]
# What `lvs --segments -o lv_name,seg_start_pe,seg_size_pe,stripesize,seg_pe_ranges` printed.
LVS = {
    "one": [(0, 3, 0, "pv1:13"), (3, 5, 0, "pv1:20")],
    "root": [(0, 60, 0, "pv0:3"), (60, 10, 0, "pv1:3")],
    "striped": [(0, 6, 32, "pv0:0 pv1:0")],
    "two": [(0, 4, 0, "pv1:16")],
}


def reader(data):
    return lambda offset, size: data[offset : offset + size]


def text_of(data):
    return lvm.read_text(reader(data), lvm.read_label(reader(data)).areas[0])


def mapped(group, name, here=lambda _name: True, meta=lambda _name: None):
    return lvm_map.pieces(group, name, here, meta)


def test_what_lvm2_wrote():
    label = lvm.read_label(reader(DISKS[0]))
    group = lvm.parse(text_of(DISKS[0]))
    assert (group.name, group.seqno, group.extent_size) == ("vg-a", 6, 2048)
    assert label.uuid == group.physical["pv0"].uuid
    assert label.size == 64 << 20
    assert text_of(DISKS[0]) == text_of(DISKS[1])
    found: dict[str, list[tuple[int, int, int, str]]] = {}
    for name in group.logical:
        for piece in mapped(group, name):
            areas = " ".join(f"{pv}:{(at - 2048) // 2048}" for pv, at in piece.areas)
            row = (piece.start // 2048, piece.length // 2048, piece.chunk, areas)
            found.setdefault(name, []).append(row)
    assert found == LVS


def test_a_ring_goes_on_behind_its_header():
    data = bytearray(DISKS[0])
    (offset, size), *_ = lvm.read_label(reader(data)).areas
    text = text_of(data)
    view = lvm.MdaHeader(data, offset)
    view.text_offset = size - 100
    data[offset + size - 100 : offset + size] = text[:100]
    data[offset + 512 : offset + 512 + len(text) - 100] = text[100:]
    view.checksum_xl = lvm.checksum(bytes(data[offset + 4 : offset + 512]))
    assert text_of(bytes(data)) == text


def test_a_missing_volume_is_named():
    group = lvm.parse(text_of(DISKS[0]))
    here = lambda name: name == "pv1"  # noqa: E731
    assert mapped(group, "two", here)
    with pytest.raises(RefusedError) as caught:
        mapped(group, "root", here)
    assert str(caught.value) == f"the physical volume {group.physical['pv0'].uuid} is missing"


@pytest.mark.parametrize(
    "text",
    ["a", "a {", "}", "a = ", "a = [", 'a = "', "= 3", "a { " * 99, "vg { id = 3 }", "", "[", "a]"],
)
def test_a_text_that_is_none(text):
    with pytest.raises(FormatError):
        lvm.parse(text.encode())


@given(st.integers(0, 4096 + 4096), st.binary(min_size=1, max_size=4))
def test_spoilt_disks(at, junk):
    data = bytearray(DISKS[0])
    data[at : at + len(junk)] = junk
    try:
        lvm.parse(text_of(bytes(data)))
    except FormatError:
        return


@given(st.data())
def test_spoilt_texts(data):
    text = bytearray(text_of(DISKS[0]))
    at = data.draw(st.integers(0, len(text)))
    text[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=4))
    try:
        group = lvm.parse(bytes(text))
        for name in group.logical:
            mapped(group, name)
    except (FormatError, RefusedError):
        return
