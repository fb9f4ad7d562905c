"""Compressions, against the tools whose formats they are."""

import subprocess
from pathlib import Path

import pytest

from initramfs import compress
from uroot_py.base.errors import FormatError

DATA = b"".join(b"%d, " % n for n in range(20000))
TOOLS = {
    "gzip": "gzip",
    "xz": "xz",
    "zstd": "zstd",
    "lz4": "lz4",
    "lzo": "lzop",
    "bzip2": "bzip2",
    "lzma": "xz",
}


@pytest.mark.parametrize("name", list(TOOLS))
def test_the_tool_reads_it_and_we_read_the_tool(name):
    packed = compress.compress(DATA, name)
    assert packed == compress.compress(DATA, name)
    assert compress.recognise(packed) == name
    done = subprocess.run([TOOLS[name], "-dc"], input=packed, capture_output=True, check=True)
    assert done.stdout == DATA
    assert compress.decompress(packed, name) == (DATA, b"")


@pytest.mark.parametrize("name", ["gzip", "xz", "zstd", "bzip2", "lzma"])
def test_what_follows_a_stream_is_kept(name):
    packed = compress.compress(DATA, name)
    assert compress.decompress(packed + b"\0\0070701", name) == (DATA, b"\0\0070701")


def test_xz_is_as_the_kernel_wants_it(tmp_path):
    file = tmp_path / "x.xz"
    file.write_bytes(compress.compress(DATA, "xz"))
    done = subprocess.run(
        ["xz", "--robot", "-lvv", str(file)], capture_output=True, check=True, text=True
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[9] for row in rows if row[0] == "block"] == ["CRC32"] or any(
        "CRC32" in row for row in rows
    )
    assert "dict=128KiB" in done.stdout


def test_xz_turns_x86_code_round(tmp_path):
    """The kernel's option is XZ_DEC_X86; the tool names the filter."""
    sizes = []
    for name in ("plain", "code"):
        data = Path("/usr/bin/gcc").resolve().read_bytes()
        data = data if name == "code" else data.replace(b"\x7fELF", b"\x7fELG")
        file = tmp_path / f"{name}.xz"
        file.write_bytes(compress.compress(data, "xz"))
        sizes.append(file.stat().st_size)
        shown = subprocess.run(
            ["xz", "-lvv", str(file)], capture_output=True, check=True, text=True
        )
        assert ("--x86" in shown.stdout) == (name == "code")
        assert compress.decompress(file.read_bytes(), "xz") == (data, b"")
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize(
    ("size", "window"),
    [pytest.param(13, "2.00 MiB", id="small"), pytest.param(15, "512 KiB", id="large")],
)
def test_zstd_needs_little_memory(tmp_path, size, window):
    file = tmp_path / "x.zst"
    file.write_bytes(compress.compress(bytes(size << 20), "zstd"))
    shown = subprocess.run(["zstd", "-lv", str(file)], capture_output=True, check=True, text=True)
    assert f"Window Size: {window} (" in shown.stdout


def test_xz_needs_little_memory(tmp_path):
    file = tmp_path / "x.xz"
    file.write_bytes(compress.compress(bytes(9 << 20), "xz"))
    shown = subprocess.run(["xz", "-lvv", str(file)], capture_output=True, check=True, text=True)
    assert "dict=2MiB" in shown.stdout


def test_xz_leaves_kernel_modules_as_they_are(tmp_path):
    source = "int f(void); int g(void) { return f(); }"
    module = tmp_path / "x.ko"
    command = ["gcc", "-x", "c", "-c", "-o", str(module), "-"]
    subprocess.run(command, input=source, check=True, text=True)
    file = tmp_path / "x.ko.xz"
    file.write_bytes(compress.compress(module.read_bytes(), "xz"))
    shown = subprocess.run(["xz", "-lvv", str(file)], capture_output=True, check=True, text=True)
    assert "--lzma2" in shown.stdout
    assert "--x86" not in shown.stdout


@pytest.mark.parametrize("name", list(TOOLS))
def test_a_cut_stream(name):
    packed = compress.compress(DATA, name)
    with pytest.raises(FormatError, match=rf"^x: {name} data at offset 0x0: expected a whole stre"):
        compress.decompress(packed[:-20], name, source="x")


def test_none_is_nothing():
    assert compress.compress(DATA, "none") == DATA
    assert compress.recognise(DATA) == ""
