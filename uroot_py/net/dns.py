"""Names to addresses: DNS messages, and a resolver that asks the servers of /etc/resolv.conf.

Ref: RFC 1035 (messages), RFC 3596 (AAAA), resolv.conf(5), hosts(5).
"""

from __future__ import annotations

import _socket
import os

from uroot_py.base.errors import FormatError, RefusedError, UsageError, explain
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

A, CNAME, SOA, PTR, MX, TXT, AAAA = 1, 5, 6, 12, 15, 16, 28
KINDS = {"A": A, "CNAME": CNAME, "PTR": PTR, "MX": MX, "TXT": TXT, "AAAA": AAAA}
ANSWERS = {1: "the server did not understand", 2: "the server failed", 3: "no such name"}
RESOLV_CONF = "/etc/resolv.conf"
HOSTS = "/etc/hosts"
_PORT = 53
_MAX_NAME = 255
_MAX_RECORDS = 200


class Answer:
    """A record: whose, of which kind, and its value as text."""

    __slots__ = ("kind", "name", "value")

    def __init__(self, name: str, kind: int, value: str) -> None:
        self.name = name
        self.kind = kind
        self.value = value

    def __repr__(self) -> str:
        return f"<Answer {self.name} {self.kind} {self.value}>"


def build(name: str, kind: int, number: int) -> bytes:
    """A question about NAME, with the NUMBER that its answer repeats; UsageError."""
    encoded = b""
    for label in name.rstrip(".").split("."):
        data = label.encode("utf-8", "surrogateescape")
        if not 0 < len(data) < 64:
            raise UsageError(f"{name!r} is no name: its parts have 1 to 63 characters")
        encoded += bytes([len(data)]) + data
    if len(encoded) >= _MAX_NAME:
        raise UsageError(f"{name!r} is no name: it is longer than {_MAX_NAME - 2} characters")
    header = number.to_bytes(2, "big") + b"\x01\0\0\1\0\0\0\0\0\0"  # recursion desired
    return header + encoded + b"\0" + kind.to_bytes(2, "big") + b"\0\1"


class _Reader:
    """A message that is read field by field."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def wrong(self, expected: str, found: str) -> FormatError:
        return FormatError("DNS message", self.at, expected, found)

    def take(self, size: int) -> bytes:
        data = self.data[self.at : self.at + size]
        if len(data) < size:
            raise self.wrong(f"{size} bytes", f"{len(data)}, then the end")
        self.at += size
        return data

    def number(self, size: int = 2) -> int:
        return int.from_bytes(self.take(size), "big")

    def name(self) -> str:
        """A name, which may end with a pointer to an earlier one."""
        labels: list[str] = []
        after, limit, size = -1, self.at, 0
        while length := self.number(1):
            if length >= 0xC0:
                target = (length & 0x3F) << 8 | self.number(1)
                after = self.at if after < 0 else after
                if target >= limit:
                    raise self.wrong("a pointer to an earlier place", f"{target:#x}")
                self.at = limit = target
                continue
            if length >= 64:
                raise self.wrong("a length below 64", str(length))
            labels.append(self.take(length).decode("utf-8", "replace"))
            size += length + 1
            if size > _MAX_NAME:
                raise self.wrong(f"a name of at most {_MAX_NAME} bytes", "more")
        self.at = self.at if after < 0 else after
        return ".".join(labels)

    def value(self, kind: int, size: int) -> str:
        """The value of a record, as text."""
        end = self.at + size
        if (kind, size) in ((A, 4), (AAAA, 16)):
            family = _socket.AF_INET if kind == A else _socket.AF_INET6
            return _socket.inet_ntop(family, self.take(size))
        if kind in (CNAME, PTR):
            value = self.name()
        elif kind == MX:
            value = f"{self.number()} {self.name()}"
        elif kind == TXT:
            value = ""
            while self.at < end:
                value += self.take(self.number(1)).decode("utf-8", "replace")
        else:
            return self.take(size).hex()
        if self.at != end:
            raise self.wrong(f"the record's end at {end:#x}", "another")
        return value


def parse(data: bytes, number: int) -> tuple[int, list[Answer]]:
    """The result code and the answers in a message; FormatError if it is no answer to NUMBER."""
    reader = _Reader(data)
    if (found := reader.number()) != number:
        raise reader.wrong(f"the number {number}", str(found))
    flags = reader.number()
    if not flags & 0x8000:
        raise reader.wrong("an answer", "a question")
    questions, records, _, _ = (reader.number() for _ in range(4))
    if questions > 1 or records > _MAX_RECORDS:
        raise reader.wrong(f"one question, {_MAX_RECORDS} answers", f"{questions}, {records}")
    for _ in range(questions):
        reader.name()
        reader.take(4)
    answers = []
    for _ in range(records):
        name = reader.name()
        kind = reader.number()
        reader.take(6)
        answers.append(Answer(name, kind, reader.value(kind, reader.number())))
    return flags & 15, answers


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
    return found, search


def is_address(text: str) -> int:
    """AF_INET or AF_INET6 when TEXT is an address, else 0."""
    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            _socket.inet_pton(family, text)
        except (OSError, ValueError):
            continue
        return int(family)
    return 0


def query(name: str, kind: int, server: str, *, timeout: float = 3) -> tuple[int, list[Answer]]:
    """Ask SERVER about NAME; OSError when it cannot be reached or does not answer in time."""
    number = int.from_bytes(os.urandom(2), "big")
    question = build(name, kind, number)
    family = is_address(server)
    if not family:
        raise RefusedError(f"{server}: expected the address of a name server")
    socket = _socket.socket(family, _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC, 0)
    try:
        socket.settimeout(timeout)
        socket.connect((server, _PORT))
        socket.send(question)
        while True:
            data = socket.recv(4096)
            try:
                return parse(data, number)
            except FormatError:
                if data[:2] == question[:2]:
                    raise  # anything else is a late answer to somebody else
    finally:
        socket.close()


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
    for kind in [] if found else kinds:
        found += [answer.value for answer in ask(name, kind) if answer.kind == kind]
        if found:
            break
    if not found:
        raise RefusedError(f"{name}: it has no address")
    return found


def _in_hosts(name: str) -> list[str]:
    found = []
    for line in HERE.text(HOSTS).splitlines():
        words = line.partition("#")[0].split()
        if name in words[1:]:
            found.append(words[0])
    return found or ["127.0.0.1"] * (name == "localhost")


def reverse_name(address: str) -> str:
    """The name under which the name of ADDRESS is kept."""
    if is_address(address) == _socket.AF_INET:
        return ".".join(reversed(address.split("."))) + ".in-addr.arpa"
    digits = _socket.inet_pton(_socket.AF_INET6, address).hex()
    return ".".join(reversed(digits)) + ".ip6.arpa"
