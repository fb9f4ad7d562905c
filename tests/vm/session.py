"""A person at the serial console: what is typed, what goes wrong, and that a prompt comes back."""

from __future__ import annotations

from scripts.vmtest.case import Case, End, Expect, Prompt, Run, Send, Session, Step
from scripts.vmtest.console import FAULTS
from tests.vm.boot import final_os

OUT_OF_MEMORY = tuple(pattern for pattern in FAULTS if "Out of memory" in pattern)

AGAIN = Prompt(limit=30, name="the prompt is back")


def types(text: str, *shown: str) -> list[Step]:
    """Keys, and what must be seen after them before the prompt comes back."""
    return [Send(text, name=f"types {text!r}"), *map(Expect, shown), AGAIN]


def completes(text: str, whole: str, rest: str, *shown: str) -> list[Step]:
    """TEXT and a Tab, which make WHOLE; only then the REST: Tabs in pasted text are text."""
    return [Send(f"{text}\t", name=f"types {text!r}, Tab"), Expect(whole), *types(rest, *shown)]


TYPING: list[Step] = [
    Prompt(),
    Run("seq 1 5 | tail -n 2 | tr '\\n' ' '", shows="^4 5 "),
    Run("cd /tmp && touch a1 a2 b1 && echo a* [!a]*", shows="^a1 a2 b1"),
    Run("for i in 1 2; do echo n$i; done > out; echo $(wc -l < out) lines", shows="^2 lines$"),
    Run("f() { echo \"$# $1\"; }; f 'one two'", shows="^1 one two$"),
    *types("if true\rthen cat <<E\rin a document\rE\rfi\r", "^in a document$"),
    *types("echo from history\r", "^from history$"),
    *types("\x1b[A\r", "^from history$"),
    *types("\x12from h\r", "^from history$"),
    *completes("unam", "uname ", "-s\r", "^Linux$"),
    *completes("cat /proc/versi", "/proc/version ", "\r", "^Linux version"),
    *types("cat <<E\r\tpasted\ttext\rE\r", "^\tpasted\ttext$"),
    *types("echo wrong\x01\x1b[C\x1b[C\x1b[C\x1b[C\x1b[C\x0bright\r", "^right$"),
    *types("x=\u65e5\u672c\u00e4\u00f6\u00fc; echo ${#x} characters\r", "^5 characters$"),
    *types("echo " + "1234567890" * 15 + "\r", "^(1234567890){15}$"),
]
INTERRUPTS: list[Step] = [
    *types("typed, not wanted\x03", r"\^C"),
    Send("sleep 100\r"),
    Expect(r"sleep 100\s*\n"),
    *types("\x03"),
    Run("echo was $?", shows="^was 130$"),
    Send("while true; do true; done\r"),
    Expect(r"done\s*\n"),
    *types("\x03"),
    Send("sh -c 'echo begun; sleep 100'\r"),
    Expect("^begun$"),
    *types("\x1a", "stopped"),
    *types("jobs\r", "stopped"),
    *types("kill -9 %1; wait\r"),
]
FAILURES: list[Step] = [
    Run("nosuch", status=127, shows="^sh: nosuch: not found"),
    *types("mount -t ext4 /dev/nosuch /mnt\r", "ENOENT"),
    *types("why\r", "^  call      mount$", r"^  errno     2 \(ENOENT\)$"),
    *types("sh -c 'kill -SEGV $$'\r", "SIGSEGV"),
    *types("why\r", "^status:  139, signal 11"),
    Run("sh -c fi", status=2, shows="found 'fi'"),
    Run("help", shows="^boot:"),
]
ENDS: list[Step] = [
    *types("exit 3\r", "ended with status 3"),
    *types("kill -9 $$\r", "killed by SIGKILL"),
    *types("kill -SEGV $$\r", "killed by SIGSEGV"),
    *types("kill -STOP $$\r", "killed by SIGKILL, starting another"),
    *types("\x04"),
    Run("kill -9 1; kill -SEGV 1; kill -TERM 1; echo still $((6*7))", shows="^still 42$"),
]
DUMB: list[Step] = [
    *types("TERM=dumb sh\r"),
    *types("echo dumb one\r", "^dumb one$"),
    *types("\x1b[A\x08\x08\x08two\r", "^dumb two$"),
    *completes("unam", "uname ", "-s\r", "^Linux$"),
    *types("\x04"),
]
NAMES = {" ": "spc", "/": "slash", ">": "shift-dot", "\r": "ret"}  # of keys, as QEMU has them


class Press:
    """TEXT on the machine's keyboard, not on the serial line; or one combination: ``ctrl-c``."""

    def __init__(self, text: str) -> None:
        self.name = f"presses {text!r}"
        self.keys = [text] if text.startswith("ctrl-") else list(text)

    def __call__(self, session: Session) -> None:
        """See Step."""
        assert session.console.monitor
        for key in self.keys:
            names = [{"type": "qcode", "data": name} for name in NAMES.get(key, key).split("-")]
            session.console.monitor.ask("send-key", keys=names)


def until(command: str) -> Run:
    """Wait for what the other console's keys do."""
    return Run(f"until {command}; do sleep 0.2; done")


