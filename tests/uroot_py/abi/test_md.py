"""What sysfs is told of an array; tests/vm/layers.py has a kernel that does it."""

import errno
import os

import pytest

from uroot_py.abi import md
from uroot_py.base.errors import KernelError


def test_in_this_order(monkeypatch):
    told = []
    folders = iter([["level"], ["level", "dev-vda"]])
    monkeypatch.setattr(os, "listdir", lambda _path: next(folders))
    monkeypatch.setattr(md, "_write", lambda path, text: told.append(f"{path} {text}"))
    md.run_readonly(
        "md9", "raid5", [md.Part("/dev/null", 2, 2048, 4096)],
        disks=3, layout=2, chunk=65536, size=4096, resync=None,
    )  # fmt: skip
    top = "/sys/block/md9/md/"
    assert [line.removeprefix(top) for line in told] == [
        "metadata_version external:uroot", "level raid5", "raid_disks 3", "layout 2",
        "chunk_size 65536", "component_size 2048", "new_dev 1:3", "dev-vda/offset 2048",
        "dev-vda/size 2048", "dev-vda/slot 2", "resync_start none", "array_state readonly",
    ]  # fmt: skip


def test_a_refusal_names_the_file(tmp_path):
    with pytest.raises(KernelError) as caught:
        md._write(f"{tmp_path}/array_state", "readonly")
    assert caught.value.errno == errno.ENOENT
    assert f"{tmp_path}/array_state readonly: ENOENT" in str(caught.value)
    assert md.state("nosuch") == ""
