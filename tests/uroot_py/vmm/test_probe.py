"""The probe runs real guests where the machine has a KVM, and names the reason where not."""

import os

import pytest

from uroot_py.vmm.probe import COUNT_DOWN, FOREVER, SLOW, probe


def test_a_guest_was_run_or_the_reason_is_told():
    verdict = probe(limit=30)
    assert verdict.kind in ("none", "not permitted", "emulated", "good")
    if verdict.seconds:
        assert verdict.good == (verdict.seconds <= SLOW)
        assert verdict.why.endswith("M instructions/s in ring 0")
    assert str(verdict) == f"{verdict.kind}: {verdict.why}"


# What each guest gives where guests run at all; elsewhere the verdict is the machine's.
GUESTS = [
    pytest.param(FOREVER, "a guest of 400000 instructions hangs for 0.5 s", id="never ends"),
    pytest.param(b"\x0f\x0b", "the guest ended with KVM_EXIT_SHUTDOWN", id="triple fault"),
    pytest.param(b"\xf4", "the guest ended with KVM_EXIT_HLT", id="halts too early"),
]


@pytest.mark.parametrize(("code", "why"), GUESTS)
def test_a_guest_that_goes_wrong(code, why):
    machine = probe(limit=30)
    verdict = probe(limit=0.5 if code is FOREVER else 30, code=code)
    runs = machine.kind in ("emulated", "good")
    assert str(verdict) == (f"broken: {why}" if runs else str(machine))


def test_missing_device(tmp_path):
    assert str(probe(str(tmp_path / "kvm"))) == f"none: {tmp_path}/kvm: no such file or directory"


def test_a_device_that_is_not_kvm():
    why = "KVM_GET_API_VERSION: ENOTTY: inappropriate ioctl for device"
    assert str(probe("/dev/null")) == f"broken: {why}"


def test_a_device_that_may_not_be_opened(tmp_path):
    device = tmp_path / "kvm"
    device.touch(mode=0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        verdict = probe(str(device))
    finally:
        os.seteuid(user)
    assert verdict.kind == "not permitted"
    assert verdict.why == f"{device}: permission denied (is the user in group kvm?)"


def test_no_descriptor_and_no_child_is_left():
    before = sorted(os.listdir("/proc/self/fd"))
    probe(limit=0.1, code=FOREVER)
    probe(code=COUNT_DOWN)
    assert sorted(os.listdir("/proc/self/fd")) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
