"""U-Boot's legacy images, as its own mkimage makes them, and damaged ones."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.formats.kernel.uimage import KERNELS, MAGIC, RAMDISK, contents


def mkimage(folder: Path, data: bytes, kind: str, compression: str = "none") -> bytes:
    (folder / "data").write_bytes(data)
    words = ["mkimage", "-A", "arm64", "-O", "linux", "-T", kind, "-C", compression]
    words += ["-n", "test", "-d", str(folder / "data"), str(folder / "image")]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    return (folder / "image").read_bytes()


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return mkimage(tmp_path_factory.mktemp("uimage"), b"initrd" * 50, "ramdisk", "gzip")


def test_by_mkimage(tmp_path, image):
    assert image.startswith(MAGIC)
    assert contents(image, RAMDISK) == b"initrd" * 50
    assert bytes(contents(mkimage(tmp_path, b"kernel", "kernel"), KERNELS)) == b"kernel"
    assert contents(image + b"padding", RAMDISK) == b"initrd" * 50


WRONG = [
    pytest.param(
        lambda data: data[:-1],
        RAMDISK,
        "ih_size at offset 0xc: expected a file of 0x16c bytes, found 0x16b; the file is cut short",
        id="cut short",
    ),
    pytest.param(
        lambda data: data,
        KERNELS,
        "ih_type at offset 0x1e: expected kernel or kernel_noload, found ramdisk",
        id="another type",
    ),
    pytest.param(lambda data: data[:70] + b"?" + data[71:], RAMDISK, "ih_dcrc at", id="data"),
    pytest.param(lambda data: data[:8] + b"?" + data[9:], RAMDISK, "ih_hcrc at", id="header"),
    pytest.param(lambda data: b"?" + data[1:], RAMDISK, "ih_magic at offset 0x0", id="magic"),
]


@pytest.mark.parametrize(("spoil", "types", "text"), WRONG)
def test_refused(image, spoil, types, text):
    with pytest.raises(FormatError) as caught:
        contents(spoil(image), types)
    assert str(caught.value).startswith(f"U-Boot image header: {text}")


@given(st.integers(0, 400), st.integers(0, 255))
def test_every_prefix_and_change_is_refused_or_the_same(image, at, value):
    for blob in (image[:at], image[:at] + bytes([value]) + image[at + 1 :]):
        try:
            found = contents(blob, RAMDISK)
        except FormatError:
            continue
        assert found == b"initrd" * 50
