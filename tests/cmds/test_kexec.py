"""kexec: options, messages and statuses; what needs a kernel with kexec is proved in a guest."""

import gzip
import json
import os
import struct
import subprocess
from hashlib import sha256

import pytest

from scripts.builders.fit import kernel, mkimage
from scripts.builders.kernels import (
    aout,
    bzimage,
    elf,
    multiboot1,
    multiboot2,
    riscv_image,
    zboot,
)
from tests.support.applet import run_applet
from tests.support.dtc import compile_dts

USAGE = "usage: kexec [-l|-p|-e|-f|-u|-S] [OPTION]... [KERNEL]"


@pytest.fixture
def files(tmp_path):
    """A kernel, an initrd, and a machine of 1 GiB in a directory."""
    (tmp_path / "vmlinuz").write_bytes(bzimage())
    (tmp_path / "initrd").write_bytes(b"i" * 5000)
    (tmp_path / "text").write_text("hello\n")
    (tmp_path / "arm64").write_bytes(bytes(0x38) + b"ARM\x64" + bytes(100))
    (tmp_path / "riscv.Image").write_bytes(riscv_image())
    (tmp_path / "empty").write_bytes(b"")
    whole = bytearray(bzimage())
    struct.pack_into("<II", whole, 0x248, 16, 4080)
    (tmp_path / "cut").write_bytes(whole[:-1])
    image = bytearray(elf([(0x1000000, b"x" * 64, 64)]))
    (tmp_path / "cut.elf").write_bytes(image[:-1])
    os.mkfifo(tmp_path / "pipe")
    for number, (start, end, kind) in enumerate(
        [(0, 0x9FBFF, "System RAM"), (0x100000, 0x3FFFFFFF, "System RAM")]
    ):
        folder = tmp_path / f"machine/sys/firmware/memmap/{number}"
        folder.mkdir(parents=True)
        (folder / "start").write_text(f"{start:#x}\n")
        (folder / "end").write_text(f"{end:#x}\n")
        (folder / "type").write_text(f"{kind}\n")
    (tmp_path / "machine/proc").mkdir()
    (tmp_path / "machine/proc/iomem").write_text(
        "00000000-00000fff : Reserved\n00001000-0009fbff : System RAM\n"
        "00100000-3fffffff : System RAM\n  01000000-01ffffff : Kernel code\n"
        "  3fff0000-3fffffff : Reserved\n"
    )
    (tmp_path / "machine/proc/cmdline").write_text(
        "BOOT_IMAGE=/vmlinuz root=/dev/sda1 crashkernel=256M quiet\n"
    )
    return tmp_path


WRONG = [
    pytest.param(["-l"], 255, f"no kernel is named; {USAGE}", id="no kernel"),
    pytest.param(["-Q"], 1, f"unknown option -Q; {USAGE}", id="unknown option"),
    pytest.param(["-l", "a", "b"], 1, f"unexpected operand 'b'; {USAGE}", id="two kernels"),
    pytest.param(
        ["--mem-min=zz", "-l", "a"],
        1,
        "--mem-min: expected a number such as 4096 or 0x1000, found 'zz'",
        id="no number",
    ),
    pytest.param(
        ["--reset-vga", "-l", "a"],
        1,
        "--reset-vga: the VGA registers are left as they are",
        id="an option of kexec(8) that is not here",
    ),
    pytest.param(
        ["--hotplug", "-l", "a"],
        1,
        "--hotplug: only a crash kernel (-p) has headers that may change",
        id="hotplug without a crash kernel",
    ),
    pytest.param(["-c", "-s", "-l", "a"], 1, "-c and -s exclude each other", id="-c and -s"),
    pytest.param(["-l", "{}/missing"], 1, "{}/missing: no such file or directory", id="missing"),
    pytest.param(["-l", "{}"], 1, "{}: expected a regular file, found a directory", id="directory"),
    pytest.param(["-l", "{}/pipe"], 1, "{}/pipe: expected a regular file, found a pipe", id="pipe"),
    pytest.param(["-l", "{}/empty"], 1, "{}/empty: the file is empty", id="empty"),
    pytest.param(
        ["-l", "{}/text"], 255, "{}/text: expected a kernel, found a text file", id="text"
    ),
    pytest.param(
        ["-l", "{}/vmlinuz", "--initrd", "{}/none"],
        1,
        "{}/none: no such file or directory",
        id="no initrd",
    ),
    pytest.param(
        ["-p", "{}/vmlinuz"],
        1,
        "no memory is reserved for a crash kernel;"
        " start this machine with crashkernel=256M on its command line",
        id="no crash kernel memory",
    ),
    pytest.param(
        ["-l", "{}/arm64"],
        255,
        "{}/arm64: it is an arm64 Image, this machine is x86_64;"
        " use a kernel for x86_64; --dry-run shows the plan for another machine",
        id="another machine",
    ),
    pytest.param(
        ["-l", "{}/riscv.Image"],
        255,
        "{}/riscv.Image: it is a riscv64 Image, this machine is x86_64;"
        " use a kernel for x86_64; --dry-run shows the plan for another machine",
        id="a riscv64 kernel",
    ),
    pytest.param(
        ["-l", "{}/cut"],
        255,
        "{}/cut: bzImage: payload_length at offset 0x24c: expected a file of 0x1a00 bytes,"
        " found 0x19ff; the file is cut short",
        id="a bzImage cut off",
    ),
    pytest.param(
        ["-s", "-l", "{}/cut.elf"],
        255,
        "{}/cut.elf: ELF program header: p_filesz at offset 0x40: expected at most 0xb7,"
        " found 0xb8",
        id="a vmlinux cut off",
    ),
    pytest.param(
        ["-t", "foo", "-l", "{}/vmlinuz"],
        255,
        "-t foo: unknown kernel type; known: bzImage64, bzImage, elf-x86_64, elf-x86, vmlinux,"
        " multiboot-x86, multiboot2-x86, aout, uki, Image, vmlinuz",
        id="unknown type",
    ),
    pytest.param(
        ["-t", "uki", "-l", "{}/vmlinuz"],
        255,
        "{}/vmlinuz: expected uki, found an x86 bzImage",
        id="wrong type",
    ),
    pytest.param(
        ["-s", "-i", "-l", "{}/vmlinuz"],
        1,
        "kexec_file_load takes a kernel, initrds and a command line only; use kexec -c",
        id="-s with something it cannot do",
    ),
]


