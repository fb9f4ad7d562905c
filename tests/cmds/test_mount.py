"""mount: what the options for reading and writing mean, and the list."""

import errno
import re
import subprocess
from io import StringIO

import pytest

from cmds import mount
from tests.support import applet
from tests.support.applet import run_applet
from tests.support.namespace import in_namespace
from tests.support.volumes import image
from uroot_py.abi.mount import MS_NOATIME, MS_RDONLY, MountLine
from uroot_py.base.errors import KernelError

PROTECTED = "mount: none is write-protected: mounted read-only\n"


class Kernel:
    """Keeps what it is asked to mount; refuses to write when that is wanted."""

    def __init__(self, refusal: int = 0) -> None:
        self.refusal = refusal
        self.calls: list[tuple[str, int]] = []

    def __call__(self, source, target, fstype="", flags=0, data="") -> None:
        self.calls.append((fstype, flags))
        if self.refusal and not flags & MS_RDONLY:
            raise KernelError("mount", self.refusal, subject=f"{source} on {target} ({fstype})")


@pytest.fixture
def kernel(monkeypatch):
    monkeypatch.setattr(mount, "load_for_filesystem", lambda kind: None)
    kernel = Kernel()
    monkeypatch.setattr(mount, "mount", kernel)
    return kernel


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        pytest.param([], 0, id="none"),
        pytest.param(["-r"], MS_RDONLY, id="read-only"),
        pytest.param(["-w"], 0, id="read-write"),
        pytest.param(["-o", "ro,noatime", "-w"], MS_NOATIME, id="w-after-o"),
        pytest.param(["-w", "-r"], MS_RDONLY, id="r-is-last"),
        pytest.param(["-r", "--rw"], 0, id="w-is-last"),
    ],
)
def test_flags(kernel, options, flags):
    assert mount.run([*options, "-t", "tmpfs", "none", "/mnt"], *streams()) == 0
    assert kernel.calls == [("tmpfs", flags)]


def streams():
    return StringIO(), StringIO(), StringIO()


@pytest.mark.parametrize("refusal", [errno.EROFS, errno.EACCES])
def test_write_protected_becomes_read_only(kernel, refusal):
    kernel.refusal = refusal
    done = run_applet("mount", "-t", "tmpfs", "none", "/mnt")
    assert (done.status, done.err) == (0, PROTECTED)
    assert kernel.calls == [("tmpfs", 0), ("tmpfs", MS_RDONLY)]


def test_write_protected_is_a_fault_with_w(kernel):
    kernel.refusal = errno.EROFS
    done = run_applet("mount", "-w", "-t", "tmpfs", "none", "/mnt")
    assert (done.status, done.err) == (1, "mount: mount none on /mnt (tmpfs): EROFS\n")
    assert kernel.calls == [("tmpfs", 0)]


def test_the_list_with_labels(monkeypatch):
    class Device:
        path, label = "/dev/vda1", "root"

    lines = [MountLine("/dev/vda1", "/", "ext4", "rw"), MountLine("none", "/tmp", "tmpfs", "rw")]
    monkeypatch.setattr(mount, "mounts", lambda: lines)
    monkeypatch.setattr(mount, "scan", lambda: [Device])
    assert run_applet("mount").out == (
        "/dev/vda1 on / type ext4 (rw)\nnone on /tmp type tmpfs (rw)\n"
    )
    assert run_applet("mount", "-l").out == (
        "/dev/vda1 on / type ext4 (rw) [root]\nnone on /tmp type tmpfs (rw)\n"
    )


MESSAGES = [
    pytest.param(
        "mount /nothere",
        1,
        "mount: /nothere: not in /etc/fstab; name the device, too: mount DEVICE /nothere\n",
        id="mount-fstab",
    ),
    pytest.param(
        "mount -t tmpfs none /nothere",
        1,
        "mount: mount none on /nothere (tmpfs): ENOENT:"
        " the device or the mount point does not exist\n",
        id="mount-target",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "status", "text"), MESSAGES)
def test_message(line, status, text):
    applet.complains(line, status, text)


@pytest.mark.host
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


@pytest.mark.host
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


@pytest.mark.host
def test_mount_by_label(tmp_path):
    path = image(tmp_path, label="uroot-test")
    done = in_namespace(
        f"d=$(uroot losetup -f --show {path}); uroot mount LABEL=uroot-test /mnt;"
        "uroot mount | grep -c ' on /mnt type ext4'; uroot umount /mnt; uroot losetup -d $d;"
        "uroot mount LABEL=uroot-test /mnt || true"
    )
    assert done.stdout == "1\n"
    assert done.stderr == "mount: no device has LABEL=uroot-test; blkid lists them\n"


@pytest.mark.host
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
