"""The words that VM tests are written in: a Case is data, a step is one line of it.

A step is one of the classes below, or any function that takes a Session; its name and its time
appear in the table. A step fails by raising StepFailedError (``session.fail(...)``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, Protocol

from scripts.vmtest.console import FAULTS, Console
from scripts.vmtest.failure import StepFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from scripts.vmtest.image import Files
    from scripts.vmtest.machine import Engine

PROMPT = r"^uroot# "


class Session:
    """A guest under test: its console, what runs it, and what steps do with it."""

    def __init__(self, console: Console, engine: str = "qemu-tcg") -> None:
        self.console = console
        self.engine = engine  # its name
        self.sealed: dict[Path, str] = {}  # a disk that must not be written to, and its digest

    def fail(self, text: str) -> NoReturn:
        """End the case."""
        raise StepFailedError(text)

    def run(self, command: str, limit: float = 30) -> str:
        """What COMMAND prints in the guest's shell."""
        self.console.send(command + "\r")
        self.console.expect(re.escape(command[-8:]) + r"\s*\n", limit)
        start = self.console.cursor
        match = self.console.expect(PROMPT, limit)
        return self.console.text[start : match.start()]


class Step(Protocol):
    """What the runner asks of a step."""

    def __call__(self, session: Session) -> object:
        """Do it; StepFailedError when it fails."""


@dataclass(frozen=True)
class Expect:
    """Wait for a regular expression; ``absent`` must not have come before it."""

    pattern: str
    limit: float = 60
    absent: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()  # faults (keys of FAULTS) that are expected here
    name: str = ""

    def __call__(self, session: Session) -> None:
        """See Step."""
        start = session.console.cursor
        faults = [fault for fault in FAULTS if fault not in self.allow]
        match = session.console.expect(self.pattern, self.limit, faults=faults)
        before = session.console.text[start : match.start()]
        for pattern in self.absent:
            if re.search(pattern, before, re.MULTILINE):
                session.fail(f"{pattern!r} was seen")


@dataclass(frozen=True)
class Prompt(Expect):
    """Wait for the shell's prompt."""

    pattern: str = PROMPT
    limit: float = 90
    name: str = "to the prompt"


@dataclass(frozen=True)
class Send:
    """Type text; the Enter key is a carriage return."""

    text: str
    name: str = ""

    def __call__(self, session: Session) -> None:
        """See Step."""
        session.console.send(self.text)


@dataclass(frozen=True)
class Run:
    """A shell command: each of ``shows`` is in its output, none of ``hides``, and its status.

    ``status=None`` is any but 0.
    """

    command: str
    shows: str | tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    status: int | None = 0
    limit: float = 30
    name: str = ""

    def __call__(self, session: Session) -> None:
        """See Step."""
        output = session.run(f"{self.command}; echo status=$?", self.limit)
        output, _, found = output.rpartition("status=")
        found = found.strip()
        shows = (self.shows,) if isinstance(self.shows, str) else self.shows
        for pattern in shows:
            if not re.search(pattern, output, re.MULTILINE):
                session.fail(f"{self.command}: no {pattern!r} in its output: {output!r}")
        for pattern in self.hides:
            if re.search(pattern, output, re.MULTILINE):
                session.fail(f"{self.command}: {pattern!r} in its output: {output!r}")
        if found == "0" if self.status is None else found != str(self.status):
            expected = "a failure" if self.status is None else self.status
            session.fail(f"{self.command}: status {found}, not {expected}: {output!r}")


@dataclass(frozen=True)
class Silence:
    """From here on the guest's disk NUMBER of ``silent`` does not answer any more."""

    number: int = 0
    name: str = "a disk falls silent"

    def __call__(self, session: Session) -> None:
        """See Step."""
        monitor = session.console.monitor
        if monitor is None:
            session.fail("there is no monitor of QEMU's to ask")
        others = dict.fromkeys(("bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr"), 0)
        monitor.ask("block_set_io_throttle", device=f"drive{self.number}", bps=1, **others)


