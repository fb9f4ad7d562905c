"""boot on directories: what would be started, what would not and why. Nothing needs root."""

import gzip
import json
import struct
from pathlib import Path

import pytest

from cmds import boot
from scripts.builders.kernels import bzimage
from tests.support.applet import run_applet
from uroot_py.boot.survey import Survey
from uroot_py.bootconfig.entry import BootEntry
from uroot_py.machine import child
from uroot_py.machine.sysroot import HERE

DATA = Path(__file__).parents[1] / "data" / "bootconfig"
UUID = "11111111-2222-3333-4444-555555555555"
KERNELS = ("6.1.0-40-amd64", "6.1.0-37-amd64")


@pytest.fixture
def disk(tmp_path):
    """A file system as Debian leaves it: grub.cfg of grub-mkconfig, two kernels."""
    (tmp_path / "boot/grub").mkdir(parents=True)
    (tmp_path / "boot/grub/grub.cfg").write_bytes((DATA / "debian-12-grub.cfg").read_bytes())
    for release in KERNELS:
        (tmp_path / f"boot/vmlinuz-{release}").write_bytes(bzimage())
        (tmp_path / f"boot/initrd.img-{release}").write_bytes(b"initrd")
    return tmp_path


def test_list(disk):
    done = run_applet("boot", "--list", "--root", f"{disk},uuid={UUID}")
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert len(lines) == 5
    assert lines[0] == f"  1 * {'Debian GNU/Linux':<52} {disk}"
    assert "Advanced options for Debian GNU/Linux > Debian GNU/Linux, with" in lines[1]


def test_the_newest_kernel_is_the_default(disk):
    done = run_applet("boot", "--dry-run", "--root", f"{disk},uuid={UUID}")
    assert done.status == 0
    assert f"kernel   /boot/vmlinuz-{KERNELS[0]}\n" in done.out
    assert "cmdline  root=/dev/sda ro console=tty0 console=ttyS0,115200n8 quiet\n" in done.out
    assert "bzImage, x86_64, long mode, entry 0x" in done.out


def test_what_a_dry_run_cannot_plan_is_said_and_the_next_one_taken(disk):
    (disk / f"boot/vmlinuz-{KERNELS[0]}").write_bytes(b"kernel")
    root = f"{disk},uuid={UUID}"
    done = run_applet("boot", "--dry-run", "--root", root)
    assert done.status == 0
    fault = f"{disk}/boot/vmlinuz-{KERNELS[0]}: expected a kernel, found a text file\n"
    assert done.err.splitlines(keepends=True)[0] == f"boot: Debian GNU/Linux: {fault}"
    assert f"kernel   /boot/vmlinuz-{KERNELS[1]}\n" in done.out
    done = run_applet("boot", "--dry-run", "--entry", "1", "--root", root)
    assert done.status == 1
    assert done.err.endswith("boot: no entry could be loaded; boot --explain says what there is\n")


@pytest.mark.parametrize(
    ("linux", "line"),
    [(True, "ro console=ttyS0"), (False, "ro console=com1,vga")],
    ids=["Linux", "Xen"],
)
def test_the_running_console_is_for_linux(monkeypatch, linux, line):
    monkeypatch.setattr(type(HERE), "text", lambda self, path: "console=ttyS0 quiet\n")
    entry = BootEntry("0", "T", source="grub.cfg")
    entry.cmdline, entry.linux = "ro console=com1,vga", linux
    assert boot.command_line(boot.COMMAND.parse([]), entry) == line


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ["--append", "a=1", "--append", "b"],
            "ro console=tty0 console=ttyS0,115200n8 quiet a=1 b",
        ),
        (["--remove", "quiet,ro"], "console=tty0 console=ttyS0,115200n8"),
        (["--remove", "console", "--append", "console=hvc0"], "ro quiet console=hvc0"),
    ],
)
def test_the_command_line_as_the_options_change_it(disk, options, line):
    done = run_applet("boot", "--dry-run", *options, "--root", f"{disk},uuid={UUID}")
    assert f"cmdline  root=/dev/sda {line}\n" in done.out


