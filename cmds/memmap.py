"""memmap - show the physical memory map from every source.

Ref: docs/memmap.md has the JSON schema.
"""

from __future__ import annotations

from uroot_py.base.door import plain
from uroot_py.base.errors import RefusedError
from uroot_py.base.options import Command, Option
from uroot_py.base.ranges import Range
from uroot_py.base.text import printable
from uroot_py.machine.memory import SOURCES, read, read_all
from uroot_py.machine.sysroot import Sysroot
from uroot_py.memory.map import RAM
from uroot_py.memory.sources import KERNEL_TYPES, best
from uroot_py.memory.text import find, listing, memmap_arguments, side_by_side

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs
    from uroot_py.memory.map import MemoryMap
    from uroot_py.memory.sources import Reading

FIRST_ADDRESS = 1 << 20  # below are the interrupt vectors and the firmware's data of a PC
END = 1 << 64
COMMAND = Command(
    "memmap",
    "memmap [--source NAME] [--sysroot DIR] [-j|--diff A B|--uefi|--hob|--e820|--find SIZE|--plot]",
    SOURCE := Option("-s", "--source", value="NAME", help="only this source, or by this source"),
    SYSROOT := Option("--sysroot", value="DIR", help="the files of another machine, below DIR"),
    JSON := Option("-j", "--json", help="as JSON"),
    DIFF := Option(
        "-d", "--diff", value="A B", help="where two sources differ; status 1 if they do"
    ),
    UEFI := Option("--uefi", help="the map for a UEFI payload: start, last address, type"),
    HOB := Option("--hob", help="the hand-off blocks for a UEFI payload: resources"),
    E820 := Option("--e820", help="as memmap= arguments of an x86 kernel"),
    FIND := Option(
        "-f", "--find", value="SIZE", help="where SIZE bytes would go, and why not elsewhere"
    ),
    ALIGN := Option(
        "--align", value="N", help="for --find: a multiple of N, a power of two (a page)"
    ),
    ABOVE := Option("--above", value="A", help="for --find: not below this address (1M)"),
    BELOW := Option("--below", value="B", help="for --find: not above this address"),
    PLOT := Option("-p", "--plot", help="a picture of the memory"),
    notes=f"Sources: {', '.join(SOURCES)}. Where one is needed and none is given,\n"
    "it is the one that kexec would place a kernel by.",
    example="memmap --find 64M --align 2M",
)
MODES = (JSON, DIFF, UEFI, HOB, E820, FIND, PLOT)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the map in one of its forms."""
    given = COMMAND.parse(args, max_operands=1)
    modes = [row for row in MODES if given.flag(row)]
    if len(modes) > 1:
        raise COMMAND.usage_error(f"{modes[0]} and {modes[1]} exclude each other")
    mode = modes[0] if modes else None
    if mode is DIFF and not given.operands:
        raise COMMAND.usage_error("--diff needs two sources")
    if mode is not DIFF and given.operands:
        raise COMMAND.usage_error(f"unexpected operand {given.operands[0]!r}")
    machine, name = Sysroot(given.text(SYSROOT) or "/"), given.text(SOURCE)
    if mode is DIFF:
        pair = (str(given.text(DIFF)), given.operands[0])
        return differences([present(read(each, machine)) for each in pair], stdout)
    readings = [read(name, machine)] if name else read_all(machine)
    if mode is JSON:
        return as_json(readings, given.text(SYSROOT) or "/", stdout)
    if mode:
        write(lines(mode, by(readings, name), given, colour=stdout.isatty()), plain(stdout))
    elif name:
        write(listing(present(readings[0])[1]), stdout)
    else:
        return everything(readings, stdout, stderr)
    return 0


def write(text: Iterable[str], stdout: TextIO) -> None:
    """Print lines one by one: what came before an error is not lost."""
    for line in text:
        stdout.write(f"{line}\n")


def present(reading: Reading) -> tuple[str, MemoryMap]:
    """The name and the map of a source; RefusedError when there is none."""
    if reading.map is None:
        raise RefusedError(reading.error or f"{reading.path}: this machine has no such source")
    return reading.name, reading.map


def by(readings: list[Reading], name: str | None) -> tuple[str, MemoryMap]:
    """The source that was asked for, or the best one, as it is."""
    wanted = name or best(readings)[1]
    return next(present(reading) for reading in readings if reading.name == wanted)


def lines(
    mode: Option, source: tuple[str, MemoryMap], given: ParsedArgs, *, colour: bool
) -> Iterable[str]:
    """The output of the modes that show one map."""
    name, held = source
    if mode is PLOT:
        from uroot_py.memory.plot import plot

        return (*plot(held, colour=colour), f"by {name}")
    held = held.retype(KERNEL_TYPES, RAM)
    if mode is E820:
        return [memmap_arguments(held)]
    if mode is UEFI:
        from uroot_py.memory import uefi

        return [
            f"{each.start:#018x} {each.end:#018x} {each.type} {uefi.NAMES[each.type]}"
            for each in uefi.entries(held)
        ]
    if mode is HOB:
        from uroot_py.memory import uefi

        return [str(each) for each in uefi.resources(held)]
    above, below = given.size(ABOVE), given.size(BELOW)
    within = Range(FIRST_ADDRESS if above is None else above, END if below is None else below)
    return find(held, given.size(FIND) or 0, given.size(ALIGN) or 0, within, name)


def everything(readings: list[Reading], stdout: TextIO, stderr: TextIO) -> int:
    """Every source that there is, in columns; 1 when there is none."""
    for reading in readings:
        if reading.error:
            stderr.write(f"memmap: {printable(reading.error)}\n")
    named = [present(reading) for reading in readings if reading.map is not None]
    if named:
        write(side_by_side(named), stdout)
    absent = [reading.name for reading in readings if not reading.map and not reading.error]
    if absent:
        stdout.write(f"absent: {', '.join(absent)}\n")
    for name, held in named:
        if held.notes:
            stdout.write(f"notes: {len(held.notes)}, see memmap --source {name}\n")
    _, name, why = best(readings)
    stdout.write(f"best: {name}, {why}\n")
    return 0


def differences(pair: list[tuple[str, MemoryMap]], stdout: TextIO) -> int:
    """Where two maps differ, what the running kernel holds counted as RAM; 1 when they do."""
    folded = [(name, held.retype(KERNEL_TYPES, RAM)) for name, held in pair]
    if folded[0][1] == folded[1][1]:
        return 0
    write(side_by_side(folded, differing=True), stdout)
    return 1


def as_json(readings: list[Reading], root: str, stdout: TextIO) -> int:
    """Every source as JSON, by the schema in docs/memmap.md; 1 when none could be read."""
    import json

    sources = []
    for reading in readings:
        held = reading.map
        state = "absent" if held is None else "ok"
        if reading.error:
            state = "failed"
        sources.append(
            {
                "name": reading.name,
                "path": reading.path,
                "state": state,
                "error": reading.error,
                "notes": held.notes if held else [],
                "ranges": [
                    {"start": r.range.start, "end": r.range.end, "type": r.type} for r in held or ()
                ],
                "totals": held.totals() if held else {},
            }
        )
    chosen = None
    try:
        _, name, why = best(readings)
        chosen = {"source": name, "why": why}
    except RefusedError:
        pass
    json.dump({"version": 1, "root": root, "sources": sources, "best": chosen}, stdout, indent=2)
    stdout.write("\n")
    return 0 if any(reading.map for reading in readings) else 1
