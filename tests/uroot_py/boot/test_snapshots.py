"""Snapshots that snapper has made of a system on a real btrfs: what the survey offers of them."""

import subprocess
import uuid

import pytest

from tests.support.hotplug import Machine
from tests.support.volumes import attached, make, run
from uroot_py.boot import describe

pytestmark = pytest.mark.host
UUID = str(uuid.uuid4())  # mkfs.btrfs refuses one that another device has
CONFIG = f"""\
menuentry Debian {{
  linux /@/boot/vmlinuz-6.1 root=UUID={UUID} ro rootflags=subvol=@ quiet
  initrd /@/boot/initrd.img-6.1
}}
"""
# Its configuration of this machine stays as it is: in a mount name space it is another one.
SNAPPER = """\
set -e
cd "$1"
mount --make-rprivate /
cp /etc/default/snapper default
mount --bind default /etc/default/snapper
mount -t tmpfs none /etc/snapper
mkdir /etc/snapper/configs
mount -o loop,subvol=@ image root
snapper --no-dbus -c test create-config "$1/root"
snapper --no-dbus -c test create --description 'before <the> "update"'
"""


@pytest.fixture
def disk(tmp_path):
    image, top = tmp_path / "image", tmp_path / "root"
    make(image, 256, "mkfs.btrfs", "-q", "-U", UUID)
    top.mkdir()
    run("mount", "-o", "loop", image, top)
    try:
        run("btrfs", "subvolume", "create", top / "@")
        for name in ("etc/fstab", "usr/bin/true", "boot/vmlinuz-6.1", "boot/initrd.img-6.1"):
            (top / "@" / name).parent.mkdir(parents=True, exist_ok=True)
            (top / "@" / name).write_text("then")
        (top / "@/boot/grub").mkdir()
        (top / "@/boot/grub/grub.cfg").write_text(CONFIG)
    finally:
        run("umount", top)
    words = ["unshare", "-m", "sh", "-c", SNAPPER, "sh", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    with attached(image) as volume:
        yield volume


def test_a_snapshot_of_snapper_is_an_entry_of_a_submenu(disk, tmp_path):
    box = Machine(tmp_path)
    box.comes("sda", disk)
    with box.survey() as survey:
        assert survey.faults == []
        system, snapshot = survey.entries
        assert system.title == "Debian"
        assert snapshot.title.endswith(' before <the> "update" (vmlinuz-6.1)')
        assert snapshot.parents == ("Snapshots",)
        path = "@/.snapshots/1/snapshot"
        assert snapshot.cmdline == f"root=UUID={UUID} ro rootflags=subvol={path} quiet"
        assert [ref.tree.read(ref.path, 9) for ref in snapshot.files()] == [b"then", b"then"]
        assert snapshot.bootable
        assert survey.defaults() == [system]  # nobody starts it unattended
        assert describe.rows(survey)[1].startswith("  2   Snapshots > ")
