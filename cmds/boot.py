"""boot - find the systems on this machine's disks and start one.

Every disk is mounted read-only and its boot configurations are read. On a terminal there is a menu
with a countdown; the entry that is chosen, named, or the default is loaded and started. When one
that nobody chose cannot be loaded the next one is tried; at the end of the list there is a shell.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import UsageError
from uroot_py.base.options import Command, Option
from uroot_py.base.text import parse_number, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs
    from uroot_py.boot.session import Session
    from uroot_py.boot.survey import Source, Survey
    from uroot_py.boot.waiting import Waiting
    from uroot_py.bootconfig.entry import BootEntry

COMMAND = Command(
    "boot",
    "boot [OPTION]...",
    LIST := Option("-l", "--list", help="list what could be booted, start nothing"),
    JSON := Option("--json", help="the list as JSON (docs/boot.md)"),
    EXPLAIN := Option("--explain", help="each place looked at, each entry refused and why"),
    DRY_RUN := Option("--dry-run", help="say what would be started, and how; load nothing"),
    LOAD := Option("--load", help="load the kernel, do not start it"),
    ENTRY := Option("--entry", value="WORD", help="start the entry with this number, id or title"),
    WAIT := Option(
        "--timeout", value="SECONDS", help="how long the menu waits; 0: no menu, -1: for ever"
    ),
    NET := Option("--net", help="look on the network instead of at the disks"),
    URL := Option("--url", value="URL", help="look at what is there: a kernel, a configuration"),
    ROOT := Option("--root", value="DIR[,uuid=U]", help="look here instead of at the disks"),
    APPEND := Option("--append", value="TEXT", help="add TEXT to the command line"),
    REMOVE := Option("--remove", value="KEY,...", help="the entry's command line without these"),
    REUSE := Option(
        "--reuse", value="KEY,...", help="add these words of the running kernel's command line"
    ),
    WRITE := Option("--write", help="write what the boot loader would: grubenv, tries left"),
    ONCE := Option("--once", help="with --write: what is started does not become the default"),
    example="boot --list",
    notes="Without --remove and --reuse the running kernel's console= words replace the entry's.",
)
TIMEOUT = 10  # seconds, where neither an option, the kernel's command line nor the disk says


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """The applet: 0 when the job was done (a started kernel does not return), 1 when not."""
    given = COMMAND.parse(args, max_operands=0)
    from uroot_py.boot.survey import Survey

    shown = given.flag(LIST) or given.flag(JSON) or given.flag(EXPLAIN)
    places = _order(given)
    with Survey(_sources(given, patient=not shown) if "disk" in places else []) as survey:
        survey.look()
        network = None
        if not given.flag(ROOT):
            from uroot_py.boot.places import network_of

            network = network_of(survey, given.all(URL), asked="net" in places)
        if shown:
            if network:
                network.finish(survey)
            return show(given, survey, stdout)
        return start(given, survey, stdin, stdout, stderr)


def _order(given: ParsedArgs) -> list[str]:
    """Which of ``disk`` and ``net`` are looked at, in the order of their entries."""
    if given.flag(ROOT):
        return ["disk"]
    if given.flag(NET) or given.flag(URL):
        return ["net"]
    from uroot_py.boot.preference import places
    from uroot_py.machine.sysroot import HERE

    return places(HERE)


def _sources(given: ParsedArgs, *, patient: bool) -> list[Source]:
    """Where the options say to look; PATIENT as ``Disks`` takes it."""
    if given.flag(ROOT):
        from uroot_py.boot.survey import Directories

        return [Directories([_root(text) for text in given.all(ROOT)])]
    from uroot_py.boot.disks import Disks
    from uroot_py.boot.locked import Locked
    from uroot_py.boot.session import note

    note("looking for systems")
    disks = Disks(note=note, patient=patient)
    return [disks, Locked(disks.layers)]


def _root(text: str) -> tuple[str, dict[str, str]]:
    """``DIR,uuid=U,label=L`` as (DIR, {"uuid": U, "label": L}); what is mounted there is known."""
    path, *words = text.split(",")
    names = dict(word.split("=", 1) for word in words if "=" in word)
    strange = set(names) - {"uuid", "label", "partuuid", "partlabel"}
    if strange or len(names) != len(words):
        raise UsageError(f"--root: expected DIR,uuid=U,label=L, found {text!r}")
    if os.path.ismount(path):
        from uroot_py.disks.mounts import known_by

        names = {**known_by(path), **names}
    return path, names


def start(given: ParsedArgs, survey: Survey, stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Load and start what was named, what a person chooses, or what boots by default."""
    from uroot_py.boot import preference
    from uroot_py.boot.locked import Locked
    from uroot_py.boot.session import Session
    from uroot_py.machine.sysroot import HERE

    def say(text: str) -> None:
        stderr.write(f"boot: {text}\n")
        stderr.flush()

    locked = next((each for each in survey.sources if isinstance(each, Locked)), None)
    session = Session(survey, lambda entry: command_line(given, entry), say, stderr, locked)
    word = given.text(ENTRY)

    def order() -> list[BootEntry]:
        return preference.order(survey, HERE) if word is None else [survey.named(word)]

    here = stdin.isatty() and stdout.isatty()
    if not session.wait(awaited(survey, word, session.say), asked=here):
        return 0
    found = order()
    # Somebody may be there to be asked.
    asked = here and word is None and not given.flag(LOAD)
    if not found and not (asked and survey.entries and not given.flag(DRY_RUN)):
        raise survey.nothing()
    if given.flag(DRY_RUN):
        for line in session.rehearse(found, once=given.flag(ONCE), write=given.flag(WRITE)):
            stdout.write(f"{line}\n")
        return 0
    if asked:
        entry = session.ask(order, lambda: timeout(given, survey, session.say))
    else:
        entry = session.first(found)
    if entry is not None:
        finish(given, survey, session, entry, say)
    return 0


