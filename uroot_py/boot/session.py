"""One boot: the entries of a survey are offered, one is chosen by somebody or nobody, loaded."""

from __future__ import annotations

from uroot_py.base.errors import RefusedError
from uroot_py.base.text import printable
from uroot_py.machine.child import StuckError, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from uroot_py.boot.locked import Locked
    from uroot_py.boot.survey import Survey
    from uroot_py.boot.waiting import Waiting
    from uroot_py.boot.writeback import Change
    from uroot_py.bootconfig.entry import BootEntry
    from uroot_py.machine.child import Send
    from uroot_py.machine.kernel_lines import KernelLines
    from uroot_py.terminal.console import Terminal
    from uroot_py.terminal.menu import Decision, Menu


def note(text: str) -> None:
    """A line for the kernel's log: what was done, and when."""
    from uroot_py.abi import klog

    klog.write(text, tag="boot")


class Session:
    """A survey and what is done with its entries.

    CMDLINE gives the command line that an entry is started with; SAY gets each line for people;
    the progress of loading goes to STREAM. LOCKED is the source of SURVEY that unlocks devices.
    """

    def __init__(
        self,
        survey: Survey,
        cmdline: Callable[[BootEntry], str],
        say: Callable[[str], None],
        stream: TextIO,
        locked: Locked | None = None,
    ) -> None:
        self.survey = survey
        self.cmdline = cmdline
        self.stream = stream
        self.log: list[str] = []
        self.locked = locked
        self._say = say

    def say(self, text: str) -> None:
        """A line for people, kept for the menu's log."""
        self.log.append(text)
        self._say(text)

    def load(self, entry: BootEntry, line: str) -> str:
        """Load ENTRY, its progress seen on a terminal; '' or why it could not be."""
        from uroot_py.boot.load import load_entry
        from uroot_py.terminal.progress import Meter

        meter = Meter(self.stream)
        seen = self.stream.isatty()
        keys = self.locked.handed_over() if self.locked else []

        def work(send: Send) -> None:
            load_entry(
                entry,
                line,
                lambda text: send("say", text),
                (lambda *progress: send("read", *progress)) if seen else None,
                keys,
            )

        note(f"loading {printable(entry.title)!r} from {entry.device}")
        fault = ""
        try:
            for kind, *values in records(work):
                if kind == "say":
                    self.say(*values)
                    continue
                meter(*values)
                name, done, total = values
                if done == total:
                    note(f"{name}: {total} bytes")
        except RefusedError as error:
            fault = f"{printable(entry.title)}: {error}"
            if isinstance(error, StuckError):
                for home in [v for v in self.survey.volumes.all if v.name == entry.device]:
                    self.survey.leave_out(home, str(error))
        meter.close()
        if fault:
            self.say(fault)
        note(fault or "loaded")
        return fault

    def first(self, entries: list[BootEntry]) -> BootEntry:
        """Load the first of ENTRIES that loads; RefusedError at the end of the list."""
        for entry in entries:
            if entry.bootable and not self.load(entry, self.cmdline(entry)):
                return entry
        raise RefusedError("no entry could be loaded", hint="boot --explain says what there is")

    def rehearse(self, entries: list[BootEntry], *, once: bool, write: bool) -> Iterator[str]:
        """What would be started, and how: of the first of ENTRIES that there is a plan for."""
        from uroot_py.boot.describe import details
        from uroot_py.boot.load import plan_entry

        for entry in entries:
            line = self.cmdline(entry)
            yield from details(entry, line)

            def work(send: Send, entry: BootEntry = entry, line: str = line) -> None:
                send(plan_entry(entry, line).describe())

            try:
                (plan,) = next(records(work))
            except RefusedError as error:
                self.say(f"{printable(entry.title)}: {error}")
            else:
                for change in self.changes(entry, once=once, write=write):
                    yield f"write    {change.text}"
                yield plan
                return
        raise RefusedError("no entry could be loaded", hint="boot --explain says what there is")

    def changes(self, entry: BootEntry, *, once: bool, write: bool) -> list[Change]:
        """What is to be written when ENTRY is started; what is not, is said."""
        if not (entry.saves or entry.rename):
            return []
        from uroot_py.boot import writeback

        try:
            found, faults = writeback.looked_up([entry], once=once)[0]
        except RefusedError as error:
            found, faults = [], [f"{printable(entry.title)}: nothing is written: {error}"]
        if not write:
            faults += [f"{change.text}: not written, there is no --write" for change in found]
        for line in faults:
            self.say(line)
        return found if write else []

    def wait(self, waiting: Waiting, *, asked: bool) -> bool:
        """Do that, where ASKED at every console; false when a shell was asked for there."""
        if waiting.over():
            return True
        note(waiting.line().partition(";")[0])
        if not asked:
            self._say(f"waiting for {waiting.what or waiting.survey.waiting() or 'disks'}")
            waiting.alone()
            return True
        from uroot_py.terminal.console import Hangup, Terminal

        terminal = Terminal.of_machine()
        try:
            return waiting.at(terminal)
        except Hangup:
            waiting.alone()
            return True
        finally:
            terminal.close()

    def ask(
        self, order: Callable[[], list[BootEntry]], timeout: Callable[[], float | None]
    ) -> BootEntry | None:
        """Show the menu until something is loaded; None when a shell was asked for.

        After TIMEOUT seconds (None: never) the first of ORDER is taken, and when that one
        cannot be loaded the others. Both are asked again when something has come.
        """
        from uroot_py.boot.offer import Offer
        from uroot_py.machine.kernel_lines import KernelLines
        from uroot_py.terminal.console import Terminal

        rows = [entry for entry in self.survey.entries if entry.kind == "unlock"]
        if rows and not order():
            self.unlock(rows[0])
        kernel = KernelLines()
        more: Callable[[], list[str]] = lambda: [*self.log, *kernel.lines()]  # noqa: E731
        offer = Offer(self.survey, self.cmdline, order, timeout, more)
        menu = offer.menu
        while True:
            terminal = Terminal.of_machine()
            try:
                decision = _choose(menu, terminal, kernel)
            finally:
                terminal.close()
            if decision.kind != "boot":
                _leave(decision, self.say)
                return None
            entry = offer.entries[decision.index]
            if entry.kind == "unlock":
                fault = self.unlock(entry)
                menu.notices = [fault] if fault else []
                continue
            if decision.by_hand:
                entry.why_not = ""  # somebody has mended it, or wants to see why not
            fault = self.load(entry, decision.cmdline)
            if not fault:
                return entry
            if not decision.by_hand:
                return self.first([other for other in order() if other is not entry])
            menu.notices = [fault]

    def unlock(self, row: BootEntry) -> str:
        """Ask at every console for the passphrase of the device of ROW; '' or why it is locked."""
        from uroot_py.terminal.console import Terminal

        assert self.locked is not None
        (device,) = [each for each in self.survey.devices if each.path == row.device]
        terminal = Terminal.of_machine()
        try:
            fault = self.locked.ask(device, terminal)
        finally:
            terminal.close()
        note(fault or f"{row.device}: asked for its passphrase")
        if fault:
            self.say(fault)
        return fault


def _choose(menu: Menu, terminal: Terminal, kernel: KernelLines) -> Decision:
    """What is decided at TERMINAL; on the kernel's own consoles KERNEL keeps its messages."""
    from uroot_py.terminal.choose import choose

    if terminal.paths is None:
        return choose(menu, terminal)
    with kernel:
        return choose(menu, terminal)


def _leave(decision: Decision, say: Callable[[str], None]) -> None:
    from uroot_py.abi import reboot
    from uroot_py.machine.ending import end

    if decision.kind == "reboot":
        end(reboot.LINUX_REBOOT_CMD_RESTART, say)
    elif decision.kind == "poweroff":
        end(reboot.LINUX_REBOOT_CMD_POWER_OFF, say)
    elif not decision.by_hand:
        raise RefusedError("nothing to boot", hint="boot --explain says what was looked at")
