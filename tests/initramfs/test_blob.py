"""The file of the program's code."""

import marshal
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initramfs import blob, code
from uroot_py.base.errors import FormatError

PARTS = st.lists(
    st.builds(
        blob.Part,
        st.from_regex(r"[a-z_]{1,8}(\.[a-z_]{1,8}){0,3}", fullmatch=True),
        st.integers(0, 2),
        st.binary(max_size=60),
    ),
    unique_by=lambda part: part.name,
    max_size=8,
)


@given(PARTS, st.randoms(use_true_random=False))
def test_round_trip_in_any_order(parts, random):
    data = blob.build(parts)
    assert blob.parse(data) == sorted(parts)
    shuffled = list(parts)
    random.shuffle(shuffled)
    assert blob.build(shuffled) == data


def test_the_header_is_what_the_readers_expect():
    data = blob.build([blob.Part("b", 1, b"BB"), blob.Part("a.c", 0, b"A")])
    assert data == struct.pack("<10I", 48, 2, 40, 48, 1, 0, 44, 49, 2, 1) + b"a.c\0b\0\0\0ABB"


@pytest.mark.parametrize("size", [0, 4, 7, 20, 45])
def test_a_cut_file(size):
    data = blob.build([blob.Part("name", 0, b"12345")])
    with pytest.raises(FormatError, match=r"^x: module table at offset 0x[0-9a-f]+: expected an"):
        blob.parse(data[: min(size, len(data) - 1)], source="x")


def test_code_comes_back():
    made = code.compile_lean("def f(x: int) -> str:\n    return 'four' * x\n", "f.py")
    space: dict[str, object] = {}
    exec(marshal.loads(code.dump(made)), space)
    assert space["f"](2) == "fourfour"  # type: ignore[operator]
