"""Shell scripts in name spaces of their own: what they change, this machine does not see."""

import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import cmds.__main__; "
PROGRAM += "sys.argv[:1] = []; cmds.__main__.main()"


def in_namespace(script, *flags):
    """The run of a shell SCRIPT (``uroot`` is our program) in new mount and other name spaces."""
    start = f'uroot() {{ {sys.executable} -P -c {shlex.quote(PROGRAM)} "$@"; }}; set -e; '
    line = ["unshare", "--mount", "--propagation", "private", *flags, "sh", "-c", start + script]
    return subprocess.run(line, capture_output=True, text=True, timeout=60)
