"""Shell scripts in name spaces of their own: what they change, this machine does not see."""

import os
import pathlib
import shlex
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
BENCH = "ip link set lo up; mount -t tmpfs none /mnt; cd /mnt;"
PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import cmds.dispatch; "
PROGRAM += "sys.argv[:1] = []; cmds.dispatch.main()"


def in_namespace(script, *flags):
    """The run of a shell SCRIPT (``uroot`` is our program) in new mount and other name spaces."""
    start = f'uroot() {{ {sys.executable} -P -c {shlex.quote(PROGRAM)} "$@"; }}; set -e; '
    line = ["unshare", "--mount", "--propagation", "private", *flags, "sh", "-c", start + script]
    with subprocess.Popen(
        line,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            out, err = child.communicate(timeout=60)
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)  # what the script left behind
            except ProcessLookupError:
                pass
    return subprocess.CompletedProcess(line, child.returncode, out, err)


def until_bound(kind, port):
    """Shell words that wait for a server on PORT."""
    files = f"/proc/net/{kind} /proc/net/{kind}6"
    return f"until grep -qs :{port:04X} {files}; do sleep 0.05; done;"
