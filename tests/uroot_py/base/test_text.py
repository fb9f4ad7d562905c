"""Sizes, control characters, near words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import UsageError
from uroot_py.base.text import (
    distance,
    format_size,
    nearest,
    one_each,
    parse_number,
    parse_size,
    printable,
    utf16le,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("0", 0, id="zero"),
        pytest.param("4096", 4096, id="decimal"),
        pytest.param("0x1000", 4096, id="hex"),
        pytest.param("010", 8, id="octal"),
        pytest.param("64K", 65536, id="K"),
        pytest.param("1MiB", 1 << 20, id="MiB"),
        pytest.param("2g", 2 << 30, id="g"),
        pytest.param("16MB", 16 << 20, id="MB"),
        pytest.param("0x10M", 16 << 20, id="hex with unit"),
        pytest.param("0xE", 14, id="hex digit E is no unit"),
        pytest.param("0xB", 11, id="hex digit B is no unit"),
        pytest.param("512B", 512, id="B"),
    ],
)
def test_parse_size(text, value):
    assert parse_size(text) == value


@pytest.mark.parametrize("text", ["", "-1", "x", "1.5G", "K", "0x", "1 2", "MiB"])
def test_parse_size_refuses(text):
    with pytest.raises(UsageError, match="--mem: expected a number such as 4096 or 0x1000, found"):
        parse_size(text, "--mem")


@given(st.integers(0, 2**70))
def test_parse_number_reads_what_python_writes(value):
    assert parse_number(str(value)) == parse_number(hex(value)) == value


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1 << 20, "1.0 MiB"),
        (1536 << 20, "1.5 GiB"),
    ],
)
def test_format_size(size, text):
    assert format_size(size) == text


@given(st.integers(0, 2**64))
def test_format_size_is_near(size):
    number, unit = format_size(size).split()
    factor = 1 if unit == "B" else 1 << (10 * ("KMGTPE".index(unit[0]) + 1))
    assert abs(float(number) * factor - size) <= 0.051 * factor


@given(st.text())
def test_printable_has_no_control_characters(text):
    shown = printable(text)
    assert printable(shown) == shown
    assert len(one_each(text)) == len(text)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in shown)


def test_printable_has_no_raw_bytes():
    assert printable(b"a\x9b2Jb\xff".decode("utf-8", "surrogateescape")) == "a?2Jb?"


def test_nearest():
    assert nearest("kexek", ["boot", "kexec", "ls"]) == ["kexec"]
    assert nearest("mnout", ["mount", "umount", "boot"]) == ["mount"]
    assert nearest("zzz", ["boot", "kexec"]) == []


@given(st.text(max_size=8), st.text(max_size=8))
def test_distance_is_symmetric_and_bounded(one, other):
    assert distance(one, other) == distance(other, one) <= max(len(one), len(other))
    assert (distance(one, other) == 0) == (one == other)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_utf16le_agrees_with_the_codec(text):
    assert utf16le(text.encode("utf-16-le") + b"\0\0junk") == text


@given(st.binary(max_size=40))
def test_utf16le_never_raises(data):
    assert "\0" not in utf16le(data)


def test_utf16le_lone_surrogates():
    assert utf16le(b"a\0\x00\xd8b\0\x00\xdcc\0\x00\xd8") == "a\ufffdb\ufffdc\ufffd"
