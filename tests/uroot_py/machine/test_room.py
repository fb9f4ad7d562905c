"""Files in memory have limits, those of / too."""

import sys

from tests.support.namespace import ROOT, in_namespace

LIMIT = """
python() {{ {python} -P -c "$1"; }}
python 'import sys; sys.path.insert(0, "{root}")
from uroot_py.machine.room import limit_root
limit_root(512, "/mnt")'
"""


def limited(kind):
    script = f"mount -t {kind} none /mnt; dd if=/dev/zero of=/mnt/old bs=1k count=300 status=none;"
    script += LIMIT.format(python=sys.executable, root=ROOT)
    return in_namespace(script + "dd if=/dev/zero of=/mnt/new bs=1k count=4000; df -k /mnt")


def test_what_is_there_stays_and_may_grow():
    done = limited("tmpfs")
    assert (
        "dd: error writing '/mnt/new': No space left on device\n513+0 records in\n" in done.stderr
    )


def test_a_ramfs_has_no_limit():
    done = limited("ramfs")
    assert done.returncode == 1
    assert done.stderr.endswith(
        "RefusedError: /mnt is a ramfs, which has none; boot without root=\n"
    )
