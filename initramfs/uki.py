"""A unified kernel image: an EFI program of kernel, image and command line behind systemd's stub.

Ref: UAPI.5 Unified Kernel Image; systemd-stub(7).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from initramfs.debian import run
from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.kernel import pe
from uroot_py.formats.kernel.bzimage import BzImage

STUB = Path("/usr/lib/systemd/boot/efi/linuxx64.efi.stub")
CMDLINE = "console=tty0 console=ttyS0,115200 quiet"
_PAGE = 0x1000
# Behind the PE signature: TimeDateStamp; ImageBase and CheckSum of a PE32+ file.
_TIME, _IMAGE_BASE, _SUM = 0x08, 0x30, 0x58


def build(kernel: Path, image: Path, cmdline: str, output: Path, stub: Path = STUB) -> None:
    """Write the program to the file OUTPUT."""
    if not stub.is_file():
        raise RefusedError(f"{stub}: missing", hint="apt-get install systemd-boot-efi")
    try:
        release = BzImage(kernel.read_bytes()).release().partition(" ")[0]
    except FormatError as error:
        raise error.within(str(kernel)) from None
    with tempfile.TemporaryDirectory(prefix="uki-") as name:
        texts = {
            ".osrel": f'ID=uroot-py\nNAME="uroot-py"\nPRETTY_NAME="uroot-py, Linux {release}"\n',
            ".uname": release,
            ".cmdline": cmdline,
        }
        files = {".linux": kernel.absolute(), ".initrd": image.absolute()}
        for section, text in texts.items():
            files[section] = Path(name) / section
            files[section].write_text(text)
        words = ["objcopy"]
        address = _end(stub)
        for section in (*texts, ".linux", ".initrd"):
            words += [f"--add-section={section}={files[section]}"]
            words += [f"--change-section-vma={section}={address:#x}"]
            address += _pages(files[section].stat().st_size)
        run([*words, str(stub), str(output.absolute())], cwd=Path(name))
    # objcopy writes the time of day, and a sum that no firmware looks at.
    with output.open("r+b") as file:
        signature = _signature(file.read(0x40))
        for offset in _TIME, _SUM:
            file.seek(signature + offset)
            file.write(bytes(4))


def _end(stub: Path) -> int:
    """Where behind the stub's own sections there is room; objcopy counts from the image's base."""
    data = stub.read_bytes()
    sections = pe.parse(data, source=str(stub)).sections
    at = _signature(data) + _IMAGE_BASE
    base = int.from_bytes(data[at : at + 8], "little")
    return base + _pages(max(each.address + each.virtual_size for each in sections))


def _signature(data: bytes) -> int:
    return int.from_bytes(data[0x3C:0x40], "little")


def _pages(size: int) -> int:
    return -(-size // _PAGE) * _PAGE
