"""kexec - load another kernel and start it.

Options, states and statuses are those of kexec(8); docs/kexec.md lists where we differ.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import (
    FormatError,
    KernelError,
    PlanError,
    RefusedError,
    UrootError,
    UsageError,
)
from uroot_py.base.options import Command, Ignored, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs
    from uroot_py.kexec.plan import Job
    from uroot_py.kexec.source import Source, Watch

# kexec(8) has them; what they are for is not here, and to accept them would be a lie.
REFUSED = {
    Option("--load-preserve-context"): "a kernel that returns to this one is not supported",
    Option("--load-jump-back-helper"): "a kernel that returns to this one is not supported",
    Option("--load-live-update"): "the live update of Xen is not supported",
    Option("--exec-live-update"): "the live update of Xen is not supported",
    Option("--args-elf"): "ELF boot notes are not supported",
    Option("--elf32-core-headers"): "the headers for a crash kernel are those of 64 bits",
    Option("--reset-vga"): "the VGA registers are left as they are",
    Option("--pass-memmap-cmdline"): "the crash kernel gets its memory as e820, not as memmap=",
    Option("--image-size", value="SIZE"): "only 32-bit arm needs it",
}
COMMAND = Command(
    "kexec",
    "kexec [-l|-p|-e|-f|-u|-S] [OPTION]... [KERNEL]",
    LOAD := Option("-l", "--load", help="load KERNEL, do not start it"),
    LOAD_PANIC := Option("-p", "--load-panic", help="load KERNEL as the one to start on a panic"),
    EXEC := Option("-e", "--exec", help="start the loaded kernel; with -l: load, then start"),
    FORCE := Option("-f", "--force", help="load KERNEL and start it at once, without shutdown"),
    UNLOAD := Option("-u", "--unload", help="forget the loaded kernel (-p: the crash kernel)"),
    STATUS := Option("-S", "--status", help="1 if a crash kernel (-l: a kernel) is loaded, else 0"),
    FILE_CALL := Option("-s", "--kexec-file-syscall", help="the kernel reads and checks the files"),
    LOAD_CALL := Option("-c", "--kexec-syscall", "-L", "--loadsyscall", help="plan; kexec_load"),
    ANY_CALL := Option("-a", "--kexec-syscall-auto", help="-s, else -c (the default)"),
    TYPE := Option("-t", "--type", value="TYPE", help="refuse KERNEL unless it is of this type"),
    NO_CHECKS := Option("-i", "--no-checks", help="do not verify the SHA-256 before the start"),
    NO_IFDOWN := Option("-x", "--no-ifdown", help="leave the network interfaces up"),
    NO_SYNC := Option("-y", "--no-sync", help="do not write the disks' caches first"),
    DEBUG := Option("-d", "--debug", help="show the plan; let the kernel log what it places where"),
    COMMAND_LINE := Option(
        "--command-line", "--append", "--cmdline", value="TEXT", help="kernel command line"
    ),
    PROFILE := Option("--profile", value="N", help="the profile of a unified kernel image (0)"),
    REUSE_CMDLINE := Option("--reuse-cmdline", help="begin with the running kernel's command line"),
    INITRD := Option("--initrd", "--ramdisk", "--initramfs", value="FILE", help="may be repeated"),
    EXTRA := Option("--extra", value="FILE", help="file to add to the initrd; may be repeated"),
    REUSE_INITRD := Option("--reuseinitrd", help="the running kernel's (/sys/firmware/initrd)"),
    DTB := Option("--dtb", value="FILE", help="device tree"),
    FORCE_DTB := Option("--force-dtb", help="x86: hand the running device tree on"),
    HOTPLUG := Option("--hotplug", help="-p: follow processors and memory that come and go"),
    NO_CMA := Option("--no-cma", help="-s: keep it out of memory for devices until the start"),
    MODULE := Option("--module", value='"FILE TEXT"', help="Multiboot module; may be repeated"),
    MEM_MIN := Option("--mem-min", value="ADDRESS", help="place nothing below"),
    MEM_MAX := Option("--mem-max", value="ADDRESS", help="place nothing above"),
    REAL_MODE := Option("--real-mode", help="enter a bzImage through its 16-bit code"),
    ENTRY_32BIT := Option("--entry-32bit", help="enter a bzImage through its 32-bit code"),
    ARGS_LINUX := Option("--args-linux", help="an ELF file is Linux (the default)"),
    ARGS_NONE := Option("--args-none", help="an ELF file takes no arguments: jump into it"),
    NOEFI := Option("--noefi", help="do not hand EFI over to the next kernel"),
    Ignored("--reuse-video-type"),
    CONSOLE_SERIAL := Option("--console-serial", help="purgatory speaks on a serial line"),
    SERIAL := Option("--serial", value="PORT", help="its I/O port (0x3f8)"),
    SERIAL_BAUD := Option("--serial-baud", value="BAUD", help="its speed"),
    CONSOLE_VGA := Option("--console-vga", help="purgatory speaks on the VGA text screen"),
    ENTRY := Option("--entry", value="ADDRESS"),
    PRINT_CKR_SIZE := Option("--print-ckr-size", help="bytes reserved for a crash kernel"),
    DRY_RUN := Option("--dry-run", help="print the plan; nothing is loaded, no root is needed"),
    JSON := Option("--json", help="print it as JSON"),
    SYSROOT := Option("--sysroot", value="DIR", help="plan for the machine captured there"),
    SAY_VERSION := Option("-v", "--version", help="print the version"),
    Ignored("--elf64-core-headers"),
    *REFUSED,
    notes="KERNEL may be FILE#CONFIGURATION of a FIT image.",
    example="kexec -l /boot/vmlinuz --initrd /boot/initrd.img --reuse-cmdline && kexec -e",
)


def command_line(given: ParsedArgs) -> str:
    """What the next kernel gets: the running kernel's words where asked for, then ours."""
    own = (given.text(COMMAND_LINE) or "").strip()
    if not given.flag(REUSE_CMDLINE):
        return own
    from uroot_py.formats.kernel import cmdline as words
    from uroot_py.machine.sysroot import Sysroot

    gone = ("BOOT_IMAGE", "crashkernel") if given.flag(LOAD_PANIC) else ("BOOT_IMAGE",)
    running = Sysroot(given.text(SYSROOT) or "/").required("/proc/cmdline")
    return words.joined(words.without(running, *gone), own)


