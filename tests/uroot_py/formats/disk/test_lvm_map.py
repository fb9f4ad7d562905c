"""What logical volumes are made of: from which image they are read, or why they are not."""

import pytest

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.disk import lvm, lvm_map


def mapped(group, name, here=lambda _name: True, meta=lambda _name: None):
    return lvm_map.pieces(group, name, here, meta)


RAID = """
vg {{ id = "u" seqno = 1 extent_size = 8 status = []
 physical_volumes {{ pv0 {{ id = "a" pe_start = 8 pe_count = 9 }} pv1 {{ id = "b" pe_start = 8
  pe_count = 9 }} }}
 logical_volumes {{
  r {{ id = "r" status = ["VISIBLE"] segment1 {{ start_extent = 0 extent_count = 4
   type = "{kind}" {words} }} }}
  m0 {{ id = "1" segment1 {{ start_extent=0 extent_count=1 type="striped" stripes=["pv0", 0] }} }}
  m1 {{ id = "2" segment1 {{ start_extent=0 extent_count=1 type="striped" stripes=["pv1", 0] }} }}
  i0 {{ id = "3" segment1 {{ start_extent=0 extent_count=4 type="striped" stripes=["pv0", 1] }} }}
  i1 {{ id = "4" segment1 {{ start_extent=0 extent_count=4 type="striped" stripes=["pv1", 1] }} }}
 }} }}
"""
RAIDS = 'raids = ["m0", "i0", "m1", "i1"]'


def raid(kind="raid1", words=RAIDS):
    return lvm.parse(RAID.format(kind=kind, words=words).encode())


def state(**words):
    whole = (1 << 64) - 1
    given_ = {"disk_recovery_offset": whole, "array_resync_offset": whole, "level": 1, **words}
    return lvm_map.DmRaid.new(magic=lvm_map.DM_RAID_MAGIC, events=7, **given_)


ROWS = {
    "in step": ({"m0": state(), "m1": state()}, "i0"),
    "the first is being rebuilt": ({"m0": state(disk_recovery_offset=9), "m1": state()}, "i1"),
    "the first has failed": ({"m0": state(), "m1": state(failed_devices=1)}, "i1"),
    "the first is lost": ({"m1": state()}, "i1"),
    "never synchronised": ({"m0": state(array_resync_offset=0)}, "i0"),
    "never synchronised, first lost": ({"m1": state(array_resync_offset=0)}, None),
    "nothing known": ({}, None),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_mirror_is_read_from_one_image(row):
    metas, image = ROWS[row]
    if row == "the first has failed":
        metas["m1"].events = 8
    if image:
        (piece,) = mapped(raid(), "r", meta=metas.get)
        assert (piece.kind, piece.areas) == ("linear", [(image, 0)])
    else:
        with pytest.raises(RefusedError):
            mapped(raid(), "r", meta=metas.get)


@pytest.mark.parametrize(
    ("kind", "words", "text"),
    [
        ("thin", "", "a thin volume; only its pool's own tool can say where its blocks are"),
        ("cache", "", "a cached volume; what was not written back is in its cache"),
        ("vdo", "", "a VDO volume, whose blocks are packed"),
        ("raid5_ls", RAIDS, "of type 'raid5_ls', which is not put together here"),
        (
            "mirror",
            "mirrors = []",
            "LVM metadata r: mirrors at offset 0x0: expected pairs, found []",
        ),
        (
            "striped",
            'stripes = ["pv0", 9]',
            "LVM physical volume pv0 at offset 0x9: expected 9, found 9",
        ),
    ],
)
def test_what_is_not_put_together_has_a_reason(kind, words, text):
    with pytest.raises((RefusedError, FormatError)) as caught:
        mapped(raid(kind, words), "r")
    assert str(caught.value) == text