@dataclass(frozen=True)
class Plug:
    """Attach a device: QEMU's DRIVER on its drive later0, or ANOTHER of them."""

    driver: str
    bus: str = ""
    another: int = 0

    @property
    def name(self) -> str:
        """See Step."""
        return f"a {self.driver} comes"

    def __call__(self, session: Session) -> None:
        """See Step."""
        assert session.console.monitor
        words = {"bus": self.bus} if self.bus else {}
        words |= {"drive": f"later{self.another}", "id": f"plugged{self.another}"}
        session.console.monitor.ask("device_add", driver=self.driver, **words)


@dataclass(frozen=True)
class Unplug:
    """Take away what Plug has attached to a drive."""

    another: int = 0
    name: str = "it goes"

    def __call__(self, session: Session) -> None:
        """See Step."""
        assert session.console.monitor
        session.console.monitor.ask("device_del", id=f"plugged{self.another}")


@dataclass(frozen=True)
class End:
    """The guest ends by itself."""

    limit: float = 30
    name: str = "to the end"

    def __call__(self, session: Session) -> None:
        """See Step."""
        session.console.wait_end(self.limit)


@dataclass(frozen=True)
class Case:
    """A guest and the steps it must pass.

    ``kernel`` is a flavour of scripts/fetch_kernel.py, and the machine is of its architecture.
    ``own_kernel`` makes one in the folder it is given; an EFI program brings its image, too.
    ``disks`` and ``cds`` are rows of scripts/make_disk.py.
    ``silent`` are such disks that do not answer, in front of the others: (row, whether it answers
    until a step Silence).
    ``later`` are such disks that a step Plug attaches; the drives are called later0, later1, ...
    ``image`` makes the image in the folder it is given (None: the one of `make initramfs`);
    ``files`` are added to it: a path in the guest, and a file here or its bytes; ``volume`` are
    files on a disk of their own, the first one (ext4, not partitioned).
    ``loader`` makes another boot loader in that folder: QEMU's words that start it instead of
    KERNEL, which is not even given then.
    ``writes``: its guest may write to its disks; without it, none of them may be changed.
    ``needs`` is what not every engine has: ``pci``, ``net`` (and ``cds`` and ``devices`` do).
    ``fails`` is for cases that prove the runner: a pattern of the failure that must come.
    ``times``: so many machines, each of which must pass, for what goes wrong by chance.
    ``tags``: ``quick`` cases are `make test-kvm`, all together are `make test-vm`; only
    `make test-matrix` runs those tagged ``matrix``.
    """

    name: str
    steps: Sequence[Step]
    append: str = ""
    kernel: str = "cloud-amd64"
    own_kernel: Callable[[Path], Path] | None = None
    image: Callable[[Path], Path] | None = None
    files: Callable[[], Files] | None = None
    volume: Callable[[], Files] | None = None
    loader: Callable[[Path], tuple[str, ...]] | None = None
    disks: tuple[str, ...] = ()
    silent: tuple[tuple[str, bool], ...] = ()
    cds: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    memory: int = 512
    cpus: int = 1
    devices: tuple[str, ...] = ()
    writes: bool = False
    needs: frozenset[str] = frozenset()
    fails: str = ""
    times: int = 1
    tags: frozenset[str] = field(default_factory=lambda: frozenset({"quick"}))

    @property
    def arch(self) -> str:
        """The architecture of its machine, as Debian calls it."""
        return self.kernel.rpartition("-")[2]

    def missing(self, engine: Engine) -> str:
        """What this case needs and ENGINE has not, in words; empty when it can be run there."""
        needs = {
            self.arch,
            *self.needs,
            *(["qemu"] if self.devices or self.loader or self.silent or self.later else []),
            *(["cd"] if self.cds else []),
        }
        return ", ".join(engine.lacks[need] for need in sorted(needs) if need in engine.lacks)


def title(step: Step) -> str:
    """What the table calls STEP."""
    for attribute in ("name", "command", "pattern", "text", "__name__"):
        text = getattr(step, attribute, "")
        if text:
            return str(text).strip()
    return type(step).__name__
