"""vgchange: its usage, and a group that is not here; tests/vm/layers.py has one."""

from tests.support.applet import complains, run_applet
from uroot_py.disks import blockdev


def test_usage():
    usage = "usage: vgchange -ay|-an [GROUP]..."
    complains("vgchange", 2, f"vgchange: expected -ay or -an; {usage}\n")
    complains("vgchange -ax", 2, f"vgchange: expected -ay or -an; {usage}\n")


def test_none(monkeypatch):
    monkeypatch.setattr(blockdev, "scan", list)
    done = run_applet("vgchange", "-ay", "system")
    assert (done.status, done.out) == (5, "  0 logical volume(s) now active\n")
    assert done.err == "vgchange: volume group system is not here, or is active already\n"
