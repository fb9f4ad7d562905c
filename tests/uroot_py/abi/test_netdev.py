"""Network interfaces go up and down, in a name space of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.host
ROOT = Path(__file__).parents[3]
SCRIPT = """
from uroot_py.abi.netdev import interface_down, interface_up
from uroot_py.base.errors import KernelError
print(interface_down("lo"), interface_up("lo"), interface_up("lo"), interface_down("lo"))
try:
    interface_up("eth9")
except KernelError as error:
    print(error)
"""


def test_up_and_down():
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "False True False True\nioctl eth9: ENODEV: no such device\n"
