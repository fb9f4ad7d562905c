"""Archives made by us and read by this machine's tools, the other way round, and hostile ones."""

import gzip
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.support.applet import run_applet
from tests.support.reference import LONG_NAME, make_tree, packed_tree, snapshot


@pytest.fixture
def tree(tmp_path, monkeypatch):
    root = tmp_path / "tree"
    root.mkdir()
    make_tree(root)
    os.link(root / "words", root / "hard")
    monkeypatch.chdir(root)
    return root


def theirs(*words, data=b""):
    return subprocess.run(words, input=data, capture_output=True, check=True, timeout=20).stdout


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


def test_cpio_reads_ours(tree):
    names = b"words\nhard\nlink\ndir\ndir/one\nempty\n"
    made = run_applet("cpio", "-o", "-H", "newc", stdin=names)
    assert (made.status, made.err) == (0, "")
    assert theirs("cpio", "-it", "--quiet", data=made.raw) == names
    (tree.parent / "copy").mkdir()
    theirs("cpio", "-idm", "--quiet", "-D", "../copy", data=made.raw)
    seen, wanted = snapshot(tree.parent / "copy"), snapshot(tree)
    for name, entry in seen.items():
        assert entry[:2] == wanted[name][:2]


def test_ours_reads_cpio(tree):
    names = b"\n".join(sorted(os.fsencode(name) for name in snapshot(tree)))
    data = theirs("cpio", "-o", "-H", "newc", "--quiet", data=names)
    (tree.parent / "copy").mkdir()
    done = run_applet("cpio", "-id", "-m", "-D", "../copy", stdin=data)
    assert (done.status, done.err) == (0, "")
    assert snapshot(tree.parent / "copy") == snapshot(tree)
    assert run_applet("cpio", "-t", "dir/*", stdin=data).out.splitlines() == sorted(
        name for name in snapshot(tree) if name.startswith("dir/")
    )


def test_an_initramfs_of_two_archives(tree):
    one = theirs("cpio", "-o", "-H", "newc", "--quiet", data=b"words\n")
    two = theirs("cpio", "-o", "-H", "newc", "--quiet", data=b"numbers\n")
    done = run_applet("cpio", "-t", stdin=one + gzip.compress(two))
    assert (done.status, done.out) == (0, "words\nnumbers\n")


def test_a_raw_archive_behind_a_packed_one(tree):
    """The kernel reads on behind a packed archive; so do we."""
    one = theirs("cpio", "-o", "-H", "newc", "--quiet", data=b"words\n")
    two = theirs("cpio", "-o", "-H", "newc", "--quiet", data=b"numbers\n")
    done = run_applet("cpio", "-t", stdin=gzip.compress(one) + bytes(8) + two)
    assert (done.status, done.out) == (0, "words\nnumbers\n")
    done = run_applet("cpio", "-t", stdin=gzip.compress(gzip.compress(one)))
    assert (done.status, done.out) == (1, "")


def test_cpio_holds_no_archive_in_memory(tree, tmp_path):
    import tracemalloc

    Path("large").write_bytes(bytes(32 << 20))
    packed = tmp_path / "large.cpio"
    packed.write_bytes(theirs("cpio", "-o", "-H", "newc", "--quiet", data=b"large\n"))
    (tmp_path / "copy").mkdir()
    tracemalloc.start()
    try:
        done = run_applet("cpio", "-i", "-F", str(packed), "-D", str(tmp_path / "copy"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (done.status, done.err) == (0, "")
    assert (tmp_path / "copy/large").stat().st_size == 32 << 20
    assert peak < 4 << 20


def test_cpio_verbose(tree):
    data = run_applet("cpio", "-o", stdin=b"link\n").raw
    line = run_applet("cpio", "-tv", stdin=data).out
    assert line == "lrwxrwxrwx   1 root     root            5 Sep 13 2020 link -> words\n"


@pytest.mark.parametrize(
    ("options", "age", "expected"),
    [
        pytest.param(["-i"], 1, "mine", id="newer-stays"),
        pytest.param(["-i"], 0, "mine", id="as-old-stays"),
        pytest.param(["-i"], -1, "theirs", id="older-goes"),
        pytest.param(["-iu"], 1, "theirs", id="unconditional"),
        pytest.param(["-i", "--unconditional"], 0, "theirs", id="long"),
    ],
)
@pytest.mark.parametrize("tool", ["cpio", "uroot"])
def test_cpio_keeps_what_is_newer(tmp_path, monkeypatch, tool, options, age, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f").write_text("theirs")
    os.utime("f", (1000, 1000))
    data = theirs("cpio", "-o", "-H", "newc", "--quiet", data=b"f\n")
    (tmp_path / "f").write_text("mine")
    os.utime("f", (1000.5 + age, 1000.5 + age))
    if tool == "cpio":
        done = subprocess.run(
            ["cpio", "--quiet", *options], input=data, capture_output=True, timeout=60
        )
        status, err = done.returncode, done.stderr.decode()
    else:
        ours = run_applet("cpio", *options, stdin=data)
        status, err = ours.status, ours.err
    assert (tmp_path / "f").read_text() == expected
    kept = "cpio: f not created: newer or same age version exists\n"
    assert (status, err) == (0, kept if expected == "mine" else "")


def test_no_cpio_archive():
    done = run_applet("cpio", "-t", stdin=b"nonsense")
    assert (done.status, done.err) == (
        1,
        "cpio: input: cpio magic at offset 0x0: expected 070701 or 070702, found 'nonsen'\n",
    )


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zstd"])
def test_the_tools_unpack_ours(tree, name):
    done = run_applet(name, "-k", "-9" if name != "zstd" else "-3", "dir/two.txt")
    assert (done.status, done.err) == (0, "")
    suffix = {"gzip": "gz", "bzip2": "bz2", "xz": "xz", "zstd": "zst"}[name]
    assert theirs(name, "-dc", f"dir/two.txt.{suffix}") == b"22\n"
    status, packed = os.stat("dir/two.txt"), os.stat(f"dir/two.txt.{suffix}")
    assert (status.st_mode, status.st_mtime) == (packed.st_mode, packed.st_mtime)
    assert theirs(name, "-dc", data=run_applet(name, stdin=b"piped").raw) == b"piped"


@pytest.mark.parametrize("packer", ["zstd", "lz4", "lzop", "lzma", "xz"])
def test_what_the_default_image_can_unpack(tree, monkeypatch, packer):
    """It has no python-zstandard: our own decoders serve every applet, as they serve kernels."""
    monkeypatch.setitem(sys.modules, "zstandard", None)
    theirs("tar", "-cf", "words.tar", "words")
    packed = f"words.tar.{packer}"
    Path(packed).write_bytes(theirs(packer, "-c", "words.tar"))
    assert run_applet("zstdcat", packed).raw == Path("words.tar").read_bytes()
    assert run_applet("tar", "-tf", packed).out == "words\n"


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
