"""Commands of iPXE's shell that change settings, the flow of a script, and what a request carries.

Ref: iPXE src/core/exec.c, src/hci/commands/{nvo,param,time,cpuid}_cmd.c; ipxe.org/cmd.
"""

from __future__ import annotations

from uroot_py.bootconfig.ipxe import values
from uroot_py.bootconfig.ipxe.faults import (
    ECANCELED,
    EINVAL,
    ENOENT,
    ENOTSUP,
    ERANGE,
    Failure,
    Leave,
)
from uroot_py.bootconfig.ipxe.options import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.ipxe.shell import Handler, Shell

MAX_SLEEP = 60  # seconds
MAX_PARAMETERS = 200

_FALSE = Failure(ENOENT, "it is not so")


def _set(shell: Shell, args: list[str]) -> None:
    operands = split(args, least=1).operands
    shell.settings.store(operands[0], " ".join(operands[1:]))


def _clear(shell: Shell, args: list[str]) -> None:
    shell.settings.store(split(args, least=1, most=1).operands[0], "")


def _inc(shell: Shell, args: list[str]) -> None:
    operands = split(args, least=1, most=2).operands
    shell.settings.add_number(operands[0], values.integer(operands[1]) if operands[1:] else 1)


def _show(shell: Shell, args: list[str]) -> None:
    text, kind, name = shell.settings.fetch(split(args, least=1, most=1).operands[0])
    shell.write(f"{name}:{kind} = {text}\n")


def _isset(shell: Shell, args: list[str]) -> None:
    if not split(args, least=1, most=1).operands[0]:
        raise _FALSE


def _iseq(shell: Shell, args: list[str]) -> None:
    one, other = split(args, least=2, most=2).operands
    if one != other:
        raise Failure(ERANGE, _FALSE.text)


def _goto(shell: Shell, args: list[str]) -> None:
    shell.goto(split(args, least=1, most=1).operands[0])


def _exit(shell: Shell, args: list[str]) -> None:
    operands = split(args, most=1).operands
    status = values.integer(operands[0]) & 0xFFFFFFFF if operands else 0
    shell.leave_script()
    if status:
        raise Failure(0, f"the script ends with status {status}", status=status)


def _echo(shell: Shell, args: list[str]) -> None:
    given = split(args, "n:n")
    shell.write(" ".join(given.operands) + ("" if "n" in given else "\n"))


def _sleep(shell: Shell, args: list[str]) -> None:
    seconds = values.integer(split(args, least=1, most=1).operands[0])
    if seconds > MAX_SLEEP:
        shell.note(f"sleep {seconds}: {MAX_SLEEP} seconds are the most")
    if not shell.host.sleep(max(0, min(seconds, MAX_SLEEP))):
        raise Failure(ECANCELED, "somebody pressed a key")


def _time(shell: Shell, args: list[str]) -> None:
    """``time COMMAND...``: how long it takes is not said."""
    words = split(args, least=1).operands
    if status := shell.call(words):
        raise Failure(0, "", status=status)


def _params(shell: Shell, args: list[str]) -> None:
    given = split(args, "name:n= delete:d", most=0)
    shell.parameters[given.get("name")] = []
    if "delete" in given:
        del shell.parameters[given.get("name")]


def _param(shell: Shell, args: list[str]) -> None:
    given = split(args, "params:p= header:H", least=1)
    rows = shell.parameters.get(given.get("params"))
    if rows is None:
        raise Failure(ENOENT, f"there is no list of parameters {given.get('params')[:40]!r}")
    key, text = given.operands[0], " ".join(given.operands[1:])
    header = "header" in given
    if header and not (key + text).isprintable():
        raise Failure(EINVAL, "a header is one printable line")
    if len(rows) >= MAX_PARAMETERS:
        raise shell.over(f"at most {MAX_PARAMETERS} parameters")
    rows.append((key, text, header))


