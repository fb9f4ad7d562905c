"""Which controllers are still expected to find something: files as sysfs has them."""

import pytest

from uroot_py.disks.scanning import scanning
from uroot_py.machine.sysroot import Sysroot

STICK = "sys/bus/usb/devices/2-1:1.0"
ROWS = [
    pytest.param({}, [], id="nothing"),
    pytest.param({"sys/class/scsi_host/host0/device/power/x": ""}, ["host0"], id="a new host"),
    pytest.param({"sys/class/scsi_host/host0/device/target0:0:0/x": ""}, [], id="its disk"),
    pytest.param({"sys/class/nvme/nvme0/state": "live"}, ["nvme0"], id="NVMe"),
    pytest.param({"sys/class/nvme/nvme0/nvme0n1/size": "1"}, [], id="its namespace"),
    pytest.param({"sys/class/nvme/nvme0/nvme0c0n1/size": "1"}, [], id="one of its paths"),
    pytest.param({"sys/class/nvme/nvme0/ng0n1/dev": "1"}, [], id="one of another command set"),
    pytest.param({"sys/class/mmc_host/mmc1/x": ""}, ["mmc1"], id="a slot"),
    pytest.param({"sys/class/mmc_host/mmc1/mmc1:0001/x": ""}, [], id="its card"),
    pytest.param({f"{STICK}/bInterfaceClass": "08\n"}, ["2-1:1.0"], id="a stick, no driver"),
    pytest.param(
        {f"{STICK}/bInterfaceClass": "08\n", f"{STICK}/host6/scsi_host/x": ""},
        ["2-1:1.0"],
        id="a stick that settles",
    ),
    pytest.param(
        {f"{STICK}/bInterfaceClass": "08\n", f"{STICK}/host6/target6:0:0/x": ""}, [], id="a disk"
    ),
    pytest.param({f"{STICK}/bInterfaceClass": "03\n"}, [], id="a keyboard"),
]


@pytest.mark.parametrize(("files", "found"), ROWS)
def test_scanning(files, found, tmp_path):
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert scanning(Sysroot(str(tmp_path))) == found
