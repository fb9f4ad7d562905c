"""Extended attributes on the way from one file to another."""

import os

from uroot_py.files.attributes import copy_attributes


def files(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for path in (one, two):
        path.touch()
    return str(one), str(two)


def test_attributes_are_copied(tmp_path):
    one, two = files(tmp_path)
    os.setxattr(one, "user.colour", b"blue\0")
    os.setxattr(one, "user.empty", b"")
    copy_attributes(one, two)
    assert {name: os.getxattr(two, name) for name in os.listxattr(two)} == {
        "user.colour": b"blue\0",
        "user.empty": b"",
    }


def test_a_descriptor_is_the_file_behind_it(tmp_path):
    one, two = files(tmp_path)
    os.setxattr(one, "user.colour", b"blue")
    with open(two, "rb") as file:
        copy_attributes(one, file.fileno())
    assert os.getxattr(two, "user.colour") == b"blue"


def test_a_link_does_not_lend_what_it_points_to(tmp_path):
    one, two = files(tmp_path)
    os.setxattr(one, "user.colour", b"blue")
    os.symlink("one", tmp_path / "link")
    copy_attributes(str(tmp_path / "link"), two)
    assert os.listxattr(two) == []


def test_where_nothing_can_be_kept_the_copy_is_still_one(tmp_path):
    one, _ = files(tmp_path)
    os.setxattr(one, "user.colour", b"blue")
    copy_attributes(one, "/proc/self/status")
    copy_attributes(str(tmp_path / "nothere"), one)
    assert os.listxattr(one) == ["user.colour"]
