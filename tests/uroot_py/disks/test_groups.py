"""Volume groups on devices: lvm2's own bytes, with device-mapper's calls recorded."""

import lzma
from pathlib import Path

import pytest

from uroot_py.abi import block
from uroot_py.disks import groups, mapper
from uroot_py.disks.blockdev import BlockDevice

DATA = Path(__file__).parents[2] / "data" / "lvm"
PARTS = [lzma.decompress((DATA / f"{name}.xz").read_bytes()) for name in "ab"]


@pytest.fixture
def devices(tmp_path):
    found = []
    for name, data in zip("ab", PARTS, strict=True):
        path = tmp_path / name
        path.write_bytes(data)
        found.append(BlockDevice(name, str(path), 64 << 20, name, 0))
    return found


@pytest.fixture
def made(monkeypatch):
    """The tables that device-mapper was given."""
    tables = {}

    def activate(name, targets, *, uuid):
        tables[name] = [str(target) for target in targets]

    monkeypatch.setattr(mapper, "activate", activate)
    monkeypatch.setattr(mapper, "number", lambda path: path.rpartition("/")[2])
    monkeypatch.setattr(groups, "active", set)
    monkeypatch.setattr(block, "protect", lambda _path: True)
    return tables


def sent(devices, **words):
    records = []
    groups.activate(devices, set(), lambda *record: records.append(record), **words)
    return records


def test_tables(devices, made):
    records = sent(devices)
    assert made == {
        "vg--a-one": ["0 6144 linear b 28672", "6144 10240 linear b 43008"],
        "vg--a-root": ["0 122880 linear a 8192", "122880 20480 linear b 8192"],
        "vg--a-striped": ["0 12288 striped 2 32 a 2048 b 2048"],
        "vg--a-two": ["0 8192 linear b 34816"],
    }
    assert [record[1] for record in records if record[0] == "protected"] == [
        device.path for device in devices
    ]
    (root,) = [record for record in records if record[:3] == ("made", "dm", "vg--a-root")]
    *_, names, below = root
    assert names[0] == "lvm/vg--a-root"
    assert names[1].startswith("lvmid/")
    assert below == ["a", "b"]


def test_what_is_whole_without_a_device(devices, made):
    records = sent(devices[1:])
    assert sorted(made) == ["vg--a-one", "vg--a-two"]
    lines = [record[2] for record in records if record[0] == "line"]
    assert [line.partition("volume 5t")[0] for line in lines if "not put" in line] == [
        f"logical volume vg-a/{name}: not put together: the physical "
        for name in ("striped", "root")
    ]


def test_a_copy_is_said(devices, made):
    copy = BlockDevice("c", devices[0].path, 64 << 20, "c", 0)
    records = sent([*devices, copy])
    assert f"{copy.path}: a copy of {devices[0].path}, with the same UUID; not used" in [
        record[2] for record in records if record[0] == "line"
    ]


def test_another_group(devices, made):
    assert sent(devices, only="vg-b") == []


def test_names():
    assert groups.dm_name("vg-a", "my-root") == "vg--a-my--root"
