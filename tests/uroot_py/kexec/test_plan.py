"""What a plan is told of the machine."""

import pytest

from uroot_py.kexec.plan import read_platform
from uroot_py.machine.sysroot import Sysroot

VECTORS = bytes(0x40) + b"\x53\xf0\x00\xf0"
EFI = bytes(0x1C0) + b"EL64" + bytes(4096 - 0x1C4)
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