def job_of(given: ParsedArgs, opened: list[Source], watch: Watch | None) -> Job:
    """The job that the options describe; OPENED gets every file, also when this fails."""
    from uroot_py.kexec.plan import Job
    from uroot_py.kexec.source import open_source

    def take(path: str) -> Source:
        opened.append(open_source(path))
        opened[-1].watch = watch
        return opened[-1]

    path, configuration = given.operands[0], ""
    if "#" in path and not os.path.exists(path):
        path, _, configuration = path.partition("#")
    job = Job(take(path), [take(path) for path in given.all(INITRD)], command_line(given))
    job.configuration, job.profile = configuration, given.number(PROFILE)
    if given.flag(REUSE_INITRD):
        job.initrds.insert(0, take("/sys/firmware/initrd"))
    if given.flag(EXTRA):
        from uroot_py.kexec.source import pack_files

        opened.append(pack_files(given.all(EXTRA)))
        job.initrds.insert(0, opened[-1])
    for text in given.all(MODULE):
        path, _, arguments = text.strip().partition(" ")
        job.add_module(take(path), arguments)
    if given.flag(DTB):
        job.request.dtb = take(given.text(DTB) or "").map()
    settle(given, job)
    return job


def settle(given: ParsedArgs, job: Job) -> None:
    """How the files of JOB are to be loaded, as the options say."""
    call = given.last(LOAD_CALL, FILE_CALL, ANY_CALL)
    if call is FILE_CALL:
        job.method = "file"
    elif call is LOAD_CALL:
        job.method = "load"
    job.type = given.text(TYPE) or ""
    if given.flag(REAL_MODE):
        job.request.entry = "16"
    elif given.flag(ENTRY_32BIT):
        job.request.entry = "32"
    job.request.bare = given.last(ARGS_LINUX, ARGS_NONE) is ARGS_NONE
    job.crash, job.hotplug = given.flag(LOAD_PANIC), given.flag(HOTPLUG)
    job.debug = given.flag(DEBUG)
    job.no_cma, job.force_dtb = given.flag(NO_CMA), given.flag(FORCE_DTB)
    job.check, job.efi = not given.flag(NO_CHECKS), not given.flag(NOEFI)
    if given.flag(SYSROOT):
        from uroot_py.machine.sysroot import Sysroot

        job.sysroot = Sysroot(given.text(SYSROOT) or "/")
    serial = given.flag(CONSOLE_SERIAL) or given.flag(SERIAL)
    if serial or given.flag(CONSOLE_VGA):
        from uroot_py.payload.purgatory import Console

        baud = given.number(SERIAL_BAUD) or 0
        job.console = Console(vga=given.flag(CONSOLE_VGA))
        job.console.port = (given.number(SERIAL) or 0x3F8) if serial else 0
        job.console.divisor = 115200 // baud if baud else 0
    low, high = given.number(MEM_MIN), given.number(MEM_MAX)
    if low is not None or high is not None:
        from uroot_py.base.ranges import Range

        job.within = Range(low or 0, 1 << 64 if high is None else high + 1)


