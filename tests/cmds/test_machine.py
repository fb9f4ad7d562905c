"""Applets that change a machine, in name spaces of their own."""

import pathlib
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.host
ROOT = pathlib.Path(__file__).parents[2]


def in_namespace(script, *flags):
    """The run of a shell SCRIPT (``uroot`` is our program) in new mount and other name spaces."""
    start = f'uroot() {{ {sys.executable} -m cmds "$@"; }}; set -e; '
    line = ["unshare", "--mount", "--propagation", "private", *flags, "sh", "-c", start + script]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60)


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
