"""cpio archives, against GNU cpio."""

import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.formats.archive import cpio
from uroot_py.formats.archive.cpio import Member
from uroot_py.formats.compress.feed import Feed


def gnu(*args, data=b"", cwd=None):
    done = subprocess.run(["cpio", "--quiet", *args], input=data, capture_output=True, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def tree(tmp_path):
    top = tmp_path / "tree"
    (top / "dir").mkdir(parents=True)
    (top / "dir" / "file").write_bytes(b"hello\n")
    (top / "dir" / "other").hardlink_to(top / "dir" / "file")
    (top / "empty").write_bytes(b"")
    (top / "link").symlink_to("dir/file")
    (top / "odd").write_bytes(bytes(range(256)) * 5)
    os.chmod(top / "odd", 0o4751)
    os.utime(top / "odd", (7, 7))
    return top


NAMES = b"dir\ndir/file\ndir/other\nempty\nlink\nodd\n"


@pytest.mark.parametrize("form", ["newc", "crc"])
def test_reads_what_gnu_cpio_writes(tree, form):
    data = gnu("-o", "-H", form, data=NAMES, cwd=tree)
    members, end = cpio.parse(data)
    assert end == len(data)
    found = {member.name: member for member in members}
    assert list(found) == NAMES.decode().split() or sorted(found) == NAMES.decode().split()
    assert found["dir"].kind == cpio.S_IFDIR
    assert found["link"].kind == cpio.S_IFLNK
    assert found["link"].data == b"dir/file"
    assert found["odd"].data == bytes(range(256)) * 5
    assert found["odd"].mode == cpio.S_IFREG | 0o4751
    assert found["odd"].mtime == 7
    assert found["empty"].data == b""
    pair = [found["dir/file"], found["dir/other"]]
    assert pair[0].ino == pair[1].ino
    assert [member.nlink for member in pair] == [2, 2]
    assert sorted(member.data for member in pair) == [b"", b"hello\n"]


def test_gnu_cpio_reads_what_we_write(tmp_path):
    members = [
        Member("bin", cpio.S_IFDIR | 0o755, nlink=2),
        Member("bin/a", cpio.S_IFREG | 0o755, b"#!/bin/sh\n"),
        Member("bin/b", cpio.S_IFLNK | 0o777, b"a"),
        Member("dev", cpio.S_IFDIR | 0o755, nlink=2),
        Member("dev/console", cpio.S_IFCHR | 0o600, rdev=(5, 1)),
        Member("one", cpio.S_IFREG | 0o644, b"", ino=9, nlink=2),
        Member("two", cpio.S_IFREG | 0o644, b"both", ino=9, nlink=2),
    ]
    data = cpio.build(members)
    assert len(data) % 512 == 0
    listed = gnu("-itvn", "--numeric-uid-gid", data=data).decode().splitlines()
    assert [line.split()[0] for line in listed] == [
        "drwxr-xr-x",
        "-rwxr-xr-x",
        "lrwxrwxrwx",
        "drwxr-xr-x",
        "crw-------",
        "-rw-r--r--",
        "-rw-r--r--",
    ]
    assert "5,   1" in listed[4]
    gnu("-idm", "bin/*", "one", "two", data=data, cwd=tmp_path)
    assert (tmp_path / "bin" / "a").read_bytes() == b"#!/bin/sh\n"
    assert os.readlink(tmp_path / "bin" / "b") == "a"
    assert (tmp_path / "one").read_bytes() == b"both"
    assert (tmp_path / "one").samefile(tmp_path / "two")


def test_archives_in_a_row():
    data = cpio.build([Member("a", 0o100644, b"1")], align=4) + bytes(8)
    data += cpio.build([Member("b", 0o100644, b"2")])
    first, at = cpio.parse(data)
    second, end = cpio.parse(data, at)
    assert [first[0].name, second[0].name, end] == ["a", "b", len(data)]
    assert cpio.is_cpio(data, at)
    assert not cpio.is_cpio(data, 4)


GOOD = cpio.build([Member("file", 0o100644, b"12345"), Member("l", 0o120777, b"file")], align=4)
CRC = b"070702" + GOOD[6:]


def changed(at, new, data=GOOD):
    return data[:at] + new + data[at + len(new) :]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            b"",
            "x: cpio header at offset 0x0: expected 110 bytes, found 0, then the end",
            id="empty",
        ),
        pytest.param(
            changed(0, b"070707"),
            "x: cpio magic at offset 0x0: expected 070701 or 070702, found '070707'",
            id="old form",
        ),
        pytest.param(
            changed(54, b"+0000005"),
            f"x: cpio header at offset 0x0: expected hexadecimal digits, "
            f"found {repr(changed(54, b'+0000005')[:110])[1:]}",
            id="sign in a number",
        ),
        pytest.param(
            changed(94, b"FFFFFFFF"),
            "x: cpio name at offset 0x6e: expected 2 to 4096 bytes, the last one NUL, "
            f"found 4294967295 bytes: {GOOD[110:150]!r}",
            id="name without end",
        ),
        pytest.param(
            changed(112, b"\0"),
            "x: cpio name at offset 0x6e: expected 2 to 4096 bytes, the last one NUL, "
            "found 5 bytes: b'fi\\x00e\\x00'",
            id="NUL in the name",
        ),
        pytest.param(
            changed(54, b"FFFFFFFF"),
            f"x: cpio data of 'file' at offset 0x74: expected 4294967295 bytes, "
            f"found {len(GOOD) - 0x74}, then the end",
            id="data past the end",
        ),
        pytest.param(
            CRC,
            "x: cpio data of 'file' at offset 0x74: expected the byte sum 0x0, found 0xff",
            id="wrong sum",
        ),
        pytest.param(
            cpio.build([Member("l", 0o120777, b"x" * 4097)]),
            "x: cpio target of 'l' at offset 0x70: expected at most 4096 bytes, found 4097",
            id="long target",
        ),
    ],
)
def test_refusals(data, message):
    with pytest.raises(FormatError) as caught:
        cpio.parse(data, source="x")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("member", "message"),
    [
        pytest.param(
            Member("", 0),
            "cpio name at offset 0x0: expected 1 to 4095 bytes without NUL, found ''",
            id="no name",
        ),
        pytest.param(
            Member("a", 0o100644, mtime=-1),
            "cpio mtime of 'a' at offset 0x0: expected a number of 32 bits, found -1",
            id="before 1970",
        ),
    ],
)
def test_what_cannot_be_written(member, message):
    with pytest.raises(FormatError) as caught:
        cpio.build([member])
    assert str(caught.value) == message


