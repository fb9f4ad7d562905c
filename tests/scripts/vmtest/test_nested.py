"""The bundle of our machine monitor: what is imported on use is in it."""

from scripts.tools import command
from scripts.vmtest import nested

# Plan a bzImage and a vmlinux, as the monitor does, and see what that imported.
PLANS = """
from scripts.builders.kernels import bzimage, elf
from uroot_py.payload.guest_x86 import plan_guest
from uroot_py.payload.request import KernelFile, Request
before = set(sys.modules)
for data in (bzimage(), elf([(0x1000000, b"k" * 4096, 8192)])):
    plan_guest(Request(KernelFile("kernel", data), b"a=b", b"initrd"), 512 << 20)
print("NOT IN IT:", *sorted(set(sys.modules) - before))
"""


def test_a_plan_imports_nothing_more():
    said = command([nested.PYTHON, "-I", "-S", "-c", nested._LOADED + PLANS])
    assert said.splitlines()[-1] == "NOT IN IT:"
