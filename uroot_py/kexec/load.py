"""Load a kernel on this machine: by kexec_file_load, or by our own plan and kexec_load."""

from __future__ import annotations

import errno
import os

from uroot_py.abi import kexec as abi
from uroot_py.abi.libc import MACHINE
from uroot_py.base.errors import KernelError, LoadError, PlanError, RefusedError, UrootError
from uroot_py.kexec.diagnose import does_not_know, explain
from uroot_py.kexec.plan import leaves_5level, plan_unwrapped, unwrap_kernel
from uroot_py.kexec.source import in_memory, join
from uroot_py.kexec.state import note
from uroot_py.payload import planner
from uroot_py.payload.request import check_cmdline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.kexec.plan import Job
    from uroot_py.payload.plan import Plan, Segments
    from uroot_py.payload.request import KernelFile

LEAVES_5LEVEL = "5-level paging is on, which this kernel does not keep"
_CMDLINE_LIMITS = {"x86_64": 2047, "aarch64": 2047, "riscv64": 1023}  # COMMAND_LINE_SIZE - 1


def load(job: Job, say: Callable[[str], None]) -> Plan | None:
    """Load JOB as its method says; the plan where our own was used.

    ``auto`` asks kexec_file_load first, where the kernel would not die of how that call enters it,
    and goes on with kexec_load on the errors by which the call says that it does not know how
    (never on those about signatures). SAY gets a line when it does, and what the first call said
    when the second one fails, too.
    """
    made = unwrap_kernel(job)
    try:
        kernel = job.request.kernel
        if not kernel.kind.runs_on(MACHINE):
            raise PlanError(
                f"{kernel.name}: it is {kernel.kind.text}, this machine is {MACHINE}",
                hint=f"use a kernel for {MACHINE}; --dry-run shows the plan for another machine",
            )
        if job.method == "file" and job.only_plan:
            raise RefusedError(
                "kexec_file_load takes a kernel, initrds and a command line only",
                hint="use kexec -c",
            )
        planner.check_whole(kernel)
        ours = job.method == "load" or job.only_plan
        plan = _load_by_plan(job) if ours else _load_by_file(job, say)
    finally:
        for source in made:
            os.close(source.fd)
    if not job.crash:
        note(kernel.name)
    return plan


def _load_by_file(job: Job, say: Callable[[str], None]) -> Plan | None:
    """By kexec_file_load where that can be; the plan where it cannot and JOB leaves the choice."""
    if leaves_5level(job):
        name = job.request.kernel.name
        if job.method == "file":
            raise RefusedError(
                f"{name}: {LEAVES_5LEVEL}: after kexec_file_load it would reset the machine",
                hint="use kexec -c, which enters its 32-bit code, or start Linux with no5lvl first",
            )
        plan = _load_by_plan(job)
        say(f"{name}: loaded by kexec_load: {LEAVES_5LEVEL}")
        return plan
    try:
        load_file(job)
    except KernelError as error:
        if job.method == "file":
            raise
        if not does_not_know(error.errno, job.request.kernel, os.sysconf("SC_PAGESIZE")):
            raise
        return _load_instead(job, error, say)
    return None


def _load_by_plan(job: Job) -> Plan:
    plan = plan_unwrapped(job)
    load_plan(plan, crash=job.crash, hotplug=job.hotplug)
    return plan


def _load_instead(job: Job, refusal: KernelError, say: Callable[[str], None]) -> Plan:
    """Load JOB by our own plan after REFUSAL, which is told in full only when that fails, too."""
    try:
        plan = _load_by_plan(job)
    except UrootError:
        say(str(refusal))
        raise
    name = errno.errorcode.get(refusal.errno, str(refusal.errno))
    say(f"{job.request.kernel.name}: loaded by kexec_load (kexec_file_load: {name})")
    return plan


def cmdline_limit(kernel: KernelFile) -> int:
    """How many bytes of command line KERNEL takes, without the NUL."""
    if kernel.kind.name == "bzImage":
        from uroot_py.formats.kernel.bzimage import BzImage

        return BzImage(kernel.data).header.cmdline_size
    return _CMDLINE_LIMITS.get(kernel.kind.machine, 2047)


def load_file(job: Job) -> None:
    """Load the unwrapped kernel of JOB by kexec_file_load; what was loaded before stays on failure.

    RefusedError for files that cannot be it, KernelError with cause and next step otherwise.
    """
    kernel = job.request.kernel
    if not kernel.kind.kernel:
        raise PlanError(f"{kernel.name}: expected a kernel, found {kernel.kind.text}")
    # The call counts the NUL where a boot loader does not.
    raw = check_cmdline(job.request.cmdline, cmdline_limit(kernel) - 1)
    flags = abi.KEXEC_FILE_ON_CRASH if job.crash else 0
    flags |= abi.KEXEC_FILE_DEBUG if job.debug else 0
    flags |= abi.KEXEC_FILE_NO_CMA if job.no_cma else 0
    flags |= abi.KEXEC_FILE_FORCE_DTB if job.force_dtb else 0
    made = []
    kernel_fd, initrd_fd = job.kernel.fd, -1
    try:
        if kernel.steps:
            made.append(in_memory(kernel.data, kernel.name))
            kernel_fd = made[-1].fd
        if len(job.initrds) == 1:
            if job.initrds[0].watch:  # the call itself says nothing while it reads
                job.initrds[0].map()
            initrd_fd = job.initrds[0].fd
        elif job.initrds:
            made.append(join(job.initrds))
            initrd_fd = made[-1].fd
        try:
            abi.kexec_file_load(kernel_fd, initrd_fd, raw, flags)
        except KernelError as error:
            if not job.debug or error.errno != errno.EINVAL:  # before 6.8 there is no such flag
                raise
            abi.kexec_file_load(kernel_fd, initrd_fd, raw, flags & ~abi.KEXEC_FILE_DEBUG)
    except KernelError as error:
        named = KernelError(error.call, error.errno, subject=kernel.name)
        raise explain(named, kernel.kind) from None
    finally:
        for source in made:
            os.close(source.fd)


def load_plan(plan: Plan, *, crash: bool = False, hotplug: bool = False) -> None:
    """Load PLAN by kexec_load; errors are those of load_segments."""
    flags = abi.KEXEC_ON_CRASH if crash else 0
    flags |= abi.KEXEC_CRASH_HOTPLUG_SUPPORT if hotplug else 0
    load_segments(plan.entry, plan.segments, flags)


def load_segments(entry: int, segments: Segments, flags: int = 0) -> None:
    """Load SEGMENTS, made whole pages and merged, by kexec_load.

    PlanError when two of them overlap, LoadError with the layout, cause and next step.
    """
    table = []
    for segment in segments.align_and_merge():
        content = segment.content()
        buffer = bytes(content) if content.readonly else content
        table.append((buffer, segment.phys.start, segment.phys.size))
    try:
        abi.kexec_load(entry, table, flags)
    except KernelError as error:
        layout = [f"{segment.phys} {segment.label}".rstrip() for segment in segments]
        raise explain(LoadError(error.errno, entry, flags, layout)) from None