@pytest.mark.parametrize(("args", "status", "text"), WRONG)
def test_one_line_and_the_status_of_kexec8(files, args, status, text):
    done = run_applet("kexec", *(arg.format(files) for arg in args))
    assert (done.status, done.out, done.err) == (status, "", f"kexec: {text.format(files)}\n")


def dry(files, *args: str):
    return run_applet("kexec", "--dry-run", f"--sysroot={files}/machine", *args, f"{files}/vmlinuz")


def test_dry_run_in_words(files):
    done = dry(files, "--append=quiet", f"--initrd={files}/initrd")
    assert done.status == 0, done.err
    assert done.out.splitlines() == [
        "bzImage, x86_64, long mode, entry 0x3ffea000",
        "registers: rsi = 0x3ffec000",
        "[0x1000000, 0x4000000) kernel, 4.0 KiB",
        "[0x3ffea000, 0x3ffec000) purgatory, 1.9 KiB",
        "[0x3ffec000, 0x3ffee000) boot_params+cmdline, 4.0 KiB",
        "[0x3ffee000, 0x3fff0000) initrd, 4.9 KiB",
        "memory map from sysfs: the firmware's table, without what this kernel reserved for itself",
        "[0x3fff0000, 0x40000000) is left alone (Reserved)",
        "command line: quiet",
        "6.1.0-test, boot protocol 2.15: runs in [0x1000000, 0x4000000) (its preferred address)",
        "initrd of 5000 bytes at 0x3ffee000, its limit is 0x7fffffff",
        "no boot parameters of the running kernel: screen, EDD, EFI unknown",
        "what the processors can do is not known: no /proc/cpuinfo",
        "purgatory at 0x3ffea000 verifies the SHA-256 of the rest, then enters 0x1000200",
    ]


CONFIGURATIONS = [
    pytest.param("", 0, "image.itb: configuration a, the default, of a FIT image, unpacked", id=""),
    pytest.param(
        "#b", 0, "image.itb: configuration b, as asked, of a FIT image, unpacked", id="named"
    ),
    pytest.param(
        "#c", 1, "image.itb: no configuration 'c' in it; one of a, b", id="one that is not there"
    ),
]


@pytest.mark.parametrize(("name", "status", "text"), CONFIGURATIONS)
def test_configurations_of_a_fit_image(files, name, status, text):
    mkimage(
        files,
        kernel("k", "vmlinuz"),
        'default = "a"; a { kernel = "k"; }; b { kernel = "k"; };',
        {},
    )
    done = run_applet(
        "kexec", "--dry-run", f"--sysroot={files}/machine", f"{files}/image.itb{name}"
    )
    assert done.status == status
    assert text in done.out + done.err


def test_a_configuration_of_what_is_no_fit_image(files):
    done = run_applet("kexec", "--dry-run", f"--sysroot={files}/machine", f"{files}/vmlinuz#a")
    assert done.status == 255
    assert done.err == (f"kexec: {files}/vmlinuz: expected a FIT image, found an x86 bzImage\n")


def test_a_plan_for_riscv64(files):
    """An EFI zboot file on the map of a device tree that a file has; nothing is in front of it."""
    packed = gzip.compress(riscv_image(), mtime=0) + (0x2000).to_bytes(4, "little")
    (files / "zboot").write_bytes(zboot(packed, b"gzip", machine=0x5064))
    tree = """/dts-v1/; / { #address-cells = <2>; #size-cells = <2>;
        memory@80000000 { device_type = "memory"; reg = <0 0x80000000 0 0x10000000>; };
        reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
            firmware@80000000 { reg = <0 0x80000000 0 0x40000>; no-map; }; }; };"""
    (files / "riscv64/sys/firmware").mkdir(parents=True)
    (files / "riscv64/sys/firmware/fdt").write_bytes(compile_dts(tree))
    words = ("--dry-run", "--json", f"--sysroot={files}/riscv64", f"--initrd={files}/initrd")
    value = json.loads(run_applet("kexec", *words, f"{files}/zboot").out)
    assert (value["machine"], value["mode"], value["entry"]) == ("riscv64", "riscv64", 0x80200000)
    rows = [(each["label"], each["start"]) for each in value["segments"]]
    assert rows == [("kernel", 0x80200000), ("initrd", 0x80C00000), ("device tree", 0x80C02000)]
    assert value["registers"] == {"a1": 0x80C02000}


