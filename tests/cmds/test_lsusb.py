"""lsusb on a captured machine."""

from cmds import lsusb
from tests.support.applet import run_applet
from uroot_py.machine.sysroot import Sysroot

DEVICES = {
    "usb1": ("1", "1", "1d6b", "0002", "Linux 6.1 xhci-hcd", "xHCI Host Controller"),
    "1-10": ("1", "12", "046d", "c31c", "", "Key\x1bboard"),
    "1-2": ("1", "2", "8087", "0024", "", ""),
    "2-1": ("2", "3", "0781", "5581", "SanDisk", "Ultra"),
}
KEYS = ("busnum", "devnum", "idVendor", "idProduct", "manufacturer", "product")


def test_devices_in_the_order_of_their_numbers(tmp_path, monkeypatch):
    top = tmp_path / "sys/bus/usb/devices"
    for name, values in DEVICES.items():
        (top / name).mkdir(parents=True)
        for key, value in zip(KEYS, values, strict=True):
            if value:
                (top / name / key).write_text(f"{value}\n")
    (top / "1-10:1.0").mkdir()  # an interface is no device
    monkeypatch.setattr(lsusb, "HERE", Sysroot(str(tmp_path)))
    assert run_applet("lsusb").out == (
        "Bus 001 Device 001: ID 1d6b:0002 Linux 6.1 xhci-hcd xHCI Host Controller\n"
        "Bus 001 Device 002: ID 8087:0024\n"
        "Bus 001 Device 012: ID 046d:c31c Key?board\n"
        "Bus 002 Device 003: ID 0781:5581 SanDisk Ultra\n"
    )


def test_a_machine_without_usb(tmp_path, monkeypatch):
    monkeypatch.setattr(lsusb, "HERE", Sysroot(str(tmp_path)))
    done = run_applet("lsusb")
    assert (done.status, done.out, done.err) == (0, "", "")
