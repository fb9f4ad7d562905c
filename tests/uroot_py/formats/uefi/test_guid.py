"""uroot_py.formats.uefi.guid: like Python's uuid, with the first fields little-endian."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.formats.uefi import guid


@given(st.uuids())
def test_like_pythons(value: uuid.UUID) -> None:
    assert guid.packed(str(value)) == value.bytes_le
    assert guid.text(value.bytes_le) == str(value)


def test_too_short():
    with pytest.raises(ValueError, match="12"):
        guid.packed("12")
