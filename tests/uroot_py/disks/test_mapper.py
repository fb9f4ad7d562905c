"""Devices of device-mapper: made as a whole or not at all. tests/vm/layers.py makes real ones."""

import errno

import pytest

from uroot_py.abi import devmapper
from uroot_py.abi.devmapper import Target
from uroot_py.base.errors import KernelError
from uroot_py.disks import mapper

TABLE = [Target(0, 8, "linear", "8:1 0")]


def test_what_cannot_be_loaded_is_taken_away(monkeypatch):
    calls: list[object] = []

    def refuse(name, targets, **words):
        raise KernelError("DM_TABLE_LOAD", errno.EINVAL, subject=name)

    monkeypatch.setattr(mapper, "ready", calls.append)
    monkeypatch.setattr(devmapper, "create", lambda name, uuid: calls.append((name, uuid)))
    monkeypatch.setattr(devmapper, "load", refuse)
    monkeypatch.setattr(devmapper, "remove", lambda name: calls.append(f"remove {name}"))
    with pytest.raises(KernelError, match="DM_TABLE_LOAD vg-root: EINVAL"):
        mapper.activate("vg-root", TABLE, uuid="LVM-1")
    assert calls == [["linear"], ("vg-root", "LVM-1"), "remove vg-root"]


def test_names():
    assert mapper.name_of("/dev/mapper/vg-root") == "vg-root"
    assert mapper.name_of("vg-root") == "vg-root"
    assert mapper.name_of("/dev/dm-9999") == "dm-9999"
