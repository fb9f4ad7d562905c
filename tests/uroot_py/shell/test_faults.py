"""`why`: a fault with all its fields, and with what caused it, each once."""

import errno

import pytest

from uroot_py.abi import kexec as abi
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.kexec.state import unload
from uroot_py.shell.faults import describe


def test_a_refused_kexec_is_told_once(monkeypatch):
    """The call that says its cause stands in place of the one that did not know it."""

    def refuse(*args, **kwargs):
        raise KernelError("kexec_load", errno.EPERM)

    monkeypatch.setattr(abi, "kexec_file_load", refuse)
    monkeypatch.setattr(abi, "kexec_load", refuse)
    for file_call in (None, True, False):
        with pytest.raises(KernelError) as caught:
            unload(file_call=file_call)
        text = describe("kexec", caught.value)
        assert text.startswith("kexec: kexec_load: EPERM: ")
        assert text.count("kexec_load: EPERM") == 1
        assert "because of" not in text
        assert "status" not in text


def test_causes_follow_each_other():
    inner = OSError(errno.EIO, "Input/output error", "/dev/sda")
    outer = RefusedError("nothing to boot").within("disk")
    outer.__cause__ = inner
    assert describe("boot", outer) == (
        "boot: disk: nothing to boot\n"
        "  kind      RefusedError\n"
        "  fault     user: what was asked for cannot be done\n"
        "  message   nothing to boot\n"
        "  context   disk\n"
        "because of: /dev/sda: input/output error\n"
        "  kind      OSError\n"
        "  errno     5 (EIO)\n"
        "  file      /dev/sda\n"
        "  cause     Input/output error"
    )
