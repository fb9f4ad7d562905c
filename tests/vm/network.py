"""The network commands in QEMU's user-mode network, against real servers on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.vmtest.case import Case, Expect, Prompt, Run, Send
from tests.support.http import SHA256, SHORT, Echo, Server

if TYPE_CHECKING:
    from scripts.vmtest.case import Session, Step

SLOW = frozenset({"slow"})
SERVER, ECHO = Server(), Echo()
# eth0 is QEMU's network, where 10.0.2.2 is this machine; nobody else is where eth1 leads to.
CARDS = (
    *("-nic", "user,model=virtio-net-pci"),
    *("-netdev", "hubport,id=nobody,hubid=1", "-device", "virtio-net-pci,netdev=nobody"),
)


@dataclass(frozen=True)
class Asking(Run):
    """A command with WEB and PORT for where the servers of this machine are."""

    def __call__(self, session: Session) -> None:
        """See Step; a server is started by who needs it first, and ends with this program."""
        web = SERVER.start().url("", "10.0.2.2")
        command = self.command.replace("WEB", web).replace("PORT", str(ECHO.start().port))
        Run(command, self.shows, self.hides, self.status, self.limit)(session)


UP: list[Step] = [
    Prompt(),
    Run("wget http://10.0.2.2/x", status=1, shows="no route leads there.*dhclient"),
    Run("dhclient -v eth0", shows=(r"10\.0\.2\.2 offers", r"^eth0: 10\.0\.2\.15/24, gateway")),
    Run("ip addr show dev eth0", shows=r"inet 10\.0\.2\.15/24 brd 10\.0\.2\.255"),
    Run("ip -br link", shows=("^lo .*UNKNOWN", "^eth0 .*UP")),
    Run("ip route", shows=(r"^default via 10\.0\.2\.2 dev eth0", r"^10\.0\.2\.0/24 dev eth0")),
    Run("cat /etc/resolv.conf", shows=r"^nameserver 10\.0\.2\.3$"),
    Run("ping -c 2 -i 0.2 10.0.2.2", shows=" 0% packet loss"),
    Run("ip neigh", shows=r"^10\.0\.2\.2 dev eth0 lladdr"),
    # QEMU's own name server: what it says of a name that cannot be is this machine's resolver's.
    Run("nslookup nosuch.invalid", status=1, shows=r"^nslookup: nosuch\.invalid: "),
]
FETCH: list[Step] = [
    Run("cd /tmp"),
    Asking("wget WEB/data", shows=r"^wget: data: 4\.0 MiB$"),
    Run("sha256sum data", shows=f"^{SHA256} "),
    Asking("wget -O slow WEB/slow", shows=r"slow: .* of 4\.0 MiB, \d+ %"),
    Run(f"echo '{SHA256}  slow' | sha256sum -c", shows="^slow: OK$"),
    Asking("wget -qO- WEB/chunked", shows="^(hello){5}"),
    Asking("wget WEB/nothere", status=1, shows="^wget: .*the server says 404 Not Found\n\\Z"),
    Run("wget http://10.0.2.2:1/x", status=1, shows="^wget: .*connection refused; .*\n\\Z"),
    Asking("wget -T 2 WEB/silent", status=1, shows="^wget: .*no answer in time.*\n\\Z"),
    Asking(
        "wget WEB/short", status=1, shows=f"^wget: .* the end after {SHORT}; short.part .*\n\\Z"
    ),
    Run("echo *", shows=r"^data short\.part slow$"),
    Asking("wget -c WEB/short && cmp short data"),
    Run("wget https://10.0.2.2/x", status=1, shows="TLS, which this image has not"),
    Run("wget http://nosuch.invalid/", status=1, shows=r"^wget: nosuch\.invalid: .*\n\Z"),
]
TALK: list[Step] = [
    Asking("echo hello there | nc -N 10.0.2.2 PORT", shows="^HELLO THERE$"),
    Asking("nc -z 10.0.2.2 PORT"),
    Run("nc -z 10.0.2.2 1", status=1, shows="connection refused"),
    Send(
        "nc -l 4000 > got & until echo by hand | nc -N 127.0.0.1 4000; do sleep 0.2; done;"
        " wait; cat got\r"
    ),
    Expect("^by hand$"),
    Prompt(limit=30),
]
NOBODY: list[Step] = [
    Run("dhclient -t 3 eth1", status=1, shows="^dhclient: eth1: no lease after 3 s: nobody"),
    Run("ip link set eth1 down; ip addr flush dev eth0; ip route", hides=("default",)),
    # By hand, as on a network without DHCP.
    Run("ip addr add 10.0.2.99/24 dev eth0 && ip route add default via 10.0.2.2"),
    Asking("wget -qO- WEB/chunked", shows="^(hello){5}"),
    Run("ping -c 1 -W 1 10.0.2.77", status=1, shows="100% packet loss"),
    Run("ip link set eth9 up", status=1, shows="^ip: .*eth9"),
]
CASES = [
    Case(
        "network.user",
        append="uroot.shell",
        devices=CARDS,
        needs=frozenset({"net"}),
        steps=[*UP, *FETCH, *TALK, *NOBODY],
        tags=SLOW,
    ),
    Case(
        "network.no-card",
        append="uroot.shell",
        needs=frozenset({"pci"}),
        steps=[
            Prompt(),
            Run("dhclient", status=1, shows="^dhclient: no network interface; modprobe"),
            Run("ping -c 1 localhost", shows=" 0% packet loss"),
            Run("lspci", shows="."),
        ],
        tags=SLOW,
    ),
]
