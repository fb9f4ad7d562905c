"""A person at the serial console: what is typed, what goes wrong, and that a prompt comes back."""

from __future__ import annotations

from scripts.support.case import Case, End, Expect, Prompt, Run, Send, Step
from scripts.support.console import FAULTS

OUT_OF_MEMORY = tuple(pattern for pattern in FAULTS if "Out of memory" in pattern)

AGAIN = Prompt(limit=30, name="the prompt is back")


def types(text: str, *shown: str) -> list[Step]:
    """Keys, and what must be seen after them before the prompt comes back."""
    return [Send(text, name=f"types {text!r}"), *map(Expect, shown), AGAIN]


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
    *types("unam\t-s\r", "^Linux$"),
    *types("cat /proc/versi\t\r", "^Linux version"),
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
    Run("report /tmp/r.cpio.gz", shows=r"^/tmp/r.cpio.gz: \d+ parts", limit=120),
    Run("test -s /tmp/r.cpio.gz"),
]
AFTER: list[Step] = [
    *types("exit 3\r", "ended with status 3"),
    *types("kill -9 $$\r", "killed by SIGKILL"),
    *types("\x04"),
    Run("echo still $((6*7))", shows="^still 42$"),
    Send("poweroff\r"),
    End(),
]
CASES = [
    Case("session.person", append="uroot.shell", steps=[*TYPING, *INTERRUPTS, *FAILURES, *AFTER]),
    Case(
        "session.no-uinit",
        append="uroot.uinit=nosuch",
        steps=[Expect("^init: nosuch: .*here is a shell$", limit=90), Prompt(), *AFTER[-3:]],
        tags=frozenset({"slow"}),
    ),
    Case(
        "session.little-memory",
        append="uroot.shell",
        memory=96,
        steps=[
            Prompt(),
            Run("free", shows="^Mem:"),
            Run("mkdir -p /tmp/t && mount -t tmpfs -o size=1M none /tmp/t && cd /tmp/t"),
            Run("dd if=/dev/zero of=full bs=64k", status=None, shows="no space left", limit=60),
            Run("echo x > more", status=None, shows="no space left"),
            Run("echo $(echo works) | cat", shows="^works$"),
            Run("cd / && umount /tmp/t"),
            # More than there is: the kernel ends the command, and the shell lives.
            Send("dd if=/dev/zero of=/dev/shm/full bs=1M; dd if=/dev/zero of=/tmp/full bs=1M\r"),
            Expect("ended by signal 9, SIGKILL", limit=60, allow=OUT_OF_MEMORY),
            Prompt(limit=30, allow=OUT_OF_MEMORY),
            Send("rm -f /dev/shm/full /tmp/full\r"),
            Prompt(limit=30, allow=OUT_OF_MEMORY),
            *AFTER[-3:],
        ],
        tags=frozenset({"slow"}),
    ),
]
