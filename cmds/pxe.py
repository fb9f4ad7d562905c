"""pxe - show what the network offers to boot, raw and explained.

Each interface gets its addresses as `boot --net` does it, which are given back at the end; nothing
is loaded. Ref: RFC 2131, 2132, 4578, 8415, 5970; PXE 2.1.
"""

from __future__ import annotations

from uroot_py.base.options import Command, Option
from uroot_py.base.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.bootconfig.entry import BootEntry

COMMAND = Command(
    "pxe",
    "pxe [OPTION]... [INTERFACE]...",
    HTTP := Option("--http", help="as a client of UEFI's HTTP boot"),
    IPXE := Option("--ipxe", help="as iPXE"),
    ARCH := Option("--arch", value="N", help="say that this machine is N (option 93)"),
    TIMEOUT := Option("-t", "--timeout", value="SECONDS", help="wait so long for a server (30)"),
    RAW := Option("--raw", help="only what was offered, not what it leads to"),
    example="pxe --arch 7 eth0",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Ask, and print; 1 when nothing could be booted."""
    given = COMMAND.parse(args)
    from uroot_py.boot.network import Network
    from uroot_py.boot.survey import Survey
    from uroot_py.machine.sysroot import HERE

    words = [
        *(["http"] if given.flag(HTTP) else []),
        *(["ipxe"] if given.flag(IPXE) else []),
        *([f"arch={given.number(ARCH)}"] if given.flag(ARCH) else []),
        *([f"wait={given.number(TIMEOUT)}"] if given.flag(TIMEOUT) else []),
    ]
    line = HERE.text("/proc/cmdline")
    if given.operands:
        line = " ".join(f"ip={name}:any" for name in given.operands)
    if words:
        line += f" uroot.net={','.join(words)}"
    network = Network(line)
    network.offers_only = given.flag(RAW)
    with Survey([network]) as survey:
        survey.look()
        network.finish(survey)
        lines = [*survey.looked, *(f"fault: {fault}" for fault in survey.faults)]
        for entry in survey.entries:
            state = f" ! {entry.why_not}" if entry.why_not else ""
            lines.append(f"entry: {entry.title}{state}")
            lines += [f"  {name} {value}" for name, value in _files(entry)]
        for text in lines:
            stdout.write(f"{printable(text)}\n")
        offered = any(found.boot for found in network.found)
        return 0 if survey.defaults() or (given.flag(RAW) and offered) else 1


def _files(entry: BootEntry) -> list[tuple[str, str]]:
    """What ENTRY would load."""
    rows = [("kernel", str(entry.kernel))] if entry.kernel else []
    rows += [("initrd", str(ref)) for ref in entry.initrds]
    return [*rows, ("cmdline", entry.cmdline)]
