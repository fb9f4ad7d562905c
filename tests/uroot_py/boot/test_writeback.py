"""What is written back: environment blocks that grub-editenv reads, counted names."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.boot import writeback
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.bootconfig.grub import envblock
from uroot_py.disks.tree import DirectoryTree

ENV = "/boot/grub/grubenv"


def editenv(path, *words):
    return subprocess.run(
        ["grub-editenv", path, *words], capture_output=True, text=True, timeout=20, check=True
    ).stdout


@pytest.fixture
def disk(tmp_path):
    (tmp_path / "boot/grub").mkdir(parents=True)
    editenv(tmp_path / "boot/grub/grubenv", "create")
    editenv(tmp_path / "boot/grub/grubenv", "set", "next_entry=2", "saved_entry=old")
    (tmp_path / "loader/entries").mkdir(parents=True)
    (tmp_path / "loader/entries/os+3.conf").write_text("title OS\nlinux /k\n")
    return tmp_path


def entry_on(path, saves=(), rename=None):
    entry = BootEntry("e", "E", source="/boot/grub/grub.cfg")
    entry.saves = [(FileRef(file), name, value) for file, name, value in saves]
    entry.rename = rename and (FileRef(rename[0]), rename[1])
    for ref in entry.files():
        ref.tree = DirectoryTree(str(path))
    return entry


def written(path, *saves, once=False, rename=None):
    """What was found, and what went wrong."""
    found, faults = writeback.changes(entry_on(path, saves, rename), once=once)
    return [change.text for change in found], [*faults, *writeback.carry_out(found)]


def test_a_block_is_written_in_place(disk):
    file = disk / "boot/grub/grubenv"
    before = file.stat()
    saves = [(ENV, "next_entry", ""), (ENV, "saved_entry", "a>b"), (ENV, "gone", None)]
    assert written(disk, *saves) == ([f"{ENV}: next_entry=, saved_entry=a>b"], [])
    assert editenv(file, "list") == "next_entry=\nsaved_entry=a>b\n"
    assert (file.stat().st_ino, file.stat().st_size) == (before.st_ino, 1024)


def test_once_leaves_the_default(disk):
    saves = [(ENV, "next_entry", None), (ENV, "saved_entry", "a"), (ENV, "prev_saved_entry", "")]
    assert written(disk, *saves, once=True) == ([f"{ENV}: next_entry removed"], [])
    assert editenv(disk / "boot/grub/grubenv", "list") == "saved_entry=old\n"


def test_what_is_so_already_is_not_written(disk):
    assert written(disk, (ENV, "saved_entry", "old"), (ENV, "absent", None)) == ([], [])
    assert written(disk, ("/no/such/grubenv", "saved_entry", "x")) == ([], [])


def test_a_counted_name(disk):
    rename = ("/loader/entries/os+3.conf", "/loader/entries/os+2-1.conf")
    assert written(disk, rename=rename) == (
        ["/loader/entries/os+3.conf: renamed to os+2-1.conf"],
        [],
    )
    assert [path.name for path in (disk / "loader/entries").iterdir()] == ["os+2-1.conf"]
    texts, faults = written(disk, rename=rename)
    assert faults == [f"{texts[0]}: not written: os+3.conf: no such file or directory"]


FAULTS = [
    pytest.param(
        b"no block",
        "/boot/grub/grubenv: GRUB environment block at offset 0x0: expected"
        " '# GRUB Environment Block', found 'no block'; grub-editenv FILE create makes a new one",
        id="not a block",
    ),
    pytest.param(
        b"#" * 9000,
        "/boot/grub/grubenv: GRUB environment block at offset 0x0: expected at most 8192 bytes,"
        " found more",
        id="too large",
    ),
    pytest.param(
        envblock.SIGNATURE + b"####",
        "/boot/grub/grubenv: GRUB environment block at offset 0x0: expected at most 29 bytes,"
        " found 38",
        id="no room",
    ),
]


@pytest.mark.parametrize(("data", "fault"), FAULTS)
def test_a_block_that_is_none_is_left_alone(disk, data, fault):
    (disk / "boot/grub/grubenv").write_bytes(data)
    assert written(disk, (ENV, "saved_entry", "")) == ([], [fault])
    assert (disk / "boot/grub/grubenv").read_bytes() == data


def test_it_changes_nothing_outside(disk, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "grubenv"
    outside.write_bytes((disk / "boot/grub/grubenv").read_bytes())
    (disk / "boot/grub/grubenv").unlink()
    (disk / "boot/grub/grubenv").symlink_to(outside)
    assert written(disk, (ENV, "saved_entry", "x")) == ([], [])
    assert editenv(outside, "list") == "next_entry=2\nsaved_entry=old\n"


def test_a_block_that_has_become_another_is_left_alone(disk):
    found, _ = writeback.changes(entry_on(disk, [(ENV, "a", "b")]))
    (disk / "boot/grub/grubenv").write_bytes(b"short")
    assert writeback.carry_out(found) == [
        f"{ENV}: a=b: not written: its size is no longer 1024 bytes"
    ]


NAMES = st.sampled_from(["saved_entry", "next_entry", "a", "b"])
VALUES = st.none() | st.text(alphabet="ab=\\\n #>$\u00e4", max_size=8)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_what_is_written_is_what_is_read(tmp_path_factory, saves):
    path = tmp_path_factory.mktemp("disk")
    (path / "env").write_bytes(envblock.build(b"", {"a": "1", "c": "2"}))
    assert written(path, *(("/env", name, value) for name, value in saves))[1] == []
    wanted = {"a": "1", "c": "2", **dict(saves)}
    found = envblock.parse((path / "env").read_bytes())
    assert found == {name: value for name, value in wanted.items() if value is not None}
    assert (path / "env").stat().st_size == 1024
