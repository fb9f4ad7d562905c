"""iPXE's error numbers stand in the upper byte, as its scripts see them."""

from uroot_py.bootconfig.ipxe.faults import ENOENT, ENOEXEC, Failure


def test_status():
    assert Failure(ENOENT, "x").status == 0x2D000000
    assert Failure(ENOEXEC, "x").status == 0x2E000000
    assert Failure(0, "x", status=5).status == 5
