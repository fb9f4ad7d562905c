import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError, UsageError
from uroot_py.net import dns

NAME = b"\x04host\x07example\0"
HEAD = b"\x12\x34\x81\x80\0\1\0\2\0\0\0\0"
QUESTION = NAME + b"\0\1\0\1"
ANSWER = (
    HEAD + QUESTION
    + b"\xc0\x0c\0\5\0\1\0\0\1\0\0\x08\x05alias\xc0\x11"
    + b"\xc0\x2a\0\1\0\1\0\0\1\0\0\4\x0a\0\2\x0f"
)  # fmt: skip


def test_question():
    assert dns.build("host.example", dns.A, 0x1234) == (
        b"\x12\x34\1\0\0\1\0\0\0\0\0\0\x04host\x07example\0\0\1\0\1"
    )


def test_answer_with_pointers():
    code, answers = dns.parse(ANSWER, 0x1234)
    assert code == 0
    assert [(a.name, a.kind, a.value) for a in answers] == [
        ("host.example", dns.CNAME, "alias.example"),
        ("alias.example", dns.A, "10.0.2.15"),
    ]


BAD = [
    pytest.param(b"", "0x0: expected 2 bytes, found 0 bytes", id="empty"),
    pytest.param(b"\0\1" + ANSWER[2:], "0x2: expected the number 4660, found 1", id="number"),
    pytest.param(b"\x12\x34\1\0", "0x4: expected an answer, found a question", id="question"),
    pytest.param(
        HEAD + b"\xc0\x0c", "0xe: expected a pointer to an earlier place, found 0xc", id="loop"
    ),
    pytest.param(HEAD + b"\x40", "0xd: expected a length below 64, found 64", id="label"),
]


@pytest.mark.parametrize(("data", "text"), BAD)
def test_damaged(data, text):
    with pytest.raises(FormatError) as caught:
        dns.parse(data, 0x1234)
    assert str(caught.value) == f"DNS message at offset {text}"


@given(st.data())
def test_only_format_errors(data):
    blob = bytearray(ANSWER)
    for _ in range(data.draw(st.integers(0, 4))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    try:
        dns.parse(bytes(blob[: data.draw(st.integers(0, len(blob)))]), 0x1234)
    except FormatError:
        pass


@given(st.text(max_size=80), st.sampled_from([dns.A, dns.PTR]))
def test_any_name_is_asked_or_refused(name, kind):
    try:
        assert dns.build(name, kind, 1)[-5:-2] == b"\0" + kind.to_bytes(2, "big")
    except UsageError:
        pass


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("10.0.2.15", "15.2.0.10.in-addr.arpa"),
        ("fe80::1", "1." + "0." * 27 + "0.8.e.f.ip6.arpa"),
    ],
)
def test_reverse_name(address, name):
    assert dns.reverse_name(address) == name
