"""Disks for tests, looked at with sfdisk, blkid and debugfs."""

import json
import signal
import subprocess
import sys

import pytest

from scripts import fetch_kernel, make_disk
from scripts.disks.disk import FIRST_PARTITION, stable_uuid
from scripts.tools import BUILD, ROOT
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


FIRST = f"@@{FIRST_PARTITION}"
CONFIGURED = [
    pytest.param(
        "systemd-boot",
        ["mdir", "-b", "-i", f"{{}}{FIRST}", "::/loader/entries"],
        "+3.conf",
        id="systemd-boot",
    ),
    pytest.param(
        "uki", ["mdir", "-b", "-i", f"{{}}{FIRST}", "::/EFI/Linux"], "/debian-6.", id="uki"
    ),
    pytest.param(
        "fedora",
        ["mtype", "-i", f"{{}}{FIRST}", "::/EFI/fedora/grub.cfg"],
        "--set=dev " + stable_uuid("fedora", "2", "fs"),
        id="fedora",
    ),
    pytest.param("extlinux", ["sfdisk", "--json", "{}"], '"node": "{}5"', id="a logical partition"),
    pytest.param(
        "live-iso",
        ["xorriso", "-indev", "{}", "-find", "/boot/grub", "-name", "loopback.cfg"],
        "'/boot/grub/loopback.cfg'",
        id="live-iso",
    ),
    pytest.param(
        "arm64-extlinux",
        ["debugfs", "-R", "cat /boot/extlinux/extlinux.conf", f"{{}}?offset={FIRST_PARTITION}"],
        "fdtdir /boot/dtbs/6.",
        id="fdtdir",
    ),
    pytest.param(
        "riscv64-extlinux",
        ["debugfs", "-R", "cat /boot/extlinux/extlinux.conf", f"{{}}?offset={FIRST_PARTITION}"],
        "linux /boot/vmlinuz-",
        id="riscv64-extlinux",
    ),
    pytest.param(
        "arm64-forms",
        ["debugfs", "-R", "ls /", f"{{}}?offset={FIRST_PARTITION}"],
        "uki.efi",
        id="forms",
    ),
]


@pytest.mark.host
@pytest.mark.parametrize(("name", "words", "shows"), CONFIGURED)
def test_disks_have_what_their_tools_write(name, words, shows):
    image = str(make_disk.make(name))
    assert shows.replace("{}", image) in tool(*(word.replace("{}", image) for word in words))


@pytest.mark.host
def test_a_disk_is_made_again_when_a_step_of_it_changes(monkeypatch):
    before = {name: make_disk._key(name) for name in ("grub-ext4", "uki", "iso-file")}
    assert before["uki"] == make_disk._key("uki")
    monkeypatch.setattr("inspect.getsource", lambda function: function.__name__)
    for name, key in before.items():
        assert make_disk._key(name) != key


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


def test_the_process_that_fills_a_disk_takes_the_same_kernel(monkeypatch, tmp_path):
    said, seen = [], []
    monkeypatch.setattr(make_disk, "command", lambda words, **_limits: said.extend(words))
    monkeypatch.setattr(fetch_kernel, "STAND_INS", {"cloud-amd64": "backports-cloud-amd64"})
    make_disk._fill_in_namespace("grub-ext4", tmp_path / "new")
    fetch_kernel.STAND_INS.clear()
    monkeypatch.setattr(
        make_disk, "_fill", lambda name, image: seen.append((name, image, *fetch_kernel.STAND_INS))
    )
    monkeypatch.setattr("sys.argv", [str(word) for word in said[said.index(make_disk.__file__) :]])
    assert make_disk.main() == 0
    assert seen == [("grub-ext4", tmp_path / "new", "cloud-amd64")]


KILLED = """
import os, signal, sys
from pathlib import Path
from scripts.disks.disk import Part, partitioned
with partitioned(Path(sys.argv[1]), "killed", 16, (Part("ext4", "/"),)) as root:
    root.write("file", "x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.host
def test_a_killed_program_leaves_no_loop_device(tmp_path):
    """The kernel takes the device back with the last of its handles and mounts."""
    image = tmp_path / "image"
    words = ["unshare", "--mount", "--propagation", "private", sys.executable, "-c", KILLED, image]
    killed = subprocess.run(words, capture_output=True, timeout=60, check=False, cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert str(image) not in tool("losetup", "--all")
