"""Load a kernel on this machine: by kexec_file_load, or by our own plan and kexec_load."""

from __future__ import annotations

import errno
import os

from uroot_py.abi import kexec as abi
from uroot_py.abi.libc import MACHINE
from uroot_py.base.errors import (
    FormatError,
    KernelError,
    LoadError,
    PlanError,
    RefusedError,
    UrootError,
)
from uroot_py.kexec.diagnose import FALLBACK_ERRNOS, explain
from uroot_py.kexec.source import Source, in_memory, join, read_joined
from uroot_py.kexec.state import note
from uroot_py.machine.sysroot import HERE
from uroot_py.payload.detect import Kind, identify
from uroot_py.payload.memory import EVERYTHING
from uroot_py.payload.request import Request, check_cmdline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from uroot_py.base.ranges import Range
    from uroot_py.payload.crash import Crash
    from uroot_py.payload.memory import Memory
    from uroot_py.payload.plan import Plan
    from uroot_py.payload.purgatory import Console
    from uroot_py.payload.request import Entry

_CMDLINE_LIMITS = {"x86_64": 2047, "aarch64": 2047, "riscv64": 1023}  # COMMAND_LINE_SIZE - 1


def cmdline_limit(head: bytes, kind: Kind) -> int:
    """How many bytes of command line the kernel that begins with HEAD takes, without the NUL."""
    if kind.name == "bzImage" and int.from_bytes(head[0x206:0x208], "little") >= 0x206:
        return int.from_bytes(head[0x238:0x23C], "little")
    return _CMDLINE_LIMITS.get(kind.machine, 2047)


def load_file(
    kernel: Source,
    initrds: Sequence[Source],
    cmdline: str,
    *,
    crash: bool = False,
    debug: bool = False,
) -> None:
    """Load by kexec_file_load; what was loaded before stays when this fails.

    RefusedError for files that cannot be it, KernelError with cause and next step otherwise.
    """
    for source in (kernel, *initrds):
        source.check()
    head = kernel.head()
    kind = identify(head)
    if not kind.kernel:
        raise PlanError(f"{kernel.name}: expected a kernel, found {kind.text}")
    # The call counts the NUL where a boot loader does not.
    raw = check_cmdline(os.fsencode(cmdline), cmdline_limit(head, kind) - 1)
    flags = (abi.KEXEC_FILE_ON_CRASH if crash else 0) | (abi.KEXEC_FILE_DEBUG if debug else 0)
    for source in (kernel, *initrds[: len(initrds) == 1]):
        if source.watch:  # the call itself says nothing while it reads
            source.map()
    joined = join(initrds) if len(initrds) > 1 else None
    initrd_fd = joined.fd if joined else initrds[0].fd if initrds else -1
    try:
        try:
            abi.kexec_file_load(kernel.fd, initrd_fd, raw, flags)
        except KernelError as error:
            if not debug or error.errno != errno.EINVAL:  # kernels before 6.8 have no such flag
                raise
            abi.kexec_file_load(kernel.fd, initrd_fd, raw, flags & ~abi.KEXEC_FILE_DEBUG)
    except KernelError as error:
        error.subject = kernel.name
        raise explain(error, kind) from error
    finally:
        if joined:
            os.close(joined.fd)


class Job:
    """What to load, and how: the files are open; a caller changes what is not as it wants it.

    ``method`` is the system call; ``within`` bounds where segments go; ``check`` makes purgatory
    verify them; ``console`` is where purgatory speaks; ``sysroot`` is the machine;
    ``type`` is what the kernel has to be, as kexec(8) calls it; ``configuration`` is that of a FIT
    image; ``bare`` is for an ELF file that is no Linux.
    """

    def __init__(self, kernel: Source, initrds: Sequence[Source] = (), cmdline: str = "") -> None:
        self.kernel = kernel
        self.initrds = list(initrds)
        self.cmdline = cmdline
        self.dtb: Source | None = None
        self.modules: list[tuple[Source, str]] = []
        self.method: Literal["auto", "file", "load"] = "auto"
        self.entry: Entry = ""
        self.type = ""
        self.configuration = ""
        self.bare = False
        self.crash = False
        self.debug = False
        self.check = True
        self.efi = True
        self.console: Console | None = None
        self.within: Range = EVERYTHING
        self.sysroot = HERE
        self.notes: list[str] = []

    @property
    def only_plan(self) -> bool:
        """Whether something is asked for that kexec_file_load cannot do."""
        extras = (self.modules, self.entry, self.dtb, self.console, self.bare, not self.check)
        return any(extras) or self.within != EVERYTHING


