"""Finding modules by name and by device, in a directory as depmod leaves it."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.applet import run_applet
from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.machine.modules import Modules, device_aliases, unpacked
from uroot_py.machine.sysroot import Sysroot

DEP = "kernel/a/virtio.ko:\nkernel/a/virtio_pci.ko: kernel/a/virtio.ko\nkernel/a/e1000.ko:\n"
ALIAS = "alias pci:v00001AF4d*sv*sd*bc*sc*i* virtio_pci\nalias pci:v00008086d0000100E* e1000\n"


@pytest.fixture
def modules(tmp_path):
    (tmp_path / "modules.dep").write_text(DEP)
    (tmp_path / "modules.alias").write_text(ALIAS)
    (tmp_path / "modules.builtin").write_text("kernel/fs/ext4/ext4.ko\n")
    (tmp_path / "modules.load").write_text("virtio_pci\ne1000\n")
    return Modules(str(tmp_path), cmdline="quiet e1000.debug=1")


def test_a_device_finds_its_module(modules):
    alias = "pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00"
    assert modules.for_alias(alias) == ["virtio_pci"]
    assert modules.for_alias("usb:v1234") == []


def test_listed_and_parameters(modules):
    assert modules.listed() == ["virtio_pci", "e1000"]
    assert modules.parameters == {"e1000": "debug=1"}


def test_built_in_needs_no_loading(modules):
    assert modules.load("ext4") == []


def test_an_unknown_module_is_named(modules, tmp_path):
    with pytest.raises(RefusedError) as caught:
        modules.load("zfs")
    assert str(caught.value) == f"no module 'zfs' in {tmp_path}; lsmod shows what is loaded"
    assert modules.load_all(["zfs"]) == ([], [f"module zfs: {caught.value}"])


def test_a_file_that_is_missing_is_a_fault_and_no_more(modules):
    loaded, faults = modules.load_all(["e1000"])
    assert loaded == []
    assert len(faults) == 1
    assert "kernel/a/e1000.ko" in faults[0]


# What the kernel's own `make modules_install` calls.
PACKERS = {
    ".ko": ["cat"],
    ".ko.gz": ["gzip", "-n", "-c"],
    ".ko.xz": ["xz", "--check=crc32", "--lzma2=dict=1MiB", "-c"],
    ".ko.zst": ["zstd", "-q", "-T0", "-c"],
}
ELF = "/bin/true"


def packed(suffix):
    with open(ELF, "rb") as file:
        return subprocess.run(PACKERS[suffix], stdin=file, capture_output=True, check=True).stdout


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("library", [True, False], ids=["", "no zstandard"])
def test_every_form_of_a_file(tmp_path, monkeypatch, suffix, library):
    if not library:
        monkeypatch.setitem(sys.modules, "zstandard", None)
    file = tmp_path / f"x{suffix}"
    file.write_bytes(packed(suffix))
    with open(ELF, "rb") as original:
        assert unpacked(str(file)) == original.read()


@pytest.mark.parametrize(
    ("suffix", "spoil", "text"),
    [
        *(
            pytest.param(
                suffix,
                lambda data: data[:1000],
                f"{kind} data at offset 0x3e8: expected the rest of the stream, found the end of"
                " data",
                id=f"cut {kind}",
            )
            for suffix, kind in ((".ko.gz", "gzip"), (".ko.xz", "xz"), (".ko.zst", "zstd"))
        ),
        pytest.param(
            ".ko.gz",
            lambda data: data[:500] + bytes(500) + data[1000:],
            "gzip data at offset {taken:#x}: expected a valid stream, found Error -3 while "
            "decompressing data: invalid distance too far back",
            id="spoilt gzip",
        ),
        pytest.param(
            ".ko.xz",
            lambda data: data[:500] + bytes(500) + data[1000:],
            "xz data at offset {taken:#x}: expected a valid stream, found Corrupt input data",
            id="spoilt xz",
        ),
    ],
)
def test_a_damaged_file_is_named(tmp_path, suffix, spoil, text):
    file = tmp_path / f"x{suffix}"
    data = spoil(packed(suffix))
    file.write_bytes(data)
    # zlib and liblzma say that it is wrong, not where: all that they were given counts.
    text = text.format(taken=len(data))
    done = run_applet("insmod", str(file))
    assert (done.status, done.err) == (1, f"insmod: {file}: {text}\n")
    (tmp_path / "modules.dep").write_text(f"y.ko:\nx{suffix}: y.ko\n")
    (tmp_path / "y.ko").write_bytes(file.read_bytes())
    faults = Modules(str(tmp_path), cmdline="").load_all(["x"])
    # The one it needs comes first.
    assert faults == ([], [f"module x: {tmp_path}/y.ko: {text}"])


def test_without_the_decoder(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lzma", None)
    file = tmp_path / "x.ko.xz"
    file.write_bytes(packed(".ko.xz"))
    with pytest.raises(RefusedError) as caught:
        unpacked(str(file))
    assert str(caught.value) == f"{file}: xz data cannot be unpacked by this program"


@given(st.data())
def test_any_damage(tmp_path_factory, data):
    suffix = data.draw(st.sampled_from([".ko.gz", ".ko.xz"]))
    whole = bytearray(packed(suffix))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    file = tmp_path_factory.getbasetemp() / f"x{suffix}"
    file.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        unpacked(str(file))
    except FormatError as error:
        assert str(error).startswith(f"{file}: ")  # noqa: PT017


def test_aliases_of_every_bus(tmp_path):
    for bus, device, alias in (
        ("pci", "0000:00:01.0", "pci:v1"),
        ("virtio", "virtio0", "virtio:d2v1"),
        ("virtio", "virtio1", "virtio:d2v1"),
    ):
        where = tmp_path / "sys/bus" / bus / "devices" / device
        where.mkdir(parents=True)
        (where / "modalias").write_text(alias + "\n")
    os.makedirs(tmp_path / "sys/bus/cpu")
    assert device_aliases(Sysroot(str(tmp_path))) == ["pci:v1", "virtio:d2v1"]
    assert device_aliases(Sysroot(str(tmp_path / "absent"))) == []
