"""What went wrong in the last command that failed: for ``why``.

An applet fails in a child; its error, with all its fields, comes back to the shell as text through
a pipe that only the two have.
"""

from __future__ import annotations

import os
from errno import errorcode

from uroot_py.abi import process, signals
from uroot_py.base.errors import UrootError, explain
from uroot_py.shell.redirect import FIRST_PRIVATE

_BLAME = {
    "user": "what was asked for cannot be done",
    "input": "a file or a device is not what it should be",
    "kernel": "the kernel refused a system call",
    "us": "a defect of uroot-py",
}
_STATUS = {
    1: "it failed",
    2: "it did not understand how it was called, or calls this serious",
    70: "a defect of uroot-py",
    126: "it was found, but cannot be run",
    127: "it was not found",
}
_MAX_NOTE = 4000  # bytes; what is no longer than PIPE_BUF arrives in one piece


class Faults:
    """The notes of one shell and its children."""

    def __init__(self) -> None:
        self.reader = self.writer = -1
        self.command = ""
        self.status = 0
        self.notes: list[str] = []
        self.part = ""  # the simple command that failed, of the one that was typed
        self.failed: tuple[str, int] = ("", 0)  # the last such part since the line began

    def open(self) -> None:
        """Begin to collect, for a shell that a person talks to."""
        ends = os.pipe()
        self.reader, self.writer = (process.duplicate(fd, FIRST_PRIVATE) for fd in ends)
        for fd in ends:
            os.close(fd)
        os.set_blocking(self.reader, False)
        os.set_blocking(self.writer, False)

    def note(self, text: str) -> None:
        """Keep TEXT until the command that runs has ended; also in a child."""
        if self.writer >= 0:
            data = text.encode("utf-8", "replace")[:_MAX_NOTE]
            try:
                os.write(self.writer, data + b"\0")
            except BlockingIOError:
                # A flood of errors: those that came first are kept.
                return

    def ended(self, command: str, status: int) -> None:
        """COMMAND, as it was typed, has ended; if it failed, it is the last failure now."""
        notes = self._received()
        part, failed = self.failed
        self.failed = ("", 0)
        if status or failed:
            self.command, self.status, self.notes = command.strip(), failed or status, notes
            self.part = part

    def _received(self) -> list[str]:
        data = b""
        try:
            while self.reader >= 0 and (more := os.read(self.reader, 65536)):
                data += more
        except BlockingIOError:
            # That was all.
            pass
        return [note.decode("utf-8", "replace") for note in data.split(b"\0") if note]

    def explain(self) -> str:
        """The last failure in full."""
        if not self.status:
            return "nothing has failed so far\n"
        lines = [f"command: {self.command}"]
        if self.part not in ("", self.command):
            lines.append(f"failed:  {self.part}")
        lines.append(f"status:  {self.status}, {meaning(self.status)}")
        for note in self.notes:
            lines += ["", *note.splitlines()]
        if not self.notes:
            lines.append("There is no more than what it has printed itself; dmesg may have more.")
        return "\n".join(lines) + "\n"


def meaning(status: int) -> str:
    """What an exit status says."""
    if status in _STATUS:
        return _STATUS[status]
    if 128 < status < 128 + signals.NSIG:
        return f"signal {status - 128} ended it, {signals.describe(status - 128)}"
    return "what that means, only its documentation says"


def describe(who: str, error: BaseException) -> str:
    """ERROR with its kind and all its fields, a line each, and with what caused it."""
    lines: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(lines) < 50:
        begin = "because of: " if lines else f"{who}: "
        known = isinstance(seen, UrootError | OSError)
        text = explain(seen) if isinstance(seen, UrootError | OSError) else str(seen)
        lines.append(begin + (text if known else f"{type(seen).__name__}: {text}"))
        lines += _fields(seen)
        if not known:
            lines += _places(seen)
        seen = seen.__cause__
    return "\n".join(lines)


def _fields(error: BaseException) -> list[str]:
    fields: dict[str, object] = {"kind": type(error).__name__}
    if isinstance(error, UrootError):
        fields["fault"] = f"{error.blame}: {_BLAME[error.blame]}"
        fields.update(vars(error))
        fields["context"] = ", ".join(error.context)
        if "call" in fields or "what" in fields:
            del fields["message"]  # it is the same
        fields["hint"] = fields.pop("hint")  # what to do comes last
    elif isinstance(error, OSError):
        fields.update(errno=error.errno, file=error.filename, cause=error.strerror)
    if isinstance(fields.get("errno"), int):
        number = fields["errno"]
        fields["errno"] = f"{number} ({errorcode.get(number, '?')})"  # type: ignore[call-overload]
    return [f"  {name:<10}{value}" for name, value in fields.items() if value not in ("", None)]


def _places(error: BaseException) -> list[str]:
    places = []
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        places.append(f"  at        {code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]
