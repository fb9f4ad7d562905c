"""The file tree of an image."""

import os

import pytest

from initramfs.tree import ImageTree
from uroot_py.base.errors import RefusedError
from uroot_py.formats.archive import cpio


def test_parents_appear_before_their_files():
    tree = ImageTree(mtime=5)
    tree.file("/a/b/c", "text", 0o755)
    tree.link("a/b/l", "c")
    tree.device("dev/null", 1, 3, 0o666)
    members, _ = cpio.parse(tree.archive())
    assert [(each.name, f"{each.mode:o}", each.data, each.rdev) for each in members] == [
        ("a", "40755", b"", (0, 0)),
        ("a/b", "40755", b"", (0, 0)),
        ("a/b/c", "100755", b"text", (0, 0)),
        ("a/b/l", "120777", b"c", (0, 0)),
        ("dev", "40755", b"", (0, 0)),
        ("dev/null", "20666", b"", (1, 3)),
    ]
    assert {each.mtime for each in members} == {5}


def test_copies_keep_only_executable(tmp_path):
    top = tmp_path / "top"
    (top / "in").mkdir(parents=True)
    (top / "in" / "run").write_bytes(b"1")
    (top / "in" / "read").write_bytes(b"2")
    (top / "link").symlink_to("in/run")
    os.chmod(top / "in" / "run", 0o4700)
    os.chmod(top / "in" / "read", 0o600)
    tree = ImageTree()
    assert tree.copy(top, "x/y") == [top / "in" / "read", top / "in" / "run"]
    assert {path: oct(each.mode) for path, each in tree.members.items()} == {
        "x": "0o40755",
        "x/y": "0o40755",
        "x/y/in": "0o40755",
        "x/y/in/read": "0o100644",
        "x/y/in/run": "0o100755",
        "x/y/link": "0o120777",
    }


def test_the_order_of_the_calls_does_not_show():
    one, other = ImageTree(), ImageTree()
    for tree, paths in ((one, ("b/x", "a")), (other, ("a", "b/x"))):
        for path in paths:
            tree.file(path, path)
    assert one.archive() == other.archive()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("", "'/' is no path for a file of the image", id="root"),
        pytest.param("a/../b", "'a/../b' is no path for a file of the image", id="climbs"),
        pytest.param("file/x", "file/x: file is a file of the image, not a directory", id="below"),
    ],
)
def test_refusals(path, message):
    tree = ImageTree()
    tree.file("file", b"")
    with pytest.raises(RefusedError) as caught:
        tree.file(path, b"")
    assert str(caught.value) == message