TWO: list[Step] = [
    Prompt(),
    until("grep -q 'uroot# ' /dev/vcs1"),
    Press("echo typed > /tmp/k\r"),
    until("grep -q typed /tmp/k"),
    Press("sleep 99\r"),
    until("pidof sleep"),
    Run("ps -o args -p $(pidof sleep)", shows="^sleep 99$"),
    Run("ps -o args -p $$", shows="^sh$"),
    *types("\x03"),
    Run("pidof sleep", shows=r"^\d+$", name="Ctrl-C here is not meant for the screen"),
    Press("ctrl-c"),
    until("! pidof sleep"),
    Press("exit\r"),
    until("grep -q 'ended with status' /dev/vcs1"),
    Press("echo again > /tmp/k\r"),
    until("grep -q again /tmp/k"),
    Press("ctrl-alt-delete"),
    Expect("init: Ctrl-Alt-Del: restarting$"),
    Expect("reboot: "),
    End(),
]
CONFIGURATION = "/mnt/boot/grub/grub.cfg"
DISK: list[Step] = [
    Run("cat /sys/module/loop/parameters/max_loop", shows="^3$"),
    Run("mount /dev/vda1 /mnt"),
    Run("report /mnt/r.cpio.gz", shows=r"^/mnt/r.cpio.gz: \d+ parts", limit=120),
    Run("cd /tmp && gzip -dc /mnt/r.cpio.gz | cpio -i", limit=60),
    Run(
        "grep -c grub report/boot.json; grep -c init: report/dmesg.txt; cat report/cmdline",
        shows=("^[1-9].*\n[1-9]", "uroot.shell"),
    ),
    Run("cat report/index.txt", shows=(r"^dmesg.txt: dmesg: status 0", r"^iomem: .* \d")),
    Run(f"sed -i 's,/boot/vmlinuz,/boot/vmlinus,' {CONFIGURATION}"),
    *types("boot --explain\r", "/boot/vmlinus"),
    Run(f"sed -i 's,/boot/vmlinus,/boot/vmlinuz,' {CONFIGURATION} && umount /mnt"),
    Send("boot\r"),
    *final_os("grub-ext4"),
]
CASES = [
    Case(
        "session.person",
        writes=True,
        append="uroot.shell uroot.timeout=1 modules_load=loop loop.max_loop=3",
        disks=("grub-ext4",),
        steps=[*TYPING, *DUMB, *INTERRUPTS, *FAILURES, *ENDS, *DISK],
    ),
    Case(
        "session.two-consoles",
        append="console=tty0 console=ttyS0 uroot.shell",
        devices=("-vga", "std"),
        tags=frozenset({"slow"}),
        steps=TWO,
    ),
    Case(
        # No disk, little memory, a uinit that is missing, a full file system, crashes.
        "session.trouble",
        append="uroot.uinit=nosuch",
        memory=96,
        tags=frozenset({"slow"}),
        steps=[
            Expect("^init: nosuch: .*here is a shell$", limit=90),
            Prompt(),
            Run("dmesg", shows=r"init: nosuch: ended with status 127$"),
            Run("free", shows="^Mem:"),
            Run("grep VmRSS /proc/1/status", shows=r"^VmRSS:\s+(\d{4}|1[01]\d{3}) kB$"),
            Run("sleep 100 & kill -SEGV $!; wait $!", status=139),
            Run("/bin/sh -c 'kill -SEGV $$'", status=139, shows="SIGSEGV"),
            Run("mkdir -p /tmp/t && mount -t tmpfs -o size=1M none /tmp/t && cd /tmp/t"),
            Run("dd if=/dev/zero of=full bs=64k", status=None, shows="no space left", limit=60),
            Run("echo x > more", status=1, shows="^sh: echo: no space left"),
            Run("echo $(echo works) | cat", shows="^works$"),
            Run("cd / && umount /tmp/t"),
            # All that may be filled is full, and the shell lives.
            Run("dd if=/dev/zero of=/dev/shm/full bs=1M", status=None, shows="no space left"),
            Run("dd if=/dev/zero of=/run/full bs=1M", status=None, shows="no space left"),
            Run("dd if=/dev/zero of=/tmp/full bs=1M", status=None, shows="no space left"),
            Run("dd if=/dev/zero of=/root/full bs=1M", status=None, shows="no space left"),
            Run("dd if=/dev/zero of=/full bs=1M", status=None, shows="no space left"),
            Run("echo $(echo works) | cat", shows="^works$"),
            # A command that wants more than there is: it fails, or the kernel ends it.
            Send("sort /dev/zero; rm /dev/shm/full /run/full /tmp/full /root/full /full\r"),
            Expect("ended by signal 9, SIGKILL|not enough memory", 60, allow=OUT_OF_MEMORY),
            Prompt(limit=30, allow=OUT_OF_MEMORY),
            *ENDS,
            # What Ctrl-Alt-Del does: the kernel sends this to process 1.
            Send("kill -INT 1\r"),
            Expect("init: Ctrl-Alt-Del: restarting$"),
            Expect("reboot: "),
            End(),
        ],
    ),
]
