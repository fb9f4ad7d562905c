"""scripts/vmm.py as a command: bad input is one line, an end is a status."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.builders.kernels import bzimage
from uroot_py.vmm.probe import probe

ROOT = Path(__file__).parents[2]
VERDICT = probe(limit=30)
runs = pytest.mark.skipif(
    VERDICT.kind not in ("emulated", "good"), reason=f"no guest runs here: {VERDICT}"
)
POWER_OFF, HALT, SPIN = "66ba0406 66b80034 66ef ebfe", "fa f4", "ebfe"
MIB = 1 << 20


@pytest.fixture
def folder(tmp_path):
    """Kernels, good and bad, and what is none."""
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("no kernel\n" * 100)
    (tmp_path / "32-bit").write_bytes(bzimage(xloadflags=0))
    (tmp_path / "old").write_bytes(bzimage(version=0x20A))
    (tmp_path / "initrd").write_bytes(bytes(40 * MIB))
    (tmp_path / "needs-96M").write_bytes(bzimage(init_size=96 * MIB))
    for name, code in (("off", POWER_OFF), ("halt", HALT), ("spin", SPIN)):
        entry = b"\x90" * 0x200 + bytes.fromhex(code) + bytes(512)
        (tmp_path / name).write_bytes(bzimage(entry, init_size=MIB))
    return tmp_path


def vmm(folder, *words):
    line = [sys.executable, ROOT / "scripts/vmm.py", "--memory", "64", *words]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=60)


NO_64 = "bzImage: xloadflags at offset 0x236: expected a 64-bit entry, found 0x"
BAD = [
    pytest.param(["none"], "none: no such file or directory", id="no file"),
    pytest.param(["."], ".: is a directory", id="a directory"),
    pytest.param(["empty"], "empty: the file is empty", id="empty"),
    pytest.param(
        ["text"],
        "text: kernel at offset 0x0: expected an x86-64 bzImage or vmlinux, found a text file",
        id="not a kernel",
    ),
    pytest.param(["32-bit"], f"32-bit: {NO_64}", id="32-bit only"),
    pytest.param(["old"], f"old: {NO_64}", id="protocol too old"),
    pytest.param(["off", "none"], "none: no such file or directory", id="no initrd"),
    pytest.param(
        ["off", "initrd", "--memory", "32"],
        "no room for 0x2800000 bytes in ",
        id="initrd too large",
    ),
    pytest.param(
        ["off", "--append", "x" * 3000],
        "the command line has 3046 bytes, this kernel takes at most 2047",
        id="command line too long",
    ),
    pytest.param(["needs-96M"], "no room for 0x6000000 bytes in ", id="memory too small"),
    pytest.param(["off", "--memory", "1"], "a guest needs more than 1 MiB", id="hardly any memory"),
    pytest.param(["off", "--memory", "-1"], "a guest needs more than 1 MiB", id="negative memory"),
    pytest.param(["off", "--cpus", "0"], "a guest has 1 to 16 processors", id="no processor"),
    pytest.param(["off", "--disk", "none"], "none: no such file or directory", id="no disk"),
]


@runs
@pytest.mark.parametrize(("words", "message"), BAD)
def test_bad_input_is_one_line(folder, words, message):
    done = vmm(folder, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"vmm: {message}")
    assert done.stderr.count("\n") == 1


@runs
@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        pytest.param(["off"], 0, "vmm: powered off (", id="switches itself off"),
        pytest.param(["halt"], 1, "vmm: hung: interrupts are off, ", id="hangs"),
        pytest.param(["spin", "--limit", "0.5"], 1, "vmm: timed out: after 0.5 s (", id="spins"),
    ],
)
def test_an_end_is_a_line_and_a_status(folder, words, status, said):
    done = vmm(folder, *words, "--report", "report")
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.strip().startswith(said)
    assert (folder / "report").exists() is bool(status)


def test_wrong_usage(folder):
    assert vmm(folder, "off", "--none").returncode == 2
