"""Names to addresses: /etc/hosts, then the name servers of /etc/resolv.conf.

Ref: resolv.conf(5), hosts(5).
"""

from __future__ import annotations

import _socket
import errno
import os
import time

from uroot_py.base.errors import FormatError, RefusedError, explain
from uroot_py.base.reader import number_at
from uroot_py.machine.sysroot import HERE
from uroot_py.net.dns import AAAA, ANSWERS, A, Answer, build, parse
from uroot_py.net.inet import is_address
from uroot_py.net.transport import Datagrams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

RESOLV_CONF = "/etc/resolv.conf"
HOSTS = "/etc/hosts"
_PORT = 53
_MAX_SERVERS, _MAX_SEARCH = 3, 6  # as the C library has it
_OF_A_KIND = 2  # addresses of each kind of one name


def servers() -> tuple[list[str], list[str]]:
    """The name servers and the search list of /etc/resolv.conf."""
    found: list[str] = []
    search: list[str] = []
    for line in HERE.text(RESOLV_CONF).splitlines():
        words = line.split()
        if words[:1] == ["nameserver"] and len(words) > 1:
            found.append(words[1])
        elif words[:1] in (["search"], ["domain"]):
            search = words[1:]
    return found[:_MAX_SERVERS], search[:_MAX_SEARCH]


def query(name: str, kind: int, server: str, *, timeout: float = 3) -> tuple[int, list[Answer]]:
    """Ask SERVER about NAME; OSError when it cannot be reached or does not answer in time."""
    number = number_at(os.urandom(2), 0, 2)
    question = build(name, kind, number)
    if not is_address(server):
        raise RefusedError(f"{server}: expected the address of a name server")
    until = time.monotonic() + timeout
    peer = Datagrams.udp(server, _PORT)
    try:
        peer.send(question)
        while (data := peer.receive(until)) is not None:
            if data[:2] == question[:2]:  # anything else is a late answer to somebody else
                return parse(data, number)
    finally:
        peer.close()
    raise TimeoutError(errno.ETIMEDOUT, "no answer in time")


def ask(name: str, kind: int, *, where: Sequence[str] = ()) -> list[Answer]:
    """What the name servers say about NAME; RefusedError when none knows it or none answers."""
    known, search = servers()
    tried = list(where) or known
    if not tried:
        raise RefusedError(
            f"{name}: no name server is known", hint=f"dhclient asks for one, or edit {RESOLV_CONF}"
        )
    names = [name] if "." in name else [*(f"{name}.{domain}" for domain in search), name]
    reason = ""
    for _ in range(2):
        for server in tried:
            for full in names:
                try:
                    code, answers = query(full, kind, server)
                except (OSError, FormatError) as error:
                    reason = f"{server}: {explain(error)}"
                    break
                if not code:
                    return answers
                reason = f"{server}: {ANSWERS.get(code, f'refused with code {code}')}"
                if code != 3:
                    break
            else:
                raise RefusedError(f"{name}: {reason}")
    raise RefusedError(f"{name}: {reason}", hint="is the network up? ip addr; ip route")


def resolve(name: str, family: int = 0) -> list[str]:
    """The addresses of NAME, which may be one; RefusedError when there is none."""
    here = is_address(name)
    if here:
        return [name]
    kinds = {_socket.AF_INET: [A], _socket.AF_INET6: [AAAA]}.get(family, [A, AAAA])
    found = [a for a in _in_hosts(name) if not family or is_address(a) == family]
    fault: RefusedError | None = None
    for kind in [] if found else kinds:
        try:
            found += [answer.value for answer in ask(name, kind) if answer.kind == kind][
                :_OF_A_KIND
            ]
        except RefusedError as error:
            fault = fault or error
    if fault and not found:
        raise fault
    if not found:
        raise RefusedError(f"{name}: it has no address")
    return found


def _in_hosts(name: str) -> list[str]:
    found = []
    for line in HERE.text(HOSTS).splitlines():
        words = line.partition("#")[0].split()
        if name in words[1:]:
            found.append(words[0])
    if not found and name == "localhost":
        return ["127.0.0.1"]
    return found
