"""Starting what is loaded: what comes before the call, and what is said when it does not work."""

import os

import pytest

from uroot_py.abi.reboot import LINUX_REBOOT_CMD_KEXEC
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.kexec import execute as executor
from uroot_py.machine.child import sync_disks


@pytest.fixture
def done(monkeypatch):
    """What was done, in its order; nothing is synced, taken down or started."""
    made: list[object] = []

    def interface_down(name):
        if name == "eth1":
            raise KernelError("ioctl", 1, subject=name, cause="operation not permitted")
        made.append(name)

    def sync_disks() -> bool:
        made.append("sync")
        return False

    def listed(path):
        return ["lo", "eth1", "bonding_masters", "eth0"]

    monkeypatch.setattr(executor, "is_loaded", lambda: True)
    monkeypatch.setattr(executor, "sync_disks", sync_disks)
    monkeypatch.setattr(executor, "interface_down", interface_down)
    monkeypatch.setattr(executor, "end", lambda command, say: made.append(command))
    monkeypatch.setattr(os, "listdir", listed)
    return made


def test_in_this_order_and_going_on_where_something_fails(done):
    said: list[str] = []
    executor.execute(said.append, name="/srv/vmlinuz")
    assert done == ["sync", "eth0", LINUX_REBOOT_CMD_KEXEC]
    assert said == [
        "the disks are not in sync after 20 s; going on",
        "eth1 stays up: ioctl eth1: EPERM: operation not permitted",
        "starting /srv/vmlinuz now",
    ]


def test_what_is_not_wanted_is_left_out(done):
    executor.execute(lambda line: None, sync=False, interfaces=False)
    assert done == [LINUX_REBOOT_CMD_KEXEC]


def test_nothing_is_loaded(done, monkeypatch):
    monkeypatch.setattr(executor, "is_loaded", lambda: False)
    with pytest.raises(RefusedError) as caught:
        executor.execute(lambda line: None)
    assert str(caught.value) == "no kernel is loaded; load one first: kexec -l KERNEL"
    assert done == []


def test_the_disks_are_synced_by_a_child():
    assert sync_disks()


def test_a_sync_that_does_not_end(monkeypatch):
    import signal

    monkeypatch.setattr(os, "sync", signal.pause)
    assert not sync_disks(0.05)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
