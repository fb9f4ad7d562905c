"""Which controllers have disks that are still to come, as far as sysfs tells.

Ref: Documentation/ABI/stable/sysfs-bus-usb (bInterfaceClass); USB mass storage class, 08h.
"""

from __future__ import annotations

from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.machine.sysroot import Sysroot

_USB_STORAGE = "08"


def scanning(machine: Sysroot = HERE) -> list[str]:
    """The names of SCSI hosts that have found nothing yet, USB storage without a disk, and so on.

    The kernel does not say that a host has nothing behind it: one that is empty for ever is named,
    too, and whoever waits has a limit.
    """
    return [
        *_childless(machine, "/sys/class/scsi_host", ("target",), below="/device"),
        *_childless(machine, "/sys/class/nvme", ("nvme", "ng")),
        *_childless(machine, "/sys/class/mmc_host", ("mmc",)),
        *_usb(machine),
    ]


def _childless(
    machine: Sysroot, folder: str, child: tuple[str, ...], *, below: str = ""
) -> list[str]:
    """The devices in the class FOLDER that have none whose name begins as one of CHILD."""
    return [
        name
        for name in machine.names(folder)
        if not any(each.startswith(child) for each in machine.names(f"{folder}/{name}{below}"))
    ]


def _usb(machine: Sysroot) -> list[str]:
    """USB storage interfaces without a SCSI device: no driver yet, or one that lets it settle."""
    found = []
    for name in machine.names("/sys/bus/usb/devices"):
        place = f"/sys/bus/usb/devices/{name}"
        if machine.text(f"{place}/bInterfaceClass").strip() != _USB_STORAGE:
            continue
        hosts = [host for host in machine.names(place) if host.startswith("host")]
        if not any(
            each.startswith("target") for host in hosts for each in machine.names(f"{place}/{host}")
        ):
            found.append(name)
    return found
