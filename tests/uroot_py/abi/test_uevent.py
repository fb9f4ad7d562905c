"""The kernel's uevents: those of a loop device of this machine, and what is made of their bytes."""

import select

import pytest

from tests.support.volumes import attached
from uroot_py.abi.uevent import Uevents, variables

LIMIT = 60  # seconds: a bound against waiting for ever


def test_the_variables_of_a_message():
    data = b"add@/devices/x\0ACTION=add\0SUBSYSTEM=block\0DEVNAME=sd\xff\0odd\0EMPTY=\0"
    found = {"ACTION": "add", "SUBSYSTEM": "block", "DEVNAME": "sd\ufffd", "EMPTY": ""}
    assert variables(data) == found
    assert variables(b"") == {}


def heard(events):
    """What has come by the time that the kernel says something."""
    assert select.select([events], [], [], LIMIT)[0], "nothing has come"
    return events.read()


@pytest.mark.host
def test_what_the_kernel_says_of_a_device(tmp_path):
    (tmp_path / "image").write_bytes(bytes(1 << 20))
    events = Uevents()
    try:
        assert events.read() == ([], False)
        with attached(tmp_path / "image") as volume:
            changed = {"ACTION": "change", "SUBSYSTEM": "block", "DEVNAME": volume.name}
            while not any(changed.items() <= event.items() for event in heard(events)[0]):
                pass
    finally:
        events.close()


@pytest.mark.host
def test_more_than_the_buffer_holds_is_said():
    """A thousand events that nobody reads: the kernel drops some, and tells."""
    events = Uevents(buffer=1)  # the least that the kernel gives
    try:
        for _ in range(1000):
            with open("/sys/class/mem/null/uevent", "w", encoding="ascii") as file:
                file.write("change")
        found, lost = heard(events)
        assert lost
        assert len(found) < 1000
        while events.read() != ([], False):
            pass
    finally:
        events.close()


@pytest.mark.host
def test_a_process_cannot_speak_for_the_kernel():
    """Root may send to the group; its messages have its port, and are not taken."""
    import _socket

    events = Uevents()
    kind = _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC
    sender = _socket.socket(_socket.AF_NETLINK, kind, 15)
    try:
        sender.bind((0, 0))
        sender.sendto(b"add@/x\0ACTION=add\0SUBSYSTEM=block\0", (0, 1))
        found, lost = heard(events)
        assert not lost
        assert not any(event.get("DEVPATH", "") == "" for event in found)
    finally:
        sender.close()
        events.close()
