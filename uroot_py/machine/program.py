"""Programs: where one is, and becoming it. Ref: execve(2)."""

from __future__ import annotations

import os

from uroot_py.abi import signals
from uroot_py.base.errors import RefusedError, explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class NoCommandError(RefusedError):
    """There is no such program (status 127), or it cannot be run (126)."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def found(name: str, path: str) -> Iterator[str]:
    """The programs that NAME may mean, the first is the one that is run."""
    if "/" in name:
        folders = [""]
    else:
        folders = path.split(":")
    for folder in folders:
        full = os.path.join(folder, name)
        if os.path.isfile(full) and os.access(full, os.X_OK):
            yield full


def execute(words: list[str], environ: Mapping[str, str] | None = None) -> None:
    """Become the program WORDS[0]; comes back only as NoCommandError."""
    # Python ignores SIGPIPE; a program that expects to be ended by it would run on.
    signals.default(signals.SIGPIPE)
    try:
        os.execvpe(words[0], words, os.environ if environ is None else environ)
    except FileNotFoundError:
        raise NoCommandError(f"{words[0]}: no such command", 127) from None
    except OSError as error:
        text = f"{words[0]}: {(error.strerror or str(error)).lower()}"
        raise NoCommandError(text, 126) from error
    finally:
        signals.ignore(signals.SIGPIPE)  # whoever comes back goes on


def start(words: list[str], prepare: Callable[[], None] | None = None) -> int:
    """Run a program in a child; returns its pid.

    PREPARE is called in the child first. What the child says of a program that cannot be run goes
    to descriptor 2, and is status 126 or 127.
    """
    pid = os.fork()
    if not pid:
        status = 126
        try:
            if prepare:
                prepare()
            execute(words)
        except NoCommandError as error:
            status = error.status
            os.write(2, f"{error}\n".encode("utf-8", "surrogateescape"))
        except OSError as error:
            os.write(2, f"{explain(error)}\n".encode("utf-8", "surrogateescape"))
        finally:
            os._exit(status)
    return pid


def status_of(words: list[str], prepare: Callable[[], None] | None = None) -> int:
    """Run a program and wait for it: its exit status, 128 + N when signal N ended it."""
    pid = start(words, prepare)
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except KeyboardInterrupt:
        os.waitpid(pid, 0)  # the terminal sent it to the child, too
        raise
    return code if code >= 0 else 128 - code
