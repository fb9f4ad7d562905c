"""uroot_py.machine.devicetree: the blob, the directory that the kernel makes of it, or neither."""

import pytest

from scripts.builders.fdt import make_fdt
from tests.support.dtc import SAMPLES, read_sample
from uroot_py.base.errors import RefusedError
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.diff import diff
from uroot_py.machine.devicetree import read_directory, running
from uroot_py.machine.sysroot import Sysroot


def unfold(tree, root):
    """What Linux shows of TREE in /proc/device-tree."""
    for node in tree.root.walk():
        place = root / "proc/device-tree" / node.path.lstrip("/")
        place.mkdir(parents=True)
        for name, value in node.properties.items():
            (place / name).write_bytes(value)
        if node.parent:
            (place / "name").write_bytes(node.name.partition("@")[0].encode() + b"\0")


def test_the_blob_comes_first(tmp_path):
    unfold(fdt.parse(make_fdt()), tmp_path)
    blob = make_fdt(reservations=[(1, 2)])
    (tmp_path / "sys/firmware").mkdir(parents=True)
    (tmp_path / "sys/firmware/fdt").write_bytes(blob)
    assert running(Sysroot(str(tmp_path))) == (blob, f"{tmp_path}/sys/firmware/fdt")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_directory(path, tmp_path):
    tree = fdt.parse(read_sample(path))
    tree.reservations, tree.boot_cpuid = [], 0
    unfold(tree, tmp_path)
    blob, name = running(Sysroot(str(tmp_path)))
    assert name == f"{tmp_path}/proc/device-tree"
    assert list(diff(tree, fdt.parse(blob))) == []


def test_neither(tmp_path):
    with pytest.raises(RefusedError) as caught:
        running(Sysroot(str(tmp_path)))
    assert str(caught.value) == (
        "this machine has no device tree (neither /sys/firmware/fdt nor /proc/device-tree); "
        "name a file"
    )


def test_a_directory_too_deep(tmp_path):
    place = tmp_path
    for _ in range(fdt.MAX_DEPTH + 1):
        place /= "n"
    place.mkdir(parents=True)
    with pytest.raises(RefusedError, match=r": too deep or too large for a device tree$"):
        read_directory(str(tmp_path))


def test_links_are_not_followed(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "file").symlink_to("/etc/passwd")
    tree = read_directory(str(tmp_path))
    assert (tree.root.children, tree.root.properties) == ([], {})
