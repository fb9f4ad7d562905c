"""switch_root: its own ways."""

import os
import pathlib
import shlex
import subprocess
import sys

import pytest

from tests.support.applet import run_applet

ROOT = pathlib.Path(__file__).parents[2]


def test_switch_root_wants_a_mounted_root(tmp_path):
    done = run_applet("switch_root", str(tmp_path), "/sbin/init")
    assert done.err == (
        f"switch_root: {tmp_path}: it is not a mount point; mount the new root there\n"
    )


def test_switch_root_wants_an_initramfs():
    done = run_applet("switch_root", "/proc", "/version")
    assert done.err == ("switch_root: /: it is not an initramfs, what is in it would be deleted\n")


CHECK = """
import os, sys
from cmds import switch_root
switch_root.is_memory = lambda path: True
try:
    switch_root.check(sys.argv[1], sys.argv[2], os.stat("/").st_dev)
except switch_root.RefusedError as error:
    print(error)
else:
    print("goes")
"""


@pytest.mark.parametrize(
    ("init", "says"),
    [
        ("/sbin/init", "goes"),
        ("sbin/init", "goes"),
        ("/dangling", "ROOT/dangling: no such file or directory; name the init of the new root"),
        ("/outside", "ROOT/outside: no such file or directory; name the init of the new root"),
        ("/text", "ROOT/text: it cannot be executed; name the init of the new root"),
        ("/sbin", "ROOT/sbin: is a directory; name the init of the new root"),
        ("/none", "ROOT/none: no such file; name the init of the new root"),
    ],
)
def test_what_process_1_would_become_is_looked_at_in_the_new_root(tmp_path, init, says):
    """A link means what it means there: one to a file of this root leads nowhere."""
    root = shlex.quote(str(tmp_path))
    script = (
        f"mount -t tmpfs none {root}; cd {root}; mkdir sbin; echo x > text; chmod 644 text; "
        "echo x > sbin/real; chmod 755 sbin/real; ln -s /sbin/real sbin/init; "
        f"ln -s /nowhere dangling; ln -s /etc/passwd outside; cd {shlex.quote(str(ROOT))}; "
        f"exec {shlex.quote(sys.executable)} -c {shlex.quote(CHECK)} {root} {init}"
    )
    # In a chroot nobody may make a namespace of users, and root needs none.
    users = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    words = ["unshare", *users, "--mount", "sh", "-ec", script]
    # What measures tests writes when it ends, and this one ends in another root.
    own = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=own)
    assert (done.stdout, done.stderr) == (says.replace("ROOT", str(tmp_path)) + "\n", "")
