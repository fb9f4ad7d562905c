"""URIs as iPXE resolves and writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.bootconfig.ipxe.uri import Uri, decode, encode

BASE = "http://user@h:8080/a/b/c.ipxe?x=1#f"
JOINED = {
    "k": "http://user@h:8080/a/b/k",
    "./k": "http://user@h:8080/a/b/k",
    "../k?q": "http://user@h:8080/a/k?q",
    "../../../k": "http://user@h:8080/k",
    ".": "http://user@h:8080/a/b/",
    "..": "http://user@h:8080/a/",
    "d/../k": "http://user@h:8080/a/b/d/../k",
    "...": "http://user@h:8080/a/b/...",
    "/k": "http://user@h:8080/k",
    "?y=2": "http://user@h:8080/a/b/c.ipxe?y=2",
    "#g": "http://user@h:8080/a/b/c.ipxe?x=1#g",
    "a%20b/%41": "http://user@h:8080/a/b/a%20b/%41",
    "a b\u00e9": "http://user@h:8080/a/b/a%20b%C3%A9",
    "tftp://10.0.2.2/x": "tftp://10.0.2.2/x",
    "https://h2": "https://h2/",
    "f8:1": "http://user@h:8080/a/b/f8:1",
    "iscsi:a": "iscsi:a",
    "##params": "http://user@h:8080/a/b/c.ipxe?x=1#f",
}


@pytest.mark.parametrize(("relative", "whole"), JOINED.items())
def test_join(relative, whole):
    assert str(Uri(BASE).join(Uri(relative))) == whole


def test_parts():
    uri = Uri("http://h/d/a%20b.img?q=/x##params=p1")
    assert (uri.place, uri.target, uri.name) == ("http://h", "/d/a%20b.img?q=/x", "a b.img")
    assert (uri.params, Uri("http://h##params").params, Uri("http://h").params) == ("p1", "", None)


def test_what_no_request_may_hold_is_escaped():
    assert Uri("http://h/a\r\nHost: x").target == "/a%0D%0AHost:%20x"


@given(st.binary())
def test_what_was_encoded_is_decoded(data):
    assert decode(encode(data)) == data


@given(st.text(), st.text())
def test_any_text_is_a_uri(one, other):
    target = Uri(one).join(Uri(other)).target
    assert target.isascii()
    assert target.isprintable()
    assert " " not in target
