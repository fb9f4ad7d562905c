"""The runner as a command, and the cases it collects."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cmds.table import TABLE
from initramfs import target
from scripts import fetch_kernel, make_disk, test_kvm
from scripts.builders.kernels import arm64_image, bzimage
from scripts.vmtest import image, report
from scripts.vmtest.case import Case
from scripts.vmtest.machine import ENGINES
from tests.vm import shell
from uroot_py.base.errors import RefusedError
from uroot_py.vmm.probe import probe

ROOT = Path(__file__).parents[2]


def runner(*args, **environment):
    return subprocess.run(
        [sys.executable, ROOT / "scripts/test_kvm.py", *args],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )


def test_cases_have_their_own_names_and_known_disks():
    cases = test_kvm.collect()
    names = [case.name for case in cases]
    assert len(set(names)) == len(names)
    assert {disk for case in cases for disk in case.disks} <= set(make_disk.DISKS)


def test_every_applet_is_run_in_the_image():
    commands = [run.command for run in (*shell.WORK, *shell.helps())]
    words = {word for command in commands for word in command.replace("'", " ").split()}
    assert {row.name for row in TABLE} <= {word.rpartition("/")[2] for word in words}


CHOICES = [
    pytest.param([], lambda case: "quick" in case.tags, id="quick"),
    pytest.param(["--slow"], lambda case: not case.tags & {"quick", "matrix"}, id="slow"),
    pytest.param(
        ["--all", "--slow"], lambda case: not case.tags & {"quick", "matrix"}, id="slow of all"
    ),
    pytest.param(["--all"], lambda case: "matrix" not in case.tags, id="all"),
    pytest.param(["-k", "boot"], lambda case: "boot" in case.name, id="by name"),
    pytest.param(["-k", "matrix."], lambda case: "matrix" in case.tags, id="the matrix"),
]


@pytest.mark.parametrize(("args", "chosen"), CHOICES)
def test_the_choice_of_cases_is_told_without_a_guest(args, chosen):
    done = runner("--list", *args)
    assert done.returncode == 0
    names = [line.split()[0] for line in done.stdout.splitlines()]
    cases = [case for case in test_kvm.collect() if case.arch == target.choose().debian]
    assert names == [case.name for case in cases if chosen(case)]


@pytest.mark.parametrize("arch", ["arm64", "riscv64"])
def test_cases_of_another_machine(arch):
    names = [case.name for case in test_kvm.collect() if case.arch == arch]
    done = runner("--list", "--all", "--arch", arch)
    assert [line.split()[0] for line in done.stdout.splitlines()] == names
    assert names


WRONG = [
    pytest.param(
        ["-k", "nothing"],
        1,
        "test_kvm: no case has 'nothing' in its name; --all --list shows them\n",
        id="no such case",
    ),
    pytest.param(
        ["--kernel", "riscv"],
        1,
        "test_kvm: no kernel flavour 'riscv'; known: cloud-amd64, amd64, cloud-arm64, arm64,"
        " riscv64, backports-cloud-amd64, or SUITE/FLAVOUR of bullseye, bookworm, trixie,"
        " trixie-backports\n",
        id="no such kernel",
    ),
    pytest.param(["run", "/none"], 1, "test_kvm: /none: no such file\n", id="no kernel"),
]


@pytest.mark.parametrize(("args", "status", "message"), WRONG)
def test_wrong_calls(args, status, message):
    done = runner(*args)
    assert (done.returncode, done.stderr) == (status, message)


def test_an_image_for_another_kernel(tmp_path):
    kernel = tmp_path / "cloud-arm64/vmlinuz"
    kernel.parent.mkdir()
    kernel.write_bytes(arm64_image() + b"\0Linux version 6.12.1-arm64 (x) #1")
    built = tmp_path / "image"
    built.write_bytes(image.archive({"lib/modules/6.12.1-arm64/x.ko": b"x"}))
    test_kvm.fits(built, kernel)
    built.write_bytes(image.archive({"lib/modules/6.1.0-1/x.ko": b"x"}))
    with pytest.raises(RefusedError) as caught:
        test_kvm.fits(built, kernel)
    assert str(caught.value) == (
        f"{built}: its modules are for 6.1.0-1, but {kernel} is 6.12.1-arm64;"
        " run `make initramfs KERNEL=build/kernels/cloud-arm64`"
    )


def test_a_kernel_in_place_of_another(monkeypatch, tmp_path):
    monkeypatch.setattr(fetch_kernel, "BUILD", tmp_path)
    monkeypatch.setitem(fetch_kernel.STAND_INS, "cloud-amd64", "backports-cloud-amd64")
    for name in ("cloud-amd64", "backports-cloud-amd64"):
        (tmp_path / "kernels" / name).mkdir(parents=True)
        (tmp_path / "kernels" / name / "release").write_text(name)
    newer = tmp_path / "kernels/backports-cloud-amd64"
    assert fetch_kernel.fetch("cloud-amd64") == newer == fetch_kernel.fetch(newer.name)


def test_an_unknown_engine_is_a_usage_error():
    done = runner("--engine", "none")
    assert done.returncode == 2
    assert "invalid choice: 'none'" in done.stderr


NEEDS = [
    pytest.param({}, "vmm", "", id="nothing"),
    pytest.param({"disks": ("empty",)}, "vmm", "", id="disks"),
    pytest.param(
        {"needs": frozenset({"pci", "net"})}, "vmm", "no network card, no PCI bus", id="two"
    ),
    pytest.param({"devices": ("-nic", "user")}, "vmm", "no devices of QEMU", id="QEMU's"),
    pytest.param({"devices": ("-nic", "user")}, "qemu-tcg", "", id="QEMU has its own"),
]


@pytest.mark.parametrize(("words", "engine", "missing"), NEEDS)
def test_what_a_case_needs_and_an_engine_has_not(words, engine, missing):
    assert Case("a", [], **words).missing(ENGINES[engine]) == missing


def test_a_case_goes_where_it_can_be_run(capsys):
    case, vmm = Case("a", [], needs=frozenset({"pci"})), ENGINES["vmm"]
    assert test_kvm.able(Case("b", []), vmm, "auto") is vmm
    assert test_kvm.able(case, vmm, "auto") is ENGINES["qemu-kvm"]
    assert test_kvm.able(case, vmm, "vmm") is None
    said = "on qemu-kvm  a: vmm has no PCI bus\nnot run  a: vmm has no PCI bus\n"
    assert capsys.readouterr().out == said


VERDICT = probe(limit=30)


@pytest.mark.skipif(
    VERDICT.kind not in ("emulated", "good"), reason=f"no guest runs here: {VERDICT}"
)
def test_run_gives_the_console_of_our_own_machine(tmp_path):
    # The command line, printed: esi + cmd_line_ptr; lodsb; out COM1. Then SLP_EN.
    code = "8bb628020000 66baf803 ac 84c0 7403 ee ebf8 66ba0406 66b80034 66ef ebfe"
    kernel = tmp_path / "kernel"
    kernel.write_bytes(bzimage(b"\x90" * 0x200 + bytes.fromhex(code) + bytes(512)))
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(512))
    words = ["--engine", "vmm", "run", kernel, "--append", "x=1", "--disk", disk]
    done = runner(*map(str, words))
    assert done.returncode == 0
    assert done.stdout == (
        "engine: vmm (as asked); Ctrl-A X ends the machine\n"
        "console=ttyS0 quiet panic=-1 reboot=k pci=off x=1"
    )
    assert done.stderr.startswith("\nvmm: powered off (")


# What goes wrong while the parts of a case are made -> what its result says.
BROKEN = [
    pytest.param(
        subprocess.CalledProcessError(44, ["lz4", "-dc", "x"]),
        "preparation: Command '['lz4', '-dc', 'x']' returned non-zero exit status 44.",
        id="a tool",
    ),
    pytest.param(
        FileNotFoundError("xen: no boot/xen-*.gz"),
        "preparation: xen: no boot/xen-*.gz",
        id="a file",
    ),
]


@pytest.mark.parametrize(("error", "failure"), BROKEN)
def test_a_case_that_cannot_be_prepared_fails_alone(error, failure, monkeypatch, tmp_path):
    def broken():
        raise error

    monkeypatch.setattr(test_kvm, "KEPT", tmp_path)
    monkeypatch.setattr(image, "built", lambda _arch: tmp_path / "image")
    case = Case("test.broken", steps=[], files=broken)
    results = test_kvm.run_cases([(case, ENGINES["qemu-tcg"]), (case, ENGINES["qemu-tcg"])], 1)
    assert [result.failure for result in results] == [failure, failure]


def test_a_case_of_several_machines_passes_when_all_do(monkeypatch, tmp_path):
    ends = iter(["", "no answer", ""])

    def play_once(case, engine, folder):
        return report.Result(case.name, [("the step", 2.0)], next(ends), f"kept in {folder.name}")

    monkeypatch.setattr(test_kvm, "play_once", play_once)
    result = test_kvm.play(Case("test.three", steps=[], times=3), ENGINES["qemu-tcg"])
    assert result.steps == [("2 of 3 tries", 6.0)]
    assert result.failure == "2 of 3 tries passed; try 2: no answer"
    assert result.tail == "kept in try-2"


@pytest.mark.parametrize(
    ("starved", "starts", "failed"),
    [
        pytest.param(0, 1, False, id="never"),
        pytest.param(2, 3, False, id="twice"),
        pytest.param(99, test_kvm.STARTS, True, id="always"),
    ],
)
def test_a_starved_machine_is_started_again(monkeypatch, tmp_path, starved, starts, failed):
    started = []

    def once(case, engine, folder):
        started.append(folder)
        short = len(started) <= starved
        return report.Result("x", [("power on", 1.0)], "no ticks" if short else "", starved=short)

    monkeypatch.setattr(test_kvm, "play_once", once)
    result = test_kvm.play_fed(Case("x", ()), ENGINES["qemu-tcg"], tmp_path)
    assert len(started) == starts
    assert bool(result.failure) == failed
    again = [("starved, started again", float(n)) for n in range(1, starts)]
    assert result.steps == [*again[-1:], ("power on", 1.0)]
