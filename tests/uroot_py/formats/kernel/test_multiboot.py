"""Multiboot headers, put together with struct."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.kernels import multiboot1, multiboot2
from uroot_py.base.errors import FormatError
from uroot_py.formats.kernel import multiboot

MB1 = multiboot1()
MB2 = multiboot2()


@pytest.mark.parametrize(
    ("head", "found"),
    [
        pytest.param(b"", (0, 0), id="nothing"),
        pytest.param(bytes(4) + MB1, (1, 4), id="at a multiple of 4"),
        pytest.param(bytes(2) + MB1, (0, 0), id="not aligned"),
        pytest.param(bytes(2) + MB1 + bytes(2) + MB1, (1, 16), id="a second one is aligned"),
        pytest.param(bytes(8180) + MB1, (1, 8180), id="the last place"),
        pytest.param(bytes(8184) + MB1, (0, 0), id="partly beyond 8192"),
        pytest.param(bytes(8192) + MB2, (2, 8192), id="version 2 reaches further"),
        pytest.param(bytes(4) + MB2, (0, 0), id="version 2 wants a multiple of 8"),
        pytest.param(MB1 + bytes(4) + MB2, (2, 16), id="version 2 wins"),
        pytest.param(MB1[:-1] + b"\0", (0, 0), id="wrong checksum"),
        pytest.param(MB1[:-1], (0, 0), id="cut off"),
    ],
)
def test_find(head, found):
    assert multiboot.find(head) == found


def test_addresses_of_a_file_that_is_no_elf():
    # The header lies at offset 8, address 0x100008; 0x100000 is the beginning of the file.
    blob = bytes(8) + multiboot1(0x10000, 0x100008, 0x100000, 0x100040, 0x108000, 0x10000C)
    header = multiboot.parse(blob.ljust(0x100, b"x"))
    given_ = header.addresses
    assert given_ is not None
    assert (given_.offset, given_.load, given_.load_end, given_.end) == (
        0,
        0x100000,
        0x100040,
        0x108000,
    )
    assert header.entry == 0x10000C


def test_addresses_without_ends_mean_the_whole_file():
    blob = multiboot1(0x10000, 0x100000, 0x100000, 0, 0, 0x100000).ljust(0x80, b"x")
    given_ = multiboot.parse(blob).addresses
    assert given_ is not None
    assert (given_.load_end, given_.end) == (0x100080, 0x100080)


def tag(kind: int, flags: int, *words: int) -> bytes:
    body = struct.pack(f"<HHI{len(words)}I", kind, flags, 8 + 4 * len(words), *words)
    return body + bytes(-len(body) % 8)


def test_tags_of_version_2():
    blob = multiboot2(
        tag(1, 0, 4, 6),
        tag(1, 1, 99),
        tag(3, 0, 0x200100),
        tag(4, 0, 2),
        tag(10, 0, 0x200000, 0xFFFFFFFF, 0x200000, 1),
        tag(77, 1),
    )
    header = multiboot.parse(blob)
    assert header.requests == [4, 6]
    assert header.entry == 0x200100
    assert header.relocatable == (0x200000, 0x100000000, 0x200000)


WRONG = [
    pytest.param(
        b"x" * 40,
        "Multiboot header at offset 0x0: expected one in the first 32 KiB, found none",
        id="none",
    ),
    pytest.param(
        multiboot1(0x8),
        "Multiboot 1 header: flags at offset 0x0: expected only bits 0 to 2 and 16, found 0x8",
        id="a flag that must be known",
    ),
    pytest.param(
        multiboot1(0x10000, 0x100000),
        "Multiboot 1 header: addresses at offset 0x0: expected 20 bytes, found the end of the file",
        id="addresses cut",
    ),
    pytest.param(
        multiboot1(0x10000, 0x100000, 0x100000, 0x200000, 0, 0x100000),
        "Multiboot 1 header: addresses at offset 0x0: expected a part of the file,"
        " found [0x100000, 0x200000)",
        id="more than the file",
    ),
    pytest.param(
        multiboot2(architecture=4),
        "Multiboot 2 header: architecture at offset 0x0: expected 0 (i386), found 4",
        id="mips",
    ),
    pytest.param(
        multiboot2(tag(2, 0, 1)),
        "Multiboot 2 header: tag 2 at offset 0x0: expected 24 bytes, found 12",
        id="tag too short",
    ),
    pytest.param(
        multiboot2(tag(77, 0)),
        "Multiboot 2 header: tags at offset 0x0: expected tags up to 10, found tag 77,"
        " which must not be passed over",
        id="unknown tag",
    ),
    pytest.param(
        multiboot2(struct.pack("<HHI", 4, 0, 4)),
        "Multiboot 2 header: tag 4 at offset 0x0: expected 8 to 16 bytes, found 4",
        id="tag smaller than its head",
    ),
    pytest.param(
        multiboot2(end=b""),
        "Multiboot 2 header: tags at offset 0x0: expected an end tag, found none",
        id="no end",
    ),
]


@pytest.mark.parametrize(("blob", "text"), WRONG)
def test_refused(blob, text):
    with pytest.raises(FormatError) as caught:
        multiboot.parse(blob)
    assert str(caught.value) == text


GOOD = [
    multiboot1(0x10000, 0x100000, 0x100000, 0, 0, 0x100000).ljust(0x80, b"x"),
    multiboot2(tag(1, 0, 4), tag(2, 0, 0x100000, 0x100000, 0, 0), tag(3, 0, 1)),
]


@given(st.sampled_from(GOOD), st.integers(0, 0x7F), st.integers(0, 255), st.booleans())
def test_only_the_format_error(blob, at, value, cut):
    bad = bytearray(blob[:at] if cut else blob)
    if at < len(bad):
        bad[at] = value
    try:
        multiboot.parse(bytes(bad))
    except FormatError:
        pass
