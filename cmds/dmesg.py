"""dmesg - print the kernel's log.

Ref: dmesg(1), syslog(2); Linux Documentation/ABI/testing/dev-kmsg.
"""

from __future__ import annotations

from uroot_py.abi import klog
from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")

COMMAND = Command(
    "dmesg",
    "dmesg [OPTION]...",
    LEVEL := Option("-l", "--level", value="LIST", help=f"only these levels: {','.join(LEVELS)}"),
    RAW := Option("-r", "--raw", help="with the <N> prefix of each line"),
    CTIME := Option(
        "-T", "--ctime", "-H", "--human", help="times of day in place of seconds since the start"
    ),
    FOLLOW := Option("-w", "--follow", help="go on with new lines until interrupted"),
    READ_CLEAR := Option("-c", "--read-clear", help="forget the log after printing it"),
    CLEAR := Option("-C", "--clear", help="forget the log"),
    CONSOLE_LEVEL := Option(
        "-n", "--console-level", value="N", help="consoles show what is below level N (1-8)"
    ),
    example="dmesg -l err,warn",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print, follow or clear the ring buffer, or set the console's level."""
    given = COMMAND.parse(args, max_operands=0)
    level = given.number(CONSOLE_LEVEL)
    if level is not None:
        if not 1 <= level <= 8:
            raise COMMAND.usage_error(f"the console level is 1 to 8, found {level}")
        klog.console_level(level)
        return 0
    if not given.flag(CLEAR):
        show = Lines(given.text(LEVEL), raw=given.flag(RAW), ctime=given.flag(CTIME))
        for line in klog.read_all().splitlines():
            stdout.write(show.line(line))
        stdout.flush()
        if given.flag(FOLLOW):
            follow(show, stdout)
    if given.flag(CLEAR) or given.flag(READ_CLEAR):
        klog.clear()
    return 0


class Lines:
    """How a line is shown, and whether."""

    def __init__(self, levels: str | None, *, raw: bool, ctime: bool) -> None:
        for word in (levels or "").split(",") if levels else ():
            if word not in LEVELS:
                raise COMMAND.usage_error(f"unknown level {word!r}")
        self.levels = {LEVELS.index(word) for word in levels.split(",")} if levels else None
        self.raw = raw
        self.start = boot_time() if ctime else 0.0
        self.shown = True

    def line(self, line: str) -> str:
        """LINE (``<6>[    1.234567] text``) as it is printed; empty if it is not to be."""
        head, close, text = line.partition(">")
        if not close or head[:1] != "<" or not head[1:].isdecimal():
            return line + "\n" if self.shown else ""  # a record's second line
        self.shown = self.levels is None or int(head[1:]) & 7 in self.levels
        if not self.shown:
            return ""
        if self.start and text.startswith("[") and "]" in text:
            text = self.dated(text)
        return (f"{head}>{text}" if self.raw else text) + "\n"

    def dated(self, text: str) -> str:
        """TEXT with its seconds since the start replaced by the time of day."""
        import time

        seconds, _, rest = text[1:].partition("]")
        try:
            moment = time.localtime(self.start + float(seconds.split("T")[0]))
        except ValueError:
            return text
        return f"[{time.strftime('%a %b %e %H:%M:%S %Y', moment)}]{rest}"


def boot_time() -> float:
    """When the kernel's log began, as seconds since the epoch."""
    import time

    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


def follow(show: Lines, stdout: TextIO) -> None:
    """Print each new record of /dev/kmsg as it comes."""
    import os

    handle = os.open("/dev/kmsg", os.O_RDONLY | os.O_CLOEXEC)
    os.lseek(handle, 0, os.SEEK_END)
    while True:
        try:
            record = os.read(handle, 8192).decode("utf-8", "replace")
        except BrokenPipeError:  # EPIPE: records were overwritten before they were read
            continue
        fields, _, text = record.partition(";")
        priority, _, micros = fields.split(",")[:3]
        stamp = f"<{priority}>[{int(micros) / 1e6:12.6f}] {text.splitlines()[0]}"
        stdout.write(show.line(stamp))
        stdout.flush()
