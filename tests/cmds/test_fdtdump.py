"""fdtdump through the front door: real blobs against the reference tools, and every option."""

import gzip
import json
import lzma

import pytest
import zstandard

from scripts.builders.fdt import make_fdt, node, prop
from scripts.builders.fdt_bad import BAD
from tests.support.applet import run_applet
from tests.support.dtc import SAMPLES, as_dts, read_sample, run
from uroot_py.machine import devicetree

PI = next(path for path in SAMPLES if "rpi-4" in path.name)
VIRT = next(path for path in SAMPLES if "virt" in path.name)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_default_is_fdtdump(path, tmp_path):
    (tmp_path / "blob").write_bytes(read_sample(path))
    assert run_applet("fdtdump", str(path)).raw == run("fdtdump", tmp_path / "blob")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("sort", [False, True], ids=["in order", "sorted"])
def test_dts_is_dtc(path, sort, tmp_path):
    (tmp_path / "blob").write_bytes(read_sample(path))
    done = run_applet("fdtdump", "-O", "dts", *(["--sort"] if sort else []), str(path))
    assert (done.status, done.raw) == (0, as_dts(tmp_path / "blob", *(["-s"] if sort else [])))


def test_debug(tmp_path):
    (tmp_path / "blob").write_bytes(read_sample(PI))
    assert run_applet("fdtdump", "-d", str(PI)).raw == run("fdtdump", "-d", tmp_path / "blob")


def test_sorted_default_keeps_the_header():
    plain, sort = (run_applet("fdtdump", *o, str(PI)).out.splitlines() for o in ([], ["--sort"]))
    assert plain[:12] == sort[:12]
    assert plain != sort
    assert sorted(plain) == sorted(sort)


@pytest.mark.parametrize(
    "pack",
    [bytes, gzip.compress, lzma.compress, zstandard.ZstdCompressor().compress],
    ids=["plain", "gzip", "xz", "zstd"],
)
def test_standard_input_and_packed_blobs(pack):
    done = run_applet("fdtdump", "-O", "dts", "-", stdin=pack(read_sample(PI)))
    assert done.out == run_applet("fdtdump", "-O", "dts", str(PI)).out


def test_json():
    found = json.loads(run_applet("fdtdump", "-O", "json", str(VIRT)).out)
    assert found["Header"]["Magic"] == 0xD00DFEED
    assert found["ReserveEntries"] == []
    root = found["RootNode"]
    assert root["Name"] == ""
    assert root["Properties"][-1] == {"Name": "compatible", "Value": "bGludXgsZHVtbXktdmlydAA="}
    assert "Children" not in root["Children"][0]


def test_yaml():
    done = run_applet("fdtdump", "-O", "yaml", "-", stdin=make_fdt(reservations=[(16, 32)]))
    assert done.out == (
        "version: 17\n"
        "boot_cpuid: 0\n"
        "reservations:\n"
        "- {address: 0x10, size: 0x20}\n"
        "nodes:\n"
        '  "/":\n'
        '    "#address-cells": [0x1]\n'
        '    "#size-cells": [0x1]\n'
        '    "compatible": ["acme,board", "acme,family"]\n'
        '  "/memory@1000":\n'
        '    "device_type": ["memory"]\n'
        '    "reg": [0x1000, 0x2000]\n'
        '  "/chosen":\n'
        '    "bootargs": ["quiet"]\n'
        '    "flag": true\n'
    )


