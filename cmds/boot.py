"""boot - find the systems on this machine's disks and start one.

Every disk is mounted read-only and its boot configurations are read; the default entry, or the one
that is named, is loaded and started. When it cannot be loaded the next one is tried.
"""

from __future__ import annotations

from uroot_py.base.errors import RefusedError, UrootError, UsageError
from uroot_py.base.options import Command, Option
from uroot_py.base.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import Given
    from uroot_py.disks.systems import Survey, System

COMMAND = Command(
    "boot",
    "boot [OPTION]...",
    Option("-l", "--list", help="list what could be booted, start nothing"),
    Option("--json", help="the list as JSON (docs/boot.md)"),
    Option("--explain", help="each device and file looked at, each entry refused and why"),
    Option("--dry-run", help="say what would be started, and how; load nothing"),
    Option("--load", help="load the kernel, do not start it"),
    Option("--entry", value="WORD", help="start the entry with this id, number or title"),
    Option("--root", value="DIR[,uuid=U]", help="look at this directory instead of the disks"),
    Option("--append", value="TEXT", help="add TEXT to the command line"),
    Option("--remove", value="KEY,...", help="take these words from the entry's command line"),
    Option("--reuse", value="KEY,...", help="add these words of the running kernel's command line"),
    example="boot --list",
    notes="Without --remove and --reuse the running kernel's console= words replace the entry's.",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """The applet: 0 when the job was done (a started kernel does not return), 1 when not."""
    given = COMMAND.parse(args, most=0)
    from uroot_py.disks import systems
    from uroot_py.disks.mounts import Mounts

    with Mounts() as pool:
        if given.flag("root"):
            survey = systems.survey_directories([_root(text) for text in given.all("root")])
        else:
            survey = systems.survey_machine(pool)
        if given.flag("list") or given.flag("json") or given.flag("explain"):
            return show(given, survey, stdout)
        system = attempt(given, candidates(given, survey), stdout, stderr)
    if not given.flag("dry-run") and not given.flag("load"):
        start(system, stderr)
    return 0


def _root(text: str) -> tuple[str, dict[str, str]]:
    """``DIR,uuid=U,label=L`` as (DIR, {"uuid": U, "label": L})."""
    path, *words = text.split(",")
    names = dict(word.split("=", 1) for word in words if "=" in word)
    strange = set(names) - {"uuid", "label", "partuuid", "partlabel"}
    if strange or len(names) != len(words):
        raise UsageError(f"--root: expected DIR,uuid=U,label=L, found {text!r}")
    return path, names


def candidates(given: Given, survey: Survey) -> list[System]:
    """What to try, in order; RefusedError when there is nothing, with what was looked at."""
    word = given.text("entry")
    if word is not None:
        found = survey.named(word)
        if not found:
            raise RefusedError(f"no entry {word!r}", hint="boot --list shows what there is")
        if not found[0].entry.bootable:
            raise RefusedError(f"{found[0].entry.title}: {found[0].entry.why_not}")
        return found[:1]
    found = survey.defaults()
    if not found:
        seen = [*survey.looked, *survey.faults] or ["no block device was found"]
        seen += [f"{s.device}: {s.entry.title}: {s.entry.why_not}" for s in survey.systems]
        raise RefusedError("nothing to boot:\n  " + "\n  ".join(printable(line) for line in seen))
    return found


def attempt(given: Given, systems: list[System], stdout: TextIO, stderr: TextIO) -> System:
    """Load the first of SYSTEMS that loads; a line for each that does not."""
    from uroot_py.kexec.start import load_system

    for system in systems:
        line = command_line(given, system)
        if given.flag("dry-run"):
            stdout.write(describe(system, line))
            return system
        try:
            load_system(system, line)
        except (UrootError, OSError) as error:
            stderr.write(f"boot: {printable(system.entry.title)}: {error}\n")
        else:
            return system
    raise RefusedError("no entry could be loaded", hint="boot --explain says what was looked at")


def command_line(given: Given, system: System) -> str:
    """The entry's command line as the options change it."""
    from uroot_py.kexec.start import next_cmdline
    from uroot_py.machine.modules import read_text

    def keys(name: str) -> tuple[str, ...]:
        return tuple(key for text in given.all(name) for key in text.split(",") if key)

    running = "" if given.flag("root") else read_text("/proc/cmdline").strip()
    append = " ".join(given.all("append"))
    return next_cmdline(
        system.entry.cmdline, running, remove=keys("remove"), reuse=keys("reuse"), append=append
    )


def describe(system: System, line: str) -> str:
    """What would be started, in words."""
    entry = system.entry
    rows = [
        ("entry", entry.title),
        (
            "from",
            f"{system.device}: {entry.source}" + (f" line {entry.line}" if entry.line else ""),
        ),
        ("kernel", str(entry.kernel)),
        *(("initrd", str(ref)) for ref in entry.initrds),
        ("cmdline", line),
    ]
    return "".join(f"{key:<8} {printable(value)}\n" for key, value in rows)


def start(system: System, stderr: TextIO) -> None:
    """Start the loaded kernel; does not return."""
    from uroot_py.kexec.execute import execute

    def say(text: str) -> None:
        stderr.write(f"boot: {text}\n")
        stderr.flush()

    execute(say, name=f"{printable(system.entry.title)!r} from {system.device}")


def show(given: Given, survey: Survey, stdout: TextIO) -> int:
    """The list, as text or JSON; 1 when nothing can be booted."""
    if given.flag("json"):
        import json

        stdout.write(json.dumps(as_values(survey), indent=2, ensure_ascii=False) + "\n")
    else:
        if given.flag("explain"):
            for line in (*survey.looked, *(f"fault: {fault}" for fault in survey.faults)):
                stdout.write(printable(line) + "\n")
        for number, system in enumerate(survey.systems, 1):
            stdout.write(_row(number, system))
    return 0 if survey.defaults() else 1


def _row(number: int, system: System) -> str:
    entry = system.entry
    mark = "*" if entry.default else " " if entry.bootable else "!"
    title = " > ".join(printable(part) for part in (*entry.parents, entry.title))
    line = f"{number:>3} {mark} {title:<52} {system.device}\n"
    return line if entry.bootable else f"{line}      {printable(entry.why_not)}\n"


def as_values(survey: Survey) -> dict[str, object]:
    """The survey as plain values; docs/boot.md explains each key."""
    default = next(iter(survey.defaults()), None)
    return {
        "devices": [
            {
                "path": volume.path,
                "size": volume.size,
                "type": volume.kind,
                "uuid": volume.uuid,
                "label": volume.label,
                "partuuid": volume.partuuid,
                "fault": volume.fault,
            }
            for volume in survey.devices
        ],
        "entries": [
            {
                "number": number,
                "id": system.entry.id,
                "title": system.entry.title,
                "parents": list(system.entry.parents),
                "device": system.device,
                "source": system.entry.source,
                "line": system.entry.line,
                "kind": system.entry.kind,
                "kernel": str(system.entry.kernel) if system.entry.kernel else None,
                "initrds": [str(ref) for ref in system.entry.initrds],
                "cmdline": system.entry.cmdline,
                "devicetree": str(system.entry.devicetree) if system.entry.devicetree else None,
                "default": system is default,
                "bootable": system.entry.bootable,
                "why": system.entry.why_not,
            }
            for number, system in enumerate(survey.systems, 1)
        ],
        "faults": survey.faults,
        "looked": survey.looked,
    }
