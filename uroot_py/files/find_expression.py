"""The expressions of ``find``. Ref: POSIX.1-2017 XCU find; find(1) of GNU findutils."""

from __future__ import annotations

import os
import stat
import time

from uroot_py.base.errors import RefusedError, UsageError
from uroot_py.base.glob import match
from uroot_py.base.text import parse_number
from uroot_py.files.modes import parse_mode
from uroot_py.files.owners import GROUPS, USERS, number_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO, TypeAlias

    from uroot_py.base.errors import Report

    Test: TypeAlias = Callable[["Found"], bool]

_KINDS = {
    "f": stat.S_ISREG,
    "d": stat.S_ISDIR,
    "l": stat.S_ISLNK,
    "b": stat.S_ISBLK,
    "c": stat.S_ISCHR,
    "p": stat.S_ISFIFO,
    "s": stat.S_ISSOCK,
}
_UNITS = {"c": 1, "w": 2, "b": 512, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_DAY, _MINUTE = 86400, 60
_NEST = 100  # parentheses and "!" in one another


class Found:
    """A file that the walk came to."""

    __slots__ = ("depth", "path", "pruned", "stat")

    def __init__(self, path: str, depth: int, status: os.stat_result) -> None:
        self.path = path
        self.depth = depth
        self.stat = status
        self.pruned = False


class Quit(Exception):
    """``-quit`` was reached."""


class Search:
    """A parsed expression, and where its output goes."""

    def __init__(self, words: list[str], stdout: TextIO, report: Report) -> None:
        self.words = words
        self.stdout = stdout
        self.report = report
        self.now = time.time()
        self.most: int | None = None
        self.least = 0
        self.one_device = False
        self.children_first = False
        self.acts = False
        self.batches: list[tuple[list[str], list[str]]] = []
        self.nesting = 0
        self.test: Test = (lambda found: True) if not words else self._either()
        if self.words:
            raise UsageError(f"unexpected {self.words[0]!r} in the expression")

    def run(self, paths: list[str], *, follow: bool) -> None:
        """Walk PATHS; a file for which the expression is true is printed, unless it acts itself."""
        try:
            for path in paths:
                for found in self._walk(path, follow=follow):
                    if found.depth < self.least:
                        continue
                    with self.report:
                        if self.test(found) and not self.acts:
                            self.stdout.write(found.path + "\n")
        except Quit:
            pass
        for command, files in self.batches:
            if files:
                self._execute([*command, *files])

    def _walk(self, top: str, *, follow: bool) -> Iterator[Found]:
        waiting: list[tuple[str, int, Found | None]] = [(top, 0, None)]
        device = -1
        while waiting:
            path, depth, seen = waiting.pop()
            if seen:
                yield seen
                continue
            with self.report:
                status = os.stat(path) if follow and os.path.exists(path) else os.lstat(path)
                device = status.st_dev if device < 0 else device
                found = Found(path, depth, status)
                if self.children_first:
                    waiting.append((path, depth, found))
                else:
                    yield found
                deeper = self.most is None or depth < self.most
                foreign = self.one_device and status.st_dev != device
                if stat.S_ISDIR(status.st_mode) and deeper and not foreign and not found.pruned:
                    names = sorted(os.listdir(path), reverse=True)
                    waiting += [(os.path.join(path, name), depth + 1, None) for name in names]

    # The grammar: either := both {-o both}; both := term {[-a] term}; term := ! term | primary.

    def _either(self) -> Test:
        test = self._both()
        while self.words and self.words[0] in ("-o", "-or"):
            self.words.pop(0)
            test = _or(test, self._both())
        return test

    def _both(self) -> Test:
        test = self._term()
        while self.words and self.words[0] not in ("-o", "-or", ")"):
            if self.words[0] in ("-a", "-and"):
                self.words.pop(0)
            test = _and(test, self._term())
        return test

    def _term(self) -> Test:
        word = self._next("an expression")
        if word in ("!", "-not"):
            self._deeper()
            inner = self._term()
            self.nesting -= 1
            return lambda found: not inner(found)
        if word == "(":
            self._deeper()
            inner = self._either()
            self.nesting -= 1
            if self._next("')'") != ")":
                raise UsageError("')' is missing")
            return inner
        method = getattr(self, "_test_" + word[1:], None) if word[:1] == "-" else None
        if method is None:
            raise UsageError(f"unknown test {word!r}", hint="find --help lists them")
        test: Test = method()
        return test

    def _deeper(self) -> None:
        self.nesting += 1
        if self.nesting > _NEST:
            raise UsageError("the expression is nested too deep")

    def _next(self, what: str) -> str:
        if not self.words:
            raise UsageError(f"{what} is missing at the end of the expression")
        return self.words.pop(0)

    def _measure(self, name: str) -> tuple[str, str]:
        """The sign and the rest of an operand such as ``+5``."""
        word = self._next(f"the value of {name}")
        return (word[0], word[1:]) if word[:1] in ("+", "-") else ("", word)

    def _count(self, name: str) -> Callable[[int], bool]:
        sign, word = self._measure(name)
        return _compare(sign, parse_number(word, name))

    def _age(self, name: str, unit: int) -> Test:
        holds = self._count(name)
        return lambda found: holds(int((self.now - found.stat.st_mtime) // unit))

    def _pattern(self, name: str) -> str:
        return self._next(f"the pattern of {name}")

    # Tests, named after their words.

    def _test_name(self) -> Test:
        pattern = self._pattern("-name")
        return lambda found: match(pattern, os.path.basename(found.path.rstrip("/")) or "/")

    def _test_iname(self) -> Test:
        pattern = self._pattern("-iname").lower()
        return lambda found: match(pattern, os.path.basename(found.path.rstrip("/")).lower())

    def _test_path(self) -> Test:
        pattern = self._pattern("-path")
        return lambda found: match(pattern, found.path)

    def _test_type(self) -> Test:
        letters = self._next("the value of -type").split(",")
        if not letters or set(letters) - set(_KINDS):
            raise UsageError(f"-type: expected one of {' '.join(_KINDS)}, found {letters[0]!r}")
        return lambda found: any(_KINDS[letter](found.stat.st_mode) for letter in letters)

    def _test_size(self) -> Test:
        sign, word = self._measure("-size")
        unit = _UNITS.get(word[-1:], 0)
        holds = _compare(sign, parse_number(word[:-1] if unit else word, "-size"))
        unit = unit or 512
        return lambda found: holds(-(-found.stat.st_size // unit))

    def _test_mtime(self) -> Test:
        return self._age("-mtime", _DAY)

    def _test_mmin(self) -> Test:
        return self._age("-mmin", _MINUTE)

    def _test_newer(self) -> Test:
        limit = os.stat(self._next("the file of -newer")).st_mtime_ns
        return lambda found: found.stat.st_mtime_ns > limit

    def _test_links(self) -> Test:
        holds = self._count("-links")
        return lambda found: holds(found.stat.st_nlink)

    def _test_inum(self) -> Test:
        holds = self._count("-inum")
        return lambda found: holds(found.stat.st_ino)

    def _test_user(self) -> Test:
        number = number_of(USERS, self._next("the value of -user"))
        return lambda found: found.stat.st_uid == number

    def _test_group(self) -> Test:
        number = number_of(GROUPS, self._next("the value of -group"))
        return lambda found: found.stat.st_gid == number

    def _test_perm(self) -> Test:
        word = self._next("the value of -perm")
        sign, text = (word[0], word[1:]) if word[:1] in ("-", "/") else ("", word)
        mode = parse_mode(text, 0, 0)
        if sign == "-":
            return lambda found: found.stat.st_mode & mode == mode
        if sign == "/":
            return lambda found: not mode or bool(found.stat.st_mode & mode)
        return lambda found: stat.S_IMODE(found.stat.st_mode) == mode

    def _test_empty(self) -> Test:
        def empty(found: Found) -> bool:
            if stat.S_ISDIR(found.stat.st_mode):
                return not os.listdir(found.path)
            return stat.S_ISREG(found.stat.st_mode) and not found.stat.st_size

        return empty

    # What is always true and changes the walk.

    def _test_maxdepth(self) -> Test:
        self.most = parse_number(self._next("the value of -maxdepth"), "-maxdepth")
        return _true

    def _test_mindepth(self) -> Test:
        self.least = parse_number(self._next("the value of -mindepth"), "-mindepth")
        return _true

    def _test_xdev(self) -> Test:
        self.one_device = True
        return _true

    _test_mount = _test_xdev

    def _test_depth(self) -> Test:
        self.children_first = True
        return _true

    def _test_true(self) -> Test:
        return _true

    def _test_false(self) -> Test:
        return lambda found: False

    # Actions.

    def _output(self, shape: Callable[[Found], str]) -> Test:
        self.acts = True

        def write(found: Found) -> bool:
            self.stdout.write(shape(found))
            return True

        return write

    def _test_print(self) -> Test:
        return self._output(lambda found: found.path + "\n")

    def _test_print0(self) -> Test:
        return self._output(lambda found: found.path + "\0")

    def _test_ls(self) -> Test:
        from uroot_py.files.listing import Item, long_lines

        def line(found: Found) -> str:
            item = Item(found.path)
            link = f"{item.name} -> {item.link}" if item.link else item.name
            blocks = -(-found.stat.st_blocks // 2)
            return f"{found.stat.st_ino:>9} {blocks:>6} {long_lines([item], [link])[0]}\n"

        return self._output(line)

    def _test_prune(self) -> Test:
        def prune(found: Found) -> bool:
            found.pruned = True
            return True

        return prune

    def _test_quit(self) -> Test:
        def leave(found: Found) -> bool:
            raise Quit

        return leave

    def _test_delete(self) -> Test:
        self.acts = self.children_first = True

        def delete(found: Found) -> bool:
            if found.path.rstrip("/") not in ("", "."):
                folder = stat.S_ISDIR(found.stat.st_mode)
                (os.rmdir if folder else os.unlink)(found.path)
            return True

        return delete

    def _test_exec(self) -> Test:
        self.acts = True
        command: list[str] = []
        while (word := self._next("';' of -exec")) != ";":
            if word == "+" and command[-1:] == ["{}"]:
                return self._batch(command[:-1])
            command.append(word)
        if not command:
            raise UsageError("-exec: the command is missing")
        return lambda found: not self._execute([w.replace("{}", found.path) for w in command])

    def _batch(self, command: list[str]) -> Test:
        files: list[str] = []
        self.batches.append((command, files))

        def collect(found: Found) -> bool:
            files.append(found.path)
            if len(files) >= 1000:
                self._execute([*command, *files])
                files.clear()
            return True

        return collect

    def _execute(self, words: list[str]) -> int:
        from uroot_py.machine.program import status_of

        self.stdout.flush()
        try:
            return status_of(words)
        except RefusedError as error:
            self.report.fault(str(error))
            return 1


def _true(found: Found) -> bool:
    return True


def _and(one: Test, other: Test) -> Test:
    return lambda found: one(found) and other(found)


def _or(one: Test, other: Test) -> Test:
    return lambda found: one(found) or other(found)


def _compare(sign: str, number: int) -> Callable[[int], bool]:
    if sign == "+":
        return lambda value: value > number
    if sign == "-":
        return lambda value: value < number
    return lambda value: value == number
