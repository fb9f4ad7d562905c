"""lsblk: its own ways."""

import pytest

from cmds import lsblk
from tests.support.namespace import in_namespace
from tests.support.volumes import image
from uroot_py.disks.blockdev import BlockDevice


@pytest.mark.host
def test_lsblk_and_blkid_agree_with_util_linux(tmp_path):
    path = image(tmp_path)
    done = in_namespace(
        f"export LC_ALL=C; d=$(uroot losetup -f --show {path}); trap 'losetup -d $d' EXIT;"
        "mount $d /mnt; mount -t tmpfs none /run;"
        "for o in NAME,MAJ:MIN,RM,SIZE,RO,TYPE,MOUNTPOINTS NAME,SIZE,TYPE,PATH KNAME,MOUNTPOINT; do"
        " lsblk -o $o $d | sed 's/ *$//' > /run/a; uroot lsblk -o $o $d > /run/b;"
        " cmp /run/a /run/b || cat /run/a /run/b; done;"
        "for t in UUID LABEL TYPE; do"
        " blkid -p -o value -s $t $d > /run/a; uroot blkid -o value -s $t $d > /run/b;"
        " cmp /run/a /run/b || cat /run/a /run/b; done;"
        "uroot lsblk -no NAME,FSTYPE,LABEL $d | sed 's/loop[0-9]*/loop/';"
        "uroot blkid -L data | sed 's/loop[0-9]*/loop/'; uroot blkid -t TYPE=zfs || echo $?;"
        "uroot lsblk /dev/null || echo $?; umount /mnt"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["loop ext4 data", "/dev/loop", "2", "32"]
    assert done.stderr == "lsblk: /dev/null: not a block device\n"


def test_lsblk_draws_a_tree():
    rows = [("sda", "sda", 0), ("sda1", "sda", 1), ("sda2", "sda", 2), ("sdb", "sdb", 0)]
    found = [BlockDevice(name, f"/dev/{name}", 1, disk, number) for name, disk, number in rows]
    drawn = [stem + v.name for v, stem in lsblk.tree(found, [], flat=False, alone=False)]
    assert drawn == ["sda", "|-sda1", "`-sda2", "sdb"]
    alone = lsblk.tree(found, ["/dev/sda"], flat=False, alone=True)
    assert [v.name for v, _ in alone] == ["sda"]


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0B"), (512, "512B"), (1023, "1023B"), (1536, "1.5K"), (10 << 30, "10G"), (1 << 60, "1E")],
)
def test_lsblk_sizes(size, text):
    assert lsblk.size_text(size) == text
