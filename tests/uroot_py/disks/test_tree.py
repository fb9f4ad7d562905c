"""A directory as a Tree: confined, read-only, and the same answers as the in-memory tree."""

import os

import pytest

from uroot_py.bootconfig.tree import MemoryTree
from uroot_py.disks.tree import DirectoryTree

FILES = {"/boot/vmlinuz": b"kernel", "/boot/grub/grub.cfg": b"set x=1\n", "/EFI/BOOT/a": b""}


@pytest.fixture
def directory(tmp_path):
    for path, data in FILES.items():
        target = tmp_path / "disk" / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    (tmp_path / "secret").write_text("not on the disk")
    tree = DirectoryTree(str(tmp_path / "disk"), uuid="U", label="L")
    yield tree
    tree.close()


PATHS = [
    "/",
    "/boot",
    "/boot/vmlinuz",
    "boot/grub/../vmlinuz",
    "/absent",
    "/EFI/BOOT/a",
    "/boot/grub",
]


@pytest.mark.parametrize("path", PATHS)
def test_answers_as_the_memory_tree_does(directory, path):
    memory = MemoryTree(FILES)
    assert directory.read(path, 3) == memory.read(path, 3)
    assert directory.size(path) == memory.size(path)
    assert directory.is_directory(path) == memory.is_directory(path)
    assert directory.names(path) == memory.names(path)


@pytest.mark.parametrize(
    "target",
    ["../secret", "/../../secret", "../../../../../etc/passwd", "/proc/self/root/etc/passwd"],
)
def test_links_do_not_lead_out(directory, target):
    os.symlink(target, f"{directory.path}/boot/link")
    assert directory.read("/boot/link", 100) is None
    assert directory.read("/boot/../../secret", 100) is None


def test_absolute_links_stay_inside(directory):
    os.symlink("/boot/vmlinuz", f"{directory.path}/vmlinuz")
    assert directory.read("/vmlinuz", 100) == b"kernel"


def test_a_link_loop_is_absent(directory):
    os.symlink("b", f"{directory.path}/a")
    os.symlink("a", f"{directory.path}/b")
    assert directory.read("/a", 10) is None
    assert directory.size("/a") is None


def test_a_pipe_does_not_hang(directory):
    os.mkfifo(f"{directory.path}/pipe")
    assert directory.read("/pipe", 10) is None
    with pytest.raises(OSError, match="not a regular file"):
        directory.open("/pipe")
