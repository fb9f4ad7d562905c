"""kexec - load another kernel and start it.

Options, states and statuses are those of kexec(8); docs/kexec.md lists where we differ.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import KernelError, PlanError, RefusedError, UsageError
from uroot_py.base.options import Command, Option
from uroot_py.formats import cmdline as words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import Given
    from uroot_py.kexec.source import Source

COMMAND = Command(
    "kexec",
    "kexec [-l|-p|-e|-f|-u|-S] [OPTION]... [KERNEL]",
    Option("-l", "--load", help="load KERNEL, do not start it"),
    Option("-p", "--load-panic", help="load KERNEL as the one to start on a panic"),
    Option("-e", "--exec", help="start the loaded kernel; with -l: load, then start"),
    Option("-f", "--force", help="load KERNEL and start it at once, without shutdown"),
    Option("-u", "--unload", help="forget the loaded kernel (-p: the crash kernel)"),
    Option("-S", "--status", help="1 if a crash kernel (-l: a kernel) is loaded, else 0"),
    Option("-s", "--kexec-file-syscall", help="the kernel reads and checks the files"),
    Option("-a", "--kexec-syscall-auto", help="use what works (the default)"),
    Option("-x", "--no-ifdown", help="leave the network interfaces up"),
    Option("-y", "--no-sync", help="do not write the disks' caches first"),
    Option("-d", "--debug", help="let the kernel log what it places where"),
    Option("--command-line", "--append", "--cmdline", value="TEXT", help="kernel command line"),
    Option("--reuse-cmdline", help="begin with the running kernel's command line"),
    Option("--initrd", "--ramdisk", "--initramfs", value="FILE", help="initrd; may be repeated"),
    Option("-v", "--version", help="print the version"),
    example="kexec -l /boot/vmlinuz --initrd /boot/initrd.img --reuse-cmdline && kexec -e",
)


def command_line(given: Given) -> str:
    """What the next kernel gets: the running kernel's words where asked for, then ours."""
    line = ""
    if given.flag("reuse-cmdline"):
        with open("/proc/cmdline", encoding="utf-8", errors="surrogateescape") as file:
            gone = ("BOOT_IMAGE", "crashkernel") if given.flag("load-panic") else ("BOOT_IMAGE",)
            line = words.without(file.read(), *gone)
    return words.joined(line, given.text("command-line") or "")


def load(given: Given) -> None:
    """Load the kernel that the command line names."""
    from uroot_py.kexec.load import load_file
    from uroot_py.kexec.source import open_source
    from uroot_py.kexec.state import crash_size

    crash = given.flag("load-panic")
    if crash and not crash_size():
        error = RefusedError(
            "no memory is reserved for a crash kernel",
            hint="start this machine with crashkernel=256M on its command line",
        )
        error.status = 254
        raise error
    opened: list[Source] = []
    try:
        opened.extend(open_source(path) for path in (given.operands[0], *given.all("initrd")))
        load_file(
            opened[0], opened[1:], command_line(given), crash=crash, debug=given.flag("debug")
        )
    finally:
        for source in opened:
            os.close(source.fd)


def start(given: Given, stderr: TextIO) -> None:
    """Start what is loaded; as kexec(8) through shutdown(8), if there is one, without -e or -f."""
    from uroot_py.kexec.execute import execute

    def say(line: str) -> None:
        stderr.write(f"kexec: {line}\n")
        stderr.flush()

    orderly = not (given.flag("exec") or given.flag("force"))
    if orderly:
        for folder in ("/sbin", "/usr/sbin"):
            if os.access(f"{folder}/shutdown", os.X_OK):
                say("the shutdown program starts the loaded kernel")
                os.execv(f"{folder}/shutdown", ["shutdown", "-r", "now"])
    execute(
        say,
        name=given.operands[0] if given.operands else "the loaded kernel",
        sync=not given.flag("no-sync"),
        interfaces=not given.flag("no-ifdown"),
    )


def act(given: Given, stdout: TextIO, stderr: TextIO) -> int:
    """Do what the options ask for."""
    from uroot_py.kexec.state import is_loaded, unload

    if given.flag("version"):
        stdout.write("kexec (uroot-py)\n")
        return 0
    crash = given.flag("load-panic")
    if given.flag("status"):
        return int(is_loaded(crash=not given.flag("load")))
    if given.flag("unload"):
        unload(crash=crash, file_call=True if given.flag("kexec-file-syscall") else None)
        return 0
    only_start = given.flag("exec") and not given.flag("load")
    if not only_start:
        if not given.operands:
            error = COMMAND.wrong("no kernel is named")
            error.status = 255
            raise error
        load(given)
    if only_start or not (crash or (given.flag("load") and not given.flag("exec"))):
        start(given, stderr)
    return 0


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """The applet; statuses as kexec(8): 1 usage or file, 255 refused, 254 no crash memory."""
    try:
        given = COMMAND.parse(args, most=1)
        return act(given, stdout, stderr)
    except UsageError as error:
        error.status = 255 if error.status == 255 else 1
        raise
    except (KernelError, PlanError) as error:
        error.status = 255
        raise
