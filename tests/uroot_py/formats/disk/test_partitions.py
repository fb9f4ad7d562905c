"""Partition tables: written by sfdisk, read back by us, compared with sfdisk's own report."""

import json
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.formats.disk import partitions

SFDISK = shutil.which("sfdisk") or "/usr/sbin/sfdisk"
GPT = """label: gpt
label-id: 11111111-2222-3333-4444-555555555500
start=2048, size=4096, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="EFI System"
start=8192, size=8192, type=L, name="bücher", uuid=AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE
"""
DOS = """label: dos
label-id: 0x1234abcd
start=2048, size=2048, type=83, bootable
start=8192, size=40000, type=5
start=10240, size=2048, type=83
start=16384, size=4096, type=82
start=24576, size=1024, type=c
"""


def make(tmp_path, script):
    path = tmp_path / "disk"
    with path.open("wb") as file:
        file.truncate(32 << 20)
    subprocess.run([SFDISK, "-q", path], input=script.encode(), check=True)
    report = subprocess.run([SFDISK, "--json", path], capture_output=True, check=True)
    return bytearray(path.read_bytes()), json.loads(report.stdout)["partitiontable"]


def read_table(image, sector=512):
    return partitions.parse(lambda at, size: bytes(image[at : at + size]), len(image), sector)


@pytest.mark.parametrize("script", [GPT, DOS], ids=["gpt", "dos with logical partitions"])
def test_agrees_with_sfdisk(tmp_path, script):
    image, report = make(tmp_path, script)
    kind, rows = read_table(image)
    assert kind == report["label"]
    expected = [
        (int(row["node"][len(str(tmp_path / "disk")) :]), row["start"] * 512, row["size"] * 512)
        for row in report["partitions"]
    ]
    assert [(row.number, row.start, row.size) for row in rows] == expected
    for row, other in zip(rows, report["partitions"], strict=True):
        if kind == "gpt":
            assert (row.uuid, row.type) == (other["uuid"].lower(), other["type"].lower())
            assert row.label == other.get("name", "")
        else:
            assert row.type == f"0x{other['type']}"
            assert row.uuid == f"1234abcd-{row.number:02x}"


def test_the_backup_stands_in_for_a_damaged_gpt(tmp_path):
    image, _ = make(tmp_path, GPT)
    good = read_table(image)
    image[512:1024] = bytes(512)
    assert [repr(row) for row in read_table(image)[1]] == [repr(row) for row in good[1]]


def test_a_cd_has_the_table_of_the_image_that_was_written_to_it(tmp_path):
    image, _ = make(tmp_path, GPT)
    assert [repr(row) for row in read_table(image, 2048)[1]] == [
        repr(row) for row in read_table(image)[1]
    ]


def test_both_headers_damaged(tmp_path):
    image, _ = make(tmp_path, GPT)
    image[520] ^= 1
    image[-500] ^= 1
    with pytest.raises(FormatError) as caught:
        read_table(image)
    assert str(caught.value) == (
        "GPT header at offset 0x210: expected a right checksum, found a wrong one"
    )


def test_a_chain_that_bites_its_tail(tmp_path):
    image, _ = make(tmp_path, DOS)
    _, rows = read_table(image)
    second = rows[3].start - 2048 * 512
    image[second + 462 : second + 478] = bytes([0, 0, 0, 0, 5]) + bytes(7) + b"\x01\0\0\0"
    assert len(read_table(image)[1]) < 260


def test_no_table_and_a_boot_sector_that_is_none():
    assert read_table(bytearray(1 << 20)) == ("", [])
    boot = bytearray(1 << 20)
    boot[446] = 0x42  # code of a FAT boot sector where a table would have 0 or 0x80
    boot[510:512] = b"\x55\xaa"
    assert read_table(boot) == ("", [])
    assert read_table(bytearray(100)) == ("", [])


@given(st.integers(0, 100), st.integers(0, 255), st.integers(0, 40 * 512))
def test_damage_raises_only_the_format_error(step, value, length):
    image = bytearray(40 * 512)
    image[450] = 0xEE
    image[510:512] = b"\x55\xaa"
    image[512:520] = b"EFI PART"
    image[524:528] = (92).to_bytes(4, "little")
    image[512 + step] = value
    try:
        read_table(image[:length])
    except FormatError:
        return


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A function that gives the bytes of a disk of 2 MiB with one partition."""
    path = tmp_path_factory.mktemp("gpt") / "disk"
    with path.open("wb") as file:
        file.truncate(2 << 20)
    script = b"label: gpt\nstart=2048, size=100, type=L\n"
    subprocess.run([SFDISK, "-q", path], input=script, check=True)
    return path.read_bytes


def written(image, number, attributes):
    """IMAGE with what with_attributes wants of it, or FormatError."""
    after = bytearray(image)
    for offset, data in partitions.with_attributes(
        lambda at, size: bytes(image[at : at + size]), number, attributes
    ):
        after[offset : offset + len(data)] = data
    return after


def test_attributes_are_written_into_both_tables(small):
    after = written(small(), 1, 3 << 52)
    for image in (after, after[:512] + bytes(512) + after[1024:]):
        assert read_table(image)[1][0].attributes == 3 << 52
    assert written(after, 1, 0) == small()


@pytest.mark.parametrize("number", [0, 129])
def test_a_row_that_a_table_does_not_have(small, number):
    with pytest.raises(FormatError, match="an entry"):
        written(small(), number, 0)


@given(st.integers(0, 67 * 512 - 1), st.integers(1, 255), st.booleans())
def test_attributes_are_not_written_where_anything_is_wrong(small, place, change, cut):
    """A byte of either header or of their entries is another one, or the disk ends there."""
    image = bytearray(small())
    end = len(image)
    at = place if place < 34 * 512 else end - 67 * 512 + place
    image[at] ^= change
    used = at % 512 < 92 or not (512 <= at < 1024 or at >= end - 512)
    if cut:
        del image[at:]
    elif at < 512 or not used:  # the boot sector, and what is behind the headers, says nothing here
        assert written(image, 1, 1) is not None
        return
    with pytest.raises(FormatError):
        written(image, 1, 1)
