"""The bytes of HTTP, without a network: tests/uroot_py/net/test_fetch.py has the servers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.net.http import Answer, build
from uroot_py.net.url import Url

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_question():
    assert build(Url("http://[::1]:81/a b"), "HEAD", {"Range": "bytes=5-"}) == (
        b"HEAD /a%20b HTTP/1.1\r\nHost: [::1]:81\r\nUser-Agent: uroot\r\nAccept: */*\r\n"
        b"Connection: close\r\nRange: bytes=5-\r\n\r\n"
    )


ANSWERS = [
    # (bytes, method, status, body)
    pytest.param(b"HTTP/1.0 200 OK\r\n\r\nall", "GET", 200, b"all", id="until-the-end"),
    pytest.param(
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nokay", "GET", 200, b"ok", id="length-without-cr"
    ),
    pytest.param(
        b"HTTP/1.1 204 None\r\nContent-Length: 2\r\n\r\n", "GET", 204, b"", id="no-content"
    ),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD", 200, b"", id="head-only"),
    pytest.param(
        b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "GET",
        200,
        b"",
        id="interim",
    ),
    pytest.param(
        CHUNKED + b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
        "GET",
        200,
        b"abc0123456789",
        id="chunks",
    ),
]


def read(data, sizes=(), method="GET"):
    """An answer that gets DATA in pieces of these SIZES, then the rest, then the end."""
    answer, body = Answer(method=method), b""
    for size in [*sizes, len(data)]:
        piece, data = data[:size], data[size:]
        if answer.done or not piece:
            break
        answer.feed(piece)
        body += answer.take()
    if not answer.done:
        answer.feed(b"")
    return answer, body + answer.take()


@pytest.mark.parametrize(("data", "method", "status", "wanted"), ANSWERS)
def test_answer(data, method, status, wanted):
    answer, body = read(data, method=method)
    assert (answer.status, body, answer.done) == (status, wanted, True)


@given(st.sampled_from([case.values for case in ANSWERS]), st.lists(st.integers(1, 9), max_size=99))
def test_the_pieces_do_not_matter(case, sizes):
    data, method, status, wanted = case
    answer, body = read(data, sizes, method)
    assert (answer.status, body) == (status, wanted)


def test_headers_of_interim_answers_are_not_kept():
    answer, _ = read(ANSWERS[4].values[0])
    assert answer.headers == {"content-length": "0"}


BAD = [
    pytest.param(
        b"HTTP/1.1 103 x\x1b\r\n\r\n" * 11,
        "an answer after at most 10 interim ones, found 103 x?",
        id="interim",
    ),
    pytest.param(
        CHUNKED + b"2\r\nabc\r\n", "the end of a chunk, found 'c'", id="longer-chunk"
    ),
    pytest.param(
        CHUNKED + b"5\r\nabc", "2 more bytes of a chunk, found the end of the connection", id="cut"
    ),
    pytest.param(CHUNKED, "a line, found the end of the connection", id="no-chunk"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "text"), BAD)
def test_damaged(data, text):
    with pytest.raises(FormatError) as caught:
        read(data)
    assert str(caught.value) == f"HTTP answer at offset 0x0: expected {text}"


@given(st.data())
def test_only_format_errors(data):
    blob = bytearray(data.draw(st.sampled_from([case.values[0] for case in ANSWERS])))
    for _ in range(data.draw(st.integers(0, 4))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(blob[: data.draw(st.integers(0, len(blob)))]))
    except FormatError:
        pass