def finish(
    given: ParsedArgs,
    survey: Survey,
    session: Session,
    entry: BootEntry,
    say: Callable[[str], None],
) -> None:
    """Write what is to be written and start ENTRY, which is loaded."""
    changes = session.changes(entry, once=given.flag(ONCE), write=given.flag(WRITE))
    survey.close()
    if changes:
        from uroot_py.boot import writeback

        # Now that nothing of the disks is needed any more: each is writable as a whole.
        for line in writeback.carry_out(changes):
            say(line)
    if not given.flag(LOAD):
        from uroot_py.kexec.execute import execute

        execute(say, name=f"{printable(entry.title)!r} from {entry.device}")


def awaited(survey: Survey, word: str | None, say: Callable[[str], None]) -> Waiting:
    """Waits for something that boots, and for what was asked for: WORD, or by the machine."""
    from uroot_py.boot import preference, waiting
    from uroot_py.boot.places import enough
    from uroot_py.machine.sysroot import HERE

    def missing() -> str:
        return preference.missing(survey, HERE, word)

    def there() -> bool:
        # A passphrase is not waited for with a clock.
        return enough(survey) or any(entry.kind == "unlock" for entry in survey.entries)

    limit = waiting.limit(HERE, say)
    ready: Callable[[], bool] = lambda: there() and not missing()  # noqa: E731
    return waiting.Waiting(survey, ready, limit, what=missing(), there=there)


def timeout(given: ParsedArgs, survey: Survey, say: Callable[[str], None]) -> float | None:
    """How long the menu waits, in seconds; None: for ever.

    A wrong word on the kernel's command line is said: it must not stop an unattended boot.
    """
    from uroot_py.boot.preference import said
    from uroot_py.machine.sysroot import HERE

    text = given.text(WAIT)
    if text is not None:
        return None if text == "-1" else parse_number(text, "timeout")
    default = TIMEOUT if survey.timeout is None else survey.timeout
    text = said(HERE, "uroot.timeout")
    if text is None or text == "-1":
        return default if text is None else None
    try:
        return parse_number(text, "uroot.timeout")
    except UsageError as error:
        say(f"{error}; the menu waits {default:g} s")
        return default


def command_line(given: ParsedArgs, entry: BootEntry) -> str:
    """The entry's command line as the options change it."""
    from uroot_py.formats.kernel.cmdline import next_cmdline
    from uroot_py.machine.sysroot import HERE

    def keys(row: Option) -> tuple[str, ...]:
        return tuple(key for text in given.all(row) for key in text.split(",") if key)

    running = "" if given.flag(ROOT) else HERE.text("/proc/cmdline").strip()
    append = " ".join(given.all(APPEND))
    return next_cmdline(
        entry.cmdline,
        running,
        remove=keys(REMOVE),
        reuse=keys(REUSE),
        append=append,
        linux=entry.linux,
    )


def show(given: ParsedArgs, survey: Survey, stdout: TextIO) -> int:
    """The list, as text or JSON; 1 when nothing can be booted."""
    from uroot_py.boot import describe

    if given.flag(JSON):
        import json

        values = describe.as_values(survey)
        stdout.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")
    else:
        explain = given.flag(EXPLAIN)
        lines = [printable(line) for line in describe.log(survey) if explain]
        lines += describe.rows(survey, notes=explain)
        if not survey.entries:
            lines += ["nothing to boot"] if explain else str(survey.nothing()).split("\n")
        stdout.write("".join(line + "\n" for line in lines))
    return 0 if survey.defaults() else 1
