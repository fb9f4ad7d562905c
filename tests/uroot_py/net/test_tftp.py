"""TFTP over packets that are written down here, and a server that loses and repeats some."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError, RefusedError, UrootError
from uroot_py.net.tftp import Reading


def data(number, body):
    return struct.pack(">HH", 3, number & 0xFFFF) + body


def ack(number):
    return struct.pack(">HH", 4, number & 0xFFFF)


def oack(**options):
    rows = "".join(f"{name}\0{value}\0" for name, value in options.items())
    return b"\0\6" + rows.encode()


def test_request():
    asked = Reading("a/pxe.0", block=1024, window=8).request()
    assert asked == b"\0\1a/pxe.0\0octet\0blksize\x001024\0tsize\x000\0windowsize\x008\0"


def test_a_server_without_options():
    reading = Reading("f")
    asked = reading.request()
    assert reading.again() == asked
    assert reading.receive(data(1, b"x" * 512)) == ack(1)
    assert reading.again() == ack(1)
    assert reading.receive(data(1, b"x" * 512)) == ack(1)  # comes twice
    assert reading.receive(data(2, b"end")) == ack(2)
    assert (bytes(reading.body), reading.done, reading.size) == (b"x" * 512 + b"end", True, None)
    assert reading.receive(data(2, b"end")) == ack(2)  # the last answer was lost
    assert reading.came == 515


def test_a_window():
    reading = Reading("f", block=8, window=3)
    reading.request()
    assert reading.receive(oack(tsize=20, blksize=8, windowsize=3)) == ack(0)
    assert (reading.size, reading.came) == (20, 0)
    assert reading.receive(data(1, b"12345678")) == b""
    assert reading.receive(data(3, b"last")) == ack(1)  # the second is missing: said once
    assert reading.receive(data(3, b"last")) == b""
    assert reading.receive(data(2, b"12345678")) == b""
    assert reading.receive(data(3, b"last")) == ack(3)
    assert reading.done


def test_block_numbers_begin_again_at_0():
    reading = Reading("f", block=8, window=1)
    reading.request()
    reading.receive(oack(blksize=8))
    for number in range(1, 70_000):
        assert reading.receive(data(number, b"12345678")) == ack(number)
        reading.body.clear()
    assert reading.came == 69_999 * 8


@pytest.mark.parametrize(
    ("packet", "kind", "text"),
    [
        (b"\0\5\0\1gone\0", RefusedError, "the server says file not found: gone"),
        (b"\0\5\0\1File not found\0", RefusedError, "the server says file not found"),
        (b"\0\5\0\x63\0", RefusedError, "the server says error 99"),
        (b"\0", FormatError, "TFTP packet at offset 0x0: expected 2 bytes, found 1 bytes"),
        (ack(1), FormatError, "TFTP packet at offset 0x2: expected data, found kind 4"),
        (
            data(1, bytes(513)),
            FormatError,
            "TFTP packet at offset 0x4: expected at most 512 bytes of data, found 513",
        ),
        (
            b"\0\6blksize",
            FormatError,
            "TFTP options at offset 0x2: expected names and values, found b'blksize'",
        ),
        (
            oack(blksize=9999),
            FormatError,
            "TFTP options at offset 0x2: expected blocks of at most 1428 bytes, found 9999",
        ),
        (
            oack(windowsize=0),
            FormatError,
            "TFTP options at offset 0x2: expected windows of at most 32 blocks, found 0",
        ),
        (
            oack(multicast="x"),
            FormatError,
            "TFTP options at offset 0x2: expected those asked for, found 'multicast' 'x'",
        ),
        (
            oack(tsize=99999),
            RefusedError,
            "99999 bytes, more than the 5000 that there is room for",
        ),
    ],
)
def test_refused(packet, kind, text):
    reading = Reading("f", limit=5000)
    reading.request()
    with pytest.raises(kind) as caught:
        reading.receive(packet)
    assert str(caught.value) == text


def test_a_file_without_an_end():
    reading = Reading("f", limit=5000)
    for number in range(1, 10):
        assert reading.receive(data(number, bytes(512))) == ack(number)
    with pytest.raises(RefusedError, match=r"^more than the 5000 bytes that there is room for$"):
        reading.receive(data(10, bytes(512)))


@given(st.binary(max_size=200), st.integers(1, 5), st.data())
def test_whatever_is_lost_or_comes_twice(body, window, chance):
    """A server that sends windows, of which some packets are lost and some come twice."""
    blocks = [body[at : at + 8] for at in range(0, len(body) + 1, 8)]
    reading = Reading("f", block=8, window=window)
    reading.request()
    known = 0
    answer = reading.receive(oack(blksize=8, windowsize=window))
    for _ in range(10 * len(blocks) + 20):
        known = struct.unpack(">HH", answer)[1] if answer else known
        if known == len(blocks):
            break
        for number in range(known + 1, min(known + window, len(blocks)) + 1):
            for _ in range(chance.draw(st.sampled_from([1, 1, 1, 2, 0]))):
                answer = reading.receive(data(number, blocks[number - 1])) or answer
        answer = answer if struct.unpack(">HH", answer)[1] > known else reading.again()
    while known < len(blocks):  # as a network that loses nothing any more
        for number in range(known + 1, min(known + window, len(blocks)) + 1):
            answer = reading.receive(data(number, blocks[number - 1])) or answer
        known = struct.unpack(">HH", reading.again())[1]
    assert bytes(reading.body) == body
    assert reading.done


@given(st.lists(st.binary(max_size=30), max_size=10))
def test_any_packets(packets):
    reading = Reading("f")
    reading.request()
    for packet in packets:
        before = reading.came
        try:
            reading.receive(packet)
        except UrootError:
            break
        assert before <= reading.came <= before + len(packet)
