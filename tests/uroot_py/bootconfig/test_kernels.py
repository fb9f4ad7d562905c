"""Kernels that no configuration names: with their initrds and a root, newest first."""

import pytest

from uroot_py.bootconfig import kernels
from uroot_py.bootconfig.entry import FileRef
from uroot_py.bootconfig.tree import MemoryTree


def found(files, **names):
    return kernels.found(MemoryTree({path: text.encode() for path, text in files.items()}, **names))


FSTAB = {"/etc/fstab": "# comment\n\nUUID=r / ext4 defaults 0 1\nUUID=b /boot ext4 defaults 0 2\n"}


@pytest.mark.parametrize(
    ("kernel", "initrd", "title"),
    [
        pytest.param(
            "vmlinuz-6.1.0-40-amd64", "initrd.img-6.1.0-40-amd64", "6.1.0-40-amd64", id="debian"
        ),
        pytest.param(
            "vmlinuz-6.5.6-300.fc39.x86_64",
            "initramfs-6.5.6-300.fc39.x86_64.img",
            "6.5.6-300.fc39.x86_64",
            id="fedora",
        ),
        pytest.param("vmlinuz-linux", "initramfs-linux.img", "linux", id="arch"),
        pytest.param("Image-6.4", "initrd-6.4", "6.4", id="opensuse"),
        pytest.param("vmlinuz", "initrd.img", "vmlinuz", id="plain"),
    ],
)
def test_kernels_of_distributions(kernel, initrd, title):
    (entry,) = found({f"/boot/{kernel}": "k", f"/boot/{initrd}": "i", **FSTAB})
    assert (entry.title, entry.kernel) == (f"found: {title}", FileRef(f"/boot/{kernel}"))
    assert entry.initrds == [FileRef(f"/boot/{initrd}")]
    assert (entry.cmdline, entry.why_not, entry.attended) == ("root=UUID=r ro", "", True)


def test_the_newest_first_and_no_other_files():
    names = ("vmlinuz-6.9", "vmlinuz-6.10", "vmlinuz-6.9.old", "vmlinuz-6.9.hmac", "linuxrc")
    entries = found({f"/boot/{name}": "k" for name in names})
    assert [entry.title for entry in entries] == ["found: 6.10", "found: 6.9"]


@pytest.mark.parametrize(
    ("more", "cmdline", "note"),
    [
        pytest.param(
            {"/etc/os-release": ""},
            "root=UUID=own ro",
            "the file system that the kernel is on",
            id="own",
        ),
        pytest.param({}, "", "not known: add it with e", id="boot-apart"),
        pytest.param(
            {"/etc/fstab": "LABEL=root / xfs"},
            "root=LABEL=root ro",
            "that of /etc/fstab",
            id="fstab",
        ),
    ],
)
def test_roots(more, cmdline, note):
    (entry,) = found({"/vmlinuz-1": "k", **more}, uuid="own")
    assert entry.cmdline == cmdline
    assert entry.notes == [f"root= is {note}", "found in a directory: no configuration names it"]
