"""boot - find the systems on this machine's disks and start one.

Every disk is mounted read-only and its boot configurations are read. On a terminal there is a menu
with a countdown; the entry that is chosen, named, or the default is loaded and started. When one
that nobody chose cannot be loaded the next one is tried; at the end of the list there is a shell.
"""

from __future__ import annotations

from uroot_py.base.errors import RefusedError, UrootError, UsageError
from uroot_py.base.options import Command, Option
from uroot_py.base.text import parse_number, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs
    from uroot_py.disks.systems import Survey, System
    from uroot_py.disks.writeback import Change
    from uroot_py.terminal.menu import Decision, Menu

COMMAND = Command(
    "boot",
    "boot [OPTION]...",
    Option("-l", "--list", help="list what could be booted, start nothing"),
    Option("--json", help="the list as JSON (docs/boot.md)"),
    Option("--explain", help="each device and file looked at, each entry refused and why"),
    Option("--dry-run", help="say what would be started, and how; load nothing"),
    Option("--load", help="load the kernel, do not start it"),
    Option("--entry", value="WORD", help="start the entry with this number, id or title"),
    Option("--timeout", value="SECONDS", help="how long the menu waits; 0: no menu, -1: for ever"),
    Option("--root", value="DIR[,uuid=U]", help="look at this directory instead of the disks"),
    Option("--append", value="TEXT", help="add TEXT to the command line"),
    Option("--remove", value="KEY,...", help="take these words from the entry's command line"),
    Option("--reuse", value="KEY,...", help="add these words of the running kernel's command line"),
    Option("--write", help="write back what the boot loader would: grubenv, tries that are left"),
    Option("--once", help="with --write: what is started does not become the default"),
    example="boot --list",
    notes="Without --remove and --reuse the running kernel's console= words replace the entry's.",
)
TIMEOUT = 10  # seconds, where neither an option, the kernel's command line nor the disk says
MAX_NOTICES = 2  # faults that the menu shows by themselves


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """The applet: 0 when the job was done (a started kernel does not return), 1 when not."""
    given = COMMAND.parse(args, max_operands=0)
    from uroot_py.disks import systems
    from uroot_py.disks.mounts import Mounts

    with Mounts() as pool:
        if given.flag("root"):
            survey = systems.survey_directories([_root(text) for text in given.all("root")])
        else:
            note("looking for systems")
            survey = systems.survey_machine(pool, note=note)
        if given.flag("list") or given.flag("json") or given.flag("explain"):
            return show(given, survey, stdout)
        found = candidates(given, survey)
        boot = Boot(given, survey, stderr)
        if given.flag("dry-run"):
            return boot.rehearse(found, stdout)
        system = boot.menu(found) if boot.wants_menu(stdin, stdout) else boot.first(found)
        changes = boot.changes(system) if system else []
    if changes:
        from uroot_py.disks import writeback as remember

        # Now that nothing of the disks is needed any more: each is writable as a whole.
        for line in remember.carry_out(changes):
            boot.say(line)
    if system and not given.flag("load"):
        from uroot_py.kexec.execute import execute

        execute(boot.say, name=f"{printable(system.entry.title)!r} from {system.device}")
    return 0


def note(text: str) -> None:
    """A line for the kernel's log: what was done, and when."""
    from uroot_py.abi import klog

    klog.write(text, tag="boot")


def _root(text: str) -> tuple[str, dict[str, str]]:
    """``DIR,uuid=U,label=L`` as (DIR, {"uuid": U, "label": L})."""
    path, *words = text.split(",")
    names = dict(word.split("=", 1) for word in words if "=" in word)
    strange = set(names) - {"uuid", "label", "partuuid", "partlabel"}
    if strange or len(names) != len(words):
        raise UsageError(f"--root: expected DIR,uuid=U,label=L, found {text!r}")
    return path, names


def candidates(given: ParsedArgs, survey: Survey) -> list[System]:
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


def command_line(given: ParsedArgs, system: System) -> str:
    """The entry's command line as the options change it."""
    from uroot_py.formats.kernel.cmdline import next_cmdline
    from uroot_py.machine.modules import read_text

    def keys(name: str) -> tuple[str, ...]:
        return tuple(key for text in given.all(name) for key in text.split(",") if key)

    running = "" if given.flag("root") else read_text("/proc/cmdline").strip()
    append = " ".join(given.all("append"))
    return next_cmdline(
        system.entry.cmdline, running, remove=keys("remove"), reuse=keys("reuse"), append=append
    )


