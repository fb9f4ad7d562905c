"""The boot menu on the serial console: the clock stops, entries are looked at, edited, started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts import make_final_os
from scripts.vmtest.case import Case, Expect, Prompt, Run, Send, Step
from uroot_py.terminal.password import make

if TYPE_CHECKING:
    from scripts.vmtest.image import Files

SLOW = frozenset({"slow"})
MENU: list[Step] = [Expect("starts in [0-9]+ s; any key stops the clock", limit=120, name="menu")]


def keys(text: str, *shown: str) -> list[Step]:
    """Keys, and what they bring to the screen."""
    return [Send(text, name=f"types {text!r}"), *(Expect(pattern, limit=20) for pattern in shown)]


def password() -> Files:
    """The image's password is `secret`."""
    return {"/etc/uroot/password": make("secret", b"0123456789abcdef").encode() + b"\n"}


CASES = [
    Case(
        "menu.password",
        append="console=tty0 console=ttyS0 uroot.timeout=600",
        disks=("grub-ext4",),
        files=password,
        devices=("-vga", "std"),
        steps=[
            *MENU,
            *keys("e", "Password: "),
            *keys("guess\r", "Password: "),
            *keys("\x1b", "The right password was not given."),
            *keys("e", "Password: "),
            *keys("secret\r", "Enter starts it, Escape goes back", "cmdline: "),
            *keys("x"),
            *keys("\x1b", r"\(edited\)"),
            *keys("s", "Password: "),
            # The shell asks by itself: there are other ways to it, Ctrl-C for one.
            *keys("secret\r", "Password: "),
            *keys("guess\r", "Password: "),
            *keys("\x03", "Password: "),
            Send("secret\r", name="types the password"),
            Prompt(),
            Run(
                "cat /dev/vcs1",
                shows="uroot-py: which system.*> 1  Debian GNU/Linux",
                hides=("secret", "guess"),
                name="the same menu is on the screen",
            ),
        ],
        tags=SLOW,
    ),
    Case(
        "menu.password-uinit",
        append="uroot.uinit=sh",
        files=password,
        steps=[
            Expect("Password: ", limit=120, name="the command line asks for a shell"),
            *keys("guess\r", "Password: "),
            Send("secret\r", name="types the password"),
            Prompt(),
        ],
        tags=SLOW,
    ),
    Case(
        "menu.edit",
        append="uroot.timeout=600",
        disks=("grub-ext4",),
        steps=[
            *MENU,
            *keys("d", "cmdline: .*root=UUID=", "any key goes back"),
            *keys("x", "Enter start"),
            *keys("l", "Log", "any key goes back"),
            *keys("x", "Enter start"),
            *keys("/", "Search: "),
            *keys("zzz", "nothing found"),
            *keys("\x1b", "Enter start"),
            *keys("e", "Enter starts it, Escape goes back", "cmdline: "),
            *keys("\x05 typed=by-hand\r"),
            Expect(r"^cmdline: .* typed=by-hand\b", limit=150, name="the edited command line"),
            Expect(f"^{make_final_os.DONE}$", name="its end"),
        ],
        tags=SLOW,
    ),
    Case(
        "menu.shell",
        writes=True,
        append="uroot.timeout=600",
        disks=("grub-ext4",),
        steps=[
            *MENU,
            *keys("s"),
            Prompt(),
            Run("mkdir -p /tmp/d && mount /dev/vda1 /tmp/d || mount /dev/vda2 /tmp/d", limit=60),
            Run("echo '# repaired' >> /tmp/d/boot/grub/grub.cfg && sync"),
            Run("tail -n 1 /tmp/d/boot/grub/grub.cfg", shows="^# repaired$"),
            Run("umount /tmp/d"),
            Run("boot --list", shows="Debian|Linux", limit=60),
        ],
        tags=SLOW,
    ),
]
