"""Signals by name and number, without the enumerations (and the start-up cost) of ``signal``."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]

from uroot_py.base.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    Handler = Callable[[int, FrameType | None], None]

NUMBERS: dict[str, int] = {
    name: int(getattr(_signal, name))
    for name in dir(_signal)
    if name.startswith("SIG") and "_" not in name
}
NSIG: int = _signal.NSIG
SIGINT = NUMBERS["SIGINT"]
SIGKILL = NUMBERS["SIGKILL"]
SIGQUIT = NUMBERS["SIGQUIT"]
SIGPIPE = NUMBERS["SIGPIPE"]
SIGCONT = NUMBERS["SIGCONT"]
SIGTTOU = NUMBERS["SIGTTOU"]

# Ref: signal(7). The words are what a person at a console asks: who did that, and why?
_WORDS = {
    "SIGHUP": "the terminal was closed",
    "SIGINT": "interrupted",
    "SIGQUIT": "quit from the keyboard",
    "SIGILL": "illegal instruction",
    "SIGTRAP": "trace trap",
    "SIGABRT": "it gave up (abort)",
    "SIGBUS": "bad memory access (bus error)",
    "SIGFPE": "arithmetic fault",
    "SIGKILL": "killed; the kernel does this when memory is short, see dmesg",
    "SIGSEGV": "bad memory access (segmentation fault)",
    "SIGPIPE": "nobody reads its output",
    "SIGALRM": "time-out",
    "SIGTERM": "asked to end",
    "SIGSYS": "bad system call",
}


def number_of(text: str) -> int:
    """The number of ``9``, ``KILL``, ``SIGKILL`` or ``kill``; UsageError for anything else."""
    if text.isdecimal() and int(text) < NSIG:
        return int(text)
    name = f"SIG{text.upper().removeprefix('SIG')}"
    if name not in NUMBERS:
        raise UsageError(f"no signal {text!r}", hint="kill -l lists them")
    return NUMBERS[name]


def name_of(number: int) -> str:
    """``SIGINT``; ``signal 40`` for a number without a name."""
    names = [name for name, value in NUMBERS.items() if value == number]
    return names[0] if names else f"signal {number}"


def describe(number: int) -> str:
    """``SIGSEGV: bad memory access (segmentation fault)``."""
    name = name_of(number)
    return f"{name}: {_WORDS[name]}" if name in _WORDS else name


def handle(number: int, handler: Handler) -> None:
    """Call HANDLER when the signal comes. OSError for SIGKILL and SIGSTOP."""
    _signal.signal(number, handler)


def ignore(number: int) -> None:
    """Let the signal do nothing, in this process and in what it executes."""
    _signal.signal(number, _signal.SIG_IGN)


def default(number: int) -> None:
    """Let the signal do what it does without a handler."""
    _signal.signal(number, _signal.SIG_DFL)


def alarm(seconds: int) -> None:
    """SIGALRM comes after that time, and ends a process that does not catch it."""
    _signal.alarm(seconds)


def hold(numbers: Iterable[int]) -> None:
    """Let these signals wait."""
    _signal.pthread_sigmask(_signal.SIG_BLOCK, numbers)


def release(numbers: Iterable[int]) -> None:
    """Let these signals come, and those that have waited."""
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, numbers)


def inherited() -> set[int]:
    """What this process has been started to ignore; Python itself ignores two more."""
    ours = {SIGPIPE, NUMBERS["SIGXFSZ"]}
    found = {n for n in NUMBERS.values() if _signal.getsignal(n) == _signal.SIG_IGN}
    return found - ours


def interruptible() -> None:
    """SIGINT raises KeyboardInterrupt, unless it is ignored: an applet can clean up."""
    if _signal.getsignal(SIGINT) == _signal.SIG_DFL:
        _signal.signal(SIGINT, _signal.default_int_handler)
