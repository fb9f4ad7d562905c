"""Run scripts on our shell and on the system's, as processes of their own."""

from __future__ import annotations

import faulthandler
import os
import subprocess
from typing import ClassVar

from uroot_py.abi import process, signals
from uroot_py.shell.interpreter import Interpreter
from uroot_py.shell.session import run_script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.shell.state import Launcher

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/home/me", "LC_ALL": "C.UTF-8"}


class NoApplets:
    """A launcher without applets: every command is a program of this machine."""

    names: frozenset[str] = frozenset()
    sections: ClassVar[dict[str, dict[str, str]]] = {}

    def prepare(self, name):
        raise AssertionError(f"there is no applet {name}")

    def quick(self, args):
        return False

    def run_quick(self, args, *, terminal=False):
        raise AssertionError(f"there is no applet {args[0]}")

    def run(self, name, args):
        raise AssertionError(f"there is no applet {name}")


class Ran:
    """Status and outputs of a script."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    def __repr__(self):
        return f"Ran({self.status}, {self.out!r}, {self.err!r})"


def unhindered():
    """What whoever started the tests ignores (nohup, a job in the background) is not ignored."""
    process.default_signals()
    signals.default(signals.NUMBERS["SIGHUP"])


def run_ours(script, *params, folder=".", stdin=b"", launcher: Launcher | None = None):
    """SCRIPT on our interpreter, in a child of this process."""
    out, err, source = (os.memfd_create(name) for name in ("out", "err", "stdin"))
    os.write(source, stdin)
    os.lseek(source, 0, os.SEEK_SET)

    def work():
        faulthandler.disable()  # pytest's; a script may kill its shell
        unhindered()
        signals.alarm(300)  # only so that it ends: measured, on a busy machine, it takes its time
        os.chdir(folder)
        for fd, place in ((source, 0), (out, 1), (err, 2)):
            os.dup2(fd, place)
        os.closerange(3, 256)
        environment = {**ENVIRONMENT, "PWD": str(folder)}
        shell = Interpreter(launcher or NoApplets(), environment, "sh", list(params))
        return run_script(shell, script)

    try:
        found = process.wait(process.fork(work))
        assert found is not None
        status = found[1]
        texts = [os.pread(fd, 1 << 20, 0).decode("utf-8", "surrogateescape") for fd in (out, err)]
    finally:
        for fd in (out, err, source):
            os.close(fd)
    return Ran(status, *texts)


def run_dash(script, *params, folder=".", stdin=b""):
    """SCRIPT on dash."""
    done = subprocess.run(
        ["dash", "-c", script, "sh", *params],
        cwd=folder,
        input=stdin,
        env={**ENVIRONMENT, "PWD": str(folder)},
        capture_output=True,
        timeout=20,
        preexec_fn=unhindered,
    )
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    texts = [data.decode("utf-8", "surrogateescape") for data in (done.stdout, done.stderr)]
    return Ran(status, *texts)
