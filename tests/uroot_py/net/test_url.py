import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import RefusedError, UsageError
from uroot_py.net.url import Url

URLS = [
    ("http://host", ("host", 80, "/", "index.html")),
    ("host/a/b", ("host", 80, "/a/b", "b")),
    ("http://me:secret@host:8080/a%20b?q=1#x", ("host", 8080, "/a%20b?q=1", "a%20b")),
    ("http://[::1]:81/x", ("::1", 81, "/x", "x")),
    ("http://[::1]/", ("::1", 80, "/", "index.html")),
    ("HTTP://host/a b", ("host", 80, "/a%20b", "a%20b")),
]


@pytest.mark.parametrize(("text", "parts"), URLS)
def test_url(text, parts):
    url = Url(text)
    assert (url.host, url.port, url.path, url.name) == parts


@pytest.mark.parametrize("text", ["ftp://host/", "http://", "http://host:x/", "http://host:99999/"])
def test_no_url(text):
    with pytest.raises(UsageError):
        Url(text)


@given(st.text(max_size=40))
def test_any_url(text):
    try:
        url = Url(text)
        assert url.path.startswith("/")
        assert not set(url.path) & set(" \r\n")
    except (UsageError, RefusedError):
        pass


JOINED = [
    ("http://h:81/a/b", "c", "http://h:81/a/c"),
    ("http://h/a/b", "/c", "http://h/c"),
    ("http://h/a", "//other:82/x", "http://other:82/x"),
    ("http://h/a", "http://other/x", "http://other/x"),
    ("http://[::1]/a", "b", "http://[::1]/b"),
]


@pytest.mark.parametrize(("base", "other", "text"), JOINED)
def test_join(base, other, text):
    assert Url(base).join(other).text == text


def test_a_redirect_to_a_file_is_refused():
    with pytest.raises(UsageError, match="expected a URL"):
        Url("http://h/a").join("file:///etc/shadow")
