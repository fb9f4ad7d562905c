"""When a booting guest got how far, by the clock of its own kernel.

The kernel's log has the times of its own stages. Nothing is written when a shell has printed its
prompt, so the kernel traces who sleeps when: the prompt was there when a program last went to sleep
before the first key came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.support.case import Prompt, Session
from scripts.support.console import StepFailedError
from scripts.support.guest import Machine, running

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.support.guest import Engine

APPEND = (
    "uroot.shell trace_buf_size=1M trace_clock=global"
    " trace_event=sched:sched_switch,workqueue:workqueue_execute_start"
)
# One instruction is one nanosecond, and while all sleep the clock jumps: the same on any machine.
VIRTUAL = ("-icount", "shift=0,sleep=off")
_TRACE = (
    "mount -t tracefs t /sys/kernel/tracing;"
    " grep -e 'prev_state=S ==>' -e ldisc /sys/kernel/tracing/trace"
)
_STAGES = {
    "unpacking": r"Unpacking initramfs|Trying to unpack rootfs",
    "unpacked": r"Freeing initrd memory",
    "init": r"Run /init as init process",
    "first": r"init: (?:uroot-py|busybox)",
}


@dataclass(frozen=True)
class Boot:
    """Milliseconds since the kernel's start, and KiB of memory once there is a prompt."""

    unpack: float  # how long, not when
    init: float
    first: float
    prompt: float
    available: int
    resident: int


def boot(machine: Machine, engine: Engine, folder: Path) -> tuple[Boot, str]:
    """Start MACHINE (its command line has APPEND) to its prompt; its times, and its kernel log."""
    with running(machine, engine, folder) as console:
        session = Session(console)
        Prompt(limit=300)(session)
        traced = session.run(_TRACE, 120)
        memory = session.run("grep MemAvailable /proc/meminfo; grep VmRSS /proc/1/status", 60)
        log = session.run("dmesg", 120)
    times = {name: _stage(log, pattern) for name, pattern in _STAGES.items()}
    available, resident = (int(number) for number in re.findall(r"(\d+) kB", memory))
    found = Boot(
        times["unpacked"] - times["unpacking"],
        times["init"],
        times["first"],
        prompt_time(traced),
        available,
        resident,
    )
    return found, log


def _stage(log: str, pattern: str) -> float:
    match = re.search(rf"\[ *([\d.]+)\].*(?:{pattern})", log)
    if match is None:
        raise StepFailedError(f"no {pattern!r} in the kernel's log")
    return float(match[1]) * 1000


def prompt_time(traced: str) -> float:
    """Milliseconds, from the lines of a trace: when the shell went to sleep, or the first key."""
    asleep = 0.0
    for line in traced.splitlines():
        match = re.match(r"\s*(\S+)-(\d+) .* ([\d.]+): ", line)
        if match is None:
            continue
        task, pid, time = match.groups()
        if "ldisc" in line:
            return asleep or float(time) * 1000
        if task == "sh" or (task in ("init", "uroot") and pid != "1"):
            asleep = float(time) * 1000
    raise StepFailedError("the trace has no prompt")
