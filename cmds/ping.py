"""ping - ask a machine whether it is there.

Ref: RFC 792, RFC 4443; the output is that of ping(8).
"""

from __future__ import annotations

import time

from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.text import parse_duration
from uroot_py.net.echo import Pinger
from uroot_py.net.resolve import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

COMMAND = Command(
    "ping",
    "ping [OPTION]... HOST",
    COUNT := Option("-c", "--count", value="N", help="only N times"),
    INTERVAL := Option("-i", "--interval", value="TIME", help="so long between two (1s)"),
    TIMEOUT := Option(
        "-W", "--timeout", value="TIME", help="wait so long for the last reply (10s)"
    ),
    DEADLINE := Option("-w", "--deadline", value="TIME", help="end after this time"),
    SIZE := Option("-s", "--size", value="N", help="bytes of data (56)"),
    QUIET := Option("-q", "--quiet", help="only the sum at the end"),
    IPV4 := Option("-4", help="only IPv4"),
    IPV6 := Option("-6", help="only IPv6"),
    Ignored("-n"),
    example="ping -c 3 10.0.2.2",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Status 0 if there was a reply."""
    given = COMMAND.parse(args, min_operands=1, max_operands=1)
    host = given.operands[0]
    family = 10 if given.flag(IPV6) else 0
    if given.flag(IPV4):
        family = 2
    size = given.number(SIZE)
    size = 56 if size is None else min(size, 65000)
    address = resolve(host, family)[0]
    pinger = Pinger(address, size)
    amount = f"{size} data bytes" if pinger.six else f"{size}({size + 28}) bytes of data."
    stdout.write(f"PING {host} ({address}) {amount}\n")
    stdout.flush()
    times: list[float] = []
    sent = [0, 0]
    began = time.monotonic()
    try:
        rounds(pinger, given, times, sent, stdout)
    except KeyboardInterrupt:
        stdout.write("\n")
    finally:
        pinger.close()
    stdout.write(summary(host, sent, times, time.monotonic() - began))
    return 0 if times else 1


def rounds(
    pinger: Pinger, given: ParsedArgs, times: list[float], sent: list[int], stdout: TextIO
) -> None:
    """Send and hear; SENT counts requests and faults, TIMES gets the seconds of each reply."""
    count = given.number(COUNT)
    interval = parse_duration(given.text(INTERVAL) or "1")
    last_wait = parse_duration(given.text(TIMEOUT) or "10")
    limit = given.text(DEADLINE)
    end = time.monotonic() + parse_duration(limit) if limit else float("inf")
    while (count is None or sent[0] < count) and time.monotonic() < end:
        sent[0] += 1
        pinger.send(sent[0])
        now = time.monotonic()
        last = count is not None and sent[0] == count
        until = min(now + (last_wait if last else interval), end)
        while (reply := pinger.receive(until)) is not None:
            if reply.fault:
                sent[1] += 1
                stdout.write(f"From {reply.source} icmp_seq={reply.number} {reply.fault}\n")
            else:
                times.append(reply.seconds)
                if not given.flag(QUIET):
                    stdout.write(
                        f"{reply.size} bytes from {reply.source}: icmp_seq={reply.number}"
                        f" ttl={reply.ttl} time={milliseconds(reply.seconds)} ms\n"
                    )
            stdout.flush()
            if last and len(times) + sent[1] >= sent[0]:
                return


def milliseconds(seconds: float) -> str:
    """Three digits that mean something."""
    value = seconds * 1000
    if value < 1:
        return f"{value:.3f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def summary(host: str, sent: list[int], times: list[float], seconds: float) -> str:
    """The closing lines."""
    requests, faults = sent
    lost = 100 * (requests - len(times)) // requests if requests else 0
    errors = f", +{faults} errors" if faults else ""
    text = (
        f"\n--- {host} ping statistics ---\n{requests} packets transmitted, {len(times)} received"
        f"{errors}, {lost}% packet loss, time {int(seconds * 1000)}ms\n"
    )
    if not times:
        return text
    mean = sum(times) / len(times)
    spread = max(sum(t * t for t in times) / len(times) - mean * mean, 0) ** 0.5
    row = "/".join(f"{1000 * t:.3f}" for t in (min(times), mean, max(times), spread))
    return f"{text}rtt min/avg/max/mdev = {row} ms\n"
