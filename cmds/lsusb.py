"""lsusb - list the devices on the USB.

Ref: lsusb(8); Linux Documentation/ABI/stable/sysfs-bus-usb.
"""

from __future__ import annotations

from uroot_py.base.options import Command
from uroot_py.base.text import printable
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

TOP = "/sys/bus/usb/devices"
COMMAND = Command("lsusb", "lsusb", example="lsusb")


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print a line per device: bus, number, vendor and product, the names it gives itself."""
    COMMAND.parse(args, max_operands=0)
    rows = []
    for name in HERE.names(TOP):
        keys = ("busnum", "devnum", "idVendor", "idProduct", "manufacturer", "product")
        words = [printable(HERE.text(f"{TOP}/{name}/{key}").strip()) for key in keys]
        if words[0].isdecimal() and words[1].isdecimal():
            rows.append((int(words[0]), int(words[1]), words[2:]))
    for bus, number, (vendor, product, *names) in sorted(rows):
        head = f"Bus {bus:03} Device {number:03}: ID {vendor}:{product}"
        stdout.write(" ".join([head, *filter(None, names)]) + "\n")
    return 0