class Boot:
    """Loading one of the systems found, chosen by a person or by nobody."""

    def __init__(self, given: ParsedArgs, survey: Survey, stderr: TextIO) -> None:
        self.given = given
        self.survey = survey
        self.stderr = stderr
        self.log: list[str] = []

    def say(self, text: str) -> None:
        """A line for people, kept for the menu's log."""
        self.log.append(text)
        self.stderr.write(f"boot: {text}\n")
        self.stderr.flush()

    def timeout(self) -> float | None:
        """How long the menu waits, in seconds; None: for ever."""
        from uroot_py.formats.kernel import cmdline
        from uroot_py.machine.modules import read_text

        text = self.given.text("timeout")
        if text is None:
            text = cmdline.last(read_text("/proc/cmdline"), "uroot.timeout")
        if text is not None:
            return None if text == "-1" else parse_number(text, "timeout")
        return TIMEOUT if self.survey.timeout is None else self.survey.timeout

    def wants_menu(self, stdin: TextIO, stdout: TextIO) -> bool:
        """Whether somebody may be there to be asked."""
        alone = self.given.flag("entry") or self.given.flag("load")
        return stdin.isatty() and stdout.isatty() and not alone

    def load(self, system: System, line: str) -> str:
        """Load SYSTEM, its progress seen on a terminal; '' or why it could not be."""
        from uroot_py.kexec.start import load_system
        from uroot_py.terminal.progress import Meter

        meter = Meter(self.stderr)

        def watch(name: str, done: int, total: int) -> None:
            meter(name, done, total)
            if done == total:
                note(f"{name}: {total} bytes")

        note(f"loading {printable(system.entry.title)!r} from {system.device}")
        fault = ""
        try:
            load_system(system, line, self.say, watch if self.stderr.isatty() else None)
        except (UrootError, OSError) as error:
            fault = f"{printable(system.entry.title)}: {error}"
        meter.close()
        if fault:
            self.say(fault)
        note(fault or "loaded")
        return fault

    def first(self, systems: list[System]) -> System:
        """Load the first of SYSTEMS that loads; RefusedError at the end of the list."""
        for system in systems:
            if not self.load(system, command_line(self.given, system)):
                return system
        raise RefusedError("no entry could be loaded", hint="boot --explain says what there is")

    def rehearse(self, systems: list[System], stdout: TextIO) -> int:
        """Say what would be started: the first of SYSTEMS that there is a plan for."""
        from uroot_py.disks.describe import details
        from uroot_py.kexec.start import plan_system

        for system in systems:
            line = command_line(self.given, system)
            stdout.write("".join(f"{row}\n" for row in details(system, line)))
            try:
                plan = plan_system(system, line)
            except (UrootError, OSError) as error:
                self.say(f"{printable(system.entry.title)}: {error}")
            else:
                writes = [f"write    {change.text}\n" for change in self.changes(system)]
                stdout.write("".join([*writes, plan.describe(), "\n"]))
                return 0
        raise RefusedError("no entry could be loaded", hint="boot --explain says what there is")

    def changes(self, system: System) -> list[Change]:
        """What is to be written when SYSTEM is started; what is not, is said."""
        if not (system.entry.saves or system.entry.rename):
            return []
        from uroot_py.disks import writeback as remember

        found, faults = remember.changes(system, once=self.given.flag("once"))
        if not self.given.flag("write"):
            faults += [f"{change.text}: not written, there is no --write" for change in found]
        for line in faults:
            self.say(line)
        return found if self.given.flag("write") else []

    def menu(self, defaults: list[System]) -> System | None:
        """Ask until something is loaded; None when a shell was asked for."""
        from uroot_py.terminal.console import Terminal

        menu = self._menu(defaults[0])
        while True:
            terminal = Terminal.of_machine()
            try:
                decision = menu.choose(terminal)
            finally:
                terminal.close()
            if decision.kind != "boot":
                self._leave(decision)
                return None
            system = self.survey.systems[decision.index]
            fault = self.load(system, decision.cmdline)
            if not fault:
                return system
            if not decision.by_hand:
                return self.first([other for other in defaults if other is not system])
            menu.notices = [fault]

    def _menu(self, default: System) -> Menu:
        from uroot_py.disks.describe import details, log, paths
        from uroot_py.machine.modules import read_text
        from uroot_py.terminal import password
        from uroot_py.terminal.menu import Item, Menu

        items = []
        for system, path in zip(self.survey.systems, paths(self.survey), strict=True):
            line = command_line(self.given, system)
            item = Item(path[-1], cmdline=line, details=details(system, line), parents=path[:-1])
            item.why_not = printable(system.entry.why_not)
            item.editable = system.editable
            items.append(item)
        notices = [printable(fault) for fault in self.survey.faults]
        if len(notices) > MAX_NOTICES:
            notices = [notices[0], f"and {len(notices) - 1} more faults: l shows them"]
        return Menu(
            items,
            title="uroot-py: which system shall be started?",
            default=self.survey.systems.index(default),
            timeout=self.timeout(),
            notices=notices,
            log=lambda: [printable(line) for line in (*log(self.survey), *self.log)],
            password=password.checker(read_text(password.FILE)),
        )

    def _leave(self, decision: Decision) -> None:
        from uroot_py.abi import reboot

        if decision.kind == "reboot":
            reboot.reboot(reboot.LINUX_REBOOT_CMD_RESTART)
        elif decision.kind == "poweroff":
            reboot.reboot(reboot.LINUX_REBOOT_CMD_POWER_OFF)
        elif not decision.by_hand:
            raise RefusedError("nothing to boot", hint="boot --explain says what was looked at")


def show(given: ParsedArgs, survey: Survey, stdout: TextIO) -> int:
    """The list, as text or JSON; 1 when nothing can be booted."""
    from uroot_py.disks import describe

    if given.flag("json"):
        import json

        values = describe.as_values(survey)
        stdout.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")
    else:
        explain = given.flag("explain")
        lines = [printable(line) for line in describe.log(survey) if explain]
        lines += describe.rows(survey, notes=explain)
        stdout.write("".join(line + "\n" for line in lines))
    return 0 if survey.defaults() else 1
