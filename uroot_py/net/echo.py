"""Echo requests to one machine, and what comes back. Ref: icmp(7), ipv6(7)."""

from __future__ import annotations

import os
import time

from uroot_py.net.icmp import build, parse
from uroot_py.net.transport import Raw, failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.net.icmp import Reply


class Pinger:
    """Sends echo requests to ADDRESS and hears the replies."""

    def __init__(self, address: str, size: int = 56) -> None:
        self.address = address
        self.raw = Raw(address)
        self.six = self.raw.six
        self.identity = os.getpid() & 0xFFFF
        self.pattern = bytes(at & 0xFF for at in range(size))
        self.sent: dict[int, float] = {}

    def close(self) -> None:
        """Let the socket go."""
        self.raw.close()

    def send(self, number: int) -> None:
        """Send request NUMBER; KernelError when there is no way."""
        self.sent[number & 0xFFFF] = time.monotonic()
        try:
            self.raw.send(build(self.identity, number, self.pattern, six=self.six))
        except OSError as error:
            raise failed(f"to {self.address}", error) from None

    def receive(self, until: float) -> Reply | None:
        """The next reply to us; None when none came UNTIL that moment."""
        while (found := self.raw.receive(until)) is not None:
            data, source, hops = found
            reply = parse(data, self.identity, six=self.six)
            if reply is None or reply.number not in self.sent:
                continue
            reply.source = source
            if not reply.fault:
                reply.seconds = time.monotonic() - self.sent[reply.number]
                reply.ttl = reply.ttl or hops
            return reply
        return None
