"""Files to load, and several initrds made one."""

import gzip
import os
import stat
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import RefusedError
from uroot_py.kexec.source import (
    in_memory,
    join,
    open_source,
    pack_files,
    padding,
    read_joined,
)


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


def watched(one):
    """What the watcher of ONE is told from now on."""
    seen = []
    one.watch = lambda name, done, total: seen.append((done, total))
    return seen


@pytest.mark.parametrize("size", [1, MIB, 2 * MIB + 5])
def test_reading_is_watched(tmp_path, size):
    data = os.urandom(size)
    one = source(tmp_path / "one", data)
    seen = watched(one)
    assert one.read() == data
    assert seen == [(min(at, size), size) for at in range(MIB, size + MIB, MIB)]
    os.close(one.fd)


@pytest.mark.parametrize("size", [1, MIB, 2 * MIB + 5])
def test_so_many_bytes_are_copied_and_no_more(tmp_path, size):
    data = os.urandom(4 * MIB)
    one = source(tmp_path / "one", data)
    seen = watched(one)
    out = os.memfd_create("out")
    os.write(out, b"before")
    one.copy_to(out, size)
    assert os.pread(out, 8 * MIB, 0) == b"before" + data[:size]
    assert seen == [(min(at, size), size) for at in range(MIB, size + MIB, MIB)]
    for fd in (out, one.fd):
        os.close(fd)


WAYS = {
    "read_into": lambda one, out, size: one.read_into(memoryview(bytearray(size))),
    "copy_to": lambda one, out, size: one.copy_to(out, size),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_has_become_shorter(tmp_path, way):
    path = tmp_path / "one"
    one = source(path, bytes(100))
    size = one.check()
    os.truncate(path, 60)
    out = os.memfd_create("out")
    with pytest.raises(RefusedError) as caught:
        WAYS[way](one, out, size)
    assert str(caught.value) == f"{path}: it became shorter while it was read"
    for fd in (out, one.fd):
        os.close(fd)


def test_nothing_that_was_refused_stays_open(tmp_path):
    before = os.listdir("/proc/self/fd")
    with pytest.raises(RefusedError):
        open_source(str(tmp_path))
    assert os.listdir("/proc/self/fd") == before


def test_packed_files_as_cpio_lists_them(tmp_path, monkeypatch):
    """Every directory once, in front of what is in it; modes and contents as they are."""
    for name, data, mode in (("a/b/one", b"1", 0o640), ("a/two", b"22", 0o755)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(mode)
    monkeypatch.chdir(tmp_path)
    packed = pack_files(["a/b/one", "./a/two", f"{tmp_path}/a/two"])
    assert packed.name == "extra files"
    whole = contents(packed)
    list_them = ["cpio", "-t", "--quiet"]
    listed = subprocess.run(list_them, input=whole, capture_output=True, check=True, timeout=20)
    above = [str(folder).strip("/") for folder in [*reversed(tmp_path.parents), tmp_path]][1:]
    names = listed.stdout.decode().splitlines()
    assert names == ["a", "a/b", "a/b/one", "a/two", *above, f"{above[-1]}/a", f"{above[-1]}/a/two"]
    (tmp_path / "out").mkdir()
    unpack = ["cpio", "-idm", "--quiet", "a/*"]
    subprocess.run(unpack, input=whole, cwd=tmp_path / "out", check=True, timeout=20)
    assert (tmp_path / "out/a/b/one").read_bytes() == b"1"
    assert (tmp_path / "out/a/two").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "out/a/b/one").stat().st_mode & 0o7777 == 0o640


def test_a_name_that_leads_out(tmp_path, monkeypatch):
    (tmp_path / "below").mkdir()
    (tmp_path / "one").write_bytes(b"1")
    monkeypatch.chdir(tmp_path / "below")
    with pytest.raises(RefusedError) as caught:
        pack_files(["../one"])
    assert str(caught.value) == "../one: its name leads out of the initrd; use a full path"


def test_only_what_is_given_back_stays_open(tmp_path):
    (tmp_path / "one").write_bytes(b"1")
    parts = [in_memory(b"a", "a"), in_memory(b"b", "b")]
    for make in (
        lambda: join(parts),
        lambda: in_memory(b"c", "c"),
        lambda: pack_files([str(tmp_path / "one")]),
    ):
        before = os.listdir("/proc/self/fd")
        made = make()
        assert {*os.listdir("/proc/self/fd")} - {*before} == {str(made.fd)}
        os.close(made.fd)
    for part in parts:
        os.close(part.fd)
