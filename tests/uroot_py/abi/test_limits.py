"""What a child may use."""

import os

from uroot_py.abi import process
from uroot_py.abi.limits import confine


def test_confine():
    def child() -> int:
        confine(64 << 20)
        held = bytearray(16 << 20)
        try:
            return len(bytearray(256 << 20)) + len(held)
        except MemoryError:
            with open("/proc/self/oom_score_adj") as file:
                return 7 if file.read() == "1000\n" else 1

    status = os.waitpid(process.fork(child), 0)[1]
    assert os.waitstatus_to_exitcode(status) == 7
