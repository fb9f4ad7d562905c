"""boot on directories: what would be started, what would not and why. Nothing needs root."""

import json
from pathlib import Path

import pytest

from tests.support.applet import run_applet

DATA = Path(__file__).parents[1] / "data" / "bootconfig"
UUID = "11111111-2222-3333-4444-555555555555"
KERNELS = ("6.1.0-40-amd64", "6.1.0-37-amd64")


@pytest.fixture
def disk(tmp_path):
    """A file system as Debian leaves it: grub.cfg of grub-mkconfig, two kernels."""
    (tmp_path / "boot/grub").mkdir(parents=True)
    (tmp_path / "boot/grub/grub.cfg").write_bytes((DATA / "debian-12-grub.cfg").read_bytes())
    for release in KERNELS:
        (tmp_path / f"boot/vmlinuz-{release}").write_bytes(b"kernel")
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
    done = run_applet("boot", "--root", f"{disk},uuid={UUID}", "--load")
    assert done.status == 1
    lines = done.err.splitlines()
    assert len(lines) == 6
    assert lines[0].startswith(
        f"boot: Debian GNU/Linux: {disk}/boot/vmlinuz-{KERNELS[0]}: expected"
    )
    assert lines[-1] == "boot: no entry could be loaded; boot --explain says what there is"
