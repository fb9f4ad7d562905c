"""mount: what the options for reading and writing mean, and the list."""

import errno
from io import StringIO

import pytest

from cmds import mount
from tests.support.applet import run_applet
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
