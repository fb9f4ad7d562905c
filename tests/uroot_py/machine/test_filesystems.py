"""What is mounted at the start: tests/vm/lacking.py has kernels that lack it."""

import os
import stat

from uroot_py.base.errors import KernelError
from uroot_py.machine import filesystems
from uroot_py.machine.sysroot import Sysroot


def test_what_the_kernel_lacks_is_a_line_each_and_the_rest_is_mounted(monkeypatch, tmp_path):
    """Below a folder: the table's own places are in use here."""
    mounted = []

    def mount(source, target, fstype, flags=0, data=""):
        if fstype in ("sysfs", "efivarfs"):
            raise KernelError("mount", 19, subject=target)
        mounted.append((fstype, target.removeprefix(str(tmp_path)), data))

    rows = [(row[0], f"{tmp_path}{row[1]}", *row[2:]) for row in filesystems._MOUNTS]
    monkeypatch.setattr(filesystems, "_MOUNTS", rows)
    monkeypatch.setattr(filesystems, "mount", mount)
    (tmp_path / "proc").write_text("no directory")
    faults = filesystems.mount_all(8000)
    assert faults[0] == f"{tmp_path}/proc: file exists"
    assert [fault.partition(":")[0] for fault in faults[1:]] == [f"mount {tmp_path}/sys"]
    assert ("tmpfs", "/run", "mode=0755,size=1000k") in mounted
    assert ("tmpfs", "/tmp", "mode=1777,size=4000k") in mounted
    assert [fstype for fstype, _, _ in mounted][:2] == ["devtmpfs", "devpts"]


def test_device_files_of_a_kernel_without_devtmpfs(monkeypatch, tmp_path):
    made = []
    monkeypatch.setattr(os, "mknod", lambda *words: made.append(words))
    for place, text in {
        "block/254:1": "MAJOR=254\nMINOR=1\nDEVNAME=vda1\nDEVTYPE=partition\n",
        "char/4:64": "MAJOR=4\nMINOR=64\nDEVNAME=ttyS0\n",
        "char/13:63": "MAJOR=13\nMINOR=63\nDEVNAME=input/mice\n",
        "char/1:3": "MAJOR=1\nMINOR=3\nDEVNAME=null\n",
        "char/9:9": "",
    }.items():
        (tmp_path / "sys/dev" / place).mkdir(parents=True)
        (tmp_path / "sys/dev" / place / "uevent").write_text(text)
    top = tmp_path / "dev"
    top.mkdir()
    (top / "null").write_text("there")
    filesystems.make_nodes(str(top), Sysroot(str(tmp_path)))
    assert sorted(made) == [
        (f"{top}/input/mice", stat.S_IFCHR | 0o600, os.makedev(13, 63)),
        (f"{top}/ttyS0", stat.S_IFCHR | 0o600, os.makedev(4, 64)),
        (f"{top}/vda1", stat.S_IFBLK | 0o600, os.makedev(254, 1)),
    ]
    made.clear()
    filesystems.make_nodes("/proc", Sysroot(str(tmp_path)))  # something is mounted there
    assert made == []
