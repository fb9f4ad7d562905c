"""Commands about network interfaces, which are up and have their addresses before a script runs.

Ref: iPXE src/hci/commands/{ifmgmt,dhcp,route,ipstat,neighbour}_cmd.c.
"""

from __future__ import annotations

from uroot_py.base.errors import UrootError, explain
from uroot_py.bootconfig.ipxe.faults import EIO, ENODEV, Failure
from uroot_py.bootconfig.ipxe.options import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.ipxe.settings import Block
    from uroot_py.bootconfig.ipxe.shell import Handler, Shell


def _interfaces(shell: Shell, names: list[str]) -> list[Block]:
    """The interfaces NAMES, those that are there; all of them when none is named."""
    nets = [block for block in shell.settings.root.children if block.name[:3] == "net"]
    if not names:
        return nets
    return [block for name in names if name[:3] == "net" and (block := shell.settings.block(name))]


def _configure(command: str, spec: str) -> Handler:
    """``dhcp net0``: of several interfaces one must do what is asked of it."""

    def run(shell: Shell, args: list[str]) -> None:
        names = split(args, spec).operands
        found = _interfaces(shell, names)
        if not found:
            named = ", ".join(names)[:80]
            raise Failure(ENODEV, f"there is no interface {named}".rstrip())
        try:
            shell.host.network(command, [block.name for block in found])
        except (UrootError, OSError) as error:
            raise Failure(EIO, explain(error)) from None

    return run


def _ifstat(shell: Shell, args: list[str]) -> None:
    for block in _interfaces(shell, split(args).operands):
        text = shell.settings.text
        shell.write(
            f"{block.name}: {text(f'{block.name}/mac')} using {text(f'{block.name}/chip')}"
            f" on {text(f'{block.name}/busloc')}\n"
        )


def _route(shell: Shell, args: list[str]) -> None:
    split(args, most=0)
    for block in _interfaces(shell, []):
        ip, mask, gateway = (
            shell.settings.text(f"{block.name}/{name}") for name in ("ip", "netmask", "gateway")
        )
        if ip:
            shell.write(f"{block.name}: {ip}/{mask}" + (f" gw {gateway}\n" if gateway else "\n"))


def _counters(shell: Shell, args: list[str]) -> None:
    """What only shows numbers of iPXE's own."""


NETWORK: dict[str, Handler] = {
    "dhcp": _configure("dhcp", "configurator:c= timeout:t="),
    "ifconf": _configure("ifconf", "configurator:c= timeout:t="),
    "ifopen": _configure("ifopen", ""),
    "ifclose": _configure("ifclose", ""),
    "iflinkwait": _configure("iflinkwait", "timeout:t="),
    "ifstat": _ifstat,
    "route": _route,
    "nstat": _counters,
    "ipstat": _counters,
    "neighbour": _counters,
}
