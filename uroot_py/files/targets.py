"""What cp, mv and ln share: ``SOURCE... TARGET``, and what may be replaced."""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError
from uroot_py.base.options import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from uroot_py.base.errors import Report
    from uroot_py.base.options import Command, ParsedArgs

TARGET_OPTIONS = (
    INTERACTIVE := Option("-i", "--interactive", help="ask before a file is replaced"),
    NO_CLOBBER := Option("-n", "--no-clobber", help="replace nothing"),
    UPDATE := Option("-u", "--update", help="replace only what is older"),
    TARGET_DIRECTORY := Option("-t", "--target-directory", value="DIR", help="into this directory"),
    NO_TARGET_DIRECTORY := Option(
        "-T", "--no-target-directory", help="TARGET is the new name, whatever it is now"
    ),
    VERBOSE := Option("-v", "--verbose", help="say what is done"),
)


class Targets:
    """The pairs of source and target that the operands mean, and the rules for replacing.

    Of the options ``rules`` the one that was given last counts.
    """

    rules: tuple[Option, ...] = (INTERACTIVE, NO_CLOBBER)

    def __init__(
        self, given: ParsedArgs, command: Command, stdin: TextIO, stdout: TextIO, stderr: TextIO
    ) -> None:
        self.given = given
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.command = command.name
        words = list(given.operands)
        folder = given.text(TARGET_DIRECTORY)
        if len(words) < (1 if folder else 2):
            raise command.usage_error("an operand is missing")
        self.target = folder or words.pop()
        self.sources = words
        self.into = bool(folder) or (
            os.path.isdir(self.target) and not given.flag(NO_TARGET_DIRECTORY)
        )
        if len(words) > 1 and not self.into:
            raise RefusedError(f"{self.target}: is no directory", hint="several files need one")

    def pairs(self, report: Report) -> Iterator[tuple[str, str]]:
        """Each source with its target; two sources of one name would replace each other."""
        made: set[str] = set()
        for source in self.sources:
            name = os.path.basename(source.rstrip("/")) or source
            target = self.target
            if self.into:
                target = os.path.join(self.target, "" if name in (".", "..", "/") else name)
            with report:
                if target in made:
                    raise RefusedError(f"{target}: is the target of more than one operand")
                made.add(target)
                yield source, target

    def allowed(self, source: str, target: str) -> bool:
        """Whether TARGET, which exists, may be replaced."""
        rule = self.given.last(*self.rules)
        if rule is NO_CLOBBER:
            return False
        if self.given.flag(UPDATE) and older(source, target):
            return False
        if rule is INTERACTIVE:
            return asked(f"{self.command}: replace {target!r}? ", self.stdin, self.stderr)
        return True

    def tell(self, before: str, arrow: str) -> Callable[[str, str], None] | None:
        """What says ``'source' -> 'target'``, if that is wanted."""
        if not self.given.flag(VERBOSE):
            return None
        return lambda one, other: self.say(f"{before}'{one}'{arrow}'{other}'\n")

    def say(self, text: str) -> None:
        """Print TEXT."""
        self.stdout.write(text)


def older(source: str, target: str) -> bool:
    """Whether SOURCE is not newer than TARGET."""
    return os.lstat(source).st_mtime_ns <= os.lstat(target).st_mtime_ns


def asked(question: str, stdin: TextIO, stderr: TextIO) -> bool:
    """Whether the person says yes."""
    stderr.write(question)
    stderr.flush()
    return stdin.readline().strip()[:1] in ("y", "Y")
