"""One archive that other tools unpack."""

import gzip
import subprocess

import pytest

from cmds import report
from cmds.table import Applet
from tests.support.applet import run_applet
from uroot_py.base.text import format_size


def unpack(data, folder):
    folder.mkdir()
    done = subprocess.run(["cpio", "-i"], cwd=folder, input=data, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in (folder / "report").iterdir()}


def test_cpio_unpacks_it(tmp_path):
    target = tmp_path / "r.cpio"
    done = run_applet("report", str(target))
    assert (done.status, done.err) == (0, "")
    parts = unpack(target.read_bytes(), tmp_path / "out")
    size = format_size(target.stat().st_size)
    assert done.out == f"{target}: {len(parts) - 1} parts, {size}\n"
    with open("/proc/cmdline", "rb") as file:
        assert parts["cmdline"] == file.read()
    assert b"sysfs" in parts["mount.txt"]
    index = parts["index.txt"].decode()
    assert "mount.txt: mount: status 0, " in index
    assert all(f"{name}: " in index for name in parts if name != "index.txt")


def test_a_part_that_fails_is_noted(tmp_path, monkeypatch):
    rows = [
        Applet("cat", "cat", "files", "", report="/nosuch"),
        Applet("echo", "echo", "files", "", report="--json"),
        Applet("false", "true:false", "system", ""),
    ]
    monkeypatch.setattr(report, "TABLE", rows)
    monkeypatch.setattr(report, "_FILES", (("z", "/nosuch"),))
    target = tmp_path / "r.cpio.gz"
    run_applet("report", str(target))
    parts = unpack(gzip.decompress(target.read_bytes()), tmp_path / "out")
    assert parts.pop("index.txt").decode().split("\n")[1:] == [
        "cat.txt: cat /nosuch: status 1, 40 B",
        "echo.json: echo --json: status 0, 7 B",
        "z: /nosuch: no such file or directory",
        "",
    ]
    assert parts == {
        "cat.txt": b"cat: /nosuch: no such file or directory\n",
        "echo.json": b"--json\n",
    }


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("/nosuch/r.cpio", "report: /nosuch/r.cpio.part: no such file or directory\n"),
        ("/dev/full/r", "report: /dev/full/r.part: not a directory\n"),
    ],
)
def test_target_that_cannot_be_written(target, message, monkeypatch):
    monkeypatch.setattr(report, "TABLE", ())
    done = run_applet("report", target)
    assert (done.status, done.err) == (1, message)


def test_nothing_half_written_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "TABLE", ())
    (tmp_path / "r").mkdir()
    done = run_applet("report", str(tmp_path / "r"))
    assert (done.status, done.err.split(": ")[-1]) == (1, "is a directory\n")
    assert [path.name for path in tmp_path.iterdir()] == ["r"]
