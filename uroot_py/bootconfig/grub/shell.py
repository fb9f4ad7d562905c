"""GRUB's shell: runs parsed scripts over read-only volumes and collects what they would boot.

The interpreter stands between three parts: the environment (``env``: names and values), the
``devices`` (what paths mean) and the ``commands`` (a dictionary). Nothing a script does leaves it:
commands that would load a file note it in ``entry``, ``menuentry`` adds to ``items``, ``save_env``
is remembered. Steps, nesting, bytes read and values are bounded; what goes over ends the script
that did it with one line.

Ref: GNU GRUB Manual 2.06, 6.3 "Writing full configuration files directly", 17 "Environment".
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, LineError
from uroot_py.base.text import printable
from uroot_py.bootconfig.entry import BootEntry
from uroot_py.bootconfig.grub.options import UnknownOptionError
from uroot_py.bootconfig.grub.syntax import If, Loop, SimpleCommand, parse
from uroot_py.bootconfig.grub.words import expand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.bootconfig.entry import FileRef, Listing
    from uroot_py.bootconfig.grub.devices import Devices
    from uroot_py.bootconfig.grub.syntax import Body, Statement

    Handler = Callable[["Shell", list[str], SimpleCommand], bool]

# A step is a command, a turn of a loop, or so much work that it takes about as long.
MAX_STEPS = 50_000  # of a configuration
MAX_ALL_ENTRIES_STEPS = 200_000  # of all its entries, when they are run to be listed
MAX_ENTRY_STEPS = 10_000  # of one entry
MAX_DEPTH = 40  # blocks, functions and included files inside each other
MAX_CONFIG = 1 << 20  # bytes of one script
MAX_READ = 2 << 20  # bytes of all scripts and environment blocks together
MAX_ITEMS = 1000  # menu entries
MAX_NOTES = 50
MAX_LINE = 250  # characters of a note
MAX_LOOKED = 500


class Leave(Exception):
    """Why a list of commands ends early; ``break`` and ``continue`` end LEVELS loops.

    KIND is also ``return``, ``boot``, ``menu`` (another configuration's is shown) or ``quit``.
    """

    def __init__(self, kind: str, levels: int = 1) -> None:
        super().__init__(kind)
        self.kind = kind
        self.levels = levels


class Budget:
    """What is left for a configuration, shared by everything that it runs."""

    __slots__ = ("allowed", "items", "left", "read", "steps")

    def __init__(self, total: int) -> None:
        self.steps = self.allowed = min(MAX_STEPS, total)
        self.left = min(MAX_ALL_ENTRIES_STEPS, max(total - MAX_STEPS, 0))
        self.read = MAX_READ
        self.items = MAX_ITEMS

    def start_entry(self) -> None:
        """Give the next entry its share of the steps for all entries."""
        self.steps = self.allowed = min(MAX_ENTRY_STEPS, self.left)

    def end_entry(self) -> None:
        """Take what the entry has used."""
        self.left -= self.allowed - max(self.steps, 0)


class Item:
    """A menu entry before it is run: ``block`` or, for what blscfg adds, a ready ``entry``."""

    __slots__ = (
        "args",
        "block",
        "entry",
        "id",
        "line",
        "notes",
        "source",
        "submenu",
        "title",
        "users",
    )

    def __init__(self, title: str, item_id: str, source: str, line: int) -> None:
        self.title = title
        self.id = item_id
        self.source = source
        self.line = line
        self.block: Body = []
        self.args: list[str] = []
        self.submenu = False
        self.users: str | None = None  # who may start it beside the superusers; None: everybody
        self.entry: BootEntry | None = None
        self.notes: list[str] = []


class Shell:
    """One run of a configuration; ``fork`` gives each menu entry a copy to run in."""

    def __init__(self, devices: Devices, listing: Listing, commands: dict[str, Handler]) -> None:
        self.env = devices.env
        self.devices = devices
        self.commands = commands
        self.listing = listing
        self.budget = Budget(devices.volumes.budget.steps)
        # What the script makes
        self.items: list[Item] = []
        self.saves: list[tuple[FileRef, str, str | None]] = []
        self.users: dict[str, str] = {}  # GRUB's: the name, and what the password is checked with
        self.entry = BootEntry("", "", source="")
        self.menu = self  # whose items are the menu: another's after configfile
        # Where it is
        self.source = ""
        self.line = 0
        self.reading: list[str] = []  # the scripts that are being run, the innermost last
        self.depth = 0
        self.looping = 0
        self.calls = 0

    def enter(self, path: str) -> None:
        """Say which configuration is being read, as GRUB does in two variables."""
        _, inside, device = self.devices.locate(path)
        name = f"({device}){inside}"
        self.env.variables["config_file"] = name
        self.env.variables["config_directory"] = name.rpartition("/")[0]

    def fork(self, *, new_context: bool = False) -> Shell:
        """A copy that runs on its own; a new context sees the exported variables only."""
        devices = self.devices.copy(self.env.copy(new_context=new_context))
        child = Shell(devices, self.listing, self.commands)
        child.budget, child.users = self.budget, self.users
        child.source, child.line, child.depth = self.source, self.line, self.depth
        return child

    def read(self, path: str, limit: int = MAX_CONFIG) -> str | None:
        """The text of a script or environment block; None, with a line in ``looked``, if absent."""
        self.step(len(path) // 64)
        limit = min(limit, self.budget.read)
        data = self.devices.read(path, limit + 1)
        found = "absent" if data is None else f"{len(data)} bytes"
        if data is not None and len(data) > limit:
            found = f"more than {limit} bytes, not read"
            self.fault(f"{path}: {found}")
            data = None
        row = self.devices.name_of(path), found
        if len(self.listing.looked) < MAX_LOOKED and row not in self.listing.looked:
            self.listing.looked.append(row)
        if data is None:
            return None
        self.budget.read -= len(data)
        return data.decode("utf-8", "surrogateescape")

    # What is reported

    def place(self) -> str:
        """``FILE: line N`` of the command being run."""
        return f"{self.source}: line {self.line}"

    def note(self, text: str) -> None:
        """Keep a line about the entry that is being run, or else about the configuration."""
        if not self.entry.id:
            self.fault(text)
        elif len(self.entry.notes) < MAX_NOTES:
            here = self.source == self.entry.source
            place = f"line {self.line}" if here else self.place()
            self.entry.notes.append(f"{place}: {printable(text[:MAX_LINE])}")

    def fault(self, text: str) -> None:
        """Keep a line about the configuration."""
        where = f"{self.place()}: " if self.source else ""
        self._report(where[:MAX_LINE] + text[:MAX_LINE])

    def _report(self, line: str) -> None:
        if len(self.listing.faults) < MAX_NOTES:
            self.listing.faults.append(printable(line[: 2 * MAX_LINE]))

    def refuse(self, why: str) -> bool:
        """Say why the entry being run cannot boot (the first reason stays); False."""
        self.entry.why_not = self.entry.why_not or printable(why[:MAX_LINE])
        return False

    def over(self, what: str, expected: str, found: str = "more") -> LineError:
        """The error that ends a script which goes over a bound."""
        return LineError(what, self.line, expected, found, source=self.source)

    # Statements

    def guard(self, run: Callable[[], object]) -> str:
        """Call RUN; what ends it early ends here: a Leave, or a passed bound, which is noted.

        The kind of the Leave, or an empty string.
        """
        try:
            run()
        except Leave as leave:
            return leave.kind
        except LineError as error:
            self.refuse(str(error))
            self._report(str(error))
        return ""

    def run_text(self, text: str, source: str) -> None:
        """Parse and run TEXT; its faults are kept with SOURCE in front."""
        script = parse(text)
        self.step(script.tokens // 4)
        for fault in script.faults:
            self._report(str(fault.within(source)))
        before = self.source, self.line
        self.source = source
        self.reading.append(source)
        try:
            self.run(script.body)
        finally:
            self.reading.pop()
            self.source, self.line = before

    def run(self, body: Body) -> None:
        """Run statements; LineError when a bound is passed, Leave for break, return and such."""
        if self.depth >= MAX_DEPTH:
            raise self.over("script", f"at most {MAX_DEPTH} constructs inside each other")
        self.depth += 1
        try:
            for statement in body:
                self._statement(statement)
        finally:
            self.depth -= 1

    def _statement(self, node: Statement) -> None:
        self.line = node.line
        self.step()
        if isinstance(node, SimpleCommand):
            self._command(node)
        elif isinstance(node, If):
            for condition, branch in node.arms:
                self.run(condition)
                if self.env.success:
                    self.run(branch)
                    return
            self.run(node.otherwise)
        elif isinstance(node, Loop):
            self._loop(node)
        else:
            self.env.functions[node.name] = node

    def set(self, name: str, value: str) -> None:
        """Set a variable; LineError when there are too many."""
        try:
            self.env.set(name, value)
        except FormatError as fault:
            raise self.over(fault.what, fault.expected) from None

    def add(self, item: Item) -> None:
        """Put ITEM into the menu; LineError when that is full."""
        self.budget.items -= 1
        if self.budget.items < 0:
            raise self.over("menuentry", f"a menu of at most {MAX_ITEMS} entries")
        self.items.append(item)

    def step(self, cost: int = 1) -> None:
        """Count COST steps; LineError when there is none left."""
        self.budget.steps -= cost
        if self.budget.steps < 0:
            raise self.over("script", f"at most {self.budget.allowed} steps")

    def _loop(self, node: Loop) -> None:
        values = expand(self, node.words)
        while True:
            self.step()
            if node.name:
                if not values:
                    return
                self.set(node.name, values.pop(0))
            else:
                self.run(node.condition)
                if self.env.success == node.until:
                    return
            self.looping += 1
            try:
                self.run(node.body)
            except Leave as leave:
                if leave.kind not in ("break", "continue"):
                    raise
                if leave.levels > 1:
                    raise Leave(leave.kind, leave.levels - 1) from None
                if leave.kind == "break":
                    return
            finally:
                self.looping -= 1

    def _command(self, node: SimpleCommand) -> None:
        words = expand(self, node.words)
        invert = False
        while words and words[0] == "!":
            invert = not invert
            del words[0]
        if words:
            self.env.success = self.call(words, node, invert) != invert

    def call(self, words: list[str], node: SimpleCommand, invert: bool = False) -> bool:
        """Run the command WORDS: a builtin, a function or an assignment; whether it succeeded."""
        name = words[0]
        if name in self.commands:
            try:
                return self.commands[name](self, words[1:], node)
            except UnknownOptionError as fault:
                self.note(f"{name}: {fault}")
                return False
        if name in self.env.functions:
            return self.call_block(self.env.functions[name].body, words[1:])
        variable, equals, value = name.partition("=")
        if equals:
            self.set(variable, value)
            return True
        # GRUB goes on as if it had worked, and does not even invert that after "!".
        self.note(f"unknown command {printable(name[:40])!r}")
        return not invert

    def call_block(self, body: Body, args: list[str]) -> bool:
        """Run BODY with positional arguments of its own, up to ``return``; its last status."""
        before, self.env.args = (self.env.args, self.looping), args
        self.looping = 0  # a function cannot break its caller's loop
        self.calls += 1
        try:
            self.run(body)
        except Leave as leave:
            if leave.kind != "return":
                raise
        finally:
            self.env.args, self.looping = before
            self.calls -= 1
        return self.env.success
