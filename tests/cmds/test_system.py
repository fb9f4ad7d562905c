"""System applets whose output no other tool prints in the same way."""

import os
import re

import pytest

from tests.support.applet import run_applet
from uroot_py.base.errors import RefusedError
from uroot_py.machine import handover


def test_ps_shows_this_process():
    done = run_applet("ps", "-o", "pid,ppid=PARENT", "-o", "user,comm", "-p", str(os.getpid()))
    heading, line = done.out.splitlines()
    assert heading.split() == ["PID", "PARENT", "USER", "COMMAND"]
    assert line.split()[:2] == [str(os.getpid()), str(os.getppid())]


def test_ps_without_headings():
    done = run_applet("ps", "-p", str(os.getpid()), "-o", "pid=")
    assert done.out.split() == [str(os.getpid())]


@pytest.mark.parametrize("args", [[], ["aux"], ["-ef"]], ids=["plain", "aux", "ef"])
def test_ps_shows_every_process(args):
    pids = {line.split()[0] for line in run_applet("ps", *args).out.splitlines()}
    assert {"PID", "1", str(os.getpid())} <= pids


def test_ps_unknown_field():
    done = run_applet("ps", "-o", "pid,shoe")
    assert done.err == "ps: unknown field 'shoe'; usage: ps [-o FIELD,...] [-p PID,...]\n"


def test_free_agrees_with_the_kernel():
    lines = run_applet("free", "-bt").out.splitlines()
    assert lines[0].split() == ["total", "used", "free", "shared", "buff/cache", "available"]
    rows = {line.split()[0]: [int(word) for word in line.split()[1:]] for line in lines[1:]}
    assert rows["Mem:"][0] == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert rows["Total:"][0] == rows["Mem:"][0] + rows["Swap:"][0]


def test_uptime():
    line = run_applet("uptime").out
    assert re.fullmatch(
        r" \d\d:\d\d:\d\d up ((\d+ days?, )?( ?\d+:\d\d|\d+ min)),  load average: [\d., ]+\n", line
    )
    assert run_applet("uptime", "-p").out.startswith("up ")


def test_lspci_reads_sysfs():
    done = run_applet("lspci", "-n")
    assert done.status == 0
    for line in done.out.splitlines():
        assert re.match(r"[0-9a-f:.]+ [\w ]+ \[[0-9a-f]{4}\]: [0-9a-f]{4}:[0-9a-f]{4}", line)


def test_efivar(tmp_path):
    owner = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
    (tmp_path / f"BootOrder-{owner}").write_bytes(b"\7\0\0\0\1\0\2\0")
    (tmp_path / f"Short-{owner}").write_bytes(b"\7\0")
    top = f"--dir={tmp_path}"
    assert run_applet("efivar", top).out == f"{owner}-BootOrder\n{owner}-Short\n"
    assert run_applet("efivar", top, "-d", "BootOrder").raw == b"\1\0\2\0"
    assert run_applet("efivar", top, f"BootOrder-{owner}").out == (
        f"{owner}-BootOrder\nnon-volatile, boot service access, runtime access\n"
        "00000000  01 00 02 00                                       |....|\n"
    )
    assert run_applet("efivar", top, "Short").err == (
        f"efivar: Short-{owner}: variable at offset 0x0: expected 4 bytes of attributes, found 2\n"
    )


def test_tpm(tmp_path):
    for bank, number, value in (("sha1", 0, "AB"), ("sha256", 10, "CD"), ("sha256", 7, "EF")):
        (tmp_path / f"tpm0/pcr-{bank}").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"tpm0/pcr-{bank}/{number}").write_text(f"{value}\n")
    (tmp_path / "tpm0/tpm_version_major").write_text("2\n")
    top = f"--dir={tmp_path}"
    assert run_applet("tpm", top).out == (
        "tpm0: version 2\nsha1     0 ab\nsha256   7 ef\nsha256  10 cd\n"
    )
    assert run_applet("tpm", top, "7").out == "tpm0: version 2\nsha256   7 ef\n"
    assert run_applet("tpm", top, "x").err.startswith("tpm: expected the numbers of registers; ")
    assert run_applet("tpm", f"--dir={tmp_path}/none").err == (
        "tpm: no TPM; is it switched on in the firmware's setup?\n"
    )


def test_switch_root_wants_a_mounted_root(tmp_path):
    done = run_applet("switch_root", str(tmp_path), "/sbin/init")
    assert done.err == (
        f"switch_root: {tmp_path}: it is not a mount point; mount the new root there\n"
    )


def test_switch_root_wants_an_initramfs():
    done = run_applet("switch_root", "/proc", "/version")
    assert done.err == ("switch_root: /: it is not an initramfs, what is in it would be deleted\n")


def test_nobody_asks_a_process_1_that_is_not_ours():
    with pytest.raises(RefusedError, match=r"^process 1 is not uroot's init, nobody can be asked$"):
        handover.ask(["switch_root"])
    assert handover.asked() == []


def test_reset_and_clear():
    assert run_applet("clear").raw == b"\033[H\033[2J\033[3J"
    assert run_applet("reset").raw == b"\033c\033[m"
