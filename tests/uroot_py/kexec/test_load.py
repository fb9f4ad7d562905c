"""Which call loads a kernel, what is said meanwhile, and when the second one is not tried."""

import errno
import os

import pytest

from scripts.builders.kernels import bzimage
from uroot_py.abi import kexec as abi
from uroot_py.base.errors import KernelError, LoadError, PlanError, RefusedError
from uroot_py.kexec import load as loader
from uroot_py.kexec.plan import Job
from uroot_py.kexec.source import in_memory, open_source
from uroot_py.machine.sysroot import Sysroot
from uroot_py.payload.plan import Plan

MIB = 1 << 20


class Kernel:
    """The two calls: what they were given, and the errno that each answers with."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.file_errno = self.load_errno = 0
        self.segments: list[tuple[int, int]] = []
        self.initrd = b""
        self.flags = 0

    def file_load(self, kernel, initrd, cmdline, flags=0):
        self.calls.append("file")
        self.initrd = os.pread(initrd, 1 << 20, 0) if initrd >= 0 else b""
        if self.file_errno:
            raise KernelError("kexec_file_load", self.file_errno)

    def load(self, entry, segments, flags=0):
        self.calls.append("load")
        self.flags = flags
        self.segments = [(start, size) for _, start, size in segments]
        if self.load_errno:
            raise KernelError("kexec_load", self.load_errno)


@pytest.fixture
def kernel(monkeypatch):
    made = Kernel()
    monkeypatch.setattr(abi, "kexec_file_load", made.file_load)
    monkeypatch.setattr(abi, "kexec_load", made.load)
    monkeypatch.setattr(loader, "note", made.calls.append)
    return made


@pytest.fixture
def job(tmp_path):
    """A job for a machine of 1 GiB that is described in a directory."""
    (tmp_path / "vmlinuz").write_bytes(bzimage())
    for number, (start, end) in enumerate([(0, 0x9FBFF), (MIB, (1 << 30) - 1)]):
        folder = tmp_path / f"sys/firmware/memmap/{number}"
        folder.mkdir(parents=True)
        for name, text in (("start", f"{start:#x}"), ("end", f"{end:#x}"), ("type", "System RAM")):
            (folder / name).write_text(text + "\n")
    made = Job(open_source(str(tmp_path / "vmlinuz")), cmdline="quiet")
    made.sysroot = Sysroot(str(tmp_path))
    yield made
    os.close(made.kernel.fd)


def test_the_kernel_reads_the_file_itself_where_it_can(kernel, job):
    said: list[str] = []
    assert loader.load(job, said.append) is None
    assert (kernel.calls, said) == (["file", job.kernel.name], [])


FALLS_BACK = [
    *("ENOSYS", "ENOEXEC", "EINVAL", "ENOTSUP"),
    "EADDRNOTAVAIL",  # Kexec HandOver: its scratch memory is full, the rest of the memory is not
]


@pytest.mark.parametrize("name", FALLS_BACK)
def test_what_it_does_not_know_is_loaded_by_a_plan_and_its_cause_is_not_told(kernel, job, name):
    said: list[str] = []
    kernel.file_errno = getattr(errno, name)
    assert loader.load(job, said.append) is not None
    assert kernel.calls == ["file", "load", job.kernel.name]
    shown = errno.errorcode[kernel.file_errno]
    assert said == [f"{job.kernel.name}: loaded by kexec_load (kexec_file_load: {shown})"]
    assert (0x1000000, 0x3000000) in kernel.segments, "all of init_size"


# Flags in the kernel's header, those of the processor, the method -> the calls, and what is said.
BY_PLAN = "{}: loaded by kexec_load: 5-level paging is on, which this kernel does not keep"
LEVELS = [
    pytest.param(0x3F, "fpu la57", "auto", ["load"], [BY_PLAN], id="it leaves 5 levels"),
    pytest.param(0x7F, "fpu la57", "auto", ["file"], [], id="it stays with them"),
    pytest.param(0x3F, "fpu", "auto", ["file"], [], id="there are 4"),
    pytest.param(0x7F, "fpu la57", "file", ["file"], [], id="it stays, as asked"),
]


@pytest.mark.parametrize(("flags", "cpu", "method", "calls", "lines"), LEVELS)
def test_a_kernel_that_leaves_5_levels(kernel, job, tmp_path, flags, cpu, method, calls, lines):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {cpu}\n")
    (tmp_path / "vmlinuz").write_bytes(bzimage(xloadflags=flags))
    said: list[str] = []
    job.method = method
    loader.load(job, said.append)
    assert kernel.calls == [*calls, job.kernel.name]
    assert said == [line.format(job.kernel.name) for line in lines]


def test_a_kernel_that_would_die_is_not_loaded_by_file(kernel, job, tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("processor\t: 0\nflags\t\t: fpu la57\n")
    (tmp_path / "vmlinuz").write_bytes(bzimage(xloadflags=0x3F))
    job.method = "file"
    with pytest.raises(RefusedError) as caught:
        loader.load(job, lambda line: None)
    assert kernel.calls == []
    assert str(caught.value) == (
        f"{job.kernel.name}: 5-level paging is on, which this kernel does not keep: after"
        " kexec_file_load it would reset the machine; use kexec -c, which enters its 32-bit code,"
        " or start Linux with no5lvl first"
    )


def test_both_causes_are_told_when_the_plan_is_refused_too(kernel, job):
    said: list[str] = []
    kernel.file_errno, kernel.load_errno = errno.ENOEXEC, errno.EBUSY
    with pytest.raises(LoadError, match=r"EBUSY: another kexec is being loaded or started"):
        loader.load(job, said.append)
    (line,) = said
    assert line == (
        f"kexec_file_load {job.kernel.name}: ENOEXEC: this kernel cannot load an x86 bzImage;"
        " use kexec -c (kexec_load)"
    )


@pytest.mark.parametrize("name", ["EKEYREJECTED", "ENODATA", "EPERM", "EACCES", "ENOMEM", "EBUSY"])
def test_what_must_not_be_is_not_tried_another_way(kernel, job, name):
    kernel.file_errno = getattr(errno, name)
    with pytest.raises(KernelError) as caught:
        loader.load(job, lambda line: None)
    assert (caught.value.errno, kernel.calls) == (kernel.file_errno, ["file"])


def test_by_file_only(kernel, job):
    job.method, kernel.file_errno = "file", errno.ENOEXEC
    with pytest.raises(KernelError):
        loader.load(job, lambda line: None)
    assert kernel.calls == ["file"]
    job.check = False
    with pytest.raises(RefusedError, match="takes a kernel, initrds and a command line only"):
        loader.load(job, lambda line: None)


@pytest.mark.parametrize(("crash", "hotplug", "flags"), [(0, 0, 0), (1, 0, 0x1), (1, 1, 0x9)])
def test_flags(kernel, crash, hotplug, flags):
    plan = Plan("test", "x86_64", "long", MIB, {})
    loader.load_plan(plan, crash=crash, hotplug=hotplug)
    assert kernel.flags == flags


def test_by_a_plan_only(kernel, job):
    job.method = "load"
    plan = loader.load(job, lambda line: None)
    assert plan is not None
    assert kernel.calls == ["load", job.kernel.name]


def test_several_initrds_arrive(kernel, job):
    job.initrds = [in_memory(b"one", "one"), in_memory(b"two", "two")]
    loader.load(job, lambda line: None)
    assert kernel.initrd == b"one".ljust(512, b"\0") + b"two"
    for source in job.initrds:
        os.close(source.fd)


def test_a_command_line_that_the_kernel_does_not_take(kernel, job):
    job.request.cmdline = b"x" * 2047
    with pytest.raises(PlanError, match="has 2047 bytes, this kernel takes at most 2046"):
        loader.load(job, lambda line: None)
    assert kernel.calls == []


def test_a_crash_kernel_is_not_what_kexec_e_starts(kernel, job):
    job.crash = True
    loader.load(job, lambda line: None)
    assert kernel.calls == ["file"]
