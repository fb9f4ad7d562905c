"""When the network is looked at, and when what it has may be started."""

from typing import Any

import pytest

from uroot_py.base.errors import RefusedError
from uroot_py.boot import places
from uroot_py.boot.survey import Survey
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.machine.sysroot import Sysroot


class Planted:
    """A source as far as ``enough`` and a survey ask one."""

    nothing = "nothing"

    def __init__(self, *, own_limits, waits):
        self.own_limits, self.waits = own_limits, waits

    def waiting(self):
        return "something" if self.waits else ""


def survey(*devices, disks=False, network=False):
    """A survey with an entry of each of DEVICES; more may come of DISKS and of the NETWORK."""
    sources: list[Any] = [
        Planted(own_limits=False, waits=disks),
        Planted(own_limits=True, waits=network),
    ]
    made = Survey(sources)
    for device in devices:
        entry = BootEntry("id", "title", source="x")
        entry.kernel, entry.device = FileRef("/k"), device
        made.entries.append(entry)
    return made


DISK, NET = "/dev/sda1", "http://10.0.0.1/x"


@pytest.mark.parametrize(
    ("order", "devices", "awaited", "enough"),
    [
        pytest.param("", [], {}, False, id="nothing"),
        pytest.param("", [DISK], {"network": True}, True, id="a disk"),
        pytest.param("", [NET], {"disks": True}, False, id="a server while disks come"),
        pytest.param("", [NET], {"network": True}, True, id="a server and no disk comes"),
        pytest.param("net,disk", [DISK], {"network": True}, False, id="a disk while servers come"),
        pytest.param("net,disk", [DISK], {"disks": True}, True, id="a disk and no server"),
        pytest.param("net,disk", [NET], {"disks": True}, True, id="a server that is first"),
    ],
)
def test_what_is_first_is_waited_for(tmp_path, monkeypatch, order, devices, awaited, enough):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cmdline").write_text(f"uroot.order={order}\n" if order else "quiet\n")
    monkeypatch.setattr(places, "HERE", Sysroot(str(tmp_path)))
    assert places.enough(survey(*devices, **awaited)) == enough


def test_a_machine_that_is_not_ours_is_left_alone(monkeypatch):
    monkeypatch.delenv("UROOT_IMAGE", raising=False)
    assert places.network_of(survey(), [], asked=False) is None


def test_a_disk_that_boots_is_enough(monkeypatch):
    monkeypatch.setenv("UROOT_IMAGE", "1")
    assert places.network_of(survey(DISK), [], asked=False) is None


def test_an_image_without_a_network(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "uroot_py.boot.network", None)
    monkeypatch.setenv("UROOT_IMAGE", "1")
    assert places.network_of(survey(), [], asked=False) is None
    with pytest.raises(RefusedError, match="this image has nothing for the network"):
        places.network_of(survey(), [], asked=True)
