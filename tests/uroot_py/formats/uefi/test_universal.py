"""uroot_py.formats.uefi.universal: the parts of a Universal Payload, and what is wrong with one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.uefi import ENTRY, universal
from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.kernel import fit
from uroot_py.formats.uefi import image
from uroot_py.formats.uefi.universal import Universal

EDK2 = Path(__file__).parents[3] / "data" / "uefi" / "universal-payload.dtb"


def test_edk2s_own_tree():
    parsed = fit.parse(EDK2.read_bytes())
    assert list(parsed.parts) == ["bds-fv", "uefi-fv", "tianocore"]
    with pytest.raises(FormatError) as caught:
        Universal(EDK2.read_bytes())
    assert str(caught.value) == (
        "/images/tianocore: property data-size at offset 0x0: expected data inside 0x1000 bytes, "
        "found 0x1000 to 0x11000"
    )


def test_universal():
    data = universal()
    found = Universal(data)
    assert (found.start, found.end, found.entry, found.volumes) == (0x1000, 0x1400, 0x1300, 1)
    assert found.at(0x800000) == data
    assert found.at(0x200000)[0x1000:0x1400] == image.rebased(ENTRY, 0x201000)


BAD = {
    "entry": (
        universal(entry=0x800000),
        (
            "/images/tianocore: property entry-start at offset 0x0: expected 0x1300 behind load, "
            "found 0x0"
        ),
    ),
    "machine": (
        universal(arch=b"arm64\0"),
        "/images/tianocore: property arch at offset 0x0: expected x86_64, found arm64",
    ),
    "cut short": (
        universal()[:-1],
        (
            "/images/uefi-fv: property data-size at offset 0x0: expected data inside "
            f"{len(universal()) - 1:#x} bytes, found 0x2000 to {len(universal()):#x}"
        ),
    ),
    "no volume": (
        universal(b"x" * 100),
        "firmware volume header at offset 0x2028: expected '_FVH', found 'xxxx'",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_one_line(name):
    data, message = BAD[name]
    with pytest.raises(FormatError) as caught:
        Universal(data)
    assert str(caught.value) == message


GOOD = universal()


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_any_change(offset, value):
    data = bytearray(GOOD)
    data[offset] = value
    try:
        Universal(bytes(data)).at(0x200000)
    except (FormatError, RefusedError):
        return
