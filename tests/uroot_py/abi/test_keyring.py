"""Keys in the kernel's keyring."""

import pytest

from uroot_py.abi import keyring
from uroot_py.base.errors import KernelError


def keys():
    """(number, type) of the keys of this test."""
    with open("/proc/keys") as file:
        rows = [line.split() for line in file if " uroot:test" in line]
    return [(int(row[0], 16), row[7]) for row in rows]


def test_a_key_that_cannot_be_read():
    number = keyring.add_logon("uroot:test", bytearray(b"secret"))
    assert (number, "logon") in keys()
    keyring.unlink(number)
    with pytest.raises(KernelError):
        keyring.unlink(number)


def test_what_the_kernel_refuses():
    with pytest.raises(KernelError) as caught:
        keyring.add_logon("without a prefix", b"secret")
    assert str(caught.value) == "add_key without a prefix: EINVAL: invalid argument"
    with pytest.raises(KernelError) as caught:
        keyring.unlink(1 << 30)
    assert caught.value.call == "keyctl"
