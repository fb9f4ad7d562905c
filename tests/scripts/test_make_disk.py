"""Disks for tests, looked at with sfdisk, blkid and debugfs."""

import json
import subprocess

import pytest

from scripts import make_disk
from scripts.support import BUILD
from scripts.support.disk import FIRST_PARTITION, stable_uuid
from uroot_py.base.errors import RefusedError


def tool(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout


def test_a_disk_made_again_keeps_its_names():
    assert stable_uuid("a", "b") == stable_uuid("a", "b") != stable_uuid("a", "c")


def test_an_unknown_disk():
    with pytest.raises(RefusedError) as caught:
        make_disk.make("none")
    assert str(caught.value) == f"no disk 'none'; known: {', '.join(make_disk.DISKS)}"


def test_without_root_nothing_is_tried(monkeypatch, tmp_path):
    monkeypatch.setattr(make_disk, "BUILD", tmp_path)
    monkeypatch.setattr(make_disk, "_key", lambda name: "key\n")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(RefusedError) as caught:
        make_disk.make("grub-ext4")
    assert str(caught.value) == "making a disk needs root (loop devices, mounts)"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.host
def test_the_disk_with_grubs_configuration(tmp_path):
    image = make_disk.make("grub-ext4", force=True)
    table = json.loads(tool("sfdisk", "--json", image))["partitiontable"]
    (part,) = table["partitions"]
    assert (table["label"], table["id"]) == ("gpt", stable_uuid("grub-ext4").upper())
    assert (part["start"] * 512, part["name"]) == (FIRST_PARTITION, "root")
    found = tool("blkid", "-p", "-O", str(FIRST_PARTITION), "-o", "export", image)
    uuid = stable_uuid("grub-ext4", "1", "fs")
    assert f"UUID={uuid}" in found.splitlines()
    dump = f"dump /boot/grub/grub.cfg {tmp_path}/grub.cfg"
    tool("debugfs", "-R", dump, f"{image}?offset={FIRST_PARTITION}")
    config = (tmp_path / "grub.cfg").read_text()
    assert "### BEGIN /etc/grub.d/10_linux ###" in config
    assert f"search --no-floppy --fs-uuid --set=root --hint='hd0,gpt1'  {uuid}" in config
    assert "disk=grub-ext4" in config


@pytest.mark.host
def test_a_failed_disk_leaves_no_loop_device(monkeypatch):
    def fails(root):
        raise RefusedError("as planned")

    monkeypatch.setitem(make_disk.DISKS, "fails", make_disk.Disk("", fill=(fails,), parts=()))
    image = BUILD / "disks/fails.new"
    with pytest.raises(RefusedError, match="as planned"):
        make_disk._fill("fails", image)
    image.unlink()
    assert str(image) not in tool("losetup", "--list", "--noheadings", "--output", "BACK-FILE")
