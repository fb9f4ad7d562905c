"""Why a load was refused: every errno with its cause and next step, to the letter."""

import errno
import os

import pytest

from scripts.builders.kernels import arm64_image, bzimage
from uroot_py.abi.libc import MACHINE
from uroot_py.base.errors import KernelError, LoadError
from uroot_py.base.ranges import Range
from uroot_py.kexec.diagnose import SIGNATURE_ERRNOS, does_not_know, explain, handover, lockdown
from uroot_py.kexec.load import load_plan
from uroot_py.machine.sysroot import Sysroot
from uroot_py.payload.plan import Plan, Segment, Segments
from uroot_py.payload.request import KernelFile, Kind, identify

BZIMAGE = identify(bzimage())
ARM = Kind("Image", "an arm64 Image", "aarch64" if MACHINE == "x86_64" else "x86_64")
SIGN = "sign it with a key in the kernel's keyrings, or boot this machine without enforcement"


@pytest.fixture
def machine(tmp_path):
    """A machine whose kernel has kexec and locks nothing."""
    for name, text in {
        "sys/kernel/kexec_loaded": "0\n",
        "sys/kernel/security/lockdown": "[none] integrity confidentiality\n",
        "proc/sys/kernel/kexec_load_disabled": "0\n",
        "proc/sys/kernel/kexec_load_limit_reboot": "-1\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


FILE_LOAD = [
    pytest.param(
        errno.ENOSYS,
        BZIMAGE,
        "ENOSYS: this kernel has no CONFIG_KEXEC_FILE; use kexec -c (kexec_load)",
        id="no call",
    ),
    pytest.param(
        errno.ENOEXEC,
        Kind("gzip", "a gzip-compressed file"),
        "ENOEXEC: it is a gzip-compressed file; unpack it, or use kexec -c, which unpacks",
        id="compressed",
    ),
    pytest.param(
        errno.ENOEXEC,
        ARM,
        f"ENOEXEC: it is an arm64 Image, this machine is {MACHINE}; use a kernel for {MACHINE}",
        id="another architecture",
    ),
    pytest.param(
        errno.EINVAL,
        BZIMAGE,
        "EINVAL: this kernel cannot load an x86 bzImage; use kexec -c (kexec_load)",
        id="refused",
    ),
    pytest.param(
        errno.ENODATA,
        BZIMAGE,
        f"ENODATA: the image is not signed, and this kernel loads only signed ones; {SIGN}",
        id="no signature",
    ),
    pytest.param(
        errno.ENOKEY,
        BZIMAGE,
        f"ENOKEY: the image is signed with a key that this kernel does not trust; {SIGN}",
        id="key",
    ),
    pytest.param(
        errno.EBUSY,
        BZIMAGE,
        "EBUSY: another kexec is being loaded or started; try again",
        id="busy",
    ),
    pytest.param(
        errno.ETXTBSY,
        BZIMAGE,
        "ETXTBSY: somebody has the file open for writing; close it, or copy the file",
        id="open for writing",
    ),
    pytest.param(errno.EIO, BZIMAGE, "EIO: input/output error", id="anything else"),
]


@pytest.mark.parametrize(("number", "kind", "text"), FILE_LOAD)
def test_kexec_file_load(machine, number, kind, text):
    error = explain(
        KernelError("kexec_file_load", number, subject="/k"), kind, Sysroot(str(machine))
    )
    assert str(error) == f"kexec_file_load /k: {text}"


EPERM = [
    pytest.param(
        {}, "kexec_load", "this process lacks CAP_SYS_BOOT; run it outside the container", id="caps"
    ),
    pytest.param(
        {"sys/kernel/security/lockdown": "none [integrity] confidentiality\n"},
        "kexec_load",
        "kernel lockdown is on (integrity); use kexec -s with a signed kernel",
        id="lockdown",
    ),
    pytest.param(
        {"sys/kernel/security/lockdown": "none integrity [confidentiality]\n"},
        "kexec_file_load",
        "kernel lockdown is on (confidentiality) and the image has no signature that it trusts;"
        f" {SIGN}",
        id="lockdown and an unsigned image",
    ),
    pytest.param(
        {"proc/sys/kernel/kexec_load_disabled": "1\n"},
        "kexec_load",
        "kernel.kexec_load_disabled is 1; it stays so until the machine is restarted",
        id="disabled",
    ),
    pytest.param(
        {"proc/sys/kernel/kexec_load_limit_reboot": "0\n"},
        "kexec_load",
        "the limit kernel.kexec_load_limit_reboot is used up; restart the machine",
        id="limit",
    ),
]


@pytest.mark.parametrize(("files", "call", "text"), EPERM)
def test_eperm(machine, monkeypatch, files, call, text):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for name, value in files.items():
        (machine / name).write_text(value)
    error = explain(KernelError(call, errno.EPERM), BZIMAGE, Sysroot(str(machine)))
    assert str(error) == f"{call}: EPERM: {text}"


def test_without_root(machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    error = explain(KernelError("kexec_load", errno.EPERM), None, Sysroot(str(machine)))
    assert str(error) == "kexec_load: EPERM: only root may load a kernel; run it as root"


def test_lockdown(machine):
    assert lockdown(Sysroot(str(machine))) == "none"
    assert lockdown(Sysroot(str(machine / "nowhere"))) == ""


def test_signature_errors_are_no_reason_to_try_another_way():
    kernel = KernelFile("k", bzimage())
    assert not any(does_not_know(number, kernel, 4096) for number in SIGNATURE_ERRNOS)
    assert {number for number in errno.errorcode if does_not_know(number, kernel, 4096)} == {
        *(errno.ENOSYS, errno.EINVAL, errno.ENOEXEC, errno.ENOTSUP, errno.EADDRNOTAVAIL)
    }


PAGES = [
    pytest.param(0, 4096, True, id="it does not say"),
    pytest.param(1, 4096, True, id="those of the running kernel"),
    pytest.param(3, 4096, False, id="64 KiB, which the processor may not have"),
    pytest.param(3, 65536, True, id="64 KiB, and the running kernel has them"),
]


@pytest.mark.parametrize(("bits", "page_size", "may"), PAGES)
def test_arm64_refuses_pages_that_the_processor_does_not_have(bits, page_size, may):
    kernel = KernelFile("k", arm64_image(flags=8 | bits << 1))
    assert does_not_know(errno.EINVAL, kernel, page_size) is may
    assert does_not_know(errno.ENOEXEC, kernel, page_size)


HANDOVER = [
    pytest.param("quiet kho=on", False, True, id="asked for"),
    pytest.param("kho=off", True, False, id="switched off"),
    pytest.param("quiet", True, True, id="on by the configuration"),
    pytest.param("quiet", False, False, id="not there"),
]


@pytest.mark.parametrize(("line", "shown", "on"), HANDOVER)
def test_handover(machine, line, shown, on):
    (machine / "proc/cmdline").write_text(line + "\n")
    if shown:
        (machine / "sys/kernel/debug/kho").mkdir(parents=True)
    assert handover(Sysroot(str(machine))) is on
    error = explain(
        KernelError("kexec_file_load", errno.EADDRNOTAVAIL), BZIMAGE, Sysroot(str(machine))
    )
    assert str(error) == "kexec_file_load: EADDRNOTAVAIL: " + (
        "Kexec HandOver is on (kho=): this call uses its scratch memory only, which is full;"
        " use kexec -c (kexec_load), or start this machine with kho=off"
        if on
        else "no place in memory is free for it; make the initrd smaller"
    )


def test_ima(machine):
    (machine / "sys/kernel/security/ima").mkdir()
    error = explain(KernelError("kexec_file_load", errno.EACCES), BZIMAGE, Sysroot(str(machine)))
    assert str(error) == (
        "kexec_file_load: EACCES: IMA appraises kernels here, and this file has no signature"
        " (security.ima) it trusts; sign it with a key in the kernel's .ima keyring"
    )


def test_processors_that_cannot_be_taken_away(machine):
    (machine / "dev").mkdir()
    log = b"6,1,0,-;Booting Linux\n4,2,9,-;Can't kexec: CPUs are stuck in the kernel.\n"
    (machine / "dev/kmsg").write_bytes(log)
    error = explain(KernelError("kexec_load", errno.EBUSY), None, Sysroot(str(machine)))
    assert str(error) == (
        "kexec_load: EBUSY: processors of this machine cannot be taken from the kernel"
        " (spin-table); only firmware with PSCI lets arm64 machines do it; start with maxcpus=1"
    )


def test_a_refused_plan_keeps_what_was_asked():
    if os.path.exists("/sys/kernel/kexec_loaded"):
        pytest.skip("this kernel has kexec")
    plan = Plan("test", MACHINE, "long", 0x100000, {})
    plan.segments = Segments([Segment(b"code", Range(0x100000, 0x101000), "kernel")])
    with pytest.raises(LoadError) as caught:
        load_plan(plan)
    error = caught.value
    assert (error.errno, error.entry, error.flags) == (errno.ENOSYS, 0x100000, 0)
    assert error.segments == ["[0x100000, 0x101000) kernel"]
    assert str(error) == (
        "kexec_load entry 0x100000, flags 0x0, segments [0x100000, 0x101000) kernel: ENOSYS: this"
        " kernel was built without kexec; use one with CONFIG_KEXEC"
    )
