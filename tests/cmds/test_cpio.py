"""cpio: its own ways."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.applet import run_applet
from tests.support.reference import snapshot, theirs


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


PEAK = """
import sys
import cmds.dispatch as d
d.dispatch(["uroot", "cpio", "-o", "-H", "newc"], sys.stdin, sys.stdout, sys.stderr)
peak = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(peak[0].split()[1], file=sys.stderr)
"""


def test_an_archive_is_written_in_little_memory(tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(100 << 20)
    root = str(Path(__file__).parents[2])
    with (tmp_path / "made").open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-c", PEAK],
            input=b"large\n",
            stdout=out,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": root},
            check=True,
            timeout=60,
        )
    assert (tmp_path / "made").stat().st_size == (100 << 20) + 512
    assert int(done.stderr) < 64 << 10  # KiB; it was three times the file