# The names of kexec(8) and the kinds that they mean; a compressed file is looked at unpacked.
_TYPES = {
    "bzImage64": "bzImage",
    "bzImage": "bzImage",
    "elf-x86_64": "elf",
    "elf-x86": "elf",
    "vmlinux": "elf",
    "multiboot-x86": "multiboot",
    "multiboot2-x86": "multiboot2",
    "aout": "aout",
    "uki": "uki",
    "Image": "Image",
    "vmlinuz": "zboot",
}


def check_type(wanted: str, kind: Kind, name: str) -> None:
    """PlanError unless KIND is what kexec(8) calls WANTED, or nothing is wanted."""
    if wanted and wanted not in _TYPES:
        raise PlanError(f"-t {wanted}: unknown kernel type", hint=f"known: {', '.join(_TYPES)}")
    if wanted and kind.name != _TYPES[wanted] and not kind.packed:
        raise PlanError(f"{name}: expected {wanted}, found {kind.text}")


def unwrap(job: Job) -> list[Source]:
    """Put the kernel inside a compressed file, EFI zboot, UKI or FIT into JOB, with what is there.

    A command line or device tree of the JOB's own wins over one in the file. Returns the files in
    memory that were made; the caller closes them.
    """
    from uroot_py.payload.unwrap import is_wrapped
    from uroot_py.payload.unwrap import unwrap as unwrap_bytes

    kind = identify(job.kernel.head())
    if not kind.packed:
        check_type(job.type, kind, job.kernel.name)
    if not is_wrapped(job.kernel.head()) and not job.configuration:
        return []
    name, watch = job.kernel.name, job.kernel.watch
    data = job.kernel.map()
    try:
        found = unwrap_bytes(
            data,
            job.configuration,
            _compatible(job, kind),
            (lambda done: watch(f"{name}: unpacking", done, len(data))) if watch else None,
        )
    except UrootError as error:
        raise error.within(name) from None
    made = [in_memory(found.kernel, name)]
    job.kernel = made[0]
    made += [in_memory(part, f"{name} (initrd)") for part in found.initrds]
    job.initrds = [*made[1:], *job.initrds]
    job.cmdline = job.cmdline or os.fsdecode(found.cmdline)
    if found.dtb and not job.dtb and identify(job.kernel.head()).machine == "aarch64":
        made.append(in_memory(found.dtb, f"{name} (device tree)"))
        job.dtb = made[-1]
    job.notes += [f"{name}: {step}, unpacked" for step in found.steps]
    if kind.packed:
        check_type(job.type, identify(job.kernel.head()), name)
    return made


def _compatible(job: Job, kind: Kind) -> list[str]:
    """What the machine says that it is, best word first, where a FIT image wants to know."""
    if kind.name != "fit":
        return []
    from uroot_py.formats.fdt import tree as fdt
    from uroot_py.kexec.machine import read_devicetree

    tree = read_devicetree(job.sysroot)
    return fdt.parse(tree).root.strings("compatible") if tree else []


def make_plan(job: Job) -> Plan:
    """The plan for JOB on the machine at ``job.sysroot``, checked. Nothing is loaded.

    RefusedError, PlanError or FormatError where there is none.
    """
    made = unwrap(job)
    try:
        return _plan(job)
    finally:
        for source in made:
            os.close(source.fd)


