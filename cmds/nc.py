"""nc - connect the input and output with a machine on the network.

Ref: nc(1) of OpenBSD.
"""

from __future__ import annotations

import _socket
import os
import select

from uroot_py.base.errors import RefusedError
from uroot_py.base.options import Command, Option
from uroot_py.base.text import parse_duration, parse_number
from uroot_py.net.inet import is_address
from uroot_py.net.resolve import resolve
from uroot_py.net.transport import connect, failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

COMMAND = Command(
    "nc",
    "nc [-uvz] [-w TIME] HOST PORT | nc -l [-6uv] [-p] PORT",
    LISTEN := Option("-l", "--listen", help="wait for a connection"),
    PORT := Option("-p", "--port", value="PORT", help="listen here"),
    UDP := Option("-u", "--udp", help="UDP in place of TCP"),
    ZERO := Option("-z", "--zero", help="only see whether somebody listens"),
    TIMEOUT := Option(
        "-w", "--timeout", value="TIME", help="give up when nothing comes for so long"
    ),
    SHUTDOWN := Option("-N", "--shutdown", help="hang up at the end of the input"),
    VERBOSE := Option("-v", "--verbose", help="say who is connected"),
    IPV6 := Option("-6", help="listen for IPv6"),
    NUMERIC := Option("-n", help="HOST is an address: ask no name server"),
    example="dmesg | nc -N 10.0.2.2 4000",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Copy in both directions until the other side hangs up."""
    given = COMMAND.parse(args, max_operands=2)
    wait = given.text(TIMEOUT)
    limit = parse_duration(wait) if wait else None
    stdout.flush()
    socket, who = (listening if given.flag(LISTEN) else calling)(given, limit)
    try:
        if given.flag(VERBOSE):
            stderr.write(f"nc: connected with {who}\n")
            stderr.flush()
        if not given.flag(ZERO):
            copy(socket, stdin.fileno(), stdout.fileno(), limit, hang_up=given.flag(SHUTDOWN))
    finally:
        socket.close()
    return 0


def port_of(text: str) -> int:
    """A port number."""
    port = parse_number(text, "port")
    if not 0 < port < 65536:
        raise COMMAND.usage_error(f"expected a port from 1 to 65535, found {text}")
    return port


def calling(given: ParsedArgs, limit: float | None) -> tuple[_socket.socket, str]:
    """A connection to the operands, and its name."""
    if len(given.operands) != 2:
        raise COMMAND.usage_error("expected a host and a port")
    host, port = given.operands[0], port_of(given.operands[1])
    if given.flag(NUMERIC) and not is_address(host):
        raise COMMAND.usage_error(f"-n: expected an address, found {host!r}")
    if not given.flag(UDP):
        return connect(resolve(host), port, limit or 30), f"{host} port {port}"
    address = resolve(host)[0]
    socket = _socket.socket(is_address(address), _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC, 0)
    socket.connect((address, port))
    return socket, f"{address} port {port}"


def listening(given: ParsedArgs, limit: float | None) -> tuple[_socket.socket, str]:
    """The first connection to our port, and its name."""
    words = [*given.all(PORT), *given.operands]
    if not words:
        raise COMMAND.usage_error("a port is missing")
    port = port_of(words[-1])
    kind = _socket.SOCK_DGRAM if given.flag(UDP) else _socket.SOCK_STREAM
    family = _socket.AF_INET6 if given.flag(IPV6) else _socket.AF_INET
    server = _socket.socket(family, kind | _socket.SOCK_CLOEXEC, 0)
    try:
        server.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        server.bind(("::" if given.flag(IPV6) else "0.0.0.0", port))
        server.settimeout(limit)
        if given.flag(UDP):
            _, peer = server.recvfrom(1, _socket.MSG_PEEK)
            server.connect(peer)
            return server, str(peer[0])
        server.listen(1)
        handle, peer = server._accept()  # type: ignore[attr-defined]
        server.close()
        return _socket.socket(family, kind, 0, handle), str(peer[0])
    except OSError as error:
        server.close()
        raise failed(f"at port {port}", error) from None


def copy(
    socket: _socket.socket, source: int, target: int, limit: float | None, *, hang_up: bool
) -> None:
    """Pass bytes on in both directions; RefusedError when nothing came for LIMIT seconds."""
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    poll.register(source, select.POLLIN)
    socket.settimeout(None)
    sending = receiving = True
    # Who is at the keyboard wants an end when the other side hangs up; a file is sent first.
    while receiving or (sending and not os.isatty(source)):
        ready = poll.poll(None if limit is None else limit * 1000)
        if not ready:
            raise RefusedError(f"nothing came for {limit:g} s")
        for handle, _ in ready:
            if handle == source:
                data = os.read(source, 1 << 16)
                if data:
                    socket.sendall(data)
                    continue
                sending = False
                poll.unregister(source)
                if hang_up:
                    socket.shutdown(_socket.SHUT_WR)
            else:
                data = socket.recv(1 << 16)
                if not data:
                    receiving = False
                    poll.unregister(socket)
                while data:
                    data = data[os.write(target, data) :]
