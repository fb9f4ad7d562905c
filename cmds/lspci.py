"""lspci - list the devices on the PCI bus.

Numbers, not names: the image has no table of vendors. Ref: PCI Code and ID Assignment
Specification 1.15, section 1; Linux Documentation/ABI/testing/sysfs-bus-pci.
"""

from __future__ import annotations

import os

from uroot_py.base.options import Command, Option
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

TOP = "/sys/bus/pci/devices"
# Base class and subclass in hexadecimal; two digits are what stands for the rest of a base class.
CLASSES = {
    "01": "storage controller", "0101": "IDE interface", "0104": "RAID controller",
    "0106": "SATA controller", "0107": "SAS controller", "0108": "NVMe controller",
    "02": "network controller", "0200": "Ethernet controller", "03": "display controller",
    "0300": "VGA compatible controller", "04": "multimedia controller", "05": "memory controller",
    "06": "bridge", "0600": "host bridge", "0601": "ISA bridge", "0604": "PCI bridge",
    "07": "communication controller", "0700": "serial controller", "08": "system peripheral",
    "09": "input device", "0b": "processor", "0c": "serial bus controller",
    "0c03": "USB controller", "0c05": "SMBus", "0d": "wireless controller",
    "10": "encryption controller", "12": "processing accelerator",
}  # fmt: skip
COMMAND = Command(
    "lspci",
    "lspci [-k] [-n]",
    DRIVERS := Option("-k", "-v", help="also the driver, and the modules that would drive it"),
    NUMERIC := Option("-n", help="the class as a number, too"),
    example="lspci -k",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print a line per device: address, class, vendor and device, revision."""
    given = COMMAND.parse(args, max_operands=0)
    for address in sorted(os.listdir(TOP)) if os.path.isdir(TOP) else []:
        values = {
            name: HERE.text(f"{TOP}/{address}/{name}").strip().removeprefix("0x")
            for name in ("class", "vendor", "device", "revision", "modalias")
        }
        number = values["class"][:4]
        kind = CLASSES.get(number) or CLASSES.get(number[:2], "device")
        shown = f"{kind} [{number}]" if given.flag(NUMERIC) else kind
        revision = values["revision"].lstrip("0")
        tail = f" (rev {values['revision']})" if revision else ""
        short = address.removeprefix("0000:")
        stdout.write(f"{short} {shown}: {values['vendor']}:{values['device']}{tail}\n")
        if given.flag(DRIVERS):
            stdout.write(drivers(address, values["modalias"]))
    return 0


def drivers(address: str, alias: str) -> str:
    """The lines about the driver of the device at ADDRESS."""
    from uroot_py.machine.modules import Modules

    link = f"{TOP}/{address}/driver"
    text = ""
    if os.path.islink(link):
        text = f"\tKernel driver in use: {os.path.basename(os.readlink(link))}\n"
    found = Modules().for_alias(alias)
    return text + (f"\tKernel modules: {', '.join(found)}\n" if found else "")
