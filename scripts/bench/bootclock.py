"""How far a booting guest got when, and what a call costs it, by the clock of its own kernel.

The kernel's log has the times of its own stages. Nothing is written when a shell has printed its
prompt, so the kernel traces who sleeps when: the prompt was there when the shell went to sleep
before the first key came.
"""

from __future__ import annotations

import re
import statistics
from typing import TYPE_CHECKING

from scripts.vmtest.case import Prompt, Session
from scripts.vmtest.failure import StepFailedError
from scripts.vmtest.guest import running

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.vmtest.machine import Engine, Machine

# The switches of the kernel that boot() needs; its shell has grep, dmesg, ls and mount.
APPEND = (
    "uroot.shell printk.devkmsg=on trace_buf_size=1M trace_clock=global"
    " trace_event=sched:sched_switch,workqueue:workqueue_execute_start"
)
# One instruction is one nanosecond, and while all sleep the clock jumps: the same on any machine.
# The guest's random numbers and its date are the same in every run, too.
VIRTUAL = ("-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm", "-seed", "1")
# What shows the trace in the shell.
TRACE = (
    "mount -t tracefs t /sys/kernel/tracing;"
    " grep -e 'prev_state=S ==>' -e ldisc /sys/kernel/tracing/trace"
)
STAGES = {
    "/init starts": r"Run /init as init process",
    "init's first line": r"init: (?:uroot-py|busybox)",
}
# What one call in the shell costs: a builtin, applets that may run in the shell itself, one that
# does not, a program that is started. busybox has $BIN, so that it starts a program for each.
CALLS = {
    "`true`": "true",
    "`basename a`": "${BIN}basename a > /dev/null",
    "`ls /`": "${BIN}ls / > /dev/null",
    "`cat /proc/uptime`": "${BIN}cat /proc/uptime > /dev/null",
    "`env true`": "env true",
}
_ROUNDS, _TIMES = 6, 10  # the first round is left out: it imports, and TCG translates


def boot(machine: Machine, engine: Engine, folder: Path, *, calls: bool = True) -> dict[str, float]:
    """Start MACHINE (its command line has APPEND) to its prompt.

    Milliseconds since the kernel's start, milliseconds of one call, KiB of memory.
    """
    with running(machine, engine, folder) as console:
        session = Session(console)
        Prompt(limit=300)(session)
        traced = session.run(TRACE, 120)
        memory = session.run("grep MemAvailable /proc/meminfo; grep VmRSS /proc/1/status", 60)
        for command in CALLS.values() if calls else ():
            for _ in range(_ROUNDS):
                session.run(_loop(command), 120)
        log = session.run("dmesg", 120)
    found = {name: stage(log, name) for name in STAGES}
    found["prompt"] = prompt_time(traced)
    found |= zip(CALLS, _calls(log), strict=False)
    available, resident = (float(number) for number in re.findall(r"(\d+) kB", memory))
    return {**found, "KiB of process 1": resident, "KiB available": available}


def boots(machine: Machine, engine: Engine, folder: Path) -> bool:
    """Whether MACHINE gets to its prompt and can run a command there."""
    try:
        with running(machine, engine, folder) as console:
            session = Session(console)
            Prompt(limit=120)(session)
            return "it works" in session.run("echo it works")
    except StepFailedError:
        return False


def _loop(command: str) -> str:
    words = " ".join(str(number) for number in range(_TIMES))
    mark = "echo mark > /dev/kmsg"
    return f"{mark}; for i in {words}; do {command}; done; {mark}"


def _calls(log: str) -> list[float]:
    """Milliseconds of one call of each command: the median of its rounds but the first."""
    marks = [float(time) * 1000 for time in re.findall(r"\[ *([\d.]+)\] mark$", log, re.MULTILINE)]
    rounds = [(end - begin) / _TIMES for begin, end in zip(marks[::2], marks[1::2], strict=True)]
    groups = [rounds[start : start + _ROUNDS] for start in range(0, len(rounds), _ROUNDS)]
    return [statistics.median(group[1:]) for group in groups]


def stage(log: str, name: str) -> float:
    """Milliseconds at which the kernel's LOG has the stage NAME; StepFailedError without it."""
    pattern = STAGES[name]
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
