"""The menu over a survey whose disks come and go."""

import select

import pytest

from tests.support.hotplug import Machine, systems
from uroot_py.boot.offer import Offer

pytestmark = pytest.mark.host


@pytest.fixture
def box(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def disks(tmp_path):
    with systems(tmp_path) as volumes:
        yield volumes


def test_the_menu_has_the_same_items_for_what_stays(box, disks):
    """The command line that somebody has edited, and the mark, are theirs."""
    box.comes("sda", disks["first"])
    with box.survey() as survey:
        offer = Offer(survey, lambda entry: entry.cmdline, survey.defaults, lambda: 5.0, list)
        (item,) = offer.menu.items
        offer.menu.edited[0] = "edited"
        box.comes("sdb", disks["late"])
        survey.again()
        while not offer.take():
            select.select(offer.filenos(), [], [], offer.pause())
        assert [entry.title for entry in offer.menu.items] == ["First", "Late"]
        assert offer.menu.items[0] is item
        assert offer.menu.edited == ["edited", "root=/dev/x"]
        assert offer.menu.default == 0
