"""nslookup - ask the name servers about a name or an address.

Ref: nslookup(1); RFC 1035.
"""

from __future__ import annotations

from uroot_py.base.errors import RefusedError
from uroot_py.base.options import Command, Option
from uroot_py.base.text import printable
from uroot_py.net import dns
from uroot_py.net.inet import is_address
from uroot_py.net.resolve import ask, resolve, servers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "nslookup",
    "nslookup [-type=KIND] NAME [SERVER]",
    TYPE := Option("-t", "--type", value="KIND", help=f"{', '.join(dns.KINDS)} (A and AAAA)"),
    example="nslookup www.example.org 10.0.2.3",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print what the first server that answers knows; 1 if that is nothing."""
    words = [f"-{word}" if word.startswith("-type=") else word for word in args]
    given = COMMAND.parse(words, min_operands=1, max_operands=2)
    name, *rest = given.operands
    where = resolve(rest[0])[:1] if rest else servers()[0]
    kinds = [dns.A, dns.AAAA]
    wanted = (given.text(TYPE) or "").upper()
    if wanted:
        if wanted not in dns.KINDS:
            raise COMMAND.usage_error(f"-type: expected one of {', '.join(dns.KINDS)}")
        kinds = [dns.KINDS[wanted]]
    elif is_address(name):
        kinds = [dns.PTR]
    full = dns.reverse_name(name) if kinds == [dns.PTR] and is_address(name) else name
    if where:
        stdout.write(f"Server:\t\t{where[0]}\n\n")
        stdout.flush()
    found = [answer for kind in kinds for answer in ask(full, kind, where=where)]
    names = {number: kind for kind, number in dns.KINDS.items()}
    for answer in dict.fromkeys((a.name, a.kind, a.value) for a in found):
        stdout.write(line(*answer, names))
    if not found:
        raise RefusedError(f"{name}: no answer of that kind")
    return 0


def line(name: str, kind: int, value: str, names: dict[int, str]) -> str:
    """A record in nslookup's words."""
    name, value = printable(name), printable(value)
    if kind in (dns.A, dns.AAAA):
        return f"Name:\t{name}\nAddress: {value}\n"
    if kind == dns.PTR:
        return f"{name}\tname = {value}.\n"
    if kind == dns.CNAME:
        return f"{name}\tcanonical name = {value}.\n"
    return f"{name}\t{names.get(kind, kind)} {value}\n"
