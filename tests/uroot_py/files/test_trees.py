import io
import os

import pytest

from uroot_py.base.errors import Report
from uroot_py.files.trees import Copier, remove_tree, walk

DEEP = 900  # far beyond the interpreter's recursion limit of frames per level, within PATH_MAX


@pytest.fixture
def deep(tmp_path):
    os.makedirs(tmp_path / "/".join(["d"] * DEEP))
    return tmp_path / "d"


@pytest.fixture
def report():
    return Report("test", io.StringIO())


def test_deep_trees(deep, tmp_path, report):
    copier = Copier(report)
    copier.recursive = True
    copier.copy(str(deep), str(tmp_path / "copy"))
    assert len(list(walk(str(tmp_path / "copy"), report))) == DEEP
    remove_tree(str(deep), report)
    assert os.listdir(tmp_path) == ["copy"]
    assert report.status == 0


def test_a_link_in_a_circle_is_named(tmp_path, report):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/up").symlink_to("..")
    paths = [path for path, _ in walk(str(tmp_path), report, follow=True)]
    assert paths == [str(tmp_path), f"{tmp_path}/a"]
    assert report.stderr.getvalue() == f"test: {tmp_path}/a/up: a link in it leads back to it\n"


def test_hard_links_stay_together(tmp_path, report):
    (tmp_path / "from").mkdir()
    (tmp_path / "from/one").write_bytes(b"x")
    os.link(tmp_path / "from/one", tmp_path / "from/two")
    copier = Copier(report)
    copier.recursive = copier.preserve = True
    copier.copy(f"{tmp_path}/from", f"{tmp_path}/to")
    assert os.path.samefile(tmp_path / "to/one", tmp_path / "to/two")
    assert not os.path.samefile(tmp_path / "from/one", tmp_path / "to/one")


def test_special_files_are_copied_as_such(tmp_path, report):
    os.mkfifo(tmp_path / "pipe")
    copier = Copier(report)
    copier.recursive = True
    copier.follow = False
    copier.copy(f"{tmp_path}/pipe", f"{tmp_path}/copy")
    assert report.status == 0
    assert os.lstat(tmp_path / "copy").st_mode == os.lstat(tmp_path / "pipe").st_mode


def test_not_into_itself(tmp_path, report):
    (tmp_path / "a").mkdir()
    copier = Copier(report)
    copier.recursive = True
    copier.copy(f"{tmp_path}/a", f"{tmp_path}/a/b")
    assert report.stderr.getvalue() == (
        f"test: {tmp_path}/a: cannot be copied into itself, {tmp_path}/a/b\n"
    )


def test_attributes_are_copied_with_times(tmp_path, report):
    (tmp_path / "one").mkdir()
    (tmp_path / "one/file").write_bytes(b"x")
    os.setxattr(tmp_path / "one/file", "user.label", b"a")
    os.setxattr(tmp_path / "one", "user.label", b"b")
    os.utime(tmp_path / "one", (1, 1))
    copier = Copier(report)
    copier.recursive = copier.preserve = True
    copier.copy(str(tmp_path / "one"), str(tmp_path / "two"))
    assert os.getxattr(tmp_path / "two/file", "user.label") == b"a"
    assert os.getxattr(tmp_path / "two", "user.label") == b"b"
    assert (tmp_path / "two").stat().st_mtime == 1


def test_what_is_skipped_is_not_entered(tmp_path, report):
    for name in ("a/b", "c/d"):
        (tmp_path / name).mkdir(parents=True)
    paths = [path for path, _ in walk(str(tmp_path), report, skip=lambda p: p.endswith("/a"))]
    assert paths == [str(tmp_path), f"{tmp_path}/c", f"{tmp_path}/c/d"]
