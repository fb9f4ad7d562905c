"""Connections to other machines, with errors that say what to look at."""

from __future__ import annotations

import _socket
import errno

from uroot_py.base.errors import KernelError
from uroot_py.net.dns import is_address, resolve

_HINTS = {
    errno.ENETUNREACH: "no route leads there: ip route; dhclient sets one up",
    errno.EHOSTUNREACH: "nobody answers at that address: ip neigh",
    errno.ECONNREFUSED: "the machine is there, the service is not",
    errno.ETIMEDOUT: "is it there? ping it, or its gateway",
    errno.ENODEV: "there is no such interface: ip link",
    errno.EACCES: "only root may do that",
    errno.EPERM: "only root may do that",
}


def failed(where: str, error: OSError) -> KernelError:
    """A network error about WHERE, with what to do next."""
    code = error.errno or (errno.ETIMEDOUT if isinstance(error, TimeoutError) else 0)
    cause = (error.strerror or "no answer in time").lower()
    return KernelError("connection", code, subject=where, cause=cause, hint=_HINTS.get(code, ""))


def connect(host: str, port: int, timeout: float, family: int = 0) -> _socket.socket:
    """A TCP connection to the first address of HOST that answers; KernelError, RefusedError."""
    fault: KernelError | None = None
    for address in resolve(host, family):
        kind = _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC
        socket = _socket.socket(is_address(address), kind, 0)
        socket.settimeout(timeout)
        try:
            socket.connect((address, port))
        except OSError as error:
            socket.close()
            fault = failed(f"to {address} port {port}", error)
        else:
            return socket
    assert fault is not None  # a name has at least one address
    raise fault
