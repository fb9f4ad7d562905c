"""The machine as a UEFI payload is told of it, besides its memory: pure values.

Ref: UEFI Platform Initialization 1.8, volume 3, 5; Universal Payload specification 0.9.
"""

from __future__ import annotations

from uroot_py.formats.uefi import hob


class Bridge:
    """A PCI root bridge: where its configuration space is, its buses, its windows.

    ``windows`` maps ``Io``, ``Mem`` (below 4 GiB) and ``MemAbove4G`` to first and last address.
    """

    __slots__ = ("buses", "ecam", "segment", "windows")

    def __init__(self, segment: int, ecam: int, buses: tuple[int, int]) -> None:
        self.segment = segment
        self.ecam = ecam
        self.buses = buses
        self.windows: dict[str, tuple[int, int]] = {}


class Firmware:
    """What a payload has to know of the machine besides its memory.

    ``rsdp`` and ``smbios`` are the bytes of the root pointer and of the entry point; the addresses
    are for where those cannot be read. ``serial`` is (I/O port, baud) or None, ``screen`` the
    framebuffer that Linux has left as it was, or None. ``start`` is (title, device path) of what
    the payload's boot manager is to start, or None.
    """

    __slots__ = (
        "address_bits", "bridges", "notes", "rsdp", "rsdp_address", "screen", "serial", "smbios",
        "start",
    )  # fmt: skip

    def __init__(self) -> None:
        self.rsdp = b""
        self.rsdp_address = 0
        self.smbios = b""
        self.serial: tuple[int, int] | None = None
        self.screen: hob.Graphics | None = None
        self.bridges: list[Bridge] = []
        self.address_bits = 36
        self.start: tuple[str, bytes] | None = None
        self.notes: list[str] = []

    def hobs(self) -> list[hob.Hob]:
        """Hand-off blocks for what is no memory and no table."""
        found = [hob.processor(self.address_bits)]
        if self.serial:
            found.append(hob.serial_port(*self.serial))
        if self.screen:
            found.append(hob.extension(hob.GRAPHICS, self.screen))
        if self.bridges:
            rows = [
                hob.root_bridge(
                    number,
                    each.segment,
                    each.buses,
                    {name: hob.aperture(*ends) for name, ends in each.windows.items()},
                )
                for number, each in enumerate(self.bridges)
            ]
            found.append(hob.root_bridges(rows))
        return found
