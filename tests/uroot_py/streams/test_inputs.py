"""The operands of a filter: files, the input, what cannot be read."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import Report
from uroot_py.streams import inputs


def standard(data=b"typed\n"):
    return io.TextIOWrapper(io.BytesIO(data))


@pytest.fixture
def report():
    return Report("tool", io.StringIO())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one").write_bytes(b"1\n2\nend")
    (tmp_path / "two").write_bytes(b"3\n")
    return tmp_path


@pytest.mark.parametrize(
    ("operands", "found"),
    [
        ([], [b"typed\n"]),
        (["-"], [b"typed\n"]),
        (["one", "two"], [b"1\n", b"2\n", b"end", b"3\n"]),
        (["two", "-"], [b"3\n", b"typed\n"]),
    ],
)
def test_every_line(folder, report, operands, found):
    assert list(inputs.every_line(operands, standard(), report)) == found
    assert report.status == 0


def test_what_cannot_be_read_is_said_and_passed_over(folder, report):
    found = list(inputs.every_line(["gone", ".", "/proc/self/mem", "two"], standard(), report))
    assert found == [b"3\n"]
    assert report.stderr.getvalue() == (
        "tool: gone: no such file or directory\n"
        "tool: .: is a directory\n"
        "tool: /proc/self/mem: input/output error\n"
    )
    assert report.status == 1


def test_lines_and_chunks(folder):
    with open("one", "rb") as file:
        assert list(inputs.lines(file, 1)) == [b"1", b"\n", b"2", b"\n", b"e", b"n", b"d"]
    with open("one", "rb") as file:
        assert list(inputs.chunks(file)) == [b"1\n2\nend"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["-20", "file"], ["-n", "20", "file"]),
        (["-n", "3"], ["-n", "3"]),
        (["-", "-5"], ["-", "-5"]),
        ([], []),
    ],
)
def test_old_count(args, expected):
    assert inputs.old_count(args, "-n") == expected


def test_headings():
    out = io.StringIO()
    headings = inputs.Headings(out, wanted=True)
    one, two = io.BytesIO(), io.BytesIO()
    one.name, two.name = "one", "<stdin>"
    for file in (one, one, two):
        headings.show(file)
    assert out.getvalue() == "==> one <==\n\n==> standard input <==\n"


@given(st.lists(st.binary(max_size=7), max_size=9), st.lists(st.integers(0, 9), max_size=9))
def test_pieces_read_like_a_file(pieces, sizes):
    """Empty pieces are no end: pieces come from decoders, which may have nothing for a while."""
    parts = [piece for piece in pieces if piece]
    reader, file = inputs.Reader(parts), io.BytesIO(b"".join(parts))
    assert [reader.read(size) for size in sizes] == [file.read(size) for size in sizes]