def _cpuid(shell: Shell, args: list[str]) -> None:
    """Whether a feature of an x86 processor is there: a bit of EDX, or of ECX."""
    given = split(args, "ext:e ecx:c", least=1, most=1)
    bit = values.integer(given.operands[0])
    leaf = 0x80000001 if "ext" in given else 1
    row = leaf, "ecx" if "ecx" in given else "edx", bit
    long_mode = row == (0x80000001, "edx", 29) and shell.facts.arch == "x86_64"
    if not long_mode and row not in shell.facts.cpu_features:
        raise _FALSE


def _shell(shell: Shell, args: list[str]) -> None:
    split(args, most=0)
    if not shell.host.shell():
        raise Leave("shell", "the script ends in iPXE's shell")


def _power(kind: str) -> Handler:
    def run(shell: Shell, args: list[str]) -> None:
        raise Leave(kind, f"the script ends with {kind}")

    return run


def _nothing(why: str) -> Handler:
    """What succeeds without doing anything here."""

    def run(shell: Shell, args: list[str]) -> None:
        if why:
            shell.note(why)

    return run


def refused(name: str, why: str) -> Handler:
    """What fails with the reason WHY, as a command does that iPXE was built without."""

    def run(shell: Shell, args: list[str]) -> None:
        shell.note(f"{name}: {why}")
        shell.outcome.refusal = f"{shell.place()}: {name}: {why}"
        raise Failure(ENOTSUP, why)

    return run


_LOOK = "this menu has a look of its own"
_QUIET = {
    "console": _LOOK,
    "colour": _LOOK,
    "color": _LOOK,
    "cpair": _LOOK,
    "shim": "kexec needs no shim",
    "sync": "",
    "help": "",
    "profstat": "",
    "certstat": "",
    "ntp": "the clock is set before a server's certificate is checked",
}
_SAN = "a disk over the network is attached by the system that uses it, not for booting from it"
_SIGNED = "signatures and keys of images are not known here yet"
_DEVICES = "devices are what the kernel has found"
_REFUSED = {
    "sanboot": _SAN,
    "sanhook": _SAN,
    "sanunhook": _SAN,
    "autoboot": "what DHCP offers has its own rows in the menu",
    "ifboot": "what DHCP offers has its own rows in the menu",
    "pxebs": "PXE boot server discovery is not done",
    "imgverify": _SIGNED,
    "imgtrust": _SIGNED,
    "imgdecrypt": _SIGNED,
    "imgextract": "a packed kernel is unpacked when it is loaded",
    "imgmem": "memory of the firmware cannot be read",
    "config": "settings are changed with set; the menu edits a command line",
    "nslookup": "names are looked up when a file is fetched",
    "ping": "the applet ping does that",
    "pciscan": _DEVICES,
    "usbscan": _DEVICES,
    "fdt": "kexec takes the device tree of this machine",
    "vcreate": "a VLAN is made by the kernel command line: vlan=",
    "vdestroy": "a VLAN is made by the kernel command line: vlan=",
    "iwlist": "wireless networks are not joined",
    "iwstat": "wireless networks are not joined",
    "ibstat": "InfiniBand is not used",
    "fcstat": "Fibre Channel is not used",
    "fcels": "Fibre Channel is not used",
    "lotest": "it is a test of iPXE's drivers",
    "gdbstub": "it is for iPXE's developers",
}

COMMANDS: dict[str, Handler] = {
    "set": _set,
    "clear": _clear,
    "inc": _inc,
    "show": _show,
    "isset": _isset,
    "iseq": _iseq,
    "goto": _goto,
    "exit": _exit,
    "echo": _echo,
    "sleep": _sleep,
    "time": _time,
    "params": _params,
    "param": _param,
    "cpuid": _cpuid,
    "shell": _shell,
    "reboot": _power("reboot"),
    "poweroff": _power("poweroff"),
    **{name: _nothing(why and f"{name}: {why}") for name, why in _QUIET.items()},
    **{name: refused(name, why) for name, why in _REFUSED.items()},
}
