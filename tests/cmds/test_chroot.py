"""chroot: beside this machine's tool, its own ways."""

import pytest

from tests.support import reference
from tests.support.namespace import in_namespace

LINES = """
chroot
chroot nothere ls
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


@pytest.mark.host
def test_chroot_with_the_kernels_file_systems(tmp_path):
    """The directories are bound for the command, and gone after it."""
    done = in_namespace(
        f"mount --bind / {tmp_path};"
        f"uroot chroot -b {tmp_path} sh -c 'ls /proc/self/status; exit 5'"
        f" || echo status $?; grep -c {tmp_path}/ /proc/self/mounts || true"
    )
    assert done.stdout == "/proc/self/status\nstatus 5\n0\n"


@pytest.mark.host
def test_chroot_leaves_our_mounts_alone():
    done = in_namespace(
        "mount --make-rshared /; mount --bind / /mnt; mount --make-private /mnt;"
        "mount > /tmp/before.$$; uroot chroot -b /mnt /bin/sh -c 'test -c /dev/ptmx; exit 5' ||"
        "echo $?; mount | diff /tmp/before.$$ - && echo same; rm /tmp/before.$$"
    )
    assert (done.stdout, done.stderr) == ("5\nsame\n", "")
