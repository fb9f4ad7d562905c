"""tar: beside this machine's tool, its own ways."""

import io
import os
import tarfile

import pytest

from tests.support import reference
from tests.support.applet import run_applet
from tests.support.reference import LONG_NAME, packed_tree, snapshot, theirs

LINES = """
tar -tf pack.tar
tar -tvf pack.tar
tar tf pack.tar
tar tvf p.tgz
tar -tf q.tar.xz
tar -tzf p.tgz
tar -xf pack.tar
tar xf p.tgz
tar -xvf pack.tar
tar -xJf q.tar.xz
tar -xf pack.tar -C emptydir
tar -xf pack.tar pack/file
tar -xf pack.tar pack/file nothere
tar -tf pack.tar pack
tar -xf pack.tar --strip-components=1
tar -xf pack.tar --strip-components 2
tar -xf pack.tar --exclude=pack/script
tar -xf pack.tar --exclude='s*'
tar -tf pack.tar --exclude=pack
tar -xOf pack.tar pack/file
tar -xf nothere.tar
tar -tf words
tar -xmf pack.tar
tar -t < pack.tar
tar -tf - < p.tgz
tar -xvzf p.tgz -C emptydir pack/soft
tar -cvf new.tar nothere
tar -c
tar -tf broken.gz
tar -xkf pack.tar
tar -tf empty
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


@pytest.mark.parametrize("packing", [[], ["-z"], ["-J"], ["--zstd"]], ids=str)
def test_gnu_tar_finds_no_difference(tree, packing):
    done = run_applet("tar", "-cf", "../new.tar", *packing, ".")
    assert (done.status, done.out, done.err) == (0, "", "")
    assert theirs("tar", *packing, "--compare", "-f", "../new.tar") == b""
    assert theirs("tar", "-tf", "../new.tar") == run_applet("tar", "-tf", "../new.tar").raw


def test_both_ways_with_everything_kept(tree):
    before = snapshot(tree)
    packed = run_applet("tar", "-C", str(tree), "-c", ".").raw
    (tree.parent / "copy").mkdir()
    assert run_applet("tar", "-x", "-C", "../copy", stdin=packed).status == 0
    assert snapshot(tree.parent / "copy") == before


def test_the_archive_is_not_in_itself(tree):
    assert run_applet("tar", "-cf", "self.tar", "dir", "self.tar").status == 0
    assert "self.tar" not in run_applet("tar", "-tf", "self.tar").out


def test_a_failed_archive_does_not_stay(tree):
    done = run_applet("tar", "--zstd", "-cf", "/dev/full", "words")
    assert done.status == 2
    done = run_applet("tar", "-cf", "new.tar", "nothere", "words")
    assert (done.status, done.err) == (2, "tar: nothere: no such file or directory\n")
    assert run_applet("tar", "-tf", "new.tar").out == "words\n"


def hostile(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, link in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, link, 4 * (kind == tarfile.REGTYPE)
            archive.addfile(info, io.BytesIO(b"evil"))
    return out.getvalue()


FILE, SOFT, HARD = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


HOSTILE = [
    pytest.param([("../out", FILE, "")], id="dots"),
    pytest.param([("a/../../out", FILE, "")], id="dots-inside"),
    pytest.param([("way", SOFT, ".."), ("way/out", FILE, "")], id="link-up"),
    pytest.param([("way", SOFT, "OUTSIDE"), ("way/out", FILE, "")], id="link-absolute"),
    pytest.param([("out", HARD, "../secret")], id="hard-up"),
    pytest.param([("way", SOFT, "../secret"), ("way", FILE, "")], id="over-a-link"),
    pytest.param(
        [("way", SOFT, "../secret"), ("hard", HARD, "way"), ("hard", FILE, "")], id="hard-link"
    ),
]


@pytest.mark.parametrize("members", HOSTILE)
def test_nothing_leaves_the_directory(tmp_path, members):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "in").mkdir()
    data = hostile(*((n, k, link.replace("OUTSIDE", str(tmp_path))) for n, k, link in members))
    run_applet("tar", "-x", "-C", str(tmp_path / "in"), stdin=data)
    assert sorted(os.listdir(tmp_path)) == ["in", "secret"]
    assert (tmp_path / "secret").read_text() == "secret"
    assert os.stat(tmp_path / "secret").st_nlink == 1


def with_mtime(field):
    """An archive of two files, the first as old as FIELD of its header says."""
    header = bytearray(hostile(("old", FILE, ""))[:1024])
    header[136:148] = field
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(header) + hostile(("next", FILE, ""))


def with_pax_mtime():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, pax in (("old", {"mtime": "9" * 29}), ("next", {})):
            info = tarfile.TarInfo(name)
            info.pax_headers = pax
            archive.addfile(info)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(with_mtime(b"\x80" + b"\xff" * 11), id="base-256"),
        pytest.param(with_pax_mtime(), id="pax"),
    ],
)
def test_a_time_that_no_clock_shows_loses_no_member(tmp_path, data):
    done = run_applet("tar", "-x", "-C", str(tmp_path), stdin=data)
    assert (done.status, done.err, sorted(os.listdir(tmp_path))) == (0, "", ["next", "old"])
    assert "9999" in run_applet("tar", "-tv", stdin=data).out


def test_a_name_of_many_parts_is_excluded_in_bounded_memory(tmp_path):
    """2,000 parts: every row of parts was a string of its own, 2.76 GB of them."""
    import tracemalloc

    data = hostile(("d/" * 2000 + "x", FILE, ""))
    tracemalloc.start()
    try:
        done = run_applet("tar", "-t", "--exclude", "d/d/y*", stdin=data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (done.status, done.out) == (0, "d/" * 2000 + "x\n")
    assert peak < 16 << 20
    assert run_applet("tar", "-t", "--exclude", "d/x", stdin=data).out == ""


def test_absolute_names_stay_inside(tmp_path):
    done = run_applet("tar", "-x", "-C", str(tmp_path), stdin=hostile(("/etc/x", FILE, "")))
    assert done.status == 0
    assert (tmp_path / "etc/x").read_text() == "evil"


def test_what_leads_out_is_named(tmp_path):
    done = run_applet("tar", "-x", "-C", str(tmp_path), stdin=hostile(("../x", FILE, "")))
    assert (done.status, done.err) == (2, "tar: ../x: leads out of the archive's directory\n")


def test_long_names_survive(tmp_path):
    run_applet("tar", "-x", "-C", str(tmp_path), stdin=packed_tree())
    assert (tmp_path / LONG_NAME).read_text() == "deep\n"
    assert os.path.samefile(tmp_path / "pack/file", tmp_path / "pack/hard")


@pytest.mark.parametrize("form", ["gnu", "posix"])
def test_a_sparse_file_is_left_out_and_said_so(tmp_path, form):
    with (tmp_path / "holes").open("wb") as file:
        for number in range(60):  # more than the header's own map has room for
            file.seek(number * 100_000)
            file.write(b"x")
    (tmp_path / "after").write_bytes(b"after\n")
    packed = tmp_path / "sparse.tar"
    theirs("tar", "-S", f"--format={form}", "-C", tmp_path, "-cf", packed, "holes", "after")
    (tmp_path / "out").mkdir()
    done = run_applet("tar", "-xf", str(packed), "-C", str(tmp_path / "out"))
    assert (done.status, done.err) == (
        2,
        "tar: holes: a sparse file, not unpacked; pack it without -S\n",
    )
    assert os.listdir(tmp_path / "out") == ["after"]
    assert (tmp_path / "out/after").read_bytes() == b"after\n"
