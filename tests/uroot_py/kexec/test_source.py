"""Files to load, and several initrds made one."""

import gzip
import os
import stat
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import RefusedError
from uroot_py.kexec.source import in_memory, join, open_source, padding, read_joined


def source(path, data: bytes):
    path.write_bytes(data)
    return open_source(str(path))


def contents(joined) -> bytes:
    try:
        return os.pread(joined.fd, 1 << 24, 0)
    finally:
        os.close(joined.fd)


@given(st.integers(1, 1 << 40))
def test_padding_aligns_and_ends_an_lz4_stream(size):
    assert (size + padding(size)) % 512 == 0
    assert 4 <= padding(size) < 516


def test_parts_follow_each_other_with_zeros_between(tmp_path):
    parts = [b"a" * 512, b"b" * 509, b"c" * 3]
    joined = join([source(tmp_path / f"{i}", part) for i, part in enumerate(parts)])
    assert joined.name == "+".join(str(tmp_path / f"{i}") for i in range(3))
    assert contents(joined) == (parts[0] + bytes(512) + parts[1] + bytes(3 + 512) + parts[2])


@given(st.lists(st.binary(min_size=1, max_size=1500), min_size=1, max_size=4))
def test_both_calls_get_the_same_bytes(parts):
    sources = [in_memory(part, "part") for part in parts]
    joined = contents(join(sources))
    assert bytes(read_joined(sources)) == joined
    for source in sources:
        os.close(source.fd)
    at = 0
    for part in parts:
        assert joined[at : at + len(part)] == part
        at += len(part) + padding(len(part))


def test_joined_file_is_open_for_reading_only(tmp_path):
    joined = join([source(tmp_path / "one", b"x")])
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.write(joined.fd, b"y")
    os.close(joined.fd)


def test_zero_byte_tolerant_reader_finds_every_archive(tmp_path):
    """bsdcpio-like check with the real cpio: members of both archives come out after unpadding."""
    archives = []
    for name in ("first", "second"):
        (tmp_path / name).write_text(name)
        packed = subprocess.run(
            ["cpio", "-o", "-H", "newc", "--quiet"],
            input=f"{name}\n".encode(),
            cwd=tmp_path,
            capture_output=True,
            check=True,
            timeout=20,
        ).stdout
        archives.append(packed)
    parts = [
        source(tmp_path / "a", gzip.compress(archives[0])),
        source(tmp_path / "b", archives[1]),
    ]
    whole = contents(join(parts))
    at = whole.index(archives[1])
    assert at % 4 == 0
    assert not whole[len(gzip.compress(archives[0])) : at].strip(b"\0")


@pytest.mark.parametrize(
    ("make", "found"),
    [
        pytest.param(os.mkdir, "a directory", id="directory"),
        pytest.param(os.mkfifo, "a pipe", id="pipe"),
        pytest.param(
            lambda path: os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5)),
            "a character device",
            id="device",
        ),
    ],
)
def test_what_is_no_file(tmp_path, make, found):
    path = str(tmp_path / "it")
    try:
        make(path)
    except PermissionError:
        path = "/dev/zero"
    with pytest.raises(RefusedError) as caught:
        open_source(path)
    assert str(caught.value) == f"{path}: expected a regular file, found {found}"


def test_empty_file(tmp_path):
    with pytest.raises(RefusedError) as caught:
        source(tmp_path / "none", b"").check()
    assert str(caught.value) == f"{tmp_path}/none: the file is empty"


MIB = 1 << 20


@pytest.mark.parametrize("size", [1, MIB, 2 * MIB + 5])
def test_a_mapped_file_is_the_file_and_is_watched(tmp_path, size):
    data = os.urandom(size)
    one = source(tmp_path / "one", data)
    seen = []
    one.watch = lambda name, done, total: seen.append((name, done, total))
    view = read_joined([one])
    os.close(one.fd)
    assert bytes(view) == data
    assert seen == [(one.name, min(at, size), size) for at in range(MIB, size + MIB, MIB)]


def test_a_file_that_becomes_shorter_while_it_is_mapped(tmp_path):
    path = tmp_path / "one"
    one = source(path, bytes(3 * MIB))
    one.watch = lambda name, done, total: os.truncate(path, MIB)
    with pytest.raises(RefusedError) as caught:
        one.map()
    assert str(caught.value) == f"{path}: it became shorter while it was read"
    os.close(one.fd)


def test_a_file_that_cannot_be_mapped():
    one = open_source("/sys/kernel/notes")
    assert bytes(one.map()) == bytes(one.read())
    os.close(one.fd)


def test_a_file_larger_than_the_memory(tmp_path):
    path = tmp_path / "huge"
    path.write_bytes(b"x")
    os.truncate(path, 8 << 40)
    huge = open_source(str(path))
    text = f"^{path}: 8.0 TiB do not fit into the memory of this machine$"
    for work in (huge.map, huge.read):
        with pytest.raises(RefusedError, match=text):
            work()
    with pytest.raises(RefusedError, match=r"do not fit into the memory of this machine$"):
        read_joined([huge, huge])
    os.close(huge.fd)
