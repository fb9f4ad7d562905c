"""The one error family. Errors are values: none is changed after it was made.

``within``, ``with_hint``, ``with_cause`` and ``with_status`` give a new error in place of the old.

Fields are data; the sentence for people is made in ``__str__``, in one place per class. ``blame``
says whose fault it is: ``user`` (what was asked), ``input`` (a file or a device), ``kernel`` (a
system call was refused) or ``us``. The front door (``cmds/dispatch.py``) prints ``NAME: text`` and
ends with ``status``; nothing else does.
"""

from __future__ import annotations

from errno import EDQUOT, EFBIG, ENOSPC, errorcode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self, TextIO


class UrootError(Exception):
    """Root of the family: one line of text, a hint what to do, an exit status."""

    blame = "us"
    status = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context: tuple[str, ...] = ()

    def within(self, place: str) -> Self:
        """The same with PLACE (a file, a device, a boot entry) in front of the text."""
        return self._with(context=(place, *self.context))

    def with_hint(self, hint: str) -> Self:
        """The same with another HINT what to do."""
        return self._with(hint=hint)

    def with_status(self, status: int) -> Self:
        """The same with the exit STATUS that an applet gives it; libraries know of none."""
        return self._with(status=status)

    def _with(self, **fields: object) -> Self:
        new = type(self).__new__(type(self), *self.args)
        new.__dict__.update(self.__dict__, **fields)
        return new.with_traceback(self.__traceback__)

    def text(self) -> str:
        """The message without context and hint."""
        return self.message

    def __str__(self) -> str:
        line = ": ".join([*self.context, self.text()])
        return f"{line}; {self.hint}" if self.hint else line


class UsageError(UrootError):
    """The command was called in a way it does not understand."""

    blame = "user"
    status = 2


class HelpRequested(UrootError):
    """``--help`` was given; the message is the whole help text, the status is 0."""

    blame = "user"
    status = 0


class RefusedError(UrootError):
    """What was asked cannot be done here: missing file, wrong state, nothing to boot."""

    blame = "user"


class FormatError(UrootError):
    """Bytes are not what their format says.

    ``what`` was being read, at ``offset`` (bytes from the start of ``source``), ``expected``
    against ``found``.
    """

    blame = "input"

    def __init__(
        self, what: str, offset: int, expected: str, found: str, *, source: str = "", hint: str = ""
    ) -> None:
        super().__init__(what, hint=hint)
        self.what = what
        self.offset = offset
        self.expected = expected
        self.found = found
        if source:
            self.context = (source,)

    def text(self) -> str:
        """``WHAT at offset 0x10: expected X, found Y``."""
        return (
            f"{self.what} at offset {self.offset:#x}: expected {self.expected}, found {self.found}"
        )


class LineError(FormatError):
    """A line of a text format is wrong: the offset is a line number, counted from 1."""

    def text(self) -> str:
        """``line 3: WHAT: expected X, found Y``."""
        return f"line {self.offset}: {self.what}: expected {self.expected}, found {self.found}"


class PlanError(UrootError):
    """A payload cannot be placed or started on the machine described by the memory map."""

    blame = "input"


class NotEnoughSpaceError(PlanError):
    """No range of memory is large enough; ``size`` in bytes is what was asked for."""

    def __init__(self, size: int, where: str = "memory", *, hint: str = "") -> None:
        super().__init__(f"no room for {size:#x} bytes in {where}", hint=hint)
        self.size = size


class KernelError(UrootError):
    """A system call failed; ``errno`` is kept, ``cause`` and ``hint`` say why and what next."""

    blame = "kernel"

    def __init__(
        self, call: str, errno: int, *, subject: str = "", cause: str = "", hint: str = ""
    ) -> None:
        super().__init__(call, hint=hint)
        self.call = call
        self.errno = errno
        self.subject = subject
        self.cause = cause

    def with_cause(self, cause: str, hint: str = "") -> Self:
        """The same with its CAUSE in words and, if there is one, another HINT."""
        return self._with(cause=cause, hint=hint or self.hint)

    def text(self) -> str:
        """``CALL SUBJECT: ENAME: cause``."""
        name = errorcode.get(self.errno, f"errno {self.errno}")
        call = f"{self.call} {self.subject}" if self.subject else self.call
        return f"{call}: {name}: {self.cause}" if self.cause else f"{call}: {name}"


class LoadError(KernelError):
    """kexec_load refused a plan: ``entry``, ``flags``, and a line for each of its ``segments``."""

    def __init__(self, errno: int, entry: int, flags: int, segments: list[str]) -> None:
        layout = ", ".join(segments) or "none"
        subject = f"entry {entry:#x}, flags {flags:#x}, segments {layout}"
        super().__init__("kexec_load", errno, subject=subject)
        self.entry = entry
        self.flags = flags
        self.segments = segments


def explain(error: OSError | UrootError) -> str:
    """One line for people: ``FILE: no such file or directory``, or the error's own text."""
    if isinstance(error, UrootError):
        return str(error)
    where = f"{error.filename!s}: " if error.filename is not None else ""
    return where + (error.strerror or str(error)).lower()


def about(path: str, error: OSError) -> OSError:
    """The same fault of the file PATH: the kernel does not always say which one it was."""
    return OSError(error.errno, error.strerror, path)


def named_if_full(path: str, error: OSError | UrootError) -> OSError | UrootError:
    """ERROR with the name of the file PATH that was written, when it is that of a full disk."""
    full = isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT, EFBIG)
    if isinstance(error, OSError) and full and error.filename is None:
        return about(path, error)
    return error


# Who wants to know of every fault that is printed, with what it is about: the shell, for `why`.
LISTENERS: list[Callable[[str, BaseException], None]] = []


def tell(who: str, error: BaseException) -> None:
    """ERROR has been printed for WHO."""
    for listener in LISTENERS:
        listener(who, error)


class Report:
    """Says what went wrong with one operand and goes on to the next; keeps the status.

    report = Report("rm", stderr)
    for path in operands:
        with report:
            os.remove(path)
    return report.status
    """

    def __init__(self, command: str, stderr: TextIO) -> None:
        self.command = command
        self.stderr: TextIO | None = stderr
        self.status = 0

    def fault(self, text: str, status: int = 1) -> None:
        """Write ``COMMAND: TEXT`` and remember STATUS."""
        self.remark(text)
        self.status = status

    def remark(self, text: str) -> None:
        """Write ``COMMAND: TEXT``."""
        if self.stderr:
            self.stderr.write(f"{self.command}: {text}\n")

    def quiet(self) -> None:
        """Say nothing from now on, only keep the status."""
        self.stderr = None

    def __enter__(self) -> Report:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, (BrokenPipeError, UsageError, HelpRequested)):
            return False
        if isinstance(error, (OSError, UrootError)):
            shown = named_if_full("standard output", error)
            self.fault(explain(shown), error.status if isinstance(error, UrootError) else 1)
            tell(self.command, error)
            return True
        return False
