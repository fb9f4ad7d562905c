"""Files larger than the memory, and without a line end: what streams must not hold them."""

import resource
import subprocess
import sys

import pytest

from tests.support.namespace import PROGRAM

SIZE = 40 << 20
LIMIT = 64 << 20  # bytes of address space; the interpreter takes 25 MiB of it


@pytest.fixture(scope="module")
def zeros(tmp_path_factory):
    path = tmp_path_factory.mktemp("memory") / "zeros"
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


def run(line, path):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))

    words = [word.replace("FILE", str(path)) for word in line.split()]
    with path.open("rb") as source:
        return subprocess.run(
            [sys.executable, "-P", "-c", PROGRAM, *words],
            preexec_fn=limit,
            stdin=source,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )


LINES = [
    "wc FILE",
    "wc -L FILE",
    "tail -c 30M FILE",
    "tail -n 1 FILE",
    "head -c 30M FILE",
    "head -c -5 FILE",
    "md5sum FILE",
    "cmp FILE FILE",
    "tr a b",
    "gzip -1c FILE",
    "bzip2 -1c FILE",
    "zstd -c FILE",
    "dd bs=1M status=none",
    "cp FILE FILE.copy",
    "tar -cf FILE.tar FILE",
    pytest.param("cat -A FILE", marks=pytest.mark.reference),
    pytest.param("hexdump -C FILE", marks=pytest.mark.reference),
    pytest.param("strings FILE", marks=pytest.mark.reference),
    pytest.param("xz -1c FILE", marks=pytest.mark.reference),
]


@pytest.mark.parametrize("line", LINES)
def test_it_streams(line, zeros):
    done = run(line, zeros)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["grep x", "sed p", "sort"])
def test_a_line_that_does_not_fit_is_said_so(name, zeros):
    done = run(f"{name} FILE", zeros)
    assert (done.returncode, done.stderr) == (1, f"{name.split()[0]}: not enough memory\n")
