"""tpm - show the TPM and what its registers hold.

Ref: Linux Documentation/ABI/stable/sysfs-class-tpm; TCG PC Client Platform Firmware Profile.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError
from uroot_py.base.options import Command, Option
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

TOP = "/sys/class/tpm"
COMMAND = Command(
    "tpm",
    "tpm [PCR]...",
    DIR := Option("--dir", value="PATH", help=f"in place of {TOP}"),
    example="tpm 0 7",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """A line for each TPM, and for each of its registers, or of those that are named."""
    given = COMMAND.parse(args)
    if not all(word.isdecimal() for word in given.operands):
        raise COMMAND.usage_error("expected the numbers of registers")
    wanted = [int(word) for word in given.operands]
    top = given.text(DIR) or TOP
    names = sorted(os.listdir(top)) if os.path.isdir(top) else []
    if not names:
        raise RefusedError("no TPM", hint="is it switched on in the firmware's setup?")
    for name in names:
        here = f"{top}/{name}"
        version = HERE.text(f"{here}/tpm_version_major").strip() or "?"
        what = HERE.text(f"{here}/device/description").strip()
        stdout.write(f"{name}: version {version}{', ' if what else ''}{what}\n")
        for bank in sorted(each for each in os.listdir(here) if each.startswith("pcr-")):
            numbers = sorted(int(each) for each in os.listdir(f"{here}/{bank}") if each.isdecimal())
            for number in numbers:
                if not wanted or number in wanted:
                    value = HERE.text(f"{here}/{bank}/{number}").strip().lower()
                    stdout.write(f"{bank.removeprefix('pcr-'):<7} {number:2} {value}\n")
    return 0
