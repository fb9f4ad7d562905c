"""switch_root: its own ways."""

from tests.support.applet import run_applet


def test_switch_root_wants_a_mounted_root(tmp_path):
    done = run_applet("switch_root", str(tmp_path), "/sbin/init")
    assert done.err == (
        f"switch_root: {tmp_path}: it is not a mount point; mount the new root there\n"
    )


def test_switch_root_wants_an_initramfs():
    done = run_applet("switch_root", "/proc", "/version")
    assert done.err == ("switch_root: /: it is not an initramfs, what is in it would be deleted\n")
