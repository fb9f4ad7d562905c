"""A guest that writes to a disk is found out; the disk itself is never given to it."""

import os
from pathlib import Path

import pytest

from scripts.vmtest.case import Session
from scripts.vmtest.console import Console
from scripts.vmtest.failure import StepFailedError
from scripts.vmtest.machine import Machine
from scripts.vmtest.qmp import Monitor
from scripts.vmtest.untouched import Seal, Unchanged, copied


@pytest.fixture
def disks(tmp_path):
    """Two disks, the same one twice; and a folder for a case."""
    (tmp_path / "case").mkdir()
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(name.encode() * 1000)
    return tmp_path / "one", tmp_path / "two", tmp_path / "one"


def play(disks, *, writes, number=None):
    """The first one is a disk that may fall silent."""
    folder = disks[0].parent / "case"
    given = Machine(Path("/k"), None, silent=((disks[0], True),), disks=disks[1:])
    with copied(given, folder, writes=writes) as machine:
        copies = (machine.silent[0][0], *machine.disks)
        assert machine.silent[0][1] is True
        assert [disk.read_bytes() for disk in copies] == [d.read_bytes() for d in disks]
        if number is not None:
            with copies[number].open("r+b") as file:
                file.seek(1500)
                file.write(b"x")
    return folder


@pytest.mark.parametrize("number", [0, 1, 2])
def test_who_writes_is_found_out(disks, number):
    with pytest.raises(StepFailedError, match=f"^{disks[number].name}: written to: SHA-256 "):
        play(disks, writes=False, number=number)
    assert list((disks[0].parent / "case").iterdir()) == []
    assert disks[number].read_bytes() == disks[number].name.encode() * 1000


def test_who_may_write_may(disks):
    assert list(play(disks, writes=True, number=1).iterdir()) == []


def test_who_does_not_is_fine(disks):
    assert list(play(disks, writes=False).iterdir()) == []


class Blocks(Monitor):
    """The monitor of a QEMU that has DISKS and an empty drive."""

    def __init__(self, disks):
        self.disks = disks

    def ask(self, command, **arguments):
        assert (command, arguments) == ("query-block", {})
        return [{"inserted": {"file": str(disk)}} for disk in self.disks] + [{"device": "cd"}]


def test_what_is_made_in_the_guest_is_sealed_then(disks):
    with open(os.devnull, "r+b") as end:
        console = Console(end.fileno(), end.fileno(), end)
    console.monitor = Blocks(disks[:2])
    session = Session(console)
    with pytest.raises(StepFailedError, match=r"^no disk was sealed$"):
        Unchanged()(session)
    Seal()(session)
    Unchanged()(session)
    with disks[1].open("ab") as file:
        file.write(b"x")
    with pytest.raises(StepFailedError, match=r"^two: written to: SHA-256 "):
        Unchanged()(session)
