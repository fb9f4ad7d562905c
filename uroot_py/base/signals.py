"""Names and numbers of signals, without the enumerations of the ``signal`` module.

Ref: signal(7), the column of x86 and ARM.
"""

from __future__ import annotations

from uroot_py.base.errors import UsageError

# fmt: off
NAMES = (
    "EXIT", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV",
    "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",
    "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "POLL", "PWR", "SYS",
)
# fmt: on


def signal_number(text: str) -> int:
    """The number of ``9``, ``KILL``, ``SIGKILL`` or ``kill``; UsageError for anything else."""
    if text.isdigit() and int(text) <= 64:
        return int(text)
    name = text.upper().removeprefix("SIG")
    if name not in NAMES:
        raise UsageError(f"no signal {text!r}", hint="kill -l lists them")
    return NAMES.index(name)
