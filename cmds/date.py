"""date - print or set the date and the time.

Ref: POSIX.1-2017 XCU date; strftime(3).
"""

from __future__ import annotations

import os
import time

from uroot_py.base.dates import parse_date, parse_stamp
from uroot_py.base.errors import KernelError
from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "date",
    "date [-u] [-d TEXT | -r FILE] [+FORMAT] | date [-u] -s TEXT | date [-u] MMDDhhmm[[CC]YY][.ss]",
    DATE := Option(
        "-d", "--date", value="TEXT", help="this time: 2026-01-31 12:30, 12:30, @SECONDS"
    ),
    REFERENCE := Option("-r", "--reference", value="FILE", help="the time of FILE's last change"),
    SET := Option("-s", "--set", value="TEXT", help="set the clock"),
    UTC := Option("-u", "--utc", "--universal", help="UTC in place of local time"),
    RFC_EMAIL := Option("-R", "--rfc-email", help="Mon, 31 Jan 2026 12:30:00 +0000"),
    ISO_8601 := Option(
        "-I", "--iso-8601", value="FIT", optional=True, help="2026-01-31; hours, minutes, ..."
    ),
    example="date -u +%Y-%m-%dT%H:%M:%SZ",
)
ISO = {
    "": "%Y-%m-%d",
    "date": "%Y-%m-%d",
    "hours": "%Y-%m-%dT%H%:z",
    "minutes": "%Y-%m-%dT%H:%M%:z",
    "seconds": "%Y-%m-%dT%H:%M:%S%:z",
    "ns": "%Y-%m-%dT%H:%M:%S,%N%:z",
}


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print a time, or set the clock and print it."""
    long = [f"--iso-8601={word[2:]}" if word[:2] == "-I" and word[2:] else word for word in args]
    given = COMMAND.parse(long, max_operands=1)
    utc = given.flag(UTC)
    word = given.operands[0] if given.operands else ""
    wanted, source, change = given.text(DATE), given.text(REFERENCE), given.text(SET)
    if word and word[0] != "+":
        moment = parse_stamp(word, century_first=False, utc=utc)
        set_clock(moment)
    elif change is not None:
        moment = parse_date(change, utc=utc)
        set_clock(moment)
    elif source is not None:
        moment = os.stat(source).st_mtime
    else:
        moment = time.time() if wanted is None else parse_date(wanted, utc=utc)
    shape = word[1:] if word[:1] == "+" else "%a %b %e %H:%M:%S %Z %Y"
    if given.flag(RFC_EMAIL):
        shape = "%a, %d %b %Y %H:%M:%S %z"
    if given.flag(ISO_8601):
        fit = given.text(ISO_8601) or ""
        if fit not in ISO:
            raise COMMAND.usage_error(f"-I: expected one of {', '.join(filter(None, ISO))}")
        shape = ISO[fit]
    stdout.write(formatted(shape, moment, utc=utc) + "\n")
    return 0


def set_clock(moment: float) -> None:
    """Set the system's clock."""
    try:
        time.clock_settime(time.CLOCK_REALTIME, moment)
    except OSError as error:
        raise KernelError(
            "clock_settime", error.errno or 0, cause="not permitted", hint="only root may do that"
        ) from error


def formatted(shape: str, moment: float, *, utc: bool) -> str:
    """strftime(3) with GNU's %N, %s, %:z; the names of UTC are as ``date -u`` prints them."""
    parts = time.gmtime(moment) if utc else time.localtime(moment)
    offset = 0 if utc else parts.tm_gmtoff
    zone = f"{'-' if offset < 0 else '+'}{abs(offset) // 3600:02}:{abs(offset) // 60 % 60:02}"
    own = {
        "%%": "%%",
        "%N": f"{int(moment % 1 * 1e9):09}",
        "%s": str(int(moment // 1)),
        "%Z": "UTC" if utc else parts.tm_zone,
        "%z": zone.replace(":", ""),
        "%:": zone,
    }
    out = ""
    while shape:
        plain, percent, shape = shape.partition("%")
        key, out = percent + shape[:1], out + plain
        if key == "%:" and shape[1:2] == "z":
            shape = shape[1:]
        out += own.get(key, key)
        shape = shape[1:]
    return time.strftime(out, parts) if out else ""