def test_dry_run_as_json(files):
    done = dry(files, "--json", "-i", "--mem-max=0x20000000")
    value = json.loads(done.out)
    assert value["machine"] == "x86_64"
    assert max(each["end"] for each in value["segments"]) <= 0x20000001


def test_several_initrds_arrive_one_after_the_other(files):
    (files / "second").write_bytes(b"2" * 700)
    done = dry(files, "--json", f"--initrd={files}/initrd", f"--initrd={files}/second")
    whole = (b"i" * 5000).ljust(5120, b"\0") + b"2" * 700
    (initrd,) = [s for s in json.loads(done.out)["segments"] if s["label"] == "initrd"]
    assert (initrd["size"], initrd["sha256"]) == (len(whole), sha256(whole).hexdigest())


def test_the_type_chooses_between_two_multiboot_headers(files):
    tags = multiboot2()
    kernel = elf(
        [(0x200000, bytes(4) + tags + bytes(-len(tags) % 4) + multiboot1(), 0x3000)],
        bits=32,
        machine=3,
    )
    (files / "vmlinuz").write_bytes(kernel)
    for name, first in (("multiboot-x86", "multiboot1,"), ("multiboot2-x86", "multiboot2,")):
        assert dry(files, "-t", name).out.startswith(first)
    assert dry(files).out.startswith("multiboot2,")


def test_an_initrd_with_the_header_of_u_boot(files):
    words = [
        "mkimage",
        "-A",
        "x86",
        "-O",
        "linux",
        "-T",
        "ramdisk",
        "-C",
        "none",
        "-n",
        "test",
        "-d",
    ]
    paths = [f"{files}/initrd", f"{files}/uInitrd"]
    subprocess.run([*words, *paths], check=True, capture_output=True, timeout=60)
    plain = json.loads(dry(files, "--json", f"--initrd={files}/initrd").out)
    assert json.loads(dry(files, "--json", f"--initrd={files}/uInitrd").out) == plain


def test_profile_needs_a_unified_kernel_image(files):
    assert dry(files, "--profile=1").err == (
        f"kexec: {files}/vmlinuz: expected a unified kernel image, found an x86 bzImage\n"
    )


def test_a_plan_9_kernel_needs_no_option(files):
    (files / "vmlinuz").write_bytes(aout(0x1EB, 0xF0100020, b"T" * 0x1234, b"DATA", 0x5000))
    assert dry(files, "-t", "aout").out.splitlines()[:3] == [
        "program, x86_64, protected mode, entry 0x3ffee000",
        "[0x100000, 0x102000) program, 4.6 KiB",
        "[0x102000, 0x108000) program, 4 B",
    ]


LINES = [
    pytest.param([], "", id="none"),
    pytest.param(["--append=a b"], "a b", id="append"),
    pytest.param(["--append=a", "--command-line=b"], "b", id="the last one wins"),
    pytest.param(
        ["--reuse-cmdline"], "root=/dev/sda1 crashkernel=256M quiet", id="without BOOT_IMAGE"
    ),
    pytest.param(
        ["--reuse-cmdline", "--append", "a"], "root=/dev/sda1 crashkernel=256M quiet a", id="both"
    ),
    pytest.param(["--reuse-cmdline", "-p"], "root=/dev/sda1 quiet", id="for a crash kernel"),
]


@pytest.mark.parametrize(("args", "expected"), LINES)
def test_command_line(files, args, expected):
    from cmds.kexec import COMMAND, command_line

    given = COMMAND.parse([*args, f"--sysroot={files}/machine"])
    assert command_line(given) == expected


def test_extra_files_become_an_archive_before_the_initrd(files):
    plain = json.loads(dry(files, "--json", f"--initrd={files}/initrd").out)
    more = json.loads(dry(files, "--json", f"--initrd={files}/initrd", f"--extra={files}/text").out)

    def size(value):
        return next(s["size"] for s in value["segments"] if s["label"] == "initrd")

    assert size(plain) == 5000
    assert (size(more) - 5000) % 512 == 0
    assert size(more) > 6000


def test_without_a_kernel_that_has_kexec():
    if os.path.exists("/sys/kernel/kexec_loaded"):
        pytest.skip("this kernel has kexec")
    done = run_applet("kexec", "-S")
    assert done.status == 255
    assert done.err == (
        "kexec: /sys/kernel/kexec_crash_loaded: expected 0 or 1, found no such file;"
        " is /sys mounted, and has this kernel CONFIG_KEXEC?\n"
    )
