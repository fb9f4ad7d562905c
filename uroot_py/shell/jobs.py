"""Children: pipelines in the foreground and the background, and who has the terminal.

Ref: POSIX.1-2017, XCU 2.9.3.1 "Asynchronous Lists", XBD 11.1 "General Terminal Interface".
"""

from __future__ import annotations

import os

from uroot_py.abi import process, signals, tty
from uroot_py.base.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.shell.redirect import Redirections
    from uroot_py.shell.traps import Traps


class Job:
    """The processes of one pipeline."""

    def __init__(self, number: int, text: str) -> None:
        self.number = number
        self.text = text
        self.group = 0
        self.pids: list[int] = []
        self.statuses: dict[int, int] = {}
        self.background = False
        self.reported = True

    def state(self) -> str:
        """``running``, ``stopped`` or ``done``."""
        missing = [pid for pid in self.pids if self.statuses.get(pid, -1) < 0]
        if not missing:
            return "done"
        return "stopped" if all(pid in self.statuses for pid in missing) else "running"

    def status(self) -> int:
        """The status of the last process; 128 + N while signal N has stopped the job."""
        status = self.statuses.get(self.pids[-1], 0)
        return 128 - status if status < 0 else status

    def describe(self) -> str:
        """``[1]  running  sleep 100 &``."""
        state = self.state()
        if state == "done" and self.status():
            state = f"status {self.status()}"
        return f"[{self.number}]  {state:<9} {self.text}"


class Jobs:
    """The children of one shell; with a terminal, each job is a process group of its own."""

    def __init__(self, redirections: Redirections, traps: Traps) -> None:
        self.redirections = redirections
        self.traps = traps
        self.terminal = -1
        self.first_group = 0
        self.last_background = 0
        self.table: dict[int, Job] = {}
        self.gone: dict[int, int] = {}  # statuses of background children, for `wait PID`

    # -- the terminal -----------------------------------------------------------------------

    def take_terminal(self, fd: int) -> None:
        """Job control on FD, when it is the controlling terminal of this process."""
        self.first_group = tty.foreground(fd)
        if not self.first_group:
            return
        self.terminal = fd
        if os.getpgrp() != os.getpid() and os.getsid(0) != os.getpid():
            os.setpgid(0, 0)
        tty.set_foreground(fd, os.getpgrp())

    def give_back(self) -> None:
        """Leave the terminal to whom we had it from."""
        if self.terminal >= 0:
            tty.set_foreground(self.terminal, self.first_group)

    # -- starting ---------------------------------------------------------------------------

    def start(self, works: list[Callable[[], int]], text: str, *, background: bool = False) -> Job:
        """Run WORKS in a child each, every output the next one's input."""
        job = Job(max(self.table, default=0) + 1, text)
        job.background = background
        source = -1
        for number, work in enumerate(works):
            following, sink = os.pipe() if number < len(works) - 1 else (-1, -1)
            try:
                self._add(job, work, source, sink, following)
            finally:
                for fd in (source, sink):
                    if fd >= 0:
                        os.close(fd)
                source = following
        self.table[job.number] = job
        if background:
            self.last_background = job.pids[-1]
        return job

    def _add(self, job: Job, work: Callable[[], int], source: int, sink: int, other: int) -> None:
        def child() -> int:
            for fd, place in ((source, 0), (sink, 1)):
                if fd >= 0:
                    os.dup2(fd, place)
                    os.close(fd)
            if other >= 0:
                os.close(other)
            return work()

        # Were the child stopped before it has the terminal, it would take it when it goes on.
        pid = process.fork(child, lambda: self._enter(job))
        job.pids.append(pid)
        if self.terminal >= 0:
            job.group = job.group or pid
            _join(pid, job.group)
            if not job.background:
                tty.set_foreground(self.terminal, job.group)

    def _enter(self, job: Job) -> None:
        if self.terminal >= 0:
            # Both sides do this: whoever comes first, it is done before it matters.
            _join(0, job.group)
            if not job.background:
                tty.set_foreground(self.terminal, os.getpgrp())
        elif job.background:
            # Without job control the keys of the terminal are not meant for this child.
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            os.close(null)
        alone = job.background and self.terminal < 0
        self.become_child()
        self.traps.keep_ignored()
        if alone:
            for number in (signals.SIGINT, signals.SIGQUIT):
                signals.ignore(number)

    def become_child(self) -> None:
        """This process is a child: it has neither the shell's children nor its terminal."""
        self.terminal = -1
        self.table = {}
        self.gone = {}
        self.redirections.close_private()

    # -- waiting ----------------------------------------------------------------------------

    def interrupt(self, job: Job) -> None:
        """Pass on a Ctrl-C that came before the terminal talked to the job."""
        for pid in job.pids:
            if pid not in job.statuses:
                os.kill(pid, signals.SIGINT)

    def finish(self, job: Job) -> int:
        """Wait for a job in the foreground, take the terminal back, and return its status."""
        modes = tty.modes(self.terminal) if self.terminal >= 0 else None
        while job.state() == "running" and self._one(block=True):
            pass
        if self.terminal >= 0:
            tty.set_foreground(self.terminal, os.getpgrp())
            if job.status() > 128:
                tty.set_modes(self.terminal, modes)
        if job.state() == "stopped":
            job.background = True
        else:
            self.table.pop(job.number, None)
        return job.status()

    def _one(self, *, block: bool) -> bool:
        found = process.wait(-1, block=block, stopped=self.terminal >= 0)
        if found is None:
            return False
        pid, status = found
        for job in self.table.values():
            if pid in job.pids:
                job.statuses[pid] = status
                job.reported = not job.background
                if job.background:
                    self.gone[pid] = status
                break
        return True

    def collect(self) -> list[Job]:
        """The background jobs whose state has changed since the last call."""
        while self._one(block=False):
            pass
        changed = [job for job in self.table.values() if not job.reported]
        for job in changed:
            job.reported = True
            if job.state() == "done":
                del self.table[job.number]
        return changed

    def wait_for(self, pid: int) -> int:
        """The status of a background child; 127 when there is no such child."""
        while pid not in self.gone or self.gone[pid] < 0:
            known = any(pid in job.pids for job in self.table.values())
            if not known or not self._one(block=True):
                return 127
        self._forget_done(pid)  # who has waited need not be told
        return self.gone[pid]

    def wait_all(self) -> None:
        """Wait until no job runs."""
        while any(job.state() == "running" for job in self.table.values()):
            if not self._one(block=True):
                break
        self._forget_done()

    def _forget_done(self, pid: int = 0) -> None:
        for job in list(self.table.values()):
            if job.state() == "done" and pid in (0, *job.pids):
                del self.table[job.number]

    def find(self, text: str) -> Job:
        """The job ``%1``, ``%%``, ``%name``; the newest for an empty text."""
        bare = text.removeprefix("%")
        for job in reversed(list(self.table.values())):
            if bare in ("", "%", "+", str(job.number)) or job.text.startswith(bare):
                return job
        raise UsageError(f"{text or 'job'}: no such job")

    def resume(self, job: Job, *, background: bool) -> None:
        """Let a stopped job go on."""
        job.statuses = {pid: status for pid, status in job.statuses.items() if status >= 0}
        job.background = background
        if not background and self.terminal >= 0:
            tty.set_foreground(self.terminal, job.group)
        if job.group:
            os.killpg(job.group, signals.SIGCONT)


def _join(pid: int, group: int) -> None:
    try:
        os.setpgid(pid, group)
    except OSError:
        # The child has ended, or has begun another program: it did this itself before.
        return
