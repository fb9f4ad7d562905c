"""What is mounted at the start: tests/vm/lacking.py has kernels that lack it."""

from uroot_py.base.errors import KernelError
from uroot_py.machine import filesystems


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