def test_an_initrd_that_was_cut_off(disk):
    path = disk / f"boot/initrd.img-{KERNELS[0]}"
    path.write_bytes(gzip.compress(bytes(range(256)) * 40)[:-20])
    done = run_applet("boot", "--dry-run", "--root", f"{disk},uuid={UUID}")
    assert done.status == 0
    assert done.err.splitlines()[0] == (
        f"boot: Debian GNU/Linux: {path}: gzip data at offset 0x0: expected the end of its stream,"
        " found the end of the file; it was cut off"
    )
    assert f"kernel   /boot/vmlinuz-{KERNELS[1]}\n" in done.out


def test_several_directories_are_several_disks(disk, tmp_path):
    """Boot and root file systems of their own: grub.cfg finds its kernels by UUID."""
    other = tmp_path / "other"
    (other / "grub").mkdir(parents=True)
    (disk / "boot/grub/grub.cfg").unlink()
    (other / "grub/grub.cfg").write_text(
        f"search --set=root --fs-uuid {UUID}\n"
        f"menuentry M {{ linux /boot/vmlinuz-{KERNELS[0]} a }}\n"
    )
    roots = ["--root", f"{other},label=BOOT", "--root", f"{disk},uuid={UUID}"]
    done = run_applet("boot", "--list", *roots)
    assert (done.status, done.err) == (0, "")
    assert done.out == f"  1 * {'M':<52} {other}\n"
    done = run_applet("boot", "--list", *roots[:2])
    assert done.status == 1
    assert done.out.splitlines()[0] == f"  1 ! {'M':<52} {other}"


def test_a_number_is_the_one_that_the_list_shows(disk):
    """GRUB's own ids begin with 0."""
    lines = [f"menuentry M{n} {{ linux /boot/vmlinuz-{KERNELS[0]} m{n} }}\n" for n in range(3)]
    (disk / "boot/grub/grub.cfg").write_text("".join(lines))
    for word, title in [("2", "M1"), ("3", "M2"), ("0", "M0"), ("99999999999", "")]:
        done = run_applet("boot", "--dry-run", "--entry", word, "--root", str(disk))
        assert done.out.partition("\n")[0] == (f"entry    {title}" if title else "")


def test_explain_says_what_was_passed_over(disk):
    (disk / "boot/grub/grub.cfg").write_text("menuentry M { frobnicate; linux /gone }")
    done = run_applet("boot", "--explain", "--root", str(disk))
    assert (done.status, done.err) == (1, "")
    lines = done.out.splitlines()
    assert lines[:4] == [
        f"{disk}: /boot/grub/grub.cfg: 39 bytes",
        f"  1 ! {'M':<52} {disk}",
        "      kernel /gone is missing",
        "      note: line 1: unknown command 'frobnicate'",
    ]
    # What a person may start all the same.
    assert lines[4] == f"  2   {f'found: {KERNELS[0]}':<52} {disk}"


SAVED = [
    pytest.param([], "next_entry=2", ["next_entry="], id="the one-time choice is used up"),
    pytest.param([], "saved_entry=0", ["saved_entry=gnulinux-simple-"], id="the default is saved"),
    pytest.param(["--once"], "saved_entry=0", [], id="the default stays"),
    pytest.param(["--once"], "next_entry=2", ["next_entry="], id="once clears it, too"),
]


@pytest.mark.parametrize(("options", "setting", "changes"), SAVED)
def test_what_would_be_written_is_said(disk, options, setting, changes):
    block = f"# GRUB Environment Block\n{setting}\n".ljust(1024, "#")
    (disk / "boot/grub/grubenv").write_text(block)
    config = (DATA / "debian-12-saved-grub.cfg").read_bytes()
    (disk / "boot/grub/grub.cfg").write_bytes(config)
    (disk / "boot/intel-ucode.img").write_bytes(b"microcode")
    root = ["--root", f"{disk},uuid={UUID}"]
    done = run_applet("boot", "--dry-run", *options, *root)
    assert done.status == 0
    lines = [line for line in done.err.splitlines() if "grubenv" in line]
    assert len(lines) == len(changes)
    for line, change in zip(lines, changes, strict=True):
        assert line.startswith(f"boot: /boot/grub/grubenv: {change}")
        assert line.endswith(": not written, there is no --write")
    done = run_applet("boot", "--dry-run", "--write", *options, *root)
    assert [line[:30] for line in done.out.splitlines() if line.startswith("write")] == [
        f"write    /boot/grub/grubenv: {change}"[:30] for change in changes
    ]
    # A rehearsal writes nothing.
    assert (disk / "boot/grub/grubenv").read_text() == block


