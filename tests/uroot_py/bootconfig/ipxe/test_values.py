"""Types of settings that the recorded scripts do not show; none raises another error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.bootconfig.ipxe import values
from uroot_py.bootconfig.ipxe.faults import Failure

UUID = "01234567-89ab-cdef-0123-456789abcdef"


def test_uuid():
    data = values.parse("uuid", UUID)
    assert (data.hex(), values.show("uuid", data)) == (UUID.replace("-", ""), UUID)
    assert values.show("guid", data) == "67452301-ab89-efcd-0123-456789abcdef"
    assert values.parse("guid", values.show("guid", data)) == data


@pytest.mark.parametrize(
    ("text", "shown"),
    [("::", "::"), ("::1", "::1"), ("1::", "1::"), ("fe80:0:0:1:0:0:0:2", "fe80:0:0:1::2"),
     ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7")],
)  # fmt: skip
def test_ipv6(text, shown):
    assert values.show("ipv6", values.parse("ipv6", text)) == shown


@pytest.mark.parametrize(
    ("kind", "text"),
    [("ipv6", "1:2"), ("ipv6", "1:2:3:4:5:6:7:8::"), ("ipv6", "g::"), ("ipv4", "1.2.3.400"),
     ("uuid", "1"), ("uuid", UUID[:-1] + "g"), ("base64", "a"), ("busdevfn", "1"), ("int8", "1x")],
)  # fmt: skip
def test_what_does_not_fit(kind, text):
    with pytest.raises(Failure):
        values.parse(kind, text)


def test_numbers_of_any_length():
    assert values.number("int32", b"") == 0
    assert values.number("int8", b"\xff" * 12) == -1
    assert values.number("uint8", bytes(20) + b"\x05") == 5
    with pytest.raises(Failure):
        values.number("uint32", b"\x01" + bytes(8))


@given(st.sampled_from(sorted(values.TYPES)), st.text(max_size=40))
def test_what_is_parsed_is_shown(kind, text):
    try:
        data = values.parse(kind, text)
    except Failure:
        return
    shown = values.show(kind, data)
    assert values.show(kind, values.parse(kind, shown)) == shown


@given(st.sampled_from(sorted(values.TYPES)), st.binary(max_size=40))
def test_any_bytes_are_shown_or_do_not_fit(kind, data):
    try:
        shown = values.show(kind, data)
    except Failure:
        shown = "?"
    assert shown or not data or kind == "string"
