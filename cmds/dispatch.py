"""The front door: a name becomes a row becomes a status. The only catch, the only exit.

Called as ``uroot NAME ARGS`` or through a link called NAME. Statuses: 0 done, 1 failed, 2 usage,
127 no such applet, 128 + N ended by signal N (130: interrupted).
"""

from __future__ import annotations

import os
import sys

from cmds.table import TABLE
from uroot_py import VERSION
from uroot_py.base.door import guarded
from uroot_py.base.errors import HelpRequested, UrootError, explain, named_if_full, tell
from uroot_py.base.text import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from cmds.table import Run

# Every name and alias, sorted, with its row.
NAMES = dict(sorted((name, row) for row in TABLE for name in (row.name, *row.aliases)))

_HELP = """usage: uroot NAME [ARGUMENT]...
       NAME [ARGUMENT]...          through a link called NAME
       uroot --list | --help | --version

uroot is a LinuxBoot userland in one program. `uroot NAME --help` explains an applet."""


def call(name: str, args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Run the applet NAME in this process; every fault becomes one line and a status."""
    row = NAMES.get(name)
    if row is None:
        near = nearest(name, NAMES)
        guess = f", did you mean {' or '.join(near)}?" if near else "; uroot --list shows all"
        stderr.write(f"uroot: no applet {name!r}{guess}\n")
        return 127
    # Messages go through the door in any case: who reads a log reads it on a terminal.
    stderr = guarded(stderr)
    if stdout.isatty():
        stdout = guarded(stdout)
    try:
        # __import__ and not importlib: PID 1 should not pay for a second import system.
        module, _, function = row.module.partition(":")
        run: Run = getattr(__import__(f"cmds.{module}", fromlist=["run"]), function or "run")
        status = run(args, stdin, stdout, stderr)
        stdout.flush()
    except BrokenPipeError:
        return 141
    except HelpRequested as asked:
        stdout.write(f"{row.summary}\n{asked.message}\n")
        return 0
    except (UrootError, OSError) as fault:
        error = named_if_full("standard output", fault)
        stderr.write(f"{name}: {explain(error)}\n")
        tell(name, error)
        return error.status if isinstance(error, UrootError) else 1
    except KeyboardInterrupt:
        return 130
    except MemoryError as error:
        stderr.write(f"{name}: not enough memory\n")
        tell(name, error)
        return 1
    except Exception as error:
        stderr.write(f"{name}: {_defect(error)}\n")
        tell(name, error)
        return 70
    else:
        return status


def _defect(error: Exception) -> str:
    """One line for what should not happen; every frame's line where UROOT_DEBUG is set."""
    # The traceback module would bring a tokenizer and a third of our size into the image.
    places = []
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    place = "\n  ".join(["", *places]) if os.environ.get("UROOT_DEBUG") else places[-1]
    return (
        f"internal error: {type(error).__name__}: {error} ({place}); this is a defect of uroot-py"
    )


def list_applets() -> str:
    """A line per applet: name, other names, summary, by section."""
    lines = []
    for section in dict.fromkeys(row.section for row in TABLE):
        lines.append(f"{section}:")
        for row in TABLE:
            if row.section == section:
                shown = ", ".join((row.name, *row.aliases))
                lines.append(f"  {shown:<24}{row.summary}")
    return "\n".join(lines)


def dispatch(argv: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """What the program does for ARGV, the name it was called by first."""
    name, args = argv[0].rpartition("/")[2], argv[1:]
    if name in NAMES:
        return call(name, args, stdin, stdout, stderr)
    if not args or args[0] in ("--help", "-h"):
        stdout.write(f"{_HELP}\n\n{list_applets()}\n")
        return 0 if args else 2
    if args[0] == "--list":
        stdout.write(list_applets() + "\n")
        return 0
    if args[0] == "--version":
        stdout.write(f"uroot-py {VERSION}\n")
        return 0
    return call(args[0], args[1:], stdin, stdout, stderr)


def _flush(*streams: TextIO) -> None:
    for stream in streams:
        try:
            stream.flush()
        except (OSError, ValueError):
            # The reader of a pipe has gone, or the applet closed it: nothing is left to say it to.
            continue


def _complete() -> None:
    """Streams that were closed are /dev/null: process 1 has none where no console can be opened."""
    while (extra := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(extra)
    sys.stdin, sys.stdout, sys.stderr = (
        stream or open(fd, mode, closefd=False)  # noqa: SIM115 - they live as long as the process
        for fd, (stream, mode) in enumerate(
            ((sys.stdin, "r"), (sys.stdout, "w"), (sys.stderr, "w"))
        )
    )


def main() -> None:
    """Run the command line of this process and end it, without the interpreter's slow farewell."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _complete()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    status = dispatch(sys.argv, sys.stdin, sys.stdout, sys.stderr)
    _flush(sys.stdout, sys.stderr)
    os._exit(status)
