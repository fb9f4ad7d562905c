"""Carrying out a ``sed`` script. Ref: POSIX.1-2017 XCU sed, and GNU's habits."""

from __future__ import annotations

from uroot_py.base.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from uroot_py.streams.regex import Regex as Compiled
    from uroot_py.streams.sed_script import Address, Instruction, Regex


class Stop(Exception):
    """``q`` or ``Q``, or the input ended; ``show``: the pattern space is still printed."""

    def __init__(self, status: int = 0, *, show: bool = False) -> None:
        super().__init__(status)
        self.status = status
        self.show = show


class Output:
    """Where lines go; a last line without a newline gets one when something follows it."""

    def __init__(self, file: BinaryIO, *, flush: bool = False) -> None:
        self.file = file
        self.flush = flush  # after each line
        self.missing = False

    def write(self, data: bytes, *, newline: bool = True) -> None:
        """Write DATA and, unless the input had none, a newline."""
        if self.missing:
            self.file.write(b"\n")
        self.file.write(data + b"\n" if newline else data)
        self.missing = not newline
        if self.flush:
            self.file.flush()


class StreamEditor:
    """A script in the middle of its work: pattern space, hold space, line number."""

    def __init__(self, commands: list[Instruction], *, quiet: bool) -> None:
        self.commands = commands
        self.quiet = quiet
        self.hold = b""
        self.space = b""
        self.number = 0
        self.newline = True
        self.changed = False  # a substitution was made since the line was read or ``t`` jumped
        self.queue: list[bytes] = []  # what ``a`` and ``r`` print at the end of the cycle
        self.last_regex: Compiled | None = None
        self.again = False  # ``D``: the next cycle begins without a new line
        self.ahead: bytes | None = None
        self.looked = False  # ``ahead`` is the next line, None at the end
        self.source: Iterator[bytes] = iter(())
        self.output: Output

    def run(self, source: Iterator[bytes], output: Output) -> int | None:
        """Work through SOURCE; the exit status if the script asked to stop, else None."""
        self.source, self.output, self.looked = source, output, False
        try:
            while self.again or not self._is_last:
                if self.again:
                    self.again = False
                else:
                    self._read()
                self._cycle()
        except Stop as stop:
            if stop.show:
                self._end()
            return stop.status
        return None

    @property
    def _is_last(self) -> bool:
        return self._look_ahead() is None

    def _look_ahead(self) -> bytes | None:
        """The next line, read when somebody asks for it: it may be long in coming."""
        if not self.looked:
            self.ahead, self.looked = next(self.source, None), True
        return self.ahead

    def _read(self, joined: bool = False) -> None:
        """The next line into the pattern space, or behind what is in it."""
        raw = self._look_ahead() or b""
        self.looked = False
        line = raw.removesuffix(b"\n")
        self.newline = raw.endswith(b"\n")
        self.space = self.space + b"\n" + line if joined else line
        self.number += 1
        self.changed = self.changed and joined

    def _end(self) -> None:
        """The end of a cycle: print the pattern space, and what waits behind it."""
        if not self.quiet:
            self.output.write(self.space, newline=self.newline)
        self._flush()

    def _flush(self) -> None:
        for data in self.queue:
            self.output.write(data.removesuffix(b"\n"), newline=data.endswith(b"\n"))
        self.queue.clear()

    def _cycle(self) -> None:
        at = 0
        while at < len(self.commands):
            command = self.commands[at]
            if self._selected(command):
                target = getattr(self, _NAMES.get(command.letter, f"_do_{command.letter}"))(command)
                if target is not None and target < 0:
                    return
                at = at + 1 if target is None else target
            else:
                at = command.target if command.letter == "{" else at + 1
        self._end()

    # Addresses.

    def _selected(self, command: Instruction) -> bool:
        if command.begin is None:
            return not command.negated
        if command.end is None:
            return self._matches(command.begin) != command.negated
        return self._in_range(command, command.begin, command.end) != command.negated

    def _in_range(self, command: Instruction, begin: Address, end: Address) -> bool:
        if command.until is None:
            if begin.kind == "line" and not begin.number:  # 0,/re/: it may end in line 1
                begins, looks = self.number == 1, True
            else:
                begins, looks = self._matches(begin), False
            if not begins:
                return False
            command.until = self._range_end(end)
            if command.until >= 0:
                if command.until <= self.number:
                    command.until = None
                return True
            if not looks:
                return True
        if command.until < 0:
            if self._matches(end):
                command.until = None
        elif self.number >= command.until:
            inside = self.number == command.until
            command.until = None
            return inside
        return True

    def _range_end(self, end: Address) -> int:
        """The line at which a range that begins now ends; -1 if that is still to be found."""
        if end.kind == "line":
            return end.number
        if end.kind == "plus":
            return self.number + end.number
        if end.kind == "multiple":
            return -(-self.number // end.number) * end.number if end.number else self.number
        return self.number if end.kind == "last" and self._is_last else -1

    def _matches(self, address: Address) -> bool:
        if address.kind == "line":
            return self.number == address.number
        if address.kind == "last":
            return self._is_last
        if address.kind == "step":
            ahead = self.number - address.first
            return ahead == 0 if not address.number else ahead >= 0 and ahead % address.number == 0
        return self._regex(address.regex).search(self.space) is not None

    def _regex(self, regex: Regex) -> Compiled:
        self.last_regex = regex or self.last_regex
        if self.last_regex is None:
            raise UsageError("an empty pattern stands for the last one, and there is none")
        return self.last_regex

    # Commands: None goes on, -1 ends the cycle, another number is the next command.

    def _nothing(self, command: Instruction) -> None:
        pass

    def _do_d(self, command: Instruction) -> int:
        self._flush()
        return -1

    def _do_D(self, command: Instruction) -> int:
        _, newline, rest = self.space.partition(b"\n")
        self._flush()
        if newline:
            self.space, self.again = rest, True
        return -1

    def _do_p(self, command: Instruction) -> None:
        self.output.write(self.space, newline=self.newline)

    def _do_P(self, command: Instruction) -> None:
        self.output.write(self.space.partition(b"\n")[0])

    def _do_n(self, command: Instruction) -> None:
        if self._is_last:
            raise Stop(show=True)
        self._end()
        self._read()

    def _do_N(self, command: Instruction) -> None:
        if self._is_last:
            raise Stop(show=True)
        self._flush()
        self._read(joined=True)

    def _do_g(self, command: Instruction) -> None:
        self.space = self.hold

    def _do_G(self, command: Instruction) -> None:
        self.space += b"\n" + self.hold

    def _do_h(self, command: Instruction) -> None:
        self.hold = self.space

    def _do_H(self, command: Instruction) -> None:
        self.hold += b"\n" + self.space

    def _do_x(self, command: Instruction) -> None:
        self.space, self.hold = self.hold, self.space

    def _number_line(self, command: Instruction) -> None:
        self.output.write(b"%d" % self.number)

    def _do_a(self, command: Instruction) -> None:
        self.queue.append(command.text)

    def _do_i(self, command: Instruction) -> None:
        self.output.write(command.text.removesuffix(b"\n"))

    def _do_c(self, command: Instruction) -> int:
        if command.negated or command.end is None or command.until is None:
            self.output.write(command.text.removesuffix(b"\n"))
        self._flush()
        return -1

    def _do_r(self, command: Instruction) -> None:
        try:
            with open(command.text, "rb") as file:
                self.queue += file.readlines()
        except OSError:
            pass  # POSIX: a file that cannot be read is as good as an empty one

    def _do_q(self, command: Instruction) -> None:
        raise Stop(command.nth, show=True)

    def _do_Q(self, command: Instruction) -> None:
        raise Stop(command.nth)

    def _do_b(self, command: Instruction) -> int:
        return command.target

    def _do_t(self, command: Instruction) -> int | None:
        jump, self.changed = self.changed, False
        return command.target if jump else None

    def _do_T(self, command: Instruction) -> int | None:
        jump, self.changed = not self.changed, False
        return command.target if jump else None

    def _do_y(self, command: Instruction) -> None:
        self.space = self.space.translate(command.text)

    def _do_s(self, command: Instruction) -> None:
        out: list[bytes] = []
        at = count = done = 0
        end = -1
        for match in self._regex(command.regex).finditer(self.space):
            if match.start() == match.end() == end:
                continue  # POSIX: nothing is found right behind what was found
            end = match.end()
            count += 1
            if count < command.nth:
                continue
            out.append(self.space[at : match.start()])
            out += [(match[p] or b"") if isinstance(p, int) else p for p in command.parts]
            at = match.end()
            done += 1
            if "g" not in command.flags:
                break
        if not done:
            return
        self.space = b"".join(out) + self.space[at:]
        self.changed = True
        if "p" in command.flags:
            self._do_p(command)


_NAMES = {"{": "_nothing", "}": "_nothing", ":": "_nothing", "=": "_number_line"}
