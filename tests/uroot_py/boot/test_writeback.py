"""What is written back: environment blocks that grub-editenv reads, counted names."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.boot import writeback
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.bootconfig.grub import envblock
from uroot_py.disks.blockdev import BlockDevice
from uroot_py.disks.tree import DirectoryTree
from uroot_py.formats.disk import partitions

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


GPT = """label: gpt
start=2048, size=2048, type=5DFBF5F4-2848-4BAC-AA5E-0D9A20B745A6, attrs="GUID:48 GUID:52,53"
start=4096, size=2048, type=L, name=other
"""


def disk_image(tmp_path):
    """A disk with two partitions by sfdisk, and what a kernel would know of the first one."""
    image = tmp_path / "sda"
    with image.open("wb") as file:
        file.truncate(8 << 20)
    subprocess.run(["sfdisk", "-q", image], input=GPT.encode(), check=True, timeout=20)
    volume = BlockDevice("sda1", f"{image}1", 1 << 20, "sda", 1)
    data = image.read_bytes()
    _, rows = partitions.parse(lambda at, size: data[at : at + size], len(data))
    volume.partition = rows[0]
    return image, volume


def on_device(tmp_path, volume, ref, *saves, fstype=""):
    """The changes of SAVES to what REF is on VOLUME."""
    entry = BootEntry("e", "E", source="/grub.cfg")
    entry.saves = [(ref, name, value) for name, value in saves]
    ref.tree = DirectoryTree(str(tmp_path), fstype=fstype)
    ref.tree.volume = volume
    found, faults = writeback.changes(entry)
    return found, [*faults, *writeback.carry_out(found, str(tmp_path / "mnt"))]


def test_tries_left_are_counted_in_both_tables(tmp_path):
    image, volume = disk_image(tmp_path)
    found, faults = on_device(tmp_path, volume, FileRef(""), ("tries", "2"))
    assert [change.text for change in found] == [f"{image}: tries left of {volume.path}: 2"]
    assert faults == []
    verified = ["sfdisk", "--verify", image]
    shown = subprocess.run(verified, capture_output=True, text=True, check=True, timeout=20)
    assert "No errors detected" in shown.stdout
    attributes = ["sfdisk", "--part-attrs", image, "1"]
    for damaged in (None, 512):
        if damaged:  # now the backup answers
            with image.open("r+b") as file:
                file.seek(damaged)
                file.write(bytes(512))
        said = subprocess.run(attributes, capture_output=True, text=True, check=True, timeout=20)
        assert said.stdout == "GUID:48,53\n"


def test_tries_are_not_counted_in_a_damaged_table(tmp_path):
    image, volume = disk_image(tmp_path)
    with image.open("r+b") as file:
        file.seek(-512, 2)
        file.write(bytes(512))
    before = image.read_bytes()
    found, faults = on_device(tmp_path, volume, FileRef(""), ("tries", "2"))
    assert (found, image.read_bytes()) == ([], before)
    (fault,) = faults
    assert fault == (
        f"{volume.path}: GPT header at offset {len(before) - 512:#x}: expected the signature"
        " EFI PART, found b'\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00'"
    )


def raw_device(tmp_path):
    device = tmp_path / "sdb1"
    device.write_bytes(bytes(2 << 20))
    with device.open("r+b") as file:
        file.seek(512 * 512)
        file.write(envblock.SIGNATURE.ljust(512, b"#"))
    return BlockDevice("sdb1", str(device), 2 << 20, "sdb", 1)


def test_a_block_in_the_header_of_btrfs(tmp_path):
    volume = raw_device(tmp_path)
    ref = FileRef("", part=(512 * 512, 512))
    found, faults = on_device(tmp_path, volume, ref, ("saved_entry", "B"), fstype="btrfs")
    assert ([change.text for change in found], faults) == ([f"{volume.path}: saved_entry=B"], [])
    block = (tmp_path / "sdb1").read_bytes()[512 * 512 :][:512]
    assert envblock.parse(block) == {"saved_entry": "B"}
    found, faults = on_device(tmp_path, volume, ref, ("saved_entry", "B"), fstype="btrfs")
    assert (found, faults) == ([], [])


@pytest.mark.parametrize(
    ("offset", "fstype"),
    [(512 * 512, "ext4"), (64 << 10, "btrfs"), ((64 << 10) - 256, "btrfs"), (1 << 20, "btrfs")],
)
def test_sectors_of_a_file_system_are_left_alone(offset, fstype, tmp_path):
    volume = raw_device(tmp_path)
    before = (tmp_path / "sdb1").read_bytes()
    ref = FileRef("", part=(offset, 512))
    found, faults = on_device(tmp_path, volume, ref, ("a", "b"), fstype=fstype)
    assert (found, (tmp_path / "sdb1").read_bytes()) == ([], before)
    (fault,) = faults
    assert fault == (
        f"{volume.path}: GRUB environment block at offset {offset:#x}: expected sectors that btrfs"
        " leaves free, found others"
    )


def test_a_device_that_cannot_be_written(tmp_path):
    volume = raw_device(tmp_path)
    ref = FileRef("", part=(512 * 512, 512))
    entry = BootEntry("e", "E", source="/grub.cfg")
    entry.saves = [(ref, "a", "b")]
    ref.tree = DirectoryTree(str(tmp_path), fstype="btrfs")
    ref.tree.volume = volume
    found, _ = writeback.changes(entry)
    (tmp_path / "sdb1").unlink()
    assert writeback.carry_out(found, str(tmp_path / "mnt")) == [
        f"{volume.path}: a=b: not written: {volume.path}: no such file or directory"
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
