"""efivar - list and print the firmware's variables.

Ref: UEFI 2.10 section 8.2; Linux Documentation/filesystems/efivarfs.rst.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.reader import number_at
from uroot_py.formats.uefi.guid import GLOBAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

TOP = "/sys/firmware/efi/efivars"
ATTRIBUTES = (
    "non-volatile", "boot service access", "runtime access", "hardware error record",
    "authenticated write", "time based authenticated write", "append",
)  # fmt: skip
COMMAND = Command(
    "efivar",
    "efivar [-l] | efivar [-d] NAME[-GUID]...",
    Ignored("-l", "--list", help="list the names (the default)"),
    DATA := Option("-d", "--data", help="only the data, as it is"),
    DIR := Option("--dir", value="PATH", help=f"in place of {TOP}"),
    example="efivar SecureBoot",
    notes="A NAME without a GUID is one of the specification's own variables.",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """List the variables, or print those named."""
    given = COMMAND.parse(args)
    top = given.text(DIR) or TOP
    if not os.path.isdir(top):
        raise RefusedError(
            f"{top}: no such directory", hint="this is no UEFI system, or efivarfs is not mounted"
        )
    if not given.operands:
        stdout.writelines(f"{guid(name)[1]}-{guid(name)[0]}\n" for name in sorted(os.listdir(top)))
        return 0
    for name in given.operands:
        full = name if len(name) > 37 and name[-37] == "-" else f"{name}-{GLOBAL}"
        with open(f"{top}/{full}", "rb") as file:
            raw = file.read()
        if len(raw) < 4:
            raise FormatError("variable", 0, "4 bytes of attributes", f"{len(raw)}", source=full)
        if given.flag(DATA):
            stdout.flush()
            stdout.buffer.write(raw[4:])
        else:
            stdout.write(described(full, number_at(raw, 0, 4), raw[4:]))
    return 0


def guid(name: str) -> tuple[str, str]:
    """(variable, GUID) of a file name such as ``BootOrder-8be4df61-...``."""
    return name[:-37], name[-36:]


def described(name: str, attributes: int, data: bytes) -> str:
    """Name, attributes and a dump of the data."""
    from uroot_py.streams.dump import canonical

    variable, owner = guid(name)
    words = [word for bit, word in enumerate(ATTRIBUTES) if attributes & 1 << bit]
    return f"{owner}-{variable}\n{', '.join(words)}\n{canonical(data)}"