NUMBER = st.integers(0, 0xFFFFFFFF)
TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=20)
MEMBERS = st.lists(
    st.builds(
        Member,
        TEXT.filter(lambda name: name != cpio.TRAILER),
        st.sampled_from([0o100644, 0o40755, 0o20600]),
        st.binary(max_size=40),
        uid=NUMBER,
        gid=NUMBER,
        mtime=NUMBER,
        rdev=st.tuples(NUMBER, NUMBER),
    ),
    max_size=5,
)


@given(MEMBERS)
def test_what_is_written_is_read_again(members):
    found, end = cpio.parse(cpio.build(members))

    def fields(member):
        return [getattr(member, name) for name in Member.__slots__ if name != "ino"]

    assert [fields(member) for member in found] == [fields(member) for member in members]
    assert [member.ino for member in found] == list(range(1, len(members) + 1))
    assert end % 512 == 0


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.booleans())
def test_damage_raises_only_format_errors(at, byte, cut):
    data = GOOD[:at] if cut else changed(at, bytes([byte]))
    try:
        cpio.parse(data)
    except FormatError:
        return
    assert not cut or at >= len(GOOD) - 3


def streamed(data, step=100):
    """The members of DATA as an Archive gives them, with their contents."""
    feed = Feed([data[at : at + step] for at in range(0, len(data), step)])
    archive = cpio.Archive(feed, "x")
    found = []
    while member := archive.next():
        contents = member.data or b"".join(archive.data())
        found.append((member.name, member.mode, member.size, member.mtime, member.ino, contents))
    return found


FEW: st.SearchStrategy[Member] = st.builds(
    Member,
    st.sampled_from(["a", "dir/b", "long" * 20]),
    st.sampled_from([cpio.S_IFREG | 0o644, cpio.S_IFDIR | 0o755, cpio.S_IFLNK | 0o777]),
    st.binary(max_size=300),
    mtime=st.integers(0, 9),
)


@given(st.lists(FEW, max_size=5), st.integers(1, 300))
def test_a_stream_has_the_same_members(members, step):
    data = cpio.build(members)
    whole, _ = cpio.parse(data)
    assert streamed(data, step) == [
        (each.name, each.mode, len(each.data), each.mtime, each.ino, each.data) for each in whole
    ]


@settings(max_examples=1000)
@given(st.data())
def test_a_damaged_stream_says_what_the_whole_says(data):
    blob = bytearray(
        cpio.build([cpio.Member("file", 0o100644, b"12345"), cpio.Member("d", 0o40755)])
    )
    at = data.draw(st.integers(0, len(blob) - 1))
    blob[at] = data.draw(st.integers(0, 255))
    blob = blob[: data.draw(st.integers(at, len(blob)))]
    texts = []
    for read in (lambda: cpio.parse(bytes(blob), source="x"), lambda: streamed(bytes(blob))):
        try:
            read()
            texts.append("")
        except FormatError as error:
            texts.append(str(error))
    assert texts[0] == texts[1]
