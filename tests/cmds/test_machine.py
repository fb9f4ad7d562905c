"""Applets that change a machine, in name spaces of their own."""

import hashlib
import re
import signal
import subprocess

import pytest

from cmds import lsblk
from tests.support.applet import run_applet
from tests.support.namespace import in_namespace
from uroot_py.disks.blockdev import BlockDevice

pytestmark = pytest.mark.host


def test_mount_list_remount_umount(tmp_path):
    done = in_namespace(
        f"uroot mount -t tmpfs -o size=64k none {tmp_path}; echo x > {tmp_path}/x;"
        f"uroot mount -o remount,ro {tmp_path}; uroot mount -t tmpfs | grep {tmp_path};"
        f"mkdir -p /run/uroot-test; uroot mount --bind {tmp_path} /run/uroot-test;"
        f"cat /run/uroot-test/x; uroot umount /run/uroot-test; rmdir /run/uroot-test;"
        f"uroot umount {tmp_path}; ls {tmp_path}"
    )
    assert done.stderr == ""
    line, content = done.stdout.splitlines()
    assert line.startswith(f"none on {tmp_path} type tmpfs (ro,")
    assert content == "x"


def test_umount_recursive(tmp_path):
    done = in_namespace(
        f"uroot mount -t tmpfs none {tmp_path}; mkdir {tmp_path}/below;"
        f"uroot mount -t tmpfs none {tmp_path}/below; uroot umount {tmp_path} || true;"
        f"uroot umount -R {tmp_path}; uroot mount | grep -c {tmp_path} || true"
    )
    assert done.stdout == "0\n"
    assert done.stderr == (
        f"umount: umount2 {tmp_path}: EBUSY: in use: a process has a file or its directory there;"
        " umount -l detaches it at once\n"
    )


@pytest.mark.parametrize(
    ("name", "ending"),
    [("poweroff", signal.SIGINT), ("halt", signal.SIGINT), ("reboot", signal.SIGHUP)],
)
def test_end_of_a_machine(name, ending):
    """In a PID name space of its own, reboot(2) ends that name space's init with a signal."""
    # Ref: reboot(2), "Behavior inside PID namespaces".
    line = f"(uroot {name} -f); exit 9"
    done = in_namespace(line, "--pid", "--fork", "--kill-child")
    assert done.returncode in (-ending, 128 + ending)


def test_chroot_with_the_kernels_file_systems(tmp_path):
    """The directories are bound for the command, and gone after it."""
    done = in_namespace(
        f"mount --bind / {tmp_path};"
        f"uroot chroot -b {tmp_path} sh -c 'ls /proc/self/status; exit 5'"
        f" || echo status $?; grep -c {tmp_path}/ /proc/self/mounts || true"
    )
    assert done.stdout == "/proc/self/status\nstatus 5\n0\n"


def image(folder, *, kind="ext4", label="data"):
    """A file system in a file, made by its own tool."""
    path = folder / f"{kind}.img"
    with path.open("wb") as file:
        file.truncate(16 << 20)
    tool = {
        "ext4": ["mkfs.ext4", "-q", "-L", label, path],
        "vfat": ["mkfs.vfat", "-n", label.upper(), path],
    }[kind]
    subprocess.run(tool, check=True, timeout=60, stdout=subprocess.DEVNULL)
    return path


def test_losetup(tmp_path):
    path = image(tmp_path)
    done = in_namespace(
        f"d=$(uroot losetup -f --show -r {path}); uroot losetup $d;"
        "uroot dd if=$d bs=1k count=2 status=none | uroot hexdump -C -s 1080 -n 2;"
        "uroot losetup -d $d; uroot losetup $d; uroot losetup -d $d || true"
    )
    device = done.stdout.partition(":")[0]
    assert done.stdout == f"{device}: {path}\n00000438  53 ef{' ' * 45}|S.|\n0000043a\n"
    assert done.stderr == (f"losetup: LOOP_CLR_FD {device}: ENXIO: it is not attached to a file\n")