@pytest.mark.parametrize(
    ("args", "out"),
    [
        (["--get", "/chosen:bootargs"], "quiet\n"),
        (["-g", "/memory:reg"], "4096 8192\n"),
        (["-g", "/memory:reg", "-t", "x"], "1000 2000\n"),
        (["-g", "/chosen:bootargs", "-t", "r"], "quiet\0"),
        (["-g", "/chosen:flag"], "\n"),
        (["-g", "/chosen"], 'chosen {\n\tbootargs = "quiet";\n\tflag;\n};\n'),
        (["--list", "/"], "#address-cells\n#size-cells\ncompatible\nmemory@1000/\nchosen/\n"),
        (["-l", "/chosen", "-g", "/:compatible"], "bootargs\nflag\nacme,board acme,family\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_get_and_list(args, out):
    done = run_applet("fdtdump", *args, "-", stdin=make_fdt())
    assert (done.status, done.out, done.err) == (0, out, "")


def test_scan():
    inner = make_fdt(node("", prop("model", b"Inner\0")))
    outer = make_fdt(node("", prop("description", b"A FIT\0"), prop("data", bytes(4) + inner)))
    damaged = BAD["unknown tag"]
    data = b"\xd0\x0d\xfe\xed" * 3 + b"firmware" + outer + b"\xff" * 5 + damaged + make_fdt()[:60]
    done = run_applet("fdtdump", "--scan", "-", stdin=data)
    at = outer.index(inner)
    assert done.out == (
        f"standard input: found fdt at offset 0x14, size {len(outer):#x}: A FIT\n"
        f"standard input: found fdt at offset {20 + at:#x}, size {len(inner):#x}: Inner\n"
        f"standard input: found fdt at offset {25 + len(outer):#x}, size {len(damaged):#x}: "
        f"damaged: {FAULT}\n"
    )
    done = run_applet("fdtdump", "--offset", f"{20 + at:#x}", "-g", "/:model", "-", stdin=data)
    assert done.out == "Inner\n"


def test_scan_for_a_tree_without_a_model():
    done = run_applet("fdtdump", "-s", "-", stdin=make_fdt(node("")))
    assert done.out == "standard input: found fdt at offset 0x0, size 0x48: no model\n"


def test_the_running_machine(monkeypatch):
    monkeypatch.setattr(devicetree, "running", lambda: (make_fdt(), "/sys/firmware/fdt"))
    assert run_applet("fdtdump", "-g", "/chosen:bootargs").out == "quiet\n"


def test_diff(tmp_path):
    (tmp_path / "a").write_bytes(make_fdt(reservations=[(1, 2)]))
    (tmp_path / "b").write_bytes(
        make_fdt(
            node(
                "",
                prop("compatible", b"acme,board\0acme,family\0"),
                node("chosen", prop("bootargs", b"loud\0"), prop("flag"), prop("new", b"\1")),
                node("soc", prop("ranges")),
            ),
            boot_cpuid_phys=2,
        )
    )
    done = run_applet("fdtdump", "--diff", str(tmp_path / "a"), str(tmp_path / "b"))
    assert (done.status, done.err) == (1, "")
    assert done.out == (
        "- boot_cpuid 0x0\n"
        "+ boot_cpuid 0x2\n"
        "- /memreserve/ 0x1 0x2;\n"
        "- /:#address-cells = <0x01>;\n"
        "- /:#size-cells = <0x01>;\n"
        "- /memory@1000\n"
        '- /memory@1000:device_type = "memory";\n'
        "- /memory@1000:reg = <0x1000 0x2000>;\n"
        '- /chosen:bootargs = "quiet";\n'
        '+ /chosen:bootargs = "loud";\n'
        "+ /chosen:new = [01];\n"
        "+ /soc\n"
        "+ /soc:ranges;\n"
    )
    same = run_applet("fdtdump", "--diff", str(tmp_path / "a"), str(tmp_path / "a"))
    assert (same.status, same.out) == (0, "")


NO_WORDS = "/chosen: property bootargs at offset 0x0: expected numbers of 4 bytes, found 6 bytes"
NO_MAGIC = "device tree: magic number at offset 0x0: expected d00dfeed"
FAULT = "device tree: token in / at offset 0x40: expected FDT_PROP, a node or its end, found 0x7"


def test_damage_is_an_error_or_marked():
    done = run_applet("fdtdump", "-", stdin=BAD["unknown tag"])
    assert (done.status, done.out) == (1, "")
    assert done.err == f"fdtdump: standard input: {FAULT}; --force prints what is left\n"
    done = run_applet("fdtdump", "--force", "-", stdin=BAD["unknown tag"])
    fault = "device tree: token at offset 0x40: expected a known one, found 0x7"
    assert f"\n    // damaged: {fault}\n" in done.out
    assert done.err == f"fdtdump: standard input: 2 faults, the first: {fault}\n"
    assert done.status == 1


@pytest.mark.parametrize(
    ("shape", "first"),
    [
        ("dts", "// damaged: device tree: "),
        ("yaml", "# damaged: device tree: "),
        ("json", "{\n    "),
    ],
)
def test_forced_formats(shape, first):
    done = run_applet("fdtdump", "-f", "-O", shape, "-", stdin=BAD["duplicate property"])
    assert done.out.startswith(first)
    assert done.err == (
        "fdtdump: standard input: 1 faults, the first: device tree: property a at offset 0x60: "
        "expected no second one of that name, found one\n"
    )


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("force", [False, True], ids=["strict", "force"])
def test_no_bad_blob_passes(name, force):
    done = run_applet("fdtdump", *(["--force"] if force else []), "-", stdin=BAD[name])
    assert done.status == 1
    assert done.err.startswith("fdtdump: standard input: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "status", "err"),
    [
        (["-O", "xml", "-"], 2, "--format: expected fdtdump, dts, json, yaml, found 'xml'"),
        (["--diff", "-"], 2, "--diff needs two files"),
        (["a", "b"], 2, "unexpected operand 'b'"),
        (["-g", "/nope", "-"], 1, "/nope: no such node"),
        (["-l", "/chosen/x", "-"], 1, "/chosen/x: no such node"),
        (["-g", "/:x", "-"], 1, "/: no property x; --list shows what is there"),
        (["-s", "--offset", "316", "-"], 1, "standard input: no device tree inside"),
        (
            ["--offset", "2", "-"],
            1,
            f"standard input: {NO_MAGIC}, found feed0000; --scan looks for one inside",
        ),
        (
            ["-g", "/chosen:bootargs", "-t", "lx", "-"],
            1,
            f"standard input: {NO_WORDS}",
        ),
        (["/nonexistent"], 1, "/nonexistent: no such file or directory"),
        (["--diff", "/nonexistent", "-"], 1, "/nonexistent: no such file or directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors(args, status, err):
    done = run_applet("fdtdump", *args, stdin=make_fdt())
    assert (done.status, done.out) == (status, "")
    assert done.err.split("; usage: ")[0].rstrip("\n") == f"fdtdump: {err}"


def test_diff_of_damage_is_trouble(tmp_path):
    (tmp_path / "a").write_bytes(BAD["unknown tag"])
    done = run_applet("fdtdump", "--diff", str(tmp_path / "a"), str(PI))
    hint = "--force prints what is left"
    assert (done.status, done.err) == (2, f"fdtdump: {tmp_path}/a: {FAULT}; {hint}\n")


def test_packed_damage():
    done = run_applet("fdtdump", "-", stdin=gzip.compress(make_fdt())[:40])
    assert done.err == (
        "fdtdump: standard input: gzip data at offset 0x28: expected the rest of the stream, found "
        "the end of data\n"
    )
