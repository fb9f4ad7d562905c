"""kexec starts a second kernel, which proves its command line and its initrd."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scripts import fetch_kernel, make_final_os
from scripts.support.case import Case, End, Expect, Prompt, Run, Send

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripts.support.case import Step
    from scripts.support.image import Files

LOAD = "kexec -l /srv/vmlinuz --initrd /srv/initrd --append 'console=ttyS0 marker=a=b c'"


def starts(flavour: str, cpus: int) -> tuple[Step, ...]:
    """Start what is loaded; the second kernel is FLAVOUR and got what LOAD says."""
    return (
        Send("kexec -e\r"),
        Expect(f"^{make_final_os.UP}$", limit=120, name="kexec -e to the second kernel's init"),
        Expect(rf"^kernel: [\d.]+-\d+-{flavour}$", name="its release"),
        Expect(r"^cmdline: console=ttyS0 marker=a=b c$", name="its cmdline"),
        Expect(f"^payload: {re.escape(make_final_os.PAYLOAD_SHA256)}", name="its initrd"),
        Expect(f"^cpus: {cpus}$", name="its processors"),
        Expect(f"^{make_final_os.DONE}$", name="its end"),
        End(),
    )


def files(flavour: str = "cloud-amd64") -> Callable[[], Files]:
    """A kernel, an initrd, and what is neither."""
    return lambda: {
        "/srv/vmlinuz": fetch_kernel.fetch(flavour) / "vmlinuz",
        "/srv/initrd": make_final_os.initrd(),
        "/srv/text": b"no kernel\n",
    }


CASES = [
    Case(
        "kexec.file_load",
        append="uroot.shell",
        files=files(),
        steps=[
            Prompt(),
            Run("kexec -l /srv/none", status=None, shows="^kexec: /srv/none: no such file"),
            Run("kexec -l /srv", status=None, shows="^kexec: /srv: "),
            Run("kexec -l /srv/text", status=None, shows="^kexec: /srv/text: "),
            Run(LOAD, limit=60),
            *starts("cloud-amd64", 1),
        ],
    ),
    Case(
        "kexec.generic-kernel",
        append="uroot.shell",
        files=files("amd64"),
        cpus=2,
        steps=[Prompt(), Run(LOAD, limit=60), *starts("amd64", 2)],
        tags=frozenset({"slow"}),
    ),
]
