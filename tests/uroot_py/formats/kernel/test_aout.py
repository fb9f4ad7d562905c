"""Plan 9 a.out: headers put together with struct."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.kernels import aout
from uroot_py.base.errors import FormatError
from uroot_py.formats.kernel.aout import Aout

KERNEL_386 = aout(0x1EB, 0xF0100020, b"T" * 0x1234, b"DATA", 0x5000)
KERNELS = [
    pytest.param(
        KERNEL_386,
        (32, 0x100020, [(0x100020, 0x1234), (0x102000, 0x5004)]),
        id="386 kernel",
    ),
    pytest.param(
        aout(0x1EB, 0x1023, b"T" * 16, b"D", 0),
        (32, 0x1023, [(0x1020, 16), (0x2000, 1)]),
        id="386 program: the header is in its first page",
    ),
    pytest.param(
        aout(0x8A97, 0, b"T" * 16, b"D", 7, 0xFFFFFFFF80110100),
        (64, 0x110100, [(0x110100, 16), (0x111000, 8)]),
        id="amd64 kernel",
    ),
]


@pytest.mark.parametrize(("blob", "expected"), KERNELS)
def test_parts(blob, expected):
    parsed = Aout(blob)
    places = [(p.physical_address, p.memory_size) for p in parsed.programs]
    assert (parsed.bits, parsed.entry, places) == expected
    assert {bytes(p.data)[:1] for p in parsed.programs} == {b"T", b"D"}


def test_cut_off():
    with pytest.raises(FormatError) as caught:
        Aout(KERNEL_386[:-1])
    assert str(caught.value) == (
        "Plan 9 a.out at offset 0x0: expected 4696 bytes, found 4695 bytes"
    )


@given(st.binary(max_size=64), st.sampled_from([b"", b"\0\0\x01\xeb", b"\0\0\x8a\x97"]))
def test_only_the_format_error(data, magic):
    try:
        Aout(magic + data)
    except FormatError:
        pass