@pytest.mark.parametrize(
    ("word", "kernel"),
    [("4", KERNELS[1]), ("Debian GNU/Linux", KERNELS[0]), ("37-amd64 (recovery", KERNELS[1])],
)
def test_an_entry_by_number_title_or_part_of_it(disk, word, kernel):
    done = run_applet("boot", "--dry-run", "--entry", word, "--root", f"{disk},uuid={UUID}")
    assert done.status == 0
    assert f"vmlinuz-{kernel}" in done.out


def test_json(disk):
    done = run_applet("boot", "--json", "--root", f"{disk},uuid={UUID}")
    values = json.loads(done.out)
    assert list(values) == ["devices", "entries", "faults", "looked"]
    first = values["entries"][0]
    assert (first["number"], first["default"], first["bootable"]) == (1, True, True)
    assert first["kernel"].endswith(f"/boot/vmlinuz-{KERNELS[0]}")
    assert (first["source"], first["why"]) == ("/boot/grub/grub.cfg", "")
    text = (Path(__file__).parents[2] / "docs/boot.md").read_text()
    schema = text.partition("## `--json`")[2].partition("##")[0]
    keys = {*values, *first, "path", "size", "type", "uuid", "label", "partuuid", "fault"}
    assert [key for key in keys if key not in schema] == []


def test_a_missing_kernel_does_not_stop_the_others(disk):
    (disk / f"boot/vmlinuz-{KERNELS[0]}").unlink()
    root = f"{disk},uuid={UUID}"
    done = run_applet("boot", "--list", "--root", root)
    assert done.status == 0
    assert f"kernel /boot/vmlinuz-{KERNELS[0]} is missing" in done.out
    done = run_applet("boot", "--dry-run", "--root", root)
    assert f"kernel   /boot/vmlinuz-{KERNELS[1]}\n" in done.out
    done = run_applet("boot", "--entry", "1", "--root", root)
    assert done.status == 1
    assert done.err.startswith("boot: Debian GNU/Linux: kernel /boot/vmlinuz")


def test_a_list_of_nothing_says_so(tmp_path):
    done = run_applet("boot", "--list", "--root", str(tmp_path))
    assert (done.status, done.err) == (1, "")
    assert done.out.splitlines()[0] == "nothing to boot:"
    done = run_applet("boot", "--explain", "--root", str(tmp_path))
    assert done.out.splitlines()[-1] == "nothing to boot"


def test_nothing_to_boot_says_what_was_looked_at(tmp_path):
    done = run_applet("boot", "--root", str(tmp_path))
    assert (done.status, done.out) == (1, "")
    lines = done.err.splitlines()
    assert lines[0] == "boot: nothing to boot:"
    assert str(tmp_path) in lines[1]


@pytest.mark.parametrize(
    ("args", "status", "line"),
    [
        (["--root", "/x,uid=1"], 2, "boot: --root: expected DIR,uuid=U,label=L, found '/x,uid=1'"),
        (["--root", "/nowhere"], 1, "boot: /nowhere: no such file or directory"),
        (["extra"], 2, "boot: unexpected operand 'extra'; usage: boot [OPTION]..."),
    ],
)
def test_bad_input(args, status, line):
    done = run_applet("boot", *args)
    assert (done.status, done.out, done.err) == (status, "", line + "\n")


def test_an_entry_that_is_not_there(disk):
    done = run_applet("boot", "--entry", "windows", "--root", f"{disk},uuid={UUID}")
    assert done.err == "boot: no entry 'windows'; boot --list shows what there is\n"


