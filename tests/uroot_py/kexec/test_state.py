"""What is loaded, and forgetting it, by the files and calls of a kernel that is played here."""

import errno

import pytest

from uroot_py.abi import kexec as abi
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.kexec import state
from uroot_py.machine.sysroot import Sysroot


@pytest.fixture
def files(tmp_path, monkeypatch):
    (tmp_path / "sys/kernel").mkdir(parents=True)
    (tmp_path / "run").mkdir()
    monkeypatch.setattr(state, "HERE", Sysroot(str(tmp_path)))
    monkeypatch.setattr(state, "note", lambda name: None)
    return tmp_path / "sys/kernel"


@pytest.mark.parametrize(("text", "loaded"), [("1\n", True), ("0\n", False)])
def test_is_loaded(files, text, loaded):
    (files / "kexec_loaded").write_text(text)
    (files / "kexec_crash_loaded").write_text("1\n")
    assert state.is_loaded() is loaded
    assert state.is_loaded(crash=True)


def test_a_kernel_without_kexec(files):
    with pytest.raises(RefusedError, match=r"kexec_loaded: expected 0 or 1, found no such file"):
        state.is_loaded()


@pytest.mark.parametrize(("text", "size"), [("268435456\n", 1 << 28), ("", 0)])
def test_crash_size(files, text, size):
    (files / "kexec_crash_size").write_text(text)
    assert state.crash_size() == size


UNLOADS = [
    pytest.param(None, False, 0, [("file", 1)], id="by the first call"),
    pytest.param(None, True, 0, [("file", 3)], id="the crash kernel"),
    pytest.param(None, False, errno.ENOSYS, [("file", 1), ("load", 0)], id="that is not there"),
    pytest.param(False, True, 0, [("load", 1)], id="by the other one"),
]


@pytest.mark.parametrize(("file_call", "crash", "number", "expected"), UNLOADS)
def test_unload(files, monkeypatch, file_call, crash, number, expected):
    calls = []

    def file_load(kernel, initrd, cmdline, flags):
        calls.append(("file", flags))
        if number:
            raise KernelError("kexec_file_load", number)

    monkeypatch.setattr(abi, "kexec_file_load", file_load)
    monkeypatch.setattr(abi, "kexec_load", lambda *args: calls.append(("load", args[2])))
    state.unload(crash=crash, file_call=file_call)
    assert calls == expected


def test_unload_that_is_refused(files, monkeypatch):
    def refuse(*args):
        raise KernelError("kexec_file_load", errno.EBUSY)

    monkeypatch.setattr(abi, "kexec_file_load", refuse)
    with pytest.raises(KernelError, match="EBUSY: another kexec is being loaded or started"):
        state.unload()
