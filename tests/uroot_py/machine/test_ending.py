"""The end of this kernel, by calls that refuse or never return."""

import time

import pytest

from uroot_py.abi import reboot
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.machine import ending

WAITS = "the kernel has waited for 0.5 s for a device that does not answer"


@pytest.fixture
def stuck(monkeypatch, tmp_path):
    """A call that never returns, and the file that restarts at once."""
    monkeypatch.setattr(ending, "reboot", lambda command: time.sleep(600))
    monkeypatch.setattr(ending, "SECONDS", 0.5)
    monkeypatch.setattr(ending, "SYSRQ", str(tmp_path / "sysrq"))
    return tmp_path / "sysrq"


def test_what_the_kernel_refuses(monkeypatch):
    def refuse(command):
        raise KernelError("reboot", 22, subject="kexec", cause="no kernel is loaded", hint="load")

    monkeypatch.setattr(ending, "reboot", refuse)
    with pytest.raises(KernelError) as caught:
        ending.end(reboot.LINUX_REBOOT_CMD_KEXEC, print)
    assert str(caught.value) == "reboot kexec: EINVAL: no kernel is loaded; load"
    assert caught.value.errno == 22


def test_a_restart_does_not_wait_for_ever(stuck):
    said: list[str] = []
    ending.end(reboot.LINUX_REBOOT_CMD_RESTART, said.append)
    assert said == [f"{WAITS}: restarting without it"]
    assert stuck.read_text() == "b"


def test_a_kernel_without_proc(stuck, monkeypatch, tmp_path):
    monkeypatch.setattr(ending, "SYSRQ", str(tmp_path / "no/sysrq"))
    with pytest.raises(RefusedError) as caught:
        ending.end(reboot.LINUX_REBOOT_CMD_RESTART, lambda line: None)
    assert str(caught.value) == (
        f"{tmp_path}/no/sysrq: no such file or directory; switch the machine off"
    )


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (reboot.LINUX_REBOOT_CMD_KEXEC, "start another"),
        (reboot.LINUX_REBOOT_CMD_POWER_OFF, "switch the machine off"),
    ],
)
def test_what_has_no_other_way(stuck, command, what):
    with pytest.raises(RefusedError) as caught:
        ending.end(command, print)
    assert str(caught.value) == (
        f"{WAITS}, it cannot {what}; reboot restarts the machine without its devices"
    )
    assert not stuck.exists()
