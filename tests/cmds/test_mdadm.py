"""mdadm: what it prints of a superblock, beside the real one's words; its usage."""

import pytest

from tests.support.applet import complains, run_applet
from tests.uroot_py.formats.disk.test_md import device
from uroot_py.disks import blockdev
from uroot_py.disks.blockdev import BlockDevice
from uroot_py.formats.disk.superblock import Superblock

USAGE = (
    "usage: mdadm --assemble --scan | --assemble ARRAY [DEVICE]... |"
    " --detail|--examine|--stop DEVICE..."
)


@pytest.fixture
def disk(tmp_path, monkeypatch):
    path = tmp_path / "disk"
    path.write_bytes(device())
    found = BlockDevice("disk", str(path), path.stat().st_size, "disk", 0)
    found.superblock = Superblock("linux_raid_member", use="raid")
    monkeypatch.setattr(blockdev, "scan", lambda: [found])
    return path


def test_examine(disk):
    import subprocess

    real = subprocess.run(
        ["mdadm", "--examine", disk], check=True, capture_output=True, text=True, timeout=20
    ).stdout
    ours = run_applet("mdadm", "--examine", str(disk)).out
    for line in ours.splitlines()[4:]:
        key = line.partition(" : ")[0].strip()
        theirs = [each for each in real.splitlines() if each.strip().startswith(f"{key} :")]
        assert theirs[0].strip().startswith(line.strip().partition(" sectors")[0])


def test_usage():
    text = "expected --assemble, --detail, --examine or --stop"
    complains("mdadm /dev/md0", 2, f"mdadm: {text}; {USAGE}\n")
    complains("mdadm --stop", 2, f"mdadm: expected a device, or --scan; {USAGE}\n")


def test_what_is_none(disk):
    complains("mdadm --examine /dev/null", 1, "mdadm: /dev/null: no md superblock on it\n")
    complains("mdadm --detail /dev/null", 1, "mdadm: /dev/null: not an md array\n")
