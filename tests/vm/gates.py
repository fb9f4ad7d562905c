"""Cases that must fail, and how: what the runner would miss, no other case could show."""

from __future__ import annotations

from scripts.vmtest import image
from scripts.vmtest.case import Case, Expect, Prompt, Run

SLOW = frozenset({"slow"})

CASES = [
    # A broken image is reported as what it is, not as a kernel without a root file system.
    Case(
        "gate.truncated-image",
        image=image.truncated,
        steps=[Prompt()],
        fails="^to the prompt: the kernel cannot unpack the image: .*truncated",
    ),
    Case(
        "gate.wrong-output",
        append="uroot.shell",
        steps=[Prompt(), Run("echo hi", shows="^ho$")],
        fails=r"^echo hi: no '\^ho\$' in its output: 'hi\\n'$",
    ),
    Case(
        "gate.silence",
        append="uroot.shell",
        steps=[Prompt(), Expect("a word that never comes", limit=2)],
        fails="^'a word that never comes' was not seen within \\d+ s$",
        tags=SLOW,
    ),
    Case(
        "gate.panic",
        append="uroot.shell",
        steps=[Prompt(), Run("echo c > /proc/sysrq-trigger")],
        fails="the guest's kernel panicked: sysrq triggered crash$",
        tags=SLOW,
    ),
    Case(
        "gate.guest-ends",
        append="uroot.shell",
        steps=[Prompt(), Run("poweroff")],
        fails="^poweroff: the guest ended before ",
        tags=SLOW,
    ),
]