def load(given: ParsedArgs, stdout: TextIO, stderr: TextIO) -> None:
    """Load the kernel that the command line names, or print the plan."""
    meter = None
    if stderr.isatty():
        from uroot_py.terminal.progress import Meter

        meter = Meter(stderr)
    opened: list[Source] = []
    try:
        job = job_of(given, opened, meter)
        if given.flag(DRY_RUN) or given.flag(SYSROOT):
            from uroot_py.kexec.plan import make_plan

            made = make_plan(job)
            text = made.describe()
            if given.flag(JSON):
                import json

                text = json.dumps(made.as_json(), indent=2)
            stdout.write(text + "\n")
            return
        from uroot_py.kexec import load as loader

        plan = loader.load(job, lambda line: say(stderr, line))
        if plan and given.flag(DEBUG):
            stderr.write(plan.describe() + "\n")
    finally:
        if meter:
            meter.close()
        for source in opened:
            os.close(source.fd)


def say(stderr: TextIO, line: str) -> None:
    """A line for people, at once: the next thing may be the end of this kernel."""
    stderr.write(f"kexec: {line}\n")
    stderr.flush()


def start(given: ParsedArgs, stderr: TextIO) -> None:
    """Start what is loaded; as kexec(8) through shutdown(8), if there is one, without -e or -f."""
    from uroot_py.kexec.execute import execute
    from uroot_py.kexec.state import noted

    if not (given.flag(EXEC) or given.flag(FORCE)):
        for folder in ("/sbin", "/usr/sbin"):
            if os.access(f"{folder}/shutdown", os.X_OK):
                say(stderr, "the shutdown program starts the loaded kernel")
                os.execv(f"{folder}/shutdown", ["shutdown", "-r", "now"])
    execute(
        lambda line: say(stderr, line),
        name=given.operands[0] if given.operands else noted(),
        sync=not given.flag(NO_SYNC),
        interfaces=not given.flag(NO_IFDOWN),
    )


def check(given: ParsedArgs) -> None:
    """UsageError for options that are not here or do not go together."""
    for row, why in REFUSED.items():
        if given.flag(row):
            raise UsageError(f"{row}: {why}")
    for row in (MEM_MIN, MEM_MAX, PROFILE, SERIAL, SERIAL_BAUD):
        given.number(row)
    if given.number(ENTRY):
        raise UsageError("--entry: a kernel that returns to this one is not supported")
    if given.flag(LOAD_CALL) and given.flag(FILE_CALL):
        raise UsageError("-c and -s exclude each other")
    if given.flag(HOTPLUG) and not given.flag(LOAD_PANIC):
        raise UsageError("--hotplug: only a crash kernel (-p) has headers that may change")
    if given.flag(REAL_MODE) and given.flag(ENTRY_32BIT):
        raise UsageError("--real-mode and --entry-32bit exclude each other")


def act(given: ParsedArgs, stdout: TextIO, stderr: TextIO) -> int:
    """Do what the options ask for."""
    from uroot_py.kexec.state import crash_size, is_loaded, unload

    if given.flag(SAY_VERSION):
        from uroot_py import VERSION

        stdout.write(f"kexec (uroot-py) {VERSION}\n")
        return 0
    if given.flag(PRINT_CKR_SIZE):
        stdout.write(f"{crash_size()}\n")
        return 0
    crash = given.flag(LOAD_PANIC)
    if given.flag(STATUS):
        return int(is_loaded(crash=not given.flag(LOAD)))
    if crash and not crash_size() and not (given.flag(DRY_RUN) or given.flag(SYSROOT)):
        raise RefusedError(
            "no memory is reserved for a crash kernel",
            hint="start this machine with crashkernel=256M on its command line",
        )
    if given.flag(UNLOAD):
        unload(crash=crash, file_call=True if given.flag(FILE_CALL) else None)
        return 0
    only_start = given.flag(EXEC) and not given.flag(LOAD)
    if not only_start:
        if not given.operands:
            raise COMMAND.usage_error("no kernel is named").with_status(255)
        load(given, stdout, stderr)
        if given.flag(DRY_RUN) or given.flag(SYSROOT):
            return 0
    if only_start or not (crash or (given.flag(LOAD) and not given.flag(EXEC))):
        start(given, stderr)
    return 0


def status_of(error: UrootError) -> int:
    """255 where the kernel, its file or a plan is at fault, 1 for a usage that is none."""
    from uroot_py.kexec.state import UnknownStateError

    if isinstance(error, KernelError | PlanError | FormatError | UnknownStateError):
        return 255
    return 1 if isinstance(error, UsageError) and error.status != 255 else error.status


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """The applet; statuses as kexec(8): 1 usage, file or no crash memory, 255 refused."""
    try:
        given = COMMAND.parse(args, max_operands=1)
        check(given)
        return act(given, stdout, stderr)
    except UrootError as error:
        raise error.with_status(status_of(error)) from error.__cause__
