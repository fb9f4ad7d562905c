"""Run the same command line on this machine's tool and on our applet, in two equal trees."""

import bz2
import gzip
import io
import lzma
import os
import shlex
import stat
import subprocess
import sys
import tarfile

import pytest
import zstandard

from tests.cmds.differences import CHANGED, DIFFERENT
from tests.support.applet import Done, run_applet
from tests.support.namespace import PROGRAM

USAGE = 2  # a usage error has this status everywhere here; GNU's tools say 1, 2, 125, ...
OLD = 1_600_000_000  # 2020-09-13 12:26:40 UTC
ENVIRON = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}

# Tools that follow a directory's own order; ours sort.
ANY_ORDER = {"find", "du", "cp", "rm", "grep -r"}
# Applets that use file descriptors 0 and 1 themselves, or become another program.
NEEDS_PROCESS = {"dd", "env", "find", "chroot", "xargs", "timeout"}
FILES = {
    "words": b"pear\napple\nfig\nApple\n\nbanana\napple pie\n",
    "numbers": b"10\n9\n-3\n2.5\n100\n010\n\nabc\n9\n",
    "table": b"anna:x:1000:blue sky\nbob:y:20:red\ncarl:z:3:\n:empty::first\nnocolon\n",
    "spaced": b"  one  two\tthree \nfour five   six\n\tseven\n",
    "blanks": b"\n\n\na\n\n\n\nb\n\n",
    "repeats": b"a\na\nb\nB\nb\nb\n\n\nc c\n c c\n",
    "unended": b"first line\nlast line without end",
    "empty": b"",
    "binary": bytes(range(256)) + b"\0\0hello world\0abc\0" + b"\xff" * 40 + b"text at end",
    "zeros": bytes(100),
    "latin": b"\xe9\xe8\n\xc3\xa9t\xc3\xa9\n",
    "long": b"".join(b"%d line of text\n" % n for n in range(1, 41)),
    "dir/one": b"1\n",
    "dir/two.txt": b"22\n",
    "dir/sub/three.txt": b"333\n",
    "dir/sub/deep/four": b"4444\n",
    "dir/.hidden": b"h\n",
}
LONG_NAME = "dir/" + "/".join(["a rather long name of a directory"] * 4)


def packed_tree():
    """A tar archive made by Python's own library: every kind of member, a name beyond ustar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind, data, mode, link in (
            ("pack", tarfile.DIRTYPE, b"", 0o750, ""),
            ("pack/file", tarfile.REGTYPE, b"contents\n", 0o640, ""),
            ("pack/script", tarfile.REGTYPE, b"#!/bin/sh\n" * 100, 0o755, ""),
            ("pack/soft", tarfile.SYMTYPE, b"", 0o777, "file"),
            ("pack/hard", tarfile.LNKTYPE, b"", 0o640, "pack/file"),
            ("pack/empty", tarfile.REGTYPE, b"", 0o600, ""),
            (LONG_NAME, tarfile.REGTYPE, b"deep\n", 0o644, ""),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.size, member.mode, member.linkname = kind, len(data), mode, link
            member.mtime, member.uname, member.gname = OLD, "root", "root"
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


FILES |= {
    "pack.tar": packed_tree(),
    "p.tgz": gzip.compress(packed_tree(), mtime=0),
    "q.tar.xz": lzma.compress(packed_tree()),
    "text.gz": gzip.compress(FILES["long"], mtime=0),
    "two.gz": gzip.compress(b"one\n", mtime=0) + gzip.compress(b"two\n", mtime=0),
    "text.bz2": bz2.compress(FILES["long"]),
    "text.xz": lzma.compress(FILES["long"]),
    "text.zst": zstandard.compress(FILES["long"]),
    "broken.gz": gzip.compress(FILES["long"], mtime=0)[:-20],
}
MODES = {"words": 0o640, "dir/one": 0o755, "dir/sub": 0o700}
LINKS = {"link": "words", "dangling": "nowhere", "dir/up": "../words", "dirlink": "dir"}


def make_tree(root):
    """The tree that every case starts with; nothing in it is younger than 2020."""
    for name, data in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for name, target in LINKS.items():
        (root / name).symlink_to(target)
    (root / "emptydir").mkdir()
    for path in sorted(root.rglob("*"), reverse=True):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (OLD, OLD), follow_symlinks=False)
    for name, mode in MODES.items():
        (root / name).chmod(mode)
    os.utime(root / "numbers", (OLD + 100, OLD + 100))
    os.utime(root, (OLD, OLD))


def snapshot(root):
    """Everything about the tree below ROOT that a command may change; a recent time is "new"."""
    seen = {}
    for folder, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            kind = stat.S_IFMT(status.st_mode)
            if kind == stat.S_IFREG:
                with open(path, "rb") as file:
                    content: object = file.read()
            else:
                content = os.readlink(path) if kind == stat.S_IFLNK else None
            moment = status.st_mtime if status.st_mtime < OLD * 1.05 else "new"
            key = os.path.relpath(path, root)
            links = status.st_nlink if kind == stat.S_IFREG else None
            seen[key] = (oct(status.st_mode), content, moment, links)
    return seen


def split(line):
    """A case's words, and the name of the file that is its standard input."""
    words = shlex.split(line)
    if "<" in words:
        at = words.index("<")
        return words[:at], words[at + 1]
    return words, None


