"""init - first process: prepare the machine, boot, or give a shell.

PID 1 mounts what Linux needs, loads the image's modules and those of the devices found, runs the
uinit command (``boot`` unless the image or the kernel command line name another), then keeps a
shell on every console. It never ends: a child that does is reaped, said so, and started again.
"""

from __future__ import annotations

import io
import os
import time

from cmds.dispatch import NAMES, call
from uroot_py import VERSION
from uroot_py.abi import klog, netdev, process, reboot, signals
from uroot_py.base.errors import RefusedError, UrootError
from uroot_py.base.options import Command
from uroot_py.base.text import parse_number, printable_lines
from uroot_py.formats.kernel import cmdline
from uroot_py.machine import console, handover
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from uroot_py.terminal.console import Console

# The kernel command line switches: (word, what it does). docs/init.md is this table.
SWITCHES = (
    ("uroot.uinit=COMMAND", "run COMMAND (a shell line, in quotes) instead of the image's uinit"),
    ("uroot.shell", "run no uinit: straight to the shell"),
    ("uroot.timeout=SECONDS", "how long the boot menu waits"),
    ("uroot.disk=DISK", "start what is on this disk: a path, UUID=, LABEL= or PARTUUID="),
    ("uroot.order=net,disk", "look at the network, too, and where first (disk)"),
    ("uroot.net=WORD,...", "off, http, ipxe, arch=N, wait=SECONDS, proxy=URL (docs/boot.md)"),
    ("uroot.entry=WORD", "start the entry with this number, id or title"),
    ("uroot.debug", "show kernel messages, and tracebacks of applets that crash"),
    ("uroot.wait=SECONDS", "how long boot waits for disks and drivers (30); or: forever"),
    ("uroot.nomodules", "load no kernel modules"),
    ("modules_load=NAME,...", "load these modules, too"),
    ("MODULE.PARAMETER=VALUE", "a parameter for a module that is loaded"),
)
COMMAND = Command(
    "init",
    "init",
    example="the kernel starts it as /init",
    notes="words on the kernel command line:\n"
    + "\n".join(f"  {word:<26}  {text}" for word, text in SWITCHES),
)
UINIT_FILE = "/etc/uroot/uinit"
_ENVIRONMENT = {
    "PATH": "/bin:/sbin:/usr/bin:/usr/sbin",
    # The last says that this machine is ours: `boot` may set up its network.
    "HOME": "/root", "USER": "root", "SHELL": "/bin/sh", "TERM": "linux", "UROOT_IMAGE": "1",
}  # fmt: skip
_SECOND = 1.0
_TICK = 0.1  # seconds after which it is looked at whether uinit has ended
_FOR_THE_SHELL = "\\'\"$`|&;<>(){}*?[]!#~\n"


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Be process 1; as any other process, explain the switches and refuse."""
    if os.getpid() != 1:
        COMMAND.parse(args)
        raise RefusedError("this is not process 1", hint="init --help lists its switches")
    system = Init(stdin, stdout, stderr)
    while True:
        # Whatever goes wrong in here, process 1 must not end: the kernel would panic.
        try:
            system.prepare()
            system.serve()
        except Exception as error:  # noqa: BLE001
            system.say(f"{type(error).__name__}: {error}")
            time.sleep(_SECOND)


class Init:
    """Process 1: its state is the kernel command line and the shells it keeps."""

    def __init__(self, stdin: TextIO, stdout: TextIO, stderr: TextIO) -> None:
        self.streams = stdin, stdout, stderr
        self.prepared = False
        self.uinit_done = False
        self.cmdline = ""
        self.wait = 30.0
        self.shells: dict[int, tuple[str, float]] = {}
        self.console: Console | None = None

    def say(self, text: str) -> None:
        """A line for the person at the console and for the kernel's log."""
        klog.write(text, tag="init")
        line = f"init: {printable_lines(text)}\n".encode("utf-8", "surrogateescape")
        try:
            if os.getpid() == 1:
                self._tell(line)
            else:
                os.write(1, line)
        except OSError as error:
            klog.write(f"console: {error}", klog.LOG_WARNING, tag="init")

    def _tell(self, line: bytes) -> None:
        """Write LINE for process 1, which never waits for a console that takes nothing.

        Not through a stream: what was not taken would stay in its buffer.
        """
        from uroot_py.terminal.console import Console

        if self.console is None:
            self.console = Console.open("/dev/console")
        self.console.write(line)

    def prepare(self) -> None:
        """Mounts, environment, signals, modules, loopback: once, whatever fails."""
        if self.prepared:
            return
        self.prepared = True
        from uroot_py.machine.filesystems import make_nodes, mount_all
        from uroot_py.machine.room import limit_root, room

        os.environ.update(_ENVIRONMENT)
        for variable in [name for name in os.environ if name.startswith(("_PYI", "LD_"))]:
            del os.environ[variable]
        os.umask(0o022)
        free = room()
        for fault in mount_all(free):
            self.say(fault)
        self._try("limit of /", limit_root, free // 4)
        self.cmdline = HERE.text("/proc/cmdline").strip()
        klog.write(f"uroot-py {VERSION}", tag="init")
        self._signals()
        self._try("uroot.wait", self._read_wait)
        if cmdline.last(self.cmdline, "uroot.debug") is not None:
            os.environ["UROOT_DEBUG"] = "1"
            self._try("console level", klog.console_level, 8)
        if cmdline.last(self.cmdline, "uroot.nomodules") is None:
            self._try("modules", self._modules)
        self._try("device files", make_nodes)
        self._try("loopback", lambda: netdev.interface_up("lo"))

    def _try(self, what: str, work: Callable[..., object], *args: int) -> None:
        try:
            work(*args)
        except (UrootError, OSError) as error:
            klog.write(f"{what}: {error}", klog.LOG_WARNING, tag="init")

    def _signals(self) -> None:
        # Ctrl-Alt-Del comes as SIGINT; Ctrl-C of the console goes to the shell's session instead.
        self._try("Ctrl-Alt-Del", reboot.reboot, reboot.LINUX_REBOOT_CMD_CAD_OFF)
        signals.handle(signals.SIGINT, self._ctrl_alt_del)
        signals.handle(handover.SIGNAL, self._hand_over)
        for name in ("SIGHUP", "SIGTERM", "SIGUSR2"):
            signals.ignore(signals.NUMBERS[name])

    def _ctrl_alt_del(self, *_: object) -> None:
        self.say("Ctrl-Alt-Del: restarting")
        self._sync()
        from uroot_py.machine.ending import end

        try:
            end(reboot.LINUX_REBOOT_CMD_RESTART, self.say)
        except UrootError as error:
            self.say(str(error))

    def _sync(self) -> None:
        from uroot_py.machine.child import SYNC_SECONDS, sync_disks

        if not sync_disks():
            self.say(f"the disks are not in sync after {SYNC_SECONDS:.0f} s; going on")

    def _hand_over(self, *_: object) -> None:
        """A shell wants switch_root: end everything, and become that. Back here when it failed."""
        words = handover.asked()
        if words and os.getpid() == 1:
            klog.write(f"asked for {' '.join(words)}", tag="init")
            self._sync()
            os.kill(-1, signals.SIGKILL)
            said = io.StringIO()
            call(words[0], words[1:], self.streams[0], said, said)
            self.say(said.getvalue().strip())

    def _read_wait(self) -> None:
        text = cmdline.last(self.cmdline, "uroot.wait") or "30"
        if text != "forever":  # for disks, which are no fault of theirs
            self.wait = float(parse_number(text, "it"))

    def _modules(self) -> None:
        from uroot_py.machine.drivers import load_drivers

        for line in load_drivers(self.cmdline, self.wait):
            klog.write(line, klog.LOG_WARNING, tag="init")

    def serve(self) -> None:
        """The uinit command, then a shell on every console, for ever."""
        note = ""
        command = "" if self.uinit_done else self._uinit()
        self.uinit_done = True
        if command:
            # Where no console works the machine boots all the same.
            first = next(iter(console.consoles()), "")
            note = self._wait_for(self._start(command, first), command)
        kept = [path for path, _ in self.shells.values()]
        for path in self._consoles():
            if path not in kept:
                self._shell(path, note)
        while True:
            self._reap()

    def _uinit(self) -> str:
        """The command to run first; '' for none."""
        if cmdline.last(self.cmdline, "uroot.shell") is not None:
            return ""
        given = cmdline.last(self.cmdline, "uroot.uinit")
        return given or HERE.text(UINIT_FILE).strip() or "boot"

    def _consoles(self) -> list[str]:
        return console.consoles() or ["/dev/console"]

    def _start(self, command: str, path: str, note: str = "") -> int:
        def work() -> int:
            os.chdir(os.environ["HOME"] if os.path.isdir(os.environ["HOME"]) else "/")
            if note:
                self.say(note)
            words = command.split()
            if self._gives_a_shell(command, words):
                from uroot_py.terminal.password import demand

                demand(HERE)
            # The shell costs more than all of boot's menu: plain words of an applet need none.
            if not words or words[0] not in NAMES or set(command) & set(_FOR_THE_SHELL):
                words = ["sh", "-c", command] if command else ["sh"]
            process.rename(words)
            return call(words[0], words[1:], *self.streams)

        return console.spawn(work, path)

    def _gives_a_shell(self, command: str, words: list[str]) -> bool:
        """Whether COMMAND is a way to a shell, or to what its entries do not offer.

        What the image runs is its builder's business, unless it is a shell; of what the kernel's
        command line asks for only the bare menu is harmless.
        """
        given = cmdline.last(self.cmdline, "uroot.uinit")
        return words in ([], ["sh"]) or (command == given and words != ["boot"])

    def _shell(self, path: str, note: str) -> None:
        self.shells[self._start("", path, note)] = path, time.monotonic()

    def _wait_for(self, pid: int, what: str) -> str:
        """How the child PID ended, for the log; what is to be said where a shell comes then.

        What a device that does not answer holds for ``uroot.wait`` seconds is left behind.
        """
        from uroot_py.machine.held import Held
        from uroot_py.machine.kernel_lines import level_now

        level = level_now()
        held = Held(pid, self.wait)
        while not held.over():
            found, status = os.waitpid(-1, os.WNOHANG)
            if found == pid:
                if os.WIFSIGNALED(status):
                    self._try("mounts", _let_go, level)
                ended = f"{what}: {console.ending(status)}"
                klog.write(ended, tag="init")
                return f"{ended}; here is a shell" if status else ""
            if not found:
                time.sleep(_TICK)
        os.killpg(pid, signals.SIGKILL)
        self._try("console level", klog.console_level, level)
        return f"{what}: a device has not answered for {self.wait:g} s; here is a shell"

    def _reap(self) -> None:
        """Wait for any child; a shell is started again, at most one a second."""
        try:
            pid, status = os.waitpid(-1, os.WUNTRACED)
        except ChildProcessError:
            time.sleep(_SECOND)
            return
        if pid not in self.shells:
            return
        if os.WIFSTOPPED(status):
            # Nobody could wake it: it is the only one on its console. Its end comes here, too.
            os.kill(pid, signals.SIGKILL)
            return
        path, since = self.shells.pop(pid)
        if time.monotonic() - since < _SECOND:
            time.sleep(_SECOND)
        ended = f"shell on {path}: {console.ending(status)}, starting another"
        self._shell(path, ended if status else "")


def _let_go(level: int) -> None:
    """Let go of the disks that a boot held which was killed; the kernel speaks as before it."""
    from uroot_py.disks.mounts import let_go

    let_go()
    klog.console_level(level)
