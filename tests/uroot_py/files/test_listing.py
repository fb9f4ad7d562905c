"""Lines of ls: columns, marks and times; `ls -l` itself is compared in tests/cmds/test_ls.py."""

import os
import stat
import time

import pytest

from uroot_py.files.listing import HALF_A_YEAR, Item, kind_mark, long_lines, size_text, time_text

NOW = 1_700_000_000


@pytest.mark.parametrize(
    ("mode", "mark"),
    [
        (stat.S_IFDIR | 0o755, "/"),
        (stat.S_IFLNK | 0o777, "@"),
        (stat.S_IFIFO | 0o644, "|"),
        (stat.S_IFSOCK | 0o755, "="),
        (stat.S_IFREG | 0o644, ""),
        (stat.S_IFREG | 0o010, "*"),
        (stat.S_IFCHR | 0o755, ""),
    ],
)
def test_marks(mode, mark):
    assert kind_mark(mode) == mark


@pytest.mark.parametrize(
    ("moment", "form"),
    [
        (NOW, "%H:%M"),
        (NOW - HALF_A_YEAR + 1, "%H:%M"),
        (NOW - HALF_A_YEAR, " %Y"),
        (NOW + 1, " %Y"),
    ],
)
def test_what_is_recent_has_a_time_of_day(moment, form):
    assert time_text(moment, NOW) == time.strftime(f"%b %e {form}", time.localtime(moment))


def test_items(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "dangling").symlink_to("nowhere")
    link = Item(str(tmp_path / "link"), "link")
    assert (link.name, link.link) == ("link", "folder")
    assert (link.is_directory, link.target_is_directory) == (False, True)
    assert Item(str(tmp_path / "link"), follow=True).is_directory
    assert not Item(str(tmp_path / "dangling")).target_is_directory
    with pytest.raises(FileNotFoundError):
        Item(str(tmp_path / "dangling"), follow=True)


def test_columns_are_as_wide_as_their_widest_entry(tmp_path):
    for name, size, mode in (("small", 5, 0o600), ("large", 12345, 0o755)):
        (tmp_path / name).write_bytes(bytes(size))
        (tmp_path / name).chmod(mode)
        os.utime(tmp_path / name, (0, 0))
    items = [Item(str(tmp_path / name), name) for name in ("small", "large")]
    owner = f"{os.getuid()} {items[0].stat.st_gid}"
    day = time.strftime("%b %e  %Y", time.localtime(0))
    assert long_lines(items, ["a", "b"], numeric=True) == [
        f"-rw------- 1 {owner}     5 {day} a",
        f"-rwxr-xr-x 1 {owner} 12345 {day} b",
    ]


def test_a_device_has_numbers_in_place_of_a_size(tmp_path):
    assert size_text(Item("/dev/null"), human=False) == "1, 3"
    (tmp_path / "file").write_bytes(bytes(3000))
    assert size_text(Item(str(tmp_path / "file")), human=False) == "3000"
    assert size_text(Item(str(tmp_path / "file")), human=True) == "3.0K"
