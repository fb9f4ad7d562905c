"""Universal Payload: a FIT image with an entry that runs where it lies, and firmware volumes.

Ref: Universal Payload specification 0.9, "Image Format"; edk2, UefiPayloadPkg/Tools/MkFitImage.py.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.text import printable
from uroot_py.formats.kernel import fit
from uroot_py.formats.uefi import image, volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer
    from uroot_py.formats.fdt.tree import Node


class Universal:
    """``code`` is the entry's image inside the file, ``entry`` the offset in the file to enter."""

    def __init__(self, data: Buffer) -> None:
        """Parse DATA. FormatError, and RefusedError for what is packed in an unknown way."""
        parts = fit.parse(data).parts
        node = next((each for each in parts.values() if "entry-start" in each.properties), None)
        if node is None:
            raise FormatError("Universal Payload", 0, "a part with entry-start", "none")
        machine = node.string("arch ") or node.string("arch") or "none"
        if machine not in ("x86_64", "X64"):
            raise node.wrong("arch", 0, "x86_64", printable(machine))
        self.data = data
        self.start, self.end = _place(node, len(data))
        self.entry = _number(node, "entry-start") - _number(node, "load")
        head = image.headers(data, self.start, self.end)
        wanted = self.start + head.AddressOfEntryPoint
        if self.entry != wanted:
            raise node.wrong("entry-start", 0, f"{wanted:#x} behind load", f"{self.entry:#x}")
        self.volumes = 0
        self.drivers = 0
        for name, part in parts.items():
            if name.endswith("-fv"):
                start, end = _place(part, len(data))
                self.volumes += 1
                walked = volume.walk(data, start, end)
                self.drivers += sum(found.kind == found.file == volume.DRIVER for found in walked)
        if not self.volumes:
            raise FormatError("Universal Payload", 0, "a firmware volume (uefi-fv)", "none")

    def at(self, address: int) -> bytearray:
        """The whole file for ADDRESS: its entry's image is moved there."""
        moved = image.rebased(self.data[self.start : self.end], address + self.start)
        return bytearray(self.data[: self.start]) + moved + bytes(self.data[self.end :])


def _number(node: Node, name: str) -> int:
    found = node.number(name)
    if found is None:
        raise node.wrong(name, 0, "a number", "none")
    return found


def _place(node: Node, size: int) -> tuple[int, int]:
    start = _number(node, "data-offset")
    end = start + _number(node, "data-size")
    if end > size:
        raise node.wrong("data-size", 0, f"data inside {size:#x} bytes", f"{start:#x} to {end:#x}")
    return start, end
