"""Linux md's superblocks, against mdadm --examine; which devices of an array are used.

tests/vm/layers.py has arrays that mdadm made.
"""

import subprocess
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.disk import md, superblock

SIZE = 4 << 20
SET = uuid.UUID("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0").bytes


def device(version="1.2", **words):
    """A device with a superblock of VERSION."""
    data = bytearray(SIZE)
    offset = dict(md.places(SIZE))[version]
    view = _view_0(data, offset, words) if version == "0.90" else _view_1(data, offset)
    for key, value in {"magic": md.MD_SB_MAGIC, "events": 17, **words}.items():
        setattr(view, key, value)
    if version == "0.90":
        view.sb_csum = md.checksum_0(data[offset : offset + 4096])
    else:
        view.sb_csum = md.checksum_1(data[offset : offset + 256 + 256])
    return data


def _view_0(data, offset, words):
    view = md.Super0(data, offset)
    view.minor_version, view.raid_disks, view.md_minor, view.level = 90, 2, 3, 1
    view.size_, view.state = 2048, 1
    view.set_uuid0, view.set_uuid1 = SET[:4], SET[4:]
    view.this_raid_disk = view.this_number = words.get("this_number", 0)
    for number in range(2):
        row = offset + 512 + 128 * number
        data[row : row + 20] = b"".join(
            n.to_bytes(4, "little") for n in (number, 8, 16 * number, number, 6)
        )
    return view


def _view_1(data, offset):
    view = md.Super1(data, offset)
    view.major_version, view.raid_disks, view.level, view.size_ = 1, 2, 1, 4096
    view.data_offset, view.data_size, view.super_offset = 2048, 4096, offset // 512
    if offset > 4096:  # 1.0 has its data before the superblock
        view.data_offset = 0
    view.resync_offset, view.max_dev = md.WHOLE, 128
    view.set_uuid, view.set_name, view.device_uuid = SET, b"pc:root", SET[::-1]
    for number in range(128):
        role = number if number < 2 else md.SPARE
        md.Role(data, offset + 256 + 2 * number).role = role
    return view


def found(data):
    return md.find(lambda offset, size: bytes(data[offset : offset + size]), len(data))


@pytest.mark.parametrize("version", ["0.90", "1.0", "1.1", "1.2"])
def test_as_mdadm_reads_it(version, tmp_path):
    data = device(version)
    path = tmp_path / "disk"
    path.write_bytes(data)
    out = subprocess.run(
        ["mdadm", "--examine", path], check=True, capture_output=True, text=True, timeout=20
    ).stdout
    rows = dict(line.strip().split(" : ", 1) for line in out.splitlines() if " : " in line)
    member = found(data)
    assert rows["Checksum"].endswith("- correct")
    uuid_row = rows.get("UUID") or rows["Array UUID"]
    assert uuid_row.split()[0].replace(":", "") == member.uuid.replace("-", "")
    assert (rows["Raid Level"], int(rows["Raid Devices"])) == (member.kind, member.raid_disks)
    assert (int(rows["Events"]), rows["Version"][:3]) == (member.events, member.version[:3])
    if version != "0.90":
        assert rows["Device Role"] == f"Active device {member.role}"
        assert rows.get("Data Offset", "0 sectors") == f"{member.data_offset} sectors"
        assert (rows["Name"], rows["State"]) == (member.name, "clean")
        assert rows["Device UUID"].replace(":", "") == member.device_uuid.replace("-", "")
    read = lambda offset, size: bytes(data[offset : offset + size])  # noqa: E731
    known = superblock.identify(read, SIZE)
    assert known
    assert (known.type, known.uuid) == ("linux_raid_member", member.uuid)


def pair(*changes):
    return md.gather(
        found(device(**{"dev_number": number, **words})) for number, words in enumerate(changes)
    )


def test_an_array_that_is_whole():
    array = pair({}, {})
    md.check(array)
    assert (sorted(array.slots), array.missing, array.dirty) == ([0, 1], 0, False)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"events": 12}, "it is out of date (12 events, the others 17)"),
        ({"feature_map": 2, "recovery_offset": 8}, "it was still being rebuilt"),
        ({"dev_number": 0}, "it is a copy: slot 0 is taken"),
        ({"dev_number": 7}, "it is a spare"),
        ({"raid_disks": 3}, "it describes another array"),
    ],
)
def test_a_device_that_is_left_out(words, why):
    array = pair({}, words)
    md.check(array)
    assert list(array.slots) == [0]
    assert [reason for _, reason in array.left_out] == [why]


@pytest.mark.parametrize("events", [16, 18])
def test_a_crash_between_two_superblocks(events):
    assert pair({}, {"events": events}).missing == 0


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"feature_map": 4}, "it is being reshaped, which only its own system can go on with"),
        ({"feature_map": 256}, "it belongs to a cluster"),
        ({"feature_map": 512},
         "it has a write journal, and what stands there is not on its devices yet"),
        ({"feature_map": 1024, "resync_offset": 0}, "it has a partial parity log"),
        ({"level": 5, "raid_disks": 3, "resync_offset": 0},
         ("it was not shut down cleanly and a device is missing: what was on that one cannot"
          " be computed surely")),
        ({"level": 5, "raid_disks": 4}, "2 of its 4 devices are here and current, too few"),
        ({"level": 0, "raid_disks": 3}, "2 of its 3 devices are here and current, too few"),
        ({"level": 10, "raid_disks": 4, "layout": 0x102},
         "2 of its 4 devices are here and current, too few"),
        ({"level": 0xFFFFFFFC}, "its level is -4, which is not put together here"),
    ],
)  # fmt: skip
def test_what_is_refused(words, text):
    with pytest.raises(RefusedError) as caught:
        md.check(pair(words, words))
    assert str(caught.value) == text


def test_raid10_with_one_of_each_pair():
    words = {"level": 10, "raid_disks": 4, "layout": 0x102, "chunksize": 128}
    array = pair(words, words)
    array.slots = {0: array.head, 3: array.head}
    md.check(array)


@given(st.sampled_from(["0.90", "1.0", "1.1", "1.2"]), st.integers(0, 511), st.integers(1, 255))
def test_a_changed_byte_is_noticed(version, at, change):
    data = device(version)
    data[dict(md.places(SIZE))[version] + at] ^= change
    with pytest.raises(FormatError):
        found(data)


@given(st.binary(max_size=600))
def test_junk(junk):
    with pytest.raises(FormatError):
        found(b"\xfc\x4e\x2b\xa9" + junk)
