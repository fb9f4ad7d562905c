"""uroot_py.boot.efi: which EFI programs can go, what variables add, what is handed over."""

import os
import uuid

import pytest

from scripts.builders.pe import by_struct
from tests.uroot_py.boot.test_survey import Trees, disk
from uroot_py.base.errors import RefusedError
from uroot_py.boot import efi
from uroot_py.boot.survey import Survey
from uroot_py.bootconfig.efi import NEEDS_PAYLOAD
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.bootconfig.tree import MemoryTree
from uroot_py.disks.tree import DirectoryTree
from uroot_py.formats.uefi.guid import GLOBAL
from uroot_py.formats.uefi.variables import Partition, device_path, load_option
from uroot_py.machine.sysroot import Sysroot

PROGRAM = by_struct([(".text", b"k")])
PART = "c4b5a5ee-1d3c-4a37-9c4f-3d7f8e6a0b11"
ESP = MemoryTree(
    {"/EFI/Microsoft/Boot/bootmgfw.efi": PROGRAM, "/EFI/debian/shimx64.efi": PROGRAM},
    partuuid=PART,
)
FALLBACK = MemoryTree({"/EFI/BOOT/BOOTX64.EFI": PROGRAM})


def surveyed(monkeypatch, tmp_path, *places, payload=False, options=()):
    """A survey of PLACES on a machine that is described below TMP_PATH."""
    folder = tmp_path / efi.VARIABLES[1:]
    folder.mkdir(parents=True)
    for number, data in options:
        (folder / f"Boot{number:04X}-{GLOBAL}").write_bytes(bytes(4) + data)
    if payload:
        file = tmp_path / efi.PAYLOAD[1:]
        file.parent.mkdir(parents=True)
        file.write_bytes(b"_FVH")
    offer = efi.offer
    monkeypatch.setattr(efi, "offer", lambda survey: offer(survey, Sysroot(str(tmp_path))))
    monkeypatch.setattr(os, "uname", lambda: type("", (), {"machine": "x86_64"}))
    survey = Survey([Trees(*places)])
    survey.look()
    return survey


def rows(survey):
    return [(entry.title, entry.why_not) for entry in survey.entries]


def test_without_a_payload(monkeypatch, tmp_path):
    survey = surveyed(monkeypatch, tmp_path, ("/dev/nvme0n1p1", ESP))
    assert rows(survey) == [("Windows Boot Manager on /dev/nvme0n1p1", NEEDS_PAYLOAD)]
    assert NEEDS_PAYLOAD in str(survey.nothing())


def test_with_a_payload(monkeypatch, tmp_path):
    survey = surveyed(monkeypatch, tmp_path, ("/dev/nvme0n1p1", ESP), payload=True)
    assert rows(survey) == [("Windows Boot Manager on /dev/nvme0n1p1", "")]
    assert survey.entries[0].notes == ["started by the UEFI payload of this image"]


def test_the_fallback_only_where_nothing_else_is_known(monkeypatch, tmp_path):
    linux = disk("menuentry Linux { linux /k }")
    places = (("/dev/sda1", FALLBACK), ("/dev/sdb1", linux))
    survey = surveyed(monkeypatch, tmp_path, *places, payload=True)
    assert rows(survey) == [("Linux", ""), ("EFI program on /dev/sda1", "")]
    assert [entry.title for entry in survey.defaults()] == ["Linux"]


def test_the_firmwares_own_options(monkeypatch, tmp_path):
    esp = Partition(1, 2048, 1000, PART)
    options = [
        (0, load_option("debian", device_path(esp, "\\EFI\\debian\\shimx64.efi"))),
        (1, load_option("Windows", device_path(esp, "\\EFI\\MICROSOFT\\BOOT\\bootmgfw.efi"))),
        (2, load_option("gone", device_path(esp, "\\EFI\\gone.efi"))),
        (3, load_option("elsewhere", device_path(Partition(1, 0, 1, str(uuid.uuid4())), "\\a"))),
        (4, b"\1"),
    ]
    survey = surveyed(monkeypatch, tmp_path, ("/dev/sda1", ESP), payload=True, options=options)
    assert rows(survey) == [("Windows Boot Manager on /dev/sda1", ""), ("debian", "")]
    assert [entry.id for entry in survey.entries][1] == "efi:Boot0000"
    assert [fault[:9] for fault in survey.faults] == ["Boot0004:"]


def test_what_is_handed_over(tmp_path):
    (tmp_path / "a.efi").write_bytes(PROGRAM)
    entry = BootEntry("efi:/a.efi", "A", source="")
    entry.kernel = FileRef("/a.efi")
    entry.kernel.tree = DirectoryTree(str(tmp_path))
    assert efi.start_of(entry) == ("A", device_path(None, "/a.efi"))


def test_a_payload_that_is_gone(monkeypatch):
    monkeypatch.setattr(efi, "PAYLOAD", "/none")
    with pytest.raises(RefusedError) as caught:
        efi.payload()
    assert str(caught.value) == NEEDS_PAYLOAD
