"""Arrays of devices, with the kernel's calls recorded; tests/vm/layers.py has real ones."""

from types import MappingProxyType

import pytest

from tests.uroot_py.formats.disk.test_md import SET, device
from uroot_py.abi import block, md
from uroot_py.disks import arrays, mapper
from uroot_py.disks.blockdev import BlockDevice
from uroot_py.formats.disk.superblock import dashed
from uroot_py.machine.modules import Modules

UUID = dashed(SET)


@pytest.fixture
def disks(tmp_path, monkeypatch):
    calls: list[object] = []

    def load(_self, name):
        calls.append(name)
        return []

    def activate(name, targets, uuid):
        calls.extend(map(str, targets))
        return f"/dev/mapper/{name}"

    monkeypatch.setattr(block, "protect", lambda _path: True)
    monkeypatch.setattr(Modules, "load", load)
    monkeypatch.setattr(Modules, "load_all", lambda _self, _names: ([], []))
    monkeypatch.setattr(md, "free_name", lambda: "null")
    monkeypatch.setattr(md, "create", lambda name: calls.append(f"create {name}"))
    monkeypatch.setattr(mapper, "number", lambda path: path.rpartition("/")[2])
    monkeypatch.setattr(mapper, "activate", activate)

    def run(name, level, parts, **words):
        rows = [(part.slot, part.offset, part.size) for part in parts]
        calls.append((name, level, rows, words["resync"]))

    monkeypatch.setattr(md, "run_readonly", run)

    def make(*changes):
        found = []
        for number, words in enumerate(changes):
            path = tmp_path / f"disk{number}"
            data = device(**{"dev_number": number, **words})
            path.write_bytes(data)
            found.append(BlockDevice(path.name, str(path), len(data), path.name, 0))
        return found

    return make, calls


def sent(devices, have=MappingProxyType({}), *, patient=False):
    records = []
    arrays.assemble(devices, have, lambda *record: records.append(record), patient=patient)
    return records


def test_a_mirror(disks):
    make, calls = disks
    devices = make({}, {})
    records = sent(devices)
    rows = [(0, 2048, 4096), (1, 2048, 4096)]
    assert calls == ["raid1", "create null", ("null", "raid1", rows, None)]
    paths = " ".join(each.path for each in devices)
    assert ("line", UUID, f"/dev/null: raid1 pc:root, read-only, on {paths}") in records
    names = ["md/root", f"mduuid/{SET.hex()}"]
    assert records[-1] == ("made", "md", "null", "null", UUID, 17, names, ["disk0", "disk1"])
    assert sent(devices, {UUID: 17}) == []


def test_what_is_left_for_a_device_that_may_come(disks):
    make, calls = disks
    assert sent(make({}), patient=True) == [
        ("line", UUID, "raid1 pc:root: waits for 1 more of its devices"),
        ("later", UUID),
    ]
    assert calls == []
    assert sent(make({}, {}), patient=True)[-1][0] == "made"


def test_a_newer_device_that_came_late(disks):
    make, calls = disks
    assert sent(make({"events": 19}, {"events": 12}), {UUID: 12}) == [("stale", UUID)]
    assert sent(make({"events": 13}, {"events": 12}), {UUID: 12}) == []
    assert calls == []


def test_one_that_is_degraded_and_dirty(disks):
    make, calls = disks
    devices = make({"resync_offset": 8}, {"events": 2, "resync_offset": 8})
    (line,) = [record[2] for record in sent(devices) if record[0] == "line"]
    assert line.endswith(
        f"on {devices[0].path}; degraded, 1 of 2 devices missing; it was not shut down cleanly;"
        f" {devices[1].path} left out: it is out of date (2 events, the others 17)"
    )
    assert calls[-1][3] == 8


def test_linear_is_device_mappers(disks):
    make, calls = disks
    words = {"level": (1 << 32) - 1, "size_": 0}
    records = sent(make(words, words))
    assert calls == ["0 4096 linear disk0 2048", "4096 4096 linear disk1 2048"]
    assert records[-1][1:3] == ("dm", "md-root")
    assert records[-1][-1] == ["disk0", "disk1"]


def test_a_reason(disks):
    make, calls = disks
    (record,) = sent(make({"feature_map": 4}, {"feature_map": 4}))
    assert record[2] == (
        "raid1 pc:root: not put together: it is being reshaped, which only its own system can go"
        " on with"
    )
    assert calls == []
