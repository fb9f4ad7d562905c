"""Processes: fork and wait, their descriptors, and what they are called."""

from __future__ import annotations

import fcntl
import os
import sys

from uroot_py.abi import signals
from uroot_py.abi.libc import address_of, syscall
from uroot_py.base.errors import KernelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_FORK_HINT = "memory or the number of processes is exhausted, see free and ps"
# What an interactive shell ignores, and a program that it starts must not.
_RESET = tuple(
    signals.NUMBERS[f"SIG{name}"]
    for name in ("INT", "QUIT", "TERM", "TSTP", "TTIN", "TTOU", "CHLD")
)
# Ref: include/uapi/linux/prctl.h.
_PR_SET_NAME, _PR_SET_MM = 15, 35
_PR_SET_MM_ARG_START, _PR_SET_MM_ARG_END = 8, 9
_shown: object = None  # the memory that the kernel reads our words from


def duplicate(fd: int, least: int) -> int:
    """Another descriptor of what FD is open on, LEAST or above, closed on exec; OSError."""
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, least)


def clear_status(fd: int, flag: int) -> None:
    """Take the status FLAG, such as O_DIRECT, from the file that FD is open on; OSError."""
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) & ~flag)


def fork(work: Callable[[], int], prepare: Callable[[], None] | None = None) -> int:
    """Run WORK in a child and return its pid; the child ends with WORK's status, whatever it does.

    Signals do in the child what they do by default, and none that comes meanwhile is lost; they
    wait until PREPARE is done. KernelError when the kernel makes no process.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            # A console that takes nothing is no reason against a child; who writes next is told.
            continue
    signals.hold(_RESET)
    try:
        pid = os.fork()
    except OSError as error:
        signals.release(_RESET)
        cause = (error.strerror or "").lower()
        raise KernelError("fork", error.errno or 0, cause=cause, hint=_FORK_HINT) from error
    if pid:
        signals.release(_RESET)
        return pid
    status = 1
    try:
        default_signals()
        if prepare:
            prepare()
        signals.release(_RESET)
        status = work()
    except KeyboardInterrupt:
        status = 130
    except BaseException as error:  # noqa: BLE001 - the child must not return into the parent's code
        os.write(2, f"{type(error).__name__}: {error}\n".encode("utf-8", "surrogateescape"))
    finally:
        os._exit(status & 0xFF)


def rename(words: list[str]) -> None:
    """Be listed by ps, and found by pidof, as WORDS: a child that is an applet has been forked.

    Without CAP_SYS_RESOURCE only the name changes. Ref: prctl(2).
    """
    global _shown  # noqa: PLW0603 - the kernel knows one such place
    text = "\0".join([*words, ""]).encode("utf-8", "surrogateescape")
    begin, kept = address_of(text)
    syscall("prctl", _PR_SET_NAME, text, 0, 0, 0)
    places = ((_PR_SET_MM_ARG_START, begin), (_PR_SET_MM_ARG_END, begin + len(text)))
    # The begin may never be behind the end: which comes first depends on where they were.
    for order in (places, places[::-1]):
        try:
            for place, address in order:
                syscall("prctl", _PR_SET_MM, place, address, 0, 0)
        except KernelError:
            continue
        _shown = kept
        return


def default_signals() -> None:
    """What a shell ignores or catches does again what it does by default."""
    for number in _RESET:
        signals.default(number)


def capture(work: Callable[[], int], seconds: int) -> tuple[bytes, int]:
    """What WORK prints on descriptors 1 and 2 in a child, and its status; SIGALRM ends it."""
    output = os.memfd_create("output", os.MFD_CLOEXEC)

    def child() -> int:
        null = os.open(os.devnull, os.O_RDONLY)
        for fd, place in ((null, 0), (output, 1), (output, 2)):
            os.dup2(fd, place)
        signals.alarm(seconds)
        return work()

    try:
        found = wait(fork(child))
        size = os.fstat(output).st_size
        return os.pread(output, size, 0), found[1] if found else 127
    finally:
        os.close(output)


def wait(pid: int, *, block: bool = True, stopped: bool = False) -> tuple[int, int] | None:
    """The pid and the status of a child (PID -1: any) that ended; None when there is none.

    The status is the exit status, 128 + N when signal N ended it, or -N when signal N stopped it
    (only with STOPPED).
    """
    flags = (0 if block else os.WNOHANG) | (os.WUNTRACED if stopped else 0)
    try:
        found, status = os.waitpid(pid, flags)
    except ChildProcessError:
        return None
    if not found:
        return None
    if os.WIFSTOPPED(status):
        return found, -os.WSTOPSIG(status)
    code = os.waitstatus_to_exitcode(status)
    return found, code if code >= 0 else 128 - code