def test_what_cannot_be_loaded_is_said_for_every_entry(disk):
    for release in KERNELS:
        (disk / f"boot/vmlinuz-{release}").write_bytes(b"kernel")
    done = run_applet("boot", "--root", f"{disk},uuid={UUID}", "--load")
    assert done.status == 1
    lines = done.err.splitlines()
    assert len(lines) == 6
    assert lines[0].startswith(
        f"boot: Debian GNU/Linux: {disk}/boot/vmlinuz-{KERNELS[0]}: expected"
    )
    assert lines[-1] == "boot: no entry could be loaded; boot --explain says what there is"


def test_a_kernel_that_was_cut_off_is_refused_and_the_next_one_tried(disk):
    whole = bytearray(bzimage())
    struct.pack_into("<II", whole, 0x248, 16, 4080)
    (disk / f"boot/vmlinuz-{KERNELS[0]}").write_bytes(whole[:-1])
    done = run_applet("boot", "--root", f"{disk},uuid={UUID}", "--load")
    lines = done.err.splitlines()
    assert lines[0] == (
        f"boot: Debian GNU/Linux: {disk}/boot/vmlinuz-{KERNELS[0]}: bzImage: payload_length at"
        " offset 0x24c: expected a file of 0x1a00 bytes, found 0x19ff; the file is cut short"
    )
    assert any(f"vmlinuz-{KERNELS[1]}" in line for line in lines[1:])


EXPECTED = "uroot.timeout: expected a number such as 4096 or 0x1000, found"
TIMEOUTS = [
    pytest.param("quiet", [], 7, "", id="the disk's"),
    pytest.param("uroot.timeout=3", [], 3, "", id="command line"),
    pytest.param("uroot.timeout=3", ["--timeout", "5"], 5, "", id="option"),
    pytest.param("uroot.timeout=banana", ["--timeout", "5"], 5, "", id="option before nonsense"),
    pytest.param("uroot.timeout=-1", [], None, "", id="for ever"),
    pytest.param("uroot.timeout=0", [], 0, "", id="no menu"),
    pytest.param("uroot.timeout=1 uroot.timeout=2", [], 2, "", id="the last"),
    *(
        pytest.param(f"uroot.timeout={word}", [], 7, f"{EXPECTED} {word!r}", id=word or "nothing")
        for word in ("banana", "-5", "", "1.5", "3s", "0x", "1e3")
    ),
]


@pytest.mark.parametrize(("line", "options", "seconds", "said"), TIMEOUTS)
def test_how_long_the_menu_waits(line, options, seconds, said, tmp_path, monkeypatch):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cmdline").write_text(f"{line}\n")
    monkeypatch.setattr(HERE, "top", str(tmp_path))
    survey = Survey()
    survey.timeout = 7
    lines: list[str] = []
    given = boot.COMMAND.parse(options)
    assert boot.timeout(given, survey, lines.append) == seconds
    assert lines == ([f"{said}; the menu waits 7 s"] if said else [])


def test_a_defect_of_ours_is_the_fault_of_one_entry(disk, monkeypatch):
    from uroot_py.boot import load

    def check(source):
        if KERNELS[0] in source.name:
            raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(load, "_check_initrd", check)
    done = run_applet("boot", "--dry-run", "--root", f"{disk},uuid={UUID}")
    assert done.status == 0
    fault, *_ = done.err.splitlines()
    assert fault.startswith("boot: Debian GNU/Linux: internal error: tests/cmds/test_boot.py line ")
    assert fault.endswith(": ZeroDivisionError: division by zero")
    assert f"kernel   /boot/vmlinuz-{KERNELS[1]}\n" in done.out


def test_a_kernel_that_unpacks_to_more_than_there_is_memory(disk, monkeypatch):
    monkeypatch.setattr(child, "available", lambda: 0)
    (disk / f"boot/vmlinuz-{KERNELS[0]}").write_bytes(gzip.compress(bytes(256 << 20), 1))
    done = run_applet("boot", "--dry-run", "--root", f"{disk},uuid={UUID}")
    assert done.status == 0
    assert done.err.splitlines()[0] == (
        "boot: Debian GNU/Linux: it needs more than the 64.0 MiB of memory that are left"
    )
    assert f"kernel   /boot/vmlinuz-{KERNELS[1]}\n" in done.out
