"""umount: what it says when it cannot, its own ways."""

import pytest

from tests.support import applet
from tests.support.namespace import in_namespace

MESSAGES = [
    pytest.param("umount /no", 1, "umount: /no: no such file or directory\n", id="umount"),
    pytest.param(
        "umount",
        2,
        "umount: an operand is missing; usage: umount [-l] [-f] [-R] DEVICE|DIRECTORY...\n",
        id="umount-nothing",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "status", "text"), MESSAGES)
def test_message(line, status, text):
    applet.complains(line, status, text)


@pytest.mark.host
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
