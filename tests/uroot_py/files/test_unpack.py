"""uroot_py.files.unpack: archives that try to act outside of their directory."""

import io
import os
import random
import stat

import pytest

from uroot_py.base.errors import RefusedError, Report, UrootError
from uroot_py.files.unpack import Unpacker, inside

DIR, REG, LNK, FIFO = stat.S_IFDIR, stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO


def outside(tmp_path):
    """A directory that no archive may change, and how it looks."""
    out = tmp_path / "out"
    (out / "deep").mkdir(parents=True)
    (out / "victim").write_text("whole")
    (out / "secret").mkdir(mode=0o700)
    (out / "way").symlink_to("deep")
    for path in (out / "victim", out / "secret", out / "deep", out, tmp_path):
        os.utime(path, (1, 1))
    return out


def seen(top):
    rows = []
    for folder, folders, files in os.walk(top):
        for name in [*folders, *files, "."]:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            data = os.readlink(path) if stat.S_ISLNK(status.st_mode) else ""
            if stat.S_ISREG(status.st_mode):
                with open(path) as file:
                    data = file.read()
            rows.append(
                (path, status.st_mode, status.st_mtime, status.st_nlink, status.st_uid, data)
            )
    return sorted(rows)


def unpack(top, members):
    """Put MEMBERS (name, mode, link, hard, data) below TOP; the faults that were said."""
    stderr = io.StringIO()
    report = Report("x", stderr)
    with Unpacker(str(top), report) as unpacker:
        for name, mode, link, hard, data in members:
            with report:
                unpacker.put(name, mode, pieces=data, link=link, hard=hard, owner=(0, 0), mtime=9)
    return stderr.getvalue()


def row(name, mode, link="", hard="", data=(b"evil",)):
    return name, mode, link, hard, data


KNOWN = [
    pytest.param(
        [
            row("x", LNK, "/OUT"),
            row("real", DIR | 0o755),
            row("x", LNK, "real"),
            row("x/victim", LNK, "/etc/hostname"),
        ],
        id="a link that waits lands behind a swapped parent",
    ),
    pytest.param(
        [
            row("real", DIR | 0o755),
            row("x", LNK, "real"),
            row("x/secret", DIR | 0o777),
            row("x", LNK, "/OUT"),
        ],
        id="a mode that waits lands behind a swapped parent",
    ),
    pytest.param([row("x", LNK, "/OUT"), row("x", REG | 0o644)], id="a file over a link"),
    pytest.param([row("x", LNK, "/OUT"), row("x/victim", REG | 0o644)], id="through a link"),
    pytest.param([row("x", LNK, "../out"), row("x/victim", REG | 0o644)], id="up through a link"),
    pytest.param(
        [row("x", LNK, "/OUT/victim"), row("y", REG, hard="x")], id="a hard link to a link"
    ),
    pytest.param([row("x", LNK, "/OUT"), row("y", REG, hard="x/victim")], id="a hard link out"),
]


@pytest.mark.parametrize("members", KNOWN)
def test_nothing_outside_changes(tmp_path, members):
    out = outside(tmp_path)
    before = seen(out)
    unpack(
        tmp_path / "in",
        [
            (name, mode, link.replace("/OUT", str(out)), *rest)
            for name, mode, link, *rest in members
        ],
    )
    assert seen(out) == before


def test_random_archives_change_nothing_outside(tmp_path):
    """Few names, so that members meet each other; links in, out and to each other."""
    out = outside(tmp_path)
    before = seen(out)
    rng = random.Random(5)
    names = ["x", "y", "real", "x/y", "x/victim", "x/secret", "real/way", "x/y/z", "way/deep"]
    links = [str(out), "../out", "x", "real", ".", "..", "../..", f"{out}/victim", "y/..", "/x"]
    for number in range(4000):
        members = []
        for _ in range(rng.randint(2, 7)):
            kind = rng.choice([DIR, LNK, LNK, REG, FIFO])
            hard = rng.choice(names) if kind == REG and rng.random() < 0.4 else ""
            mode = kind | rng.choice([0o777, 0o700, 0])
            members.append(row(rng.choice(names), mode, rng.choice(links), hard))
        top = tmp_path / "in"
        unpack(top, members)
        assert seen(out) == before, members
        os.rename(top, tmp_path / "last") if number == 0 else _remove(top)