def test_losetup_with_an_offset(tmp_path):
    path = tmp_path / "disk"
    path.write_bytes(b"a" * 4096 + b"b" * 4096 + b"c" * 4096)
    done = in_namespace(
        f"d=$(uroot losetup -f --show -o 4096 --sizelimit 4096 {path}); uroot losetup $d;"
        "uroot md5sum < $d; uroot losetup -d $d"
    )
    device = done.stdout.partition(":")[0]
    assert done.stdout.startswith(f"{device}: {path}, offset 4096\n")
    assert done.stdout.splitlines()[1] == f"{hashlib.md5(b'b' * 4096).hexdigest()}  -"


def test_mount_a_file(tmp_path):
    """The superblock says which file system it is; the loop device goes with the mount."""
    path = image(tmp_path)
    done = in_namespace(
        f"uroot mount {path} /mnt; echo repaired > /mnt/note; uroot mount | grep ' /mnt ';"
        f"d=$(uroot df /mnt | sed -n '2s/ .*//p'); uroot umount /mnt; uroot mount -r {path} /mnt;"
        "cat /mnt/note; touch /mnt/x || true; uroot umount /mnt;"
        "uroot losetup | grep -c img || true"
    )
    first, note, left = done.stdout.splitlines()
    assert " on /mnt type ext4 (rw," in first
    assert (note, left) == ("repaired", "0")
    assert "Read-only file system" in done.stderr


def test_mount_by_label(tmp_path):
    path = image(tmp_path, label="uroot-test")
    done = in_namespace(
        f"d=$(uroot losetup -f --show {path}); uroot mount LABEL=uroot-test /mnt;"
        "uroot mount | grep -c ' on /mnt type ext4'; uroot umount /mnt; uroot losetup -d $d;"
        "uroot mount LABEL=uroot-test /mnt || true"
    )
    assert done.stdout == "1\n"
    assert done.stderr == "mount: no device has LABEL=uroot-test; blkid lists them\n"


def test_mount_of_what_is_no_file_system(tmp_path):
    swap = tmp_path / "swap"
    swap.write_bytes(bytes(1 << 20))
    subprocess.run(["mkswap", "-q", swap], check=True, timeout=30, stderr=subprocess.DEVNULL)
    (tmp_path / "zeros").write_bytes(bytes(1 << 20))
    done = in_namespace(
        f"uroot mount {swap} /mnt || true; uroot mount {tmp_path}/zeros /mnt 2>&1 | sed 's/(.*)//'"
    )
    assert re.fullmatch(r"mount: /dev/loop\d+: holds swap, which cannot be mounted\n", done.stderr)
    assert re.fullmatch(
        r"mount: /dev/loop\d+: none of the file systems of this kernel is on it ; modprobe the file"
        r" system's module, or name it with -t\n",
        done.stdout,
    )


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


def test_blkid_of_an_image(tmp_path):
    path = image(tmp_path)
    line = ["blkid", "-p", "-o", "value", "-s", "UUID", path]
    uuid = subprocess.run(line, capture_output=True, text=True, timeout=30).stdout.strip()
    done = run_applet("blkid", str(path))
    assert done.out == f'{path}: LABEL="data" UUID="{uuid}" TYPE="ext4"\n'
    assert run_applet("blkid", "-o", "export", "-s", "TYPE", str(path)).out == (
        f"DEVNAME={path}\nTYPE=ext4\n"
    )


def test_chroot_leaves_our_mounts_alone():
    done = in_namespace(
        "mount --make-rshared /; mount --bind / /mnt; mount --make-private /mnt;"
        "mount > /tmp/before.$$; uroot chroot -b /mnt /bin/sh -c 'test -c /dev/ptmx; exit 5' ||"
        "echo $?; mount | diff /tmp/before.$$ - && echo same; rm /tmp/before.$$"
    )
    assert (done.stdout, done.stderr) == ("5\nsame\n", "")