def _plan(job: Job) -> Plan:
    from uroot_py.kexec.machine import read_devicetree, read_machine, read_memory
    from uroot_py.payload import planner

    kind = identify(job.kernel.head())
    if not kind.kernel:
        raise PlanError(f"{job.kernel.name}: expected a kernel, found {kind.text}")
    request = Request(os.fsencode(job.cmdline), read_joined(job.initrds))
    request.entry, request.bare = job.entry, job.bare
    request.name = os.fsencode(job.kernel.name)
    if job.dtb:
        request.dtb = job.dtb.read()
        request.running = read_devicetree(job.sysroot) if kind.machine == "aarch64" else b""
    elif kind.machine == "aarch64":
        request.dtb = read_devicetree(job.sysroot)
    request.modules = [
        (source.map(), os.fsencode(f"{source.name} {text}".strip())) for source, text in job.modules
    ]
    foreign = job.sysroot.here and kind.machine == "aarch64" != MACHINE
    crash = None
    if job.crash:
        from uroot_py.kexec.crash import read_crash

        crash = read_crash(job.sysroot)
    other = request.dtb if foreign else b""
    memory = read_memory(job.sysroot, within=job.within, dtb=other, crash=crash)
    ram = memory.phys.merge().ram()
    if crash:
        _describe_crash(crash, memory, request, kind)
    if kind.machine == "aarch64" == MACHINE:
        request.seed = os.urandom(40)
    machine = read_machine(job.sysroot, efi=job.efi)
    try:
        plan = planner.make_plan(job.kernel.map(), memory, request, machine)
    except (FormatError, PlanError) as error:
        raise error.within(job.kernel.name) from None
    plan.notes[:0] = memory.notes + job.notes
    planner.prepare(plan, memory, job.console, check=job.check)
    plan.check(ram)
    return plan


def _describe_crash(crash: Crash, memory: Memory, request: Request, kind: Kind) -> None:
    """Put the headers of /proc/vmcore into MEMORY, and where they are into REQUEST."""
    if kind.machine not in ("x86_64", "aarch64"):
        raise PlanError(f"{kind.text} cannot be a crash kernel", hint="use a Linux kernel")
    headers = crash.core_headers(kind.machine)
    place = memory.add_phys_segment(headers, memory.within, "ELF core headers", top=True)
    if kind.machine == "x86_64":
        words = (b"elfcorehdr=%#x" % place.start, request.cmdline)
        request.cmdline = b" ".join(word for word in words if word)
    else:
        request.crash = (place, crash.area)
    memory.notes.append(f"crash kernel in {crash.area}, ELF core headers at {place.start:#x}")


def load_plan(plan: Plan, *, crash: bool = False) -> None:
    """Load PLAN by kexec_load; KernelError with the plan in short, cause and next step."""
    segments = []
    for segment in plan.segments:
        content = segment.content()
        buffer = bytes(content) if content.readonly else content
        segments.append((buffer, segment.phys.start, segment.phys.size))
    flags = abi.KEXEC_ON_CRASH if crash else 0
    try:
        abi.kexec_load(plan.entry, segments, flags)
    except KernelError as error:
        shown = [str(segment) for segment in plan.segments]
        raise explain(LoadError(error.errno, plan.entry, flags, shown)) from error


def load(job: Job, say: Callable[[str], None]) -> Plan | None:
    """Load JOB as its method says; the plan where our own was used.

    ``auto`` asks kexec_file_load first and goes on with kexec_load on the errors by which that
    call says that it does not know how (never on those about signatures); SAY gets a line then.
    """
    job.kernel.check()
    name = job.kernel.name  # unwrap() may put another file in its place
    made = unwrap(job)
    try:
        plan = _load(job, say)
    finally:
        for source in made:
            os.close(source.fd)
    if not job.crash:
        note(name)
    return plan


def _load(job: Job, say: Callable[[str], None]) -> Plan | None:
    kind = identify(job.kernel.head())
    if not kind.runs_on(MACHINE):
        raise PlanError(
            f"{job.kernel.name}: it is {kind.text}, this machine is {MACHINE}",
            hint=f"use a kernel for {MACHINE}; --dry-run shows the plan for another machine",
        )
    if job.method == "file" and job.only_plan:
        raise RefusedError(
            "kexec_file_load takes a kernel, initrds and a command line only", hint="use kexec -c"
        )
    if job.method == "file" or (job.method == "auto" and not job.only_plan):
        try:
            load_file(job.kernel, job.initrds, job.cmdline, crash=job.crash, debug=job.debug)
        except KernelError as error:
            if job.method == "file" or error.errno not in FALLBACK_ERRNOS:
                raise
            say(f"{error}; trying kexec_load")
        else:
            return None
    plan = _plan(job)
    load_plan(plan, crash=job.crash)
    return plan
