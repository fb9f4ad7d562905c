"""bzImage: an x86 kernel with its setup code in front.

Ref: Documentation/arch/x86/boot.rst, boot protocol 2.00 to 2.15.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.formats.kernel.boot_params import BootParams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer

_HEADER = 0x1F1
_SECTOR = 512
_PARAGRAPH = 16  # what syssize counts
_CUT = "the file is cut short"
# The protocol that brought a field: in an older kernel its bytes mean something else.
_SINCE = {
    "ramdisk_image": 0x200,
    "heap_end_ptr": 0x201,
    "cmd_line_ptr": 0x202,
    "initrd_addr_max": 0x203,
    "kernel_alignment": 0x205,
    "relocatable_kernel": 0x205,
    "cmdline_size": 0x206,
    "hardware_subarch": 0x207,
    "payload_offset": 0x208,
    "payload_length": 0x208,
    "setup_data": 0x209,
    "pref_address": 0x20A,
    "min_alignment": 0x20A,
    "init_size": 0x20A,
    "handover_offset": 0x20B,
    "xloadflags": 0x20C,
    "kernel_info_offset": 0x20F,
}


class BzImage:
    """A checked bzImage.

    ``header`` is a zeroed boot_params page with this kernel's setup header in it, fields that its
    protocol (``2.15``) does not have set to 0 or to what it says about their absence; ``setup`` is
    the real-mode part of the file, ``payload`` the rest.
    """

    def __init__(self, data: Buffer) -> None:
        for name, offset, expected in (
            ("boot_flag", 0x1FE, b"\x55\xaa"),
            ("header", 0x202, b"HdrS"),
        ):
            found = bytes(data[offset : offset + len(expected)])
            if found != expected:
                shown = found.hex(" ") or "nothing"
                raise FormatError(f"bzImage: {name}", offset, expected.hex(" "), shown)
        end = 0x202 + data[0x201]
        if len(data) < max(end, 0x230):
            raise FormatError(
                "bzImage", 0x202, "a whole setup header", f"a file of {len(data):#x} bytes"
            )
        page = bytearray(BootParams.size)
        page[_HEADER:end] = data[_HEADER:end]
        header = BootParams(page)
        if not 0x200 <= header.version < 0x300:
            raise FormatError("bzImage: version", 0x206, "2.00 to 2.15", f"{header.version:#06x}")
        for name, since in _SINCE.items():
            if header.version < since:
                setattr(header, name, 0)
        header.cmdline_size = header.cmdline_size or 255
        header.initrd_addr_max = header.initrd_addr_max or 0x37FFFFFF
        self.setup_size = ((header.setup_sects or 4) + 1) * _SECTOR
        if self.setup_size >= len(data):
            raise FormatError(
                "bzImage: setup_sects",
                _HEADER,
                f"less than {len(data):#x} bytes of setup code",
                f"{self.setup_size:#x}",
            )
        for name, offset, end in (
            ("payload_length", 0x24C, header.payload_offset + header.payload_length),
            ("syssize", 0x1F4, header.syssize * _PARAGRAPH if header.payload_length else 0),
        ):
            if self.setup_size + end > len(data):
                wanted = f"a file of {self.setup_size + end:#x} bytes"
                raise FormatError(f"bzImage: {name}", offset, wanted, f"{len(data):#x}", hint=_CUT)
        self.data = data
        self.header = header
        self.protocol = f"{header.version >> 8}.{header.version & 0xFF:02}"
        self.setup = memoryview(data)[: self.setup_size]
        self.payload = memoryview(data)[self.setup_size :]

    def release(self) -> str:
        """The version text that the setup code holds, or ''."""
        start = self.header.kernel_version + 0x200
        if not self.header.kernel_version or start >= self.setup_size:
            return ""
        return bytes(self.setup[start : start + 256]).partition(b"\0")[0].decode("ascii", "replace")
