"""What a plan is told of the machine."""

import pytest

from uroot_py.kexec.plan import read_platform
from uroot_py.machine.sysroot import Sysroot

VECTORS = bytes(0x40) + b"\x53\xf0\x00\xf0"
EFI = bytes(0x1C0) + b"EL64" + bytes(4096 - 0x1C4)
CARDS = [
    pytest.param({}, False, id="no PCI"),
    pytest.param({"0000:00:01.1": ("0x010180", False)}, False, id="a disk controller of the BIOS"),
    pytest.param({"0000:00:02.0": ("0x020000", True)}, False, id="a driven network card"),
    pytest.param(
        {"0000:00:01.1": ("0x010180", False), "0000:00:04.0": ("0x010000", True)},
        True,
        id="a driven disk",
    ),
]


@pytest.mark.parametrize(("cards", "driven"), CARDS)
def test_disks_that_linux_drives(tmp_path, cards, driven):
    for name, (kind, has_driver) in cards.items():
        card = tmp_path / "sys/bus/pci/devices" / name
        card.mkdir(parents=True)
        (card / "class").write_text(f"{kind}\n")
        if has_driver:
            (card / "driver").mkdir()
    assert read_platform(Sysroot(str(tmp_path))).drives_disks is driven


FIRMWARE = [
    pytest.param(b"", VECTORS, True, id="a BIOS"),
    pytest.param(bytes(4096), VECTORS, True, id="a BIOS, and a kernel that tells how it started"),
    pytest.param(b"", bytes(4096), False, id="no vectors: Linux is the firmware"),
    pytest.param(EFI, VECTORS, False, id="EFI"),
    pytest.param(b"", b"", True, id="not known: no such memory is shown"),
]


@pytest.mark.parametrize(("boot_params", "memory", "bios"), FIRMWARE)
def test_bios(tmp_path, boot_params, memory, bios):
    for name, data in (("sys/kernel/boot_params/data", boot_params), ("dev/mem", memory)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert read_platform(Sysroot(str(tmp_path))).bios is bios
