"""Pieces of any size, read as a decoder wants them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.formats.compress.feed import Feed

STEPS = st.lists(
    st.tuples(st.sampled_from(["take", "head", "piece", "back"]), st.integers(0, 12)), max_size=20
)


@given(st.lists(st.binary(max_size=9), max_size=9), STEPS)
def test_like_one_string(pieces, steps):
    """Whatever is read, looked at and put back: the bytes come in their order."""
    data, feed, at = b"".join(pieces), Feed(pieces), 0
    for step, size in steps:
        if step == "take" and size <= len(data) - at:
            assert feed.take(size) == data[at : at + size]
            at += size
        elif step == "head":
            assert feed.head(size) == data[at : at + size]
        elif step == "back" and size <= at:
            feed.back(data[at - size : at])
            at -= size
        elif step == "piece":
            got = feed.piece()
            assert data[at:].startswith(got)
            assert got or at == len(data)
            at += len(got)
        assert feed.at == at


def test_a_large_piece_comes_in_parts():
    feed = Feed([bytes(1 << 20)])
    assert len(feed.piece()) == 256 << 10


def test_the_end_is_said_with_its_place_and_source():
    feed = Feed([b"abc", b"", b"d"], "file")
    feed.what = "lz4"
    assert feed.number(2) == 0x6261
    assert feed.number(1, "big") == 0x63
    with pytest.raises(FormatError) as caught:
        feed.take(2)
    assert str(caught.value) == (
        "file: lz4 data at offset 0x4: expected the rest of the stream, found the end of data"
    )
    assert str(feed.fault("this", "that", 1)) == (
        "file: lz4 data at offset 0x1: expected this, found that"
    )
