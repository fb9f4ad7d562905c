"""Network interfaces go up and down, in a name space of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.host
ROOT = Path(__file__).parents[3]
# A kernel without INET has no other sockets than those of netlink.
WITHOUT_INET = """
from errno import EAFNOSUPPORT
from uroot_py.abi import netdev
from uroot_py.base.errors import KernelError
call = netdev.syscall
def syscall(name, *words, **more):
    if name == "socket" and words[0] != 16:
        raise KernelError("socket", EAFNOSUPPORT)
    return call(name, *words, **more)
netdev.syscall = syscall
"""
SCRIPT = """
from uroot_py.abi.netdev import interface_down, interface_up
from uroot_py.base.errors import KernelError
print(interface_down("lo"), interface_up("lo"), interface_up("lo"), interface_down("lo"))
try:
    interface_up("eth9")
except KernelError as error:
    print(error)
"""


@pytest.mark.parametrize("before", ["", WITHOUT_INET], ids=["", "without INET"])
def test_up_and_down(before):
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", before + SCRIPT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "False True False True\nioctl eth9: ENODEV: no such device\n"
