"""Whether a guest has written to its disks: each gets a copy, whose digest must stay the same."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from scripts.tools import command
from scripts.vmtest.failure import StepFailedError
from scripts.vmtest.image import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.vmtest.case import Session
    from scripts.vmtest.machine import Machine


@dataclass(frozen=True)
class Seal:
    """The guest has made its disks itself: from here on, until Unchanged, none may be changed."""

    name: str = "its disks are made"

    def __call__(self, session: Session) -> None:
        """See Step."""
        assert session.console.monitor
        found = cast("list[dict[str, Any]]", session.console.monitor.ask("query-block"))
        disks = [Path(each["inserted"]["file"]) for each in found if "inserted" in each]
        session.sealed = {disk: digest(disk) for disk in disks}


@dataclass(frozen=True)
class Unchanged:
    """What was sealed is as it was, whether the guest still runs or not."""

    name: str = "its disks are unchanged"

    def __call__(self, session: Session) -> None:
        """See Step."""
        if not session.sealed:
            session.fail("no disk was sealed")
        for disk, wanted in session.sealed.items():
            found = digest(disk)
            if found != wanted:
                session.fail(f"{disk.name}: written to: SHA-256 {wanted}, now {found}")


@contextlib.contextmanager
def copied(machine: Machine, folder: Path, *, writes: bool) -> Iterator[Machine]:
    """MACHINE with copies of its disks in FOLDER, which are deleted at the end.

    StepFailedError when one is another one afterwards, unless the case says that it WRITES.
    """
    disks = [*(disk for disk, _ in machine.silent), *machine.disks, *machine.later]
    copies = [folder / f"vd{number}.img" for number in range(len(disks))]
    try:
        for disk, copy in zip(disks, copies, strict=True):
            command(["cp", "--sparse=always", "--reflink=auto", disk, copy])
        before = [] if writes else [digest(copy) for copy in copies]
        answers = [answers for _, answers in machine.silent]
        there = len(disks) - len(machine.later)
        yield replace(
            machine,
            silent=tuple(zip(copies, answers, strict=False)),
            disks=tuple(copies[len(answers) : there]),
            later=tuple(copies[there:]),
        )
        for disk, copy, wanted in zip(disks, copies, before, strict=not writes):
            found = digest(copy)
            if found != wanted:
                raise StepFailedError(f"{disk.name}: written to: SHA-256 {wanted}, now {found}")
    finally:
        for copy in copies:
            copy.unlink(missing_ok=True)