def run_reference(words, stdin, root, environ=ENVIRON):
    """(status, output) of this machine's tool."""
    done = subprocess.run(
        words, input=stdin, capture_output=True, cwd=root, env=environ, timeout=20
    )
    return done.returncode, done.stdout


def measured():
    """The variables that let coverage see what our children run."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}


def comparable(words, output, root):
    """OUTPUT without the tree's place; sorted words, if the tool takes directories as they come."""
    output = output.replace(os.fsencode(root.parent), b"")
    name = "grep -r" if words[0] == "grep" and words[1:2] and words[1][:2] == "-r" else words[0]
    return sorted(output.replace(b"\0", b"\n").split()) if name in ANY_ORDER else output


def run_both(line, tmp_path, monkeypatch, *, tool=()):
    """((status, output, tree) of the reference, the same of ours, our stderr) for LINE."""
    words, source = split(line)
    stdin = FILES[source] if source else b""
    theirs, ours = tmp_path / "theirs" / "t", tmp_path / "ours" / "t"
    for root in (theirs, ours):
        make_tree(root)
    ours_only = {} if words[0] == "env" else measured()
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    reference = run_reference([*tool, *words], stdin, theirs)
    monkeypatch.chdir(ours)
    if words[0] in NEEDS_PROCESS:
        mine = [sys.executable, "-P", "-c", PROGRAM, *words]
        status, output = run_reference(mine, stdin, ours, {**ENVIRON, **ours_only})
        done = Done(status, output, "")
    else:
        done = run_applet(words[0], *words[1:], stdin=stdin)
    status, output = reference
    return (
        (status, comparable(words, output, theirs), snapshot(theirs)),
        (done.status, comparable(words, done.raw, ours), snapshot(ours)),
        done.err,
    )


def rows(lines):
    """A row per line of LINES; the first eight of each name belong to the quick run."""
    seen: dict[str, int] = {}
    found = []
    for line in filter(None, lines.split("\n")):
        name = line.split()[0]
        seen[name] = seen.get(name, 0) + 1
        marks = [pytest.mark.reference] if seen[name] > 8 else []
        found.append(pytest.param(line, id=line, marks=marks))
    return found


def compare(line, tmp_path, monkeypatch):
    """The same status, output and tree, unless tests/cmds/differences.py says otherwise.

    LINE runs in make_tree's tree; ``< NAME`` is its standard input.
    """
    theirs, ours, complaint = run_both(line, tmp_path, monkeypatch)
    if line in DIFFERENT:
        assert ours != theirs, f"no longer different: {DIFFERENT[line]}"
        return
    if line in CHANGED and ours != theirs:
        assert (ours[0], theirs[0]) == CHANGED[line], complaint
        return
    assert ours[1] == theirs[1], complaint
    if ours[0] == USAGE:
        assert theirs[0] != 0, complaint
    else:
        assert ours[0] == theirs[0], complaint
    assert ours[2] == theirs[2]


def theirs(*words, data=b""):
    return subprocess.run(words, input=data, capture_output=True, check=True, timeout=20).stdout
