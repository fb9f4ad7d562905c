"""Applets that change a machine, in name spaces of their own."""

import signal
import subprocess

import pytest

from tests.support.namespace import in_namespace

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


def test_losetup_and_loop_mount(tmp_path):
    image = tmp_path / "disk.img"
    subprocess.run(["mkfs.ext4", "-q", image, "1M"], check=True, timeout=30)
    done = in_namespace(
        f"d=$(uroot losetup -f --show -r {image}); uroot losetup $d; uroot dd if=$d bs=1k count=2 |"
        "uroot tail -c 1024 | uroot hexdump -s 56 -n 2 -C; uroot losetup -d $d; uroot losetup $d"
    )
    assert f": {image}\n" in done.stdout
    assert "00000038  53 ef" in done.stdout