def _remove(top):
    for folder, folders, files in os.walk(top, topdown=False):
        for name in files:
            os.unlink(os.path.join(folder, name))
        for name in folders:
            path = os.path.join(folder, name)
            os.unlink(path) if os.path.islink(path) else os.rmdir(path)
    os.rmdir(top)


def test_links_of_the_system_lead_inside(tmp_path):
    """An archive unpacked over a system: its absolute links mean that system, not this one."""
    top = tmp_path / "in"
    (top / "run").mkdir(parents=True)
    (top / "var").mkdir()
    (top / "var/run").symlink_to("/run")
    assert unpack(top, [row("var/run/file", REG | 0o640)]) == ""
    assert (top / "run/file").read_text() == "evil"


def test_directories_get_their_modes_last(tmp_path):
    top = tmp_path / "in"
    members = [row("a", DIR | 0o500), row("a/b", DIR | 0o711), row("a/b/c", REG | 0o4755)]
    assert unpack(top, members) == ""
    modes = [stat.S_IMODE(os.stat(top / name).st_mode) for name in ("a", "a/b", "a/b/c")]
    assert modes == [0o500, 0o711, 0o4755]
    assert {os.stat(top / name).st_mtime for name in ("a", "a/b", "a/b/c")} == {9}


def test_contents_come_with_a_hard_link(tmp_path):
    """As in cpio, where only the last of a group carries them."""
    members = [row("one", REG | 0o644, data=()), row("two", REG | 0o644, hard="one", data=[b"x"])]
    assert unpack(tmp_path / "in", members) == ""
    assert (tmp_path / "in/one").read_bytes() == b"x"
    assert os.stat(tmp_path / "in/one").st_nlink == 2


def test_contents_for_what_is_no_file(tmp_path):
    members = [row("pipe", FIFO), row("two", REG, hard="pipe")]
    said = unpack(tmp_path / "in", members)
    assert said == "x: two: has contents, but no regular file's name\n"


def test_a_deep_name(tmp_path):
    name = "/".join(["d"] * 900)
    assert unpack(tmp_path / "in", [row(name, REG | 0o644)]) == ""


@pytest.mark.parametrize(
    ("change", "text"),
    [
        pytest.param({"owner": (1 << 32, 0)}, "an owner up to 4294967294, found 4294967296"),
        pytest.param({"rdev": (1 << 20, 0)}, "no device has the number 1048576, 0"),
        pytest.param({"hard": "a\0b"}, "a NUL in its name or its link"),
    ],
)
def test_what_no_file_system_holds(tmp_path, change, text):
    with (
        Unpacker(str(tmp_path), Report("x", io.StringIO())) as unpacker,
        pytest.raises(RefusedError) as caught,
    ):
        unpacker.put("name", REG | 0o644, **change)
    assert text in str(caught.value)


def test_a_time_that_no_clock_shows(tmp_path):
    with Unpacker(str(tmp_path), Report("x", io.StringIO())) as unpacker:
        unpacker.put("late", REG | 0o644, mtime=10.0**28)
        unpacker.put("early", REG | 0o644, mtime=-(10.0**28))
    assert os.stat(tmp_path / "late").st_mtime > 1 << 32  # as late as the file system knows
    assert os.stat(tmp_path / "early").st_mtime == 0


def test_a_fault_names_the_whole_path(tmp_path):
    top = tmp_path / "in"
    said = unpack(top, [row("file", REG | 0o644), row("file/below", REG | 0o644)])
    assert said == f"x: {top}/file/below: not a directory\n"


@pytest.mark.parametrize("name", ["..", "a/../b", "../x", "/../x"])
def test_dots_are_refused(name):
    with pytest.raises(UrootError, match="leads out of the archive's directory"):
        inside(name)


@pytest.mark.parametrize("keeps", [False, True])
def test_links_and_pipes_get_their_owner_when_asked_for(tmp_path, monkeypatch, keeps):
    given = []
    monkeypatch.setattr(os, "chown", lambda path, *owner, **more: given.append((path, owner)))
    with Unpacker(str(tmp_path), Report("x", io.StringIO())) as unpacker:
        unpacker.owner = keeps
        unpacker.put("link", LNK | 0o777, link="pipe", owner=(7, 8), mtime=9)
        unpacker.put("pipe", FIFO | 0o600, owner=(9, 10), mtime=9)
    assert given == ([("link", (7, 8)), ("pipe", (9, 10))] if keeps else [])
