import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.reference import LONG_NAME, packed_tree
from uroot_py.base.errors import FormatError
from uroot_py.formats.archive import tar

GOOD = packed_tree()
FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


def read_all(data):
    archive = tar.Archive(io.BytesIO(data).read, "x.tar")
    found = []
    while (member := archive.next()) is not None:
        found.append((member.name, member.kind, member.link, b"".join(archive.data())))
    return found


def test_every_kind_of_member():
    script = b"#!/bin/sh\n" * 100
    assert read_all(GOOD) == [
        ("pack/", 0o040000, "", b""),
        ("pack/file", 0o100000, "", b"contents\n"),
        ("pack/script", 0o100000, "", script),
        ("pack/soft", 0o120000, "file", b""),
        ("pack/hard", 0o100000, "pack/file", b""),
        ("pack/empty", 0o100000, "", b""),
        (LONG_NAME, 0o100000, "", b"deep\n"),
    ]


@given(
    st.sampled_from(FORMATS),
    st.text(
        st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters="/"),
        min_size=1,
        max_size=90,
    ),
    st.integers(0, 0o7777),
    st.integers(0, 2097151),
    st.integers(0, 2**33 - 1),
    st.binary(max_size=1100),
)
def test_reads_what_another_library_writes(form, name, mode, uid, mtime, data):
    out = io.BytesIO()
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.uid, info.mtime = len(data), mode, uid, mtime
    with tarfile.open(fileobj=out, mode="w", format=form, encoding="utf-8") as archive:
        archive.addfile(info, io.BytesIO(data))
    archive_ = tar.Archive(io.BytesIO(out.getvalue()).read)
    member = archive_.next()
    assert member is not None
    assert (member.name, member.mode & 0o7777, member.uid) == (name, mode, uid)
    assert (int(member.mtime), b"".join(archive_.data())) == (mtime, data)
    assert archive_.next() is None


@given(
    st.text("ab/", min_size=1, max_size=300).map(lambda text: "x" + text.strip("/")),
    st.sampled_from([0, 5, 2**21, 2**31]),
    st.text("cd", max_size=200),
    st.binary(max_size=600),
)
def test_another_library_reads_what_it_writes(name, uid, link, data):
    plain = tar.Member(name, 0o100640, size=len(data))
    plain.uid, plain.mtime, plain.user = uid, 1_600_000_000, "somebody"
    soft = tar.Member("soft", 0o120777, link=link or "x")
    blob = tar.header(plain) + tar.padded(data) + tar.header(soft) + tar.END
    with tarfile.open(fileobj=io.BytesIO(blob)) as archive:
        one, two = archive.getmembers()
        file = archive.extractfile(one)
        assert file is not None
        assert file.read() == data
    assert (one.name, one.uid, one.mtime, one.uname) == (name, uid, 1_600_000_000, "somebody")
    assert (two.name, two.linkname, two.issym()) == ("soft", link or "x", True)


def test_sizes_beyond_octal():
    big = tar.Member("big", 0o100644, size=1 << 34)
    with tarfile.open(fileobj=io.BytesIO(tar.header(big) + tar.END)) as archive:
        member = archive.next()
        assert member is not None
        assert member.size == 1 << 34
    # GNU writes such a number in base 256.
    info = tarfile.TarInfo("big")
    info.size = 1 << 34
    found = tar.Archive(io.BytesIO(info.tobuf(tarfile.GNU_FORMAT)).read).next()
    assert found is not None
    assert found.size == 1 << 34


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_a_changed_byte_is_an_archive_or_a_format_error(at, value):
    data = bytearray(GOOD)
    data[at] = value
    try:
        read_all(bytes(data))
    except FormatError:
        pass


@given(st.integers(0, len(GOOD)))
def test_a_prefix_is_an_archive_or_a_format_error(size):
    try:
        read_all(GOOD[:size])
    except FormatError:
        pass


@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param(
            b"", "tar header at offset 0x0: expected 512 bytes, found 0, then the end", id="empty"
        ),
        pytest.param(
            GOOD[:700],
            "tar header at offset 0x200: expected 512 bytes, found 188, then the end",
            id="header",
        ),
        pytest.param(
            GOOD[:1026],
            "tar data at offset 0x400: expected 9 bytes, found 2, then the end",
            id="data",
        ),
        pytest.param(
            b"x" + GOOD[1:],
            "tar header at offset 0x94: expected the checksum 10467, found 10457",
            id="checksum",
        ),
    ],
)
def test_message(data, text):
    with pytest.raises(FormatError) as caught:
        read_all(data)
    assert str(caught.value) == f"x.tar: {text}"


def test_a_long_name_is_bounded():
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = b"L", 1 << 30
    with pytest.raises(FormatError) as caught:
        read_all(info.tobuf(tarfile.GNU_FORMAT))
    assert str(caught.value) == (
        "x.tar: tar long name at offset 0x200: expected at most 1048576 bytes, found 1073741824"
    )
