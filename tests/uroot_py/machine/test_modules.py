"""Finding modules by name and by device, in a directory as depmod leaves it."""

import os

import pytest

from uroot_py.base.errors import RefusedError
from uroot_py.machine.modules import Modules, device_aliases

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


def test_aliases_of_every_bus(tmp_path):
    for bus, device, alias in (
        ("pci", "0000:00:01.0", "pci:v1"),
        ("virtio", "virtio0", "virtio:d2v1"),
        ("virtio", "virtio1", "virtio:d2v1"),
    ):
        where = tmp_path / "bus" / bus / "devices" / device
        where.mkdir(parents=True)
        (where / "modalias").write_text(alias + "\n")
    os.makedirs(tmp_path / "bus" / "cpu")
    assert device_aliases(str(tmp_path)) == ["pci:v1", "virtio:d2v1"]
    assert device_aliases(str(tmp_path / "absent")) == []
