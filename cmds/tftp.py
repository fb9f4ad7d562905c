"""tftp - fetch a file by TFTP.

With its size, large blocks and windows of them asked for, as PXE's servers know them. A file has
its name when it is complete. Ref: RFC 1350, 2347 to 2349, 7440.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import named_if_full
from uroot_py.base.options import Command, Option
from uroot_py.base.text import format_size, printable
from uroot_py.net.transfer import pieces
from uroot_py.net.url import Url
from uroot_py.terminal.progress import Meter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

COMMAND = Command(
    "tftp",
    "tftp [-q] [-O FILE] HOST PATH | tftp://HOST/PATH",
    OUTPUT := Option("-O", "--output", value="FILE", help="write to FILE (-: standard output)"),
    QUIET := Option("-q", "--quiet", help="say nothing"),
    example="tftp 10.0.2.2 pxelinux.cfg/default",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Fetch the file."""
    given = COMMAND.parse(args, min_operands=1, max_operands=2)
    text = given.operands[0]
    if len(given.operands) == 2:
        host = f"[{text}]" if ":" in text else text
        text = f"tftp://{host}/{given.operands[1]}"
    url = Url(text)
    if url.scheme != "tftp":
        raise COMMAND.usage_error(f"expected HOST PATH or tftp://HOST/PATH, found {text!r}")
    path = given.text(OUTPUT) or url.name
    meter = Meter(stderr)
    stdout.flush()
    draft = f"{path}.part"
    try:
        if path == "-":
            size = save(url, stdout.buffer, None)
        else:
            with open(draft, "wb") as file:
                size = save(url, file, meter)
    except OSError as error:
        raise named_if_full(draft, error) from None
    finally:
        meter.close()
    if path != "-":
        os.replace(draft, path)
        if not given.flag(QUIET):
            stderr.write(f"tftp: {printable(path)}: {format_size(size)}\n")
    return 0


def save(url: Url, file: BinaryIO, meter: Meter | None) -> int:
    """Write the file at URL to FILE; its size."""
    size = 0
    for _, total, piece in pieces(url, 1 << 40, str):
        file.write(piece)
        size += len(piece)
        if meter:
            meter(url.name, size, total)
    return size
