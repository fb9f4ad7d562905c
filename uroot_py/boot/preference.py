"""Which entry goes first unattended, where there are several: what the machine's owner said.

``uroot.disk=`` and ``uroot.entry=`` stand on the kernel command line, or in the image's file
/etc/uroot/boot, whose words are the same; the command line comes first.
"""

from __future__ import annotations

from uroot_py.base.errors import RefusedError
from uroot_py.base.text import printable
from uroot_py.formats.kernel import cmdline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.boot.survey import Survey
    from uroot_py.bootconfig.entry import BootEntry
    from uroot_py.machine.sysroot import Sysroot

FILE = "/etc/uroot/boot"


def said(machine: Sysroot, name: str) -> str | None:
    """The value of ``NAME=`` for MACHINE; None where neither place has it."""
    value = cmdline.last(machine.text("/proc/cmdline"), name)
    return cmdline.last(machine.text(FILE), name) if value is None else value


def places(machine: Sysroot) -> list[str]:
    """Where MACHINE looks, in order: ``disk``, ``net``. ``uroot.order=`` says it."""
    words = (said(machine, "uroot.order") or "disk").replace(" ", "").split(",")
    return [word for word in dict.fromkeys(words) if word in ("disk", "net")] or ["disk"]


def from_network(entry: BootEntry) -> bool:
    """Whether ENTRY is from a server."""
    return "://" in entry.device


def order(survey: Survey, machine: Sysroot) -> list[BootEntry]:
    """What to try unattended: the defaults of SURVEY, what was asked for in front.

    What was asked for and is not there is among the survey's faults, as it is now.
    """
    entries = survey.defaults()
    own = ("uroot.disk=", "uroot.entry=")
    survey.faults = [fault for fault in survey.faults if not fault.startswith(own)]
    disk, word = said(machine, "uroot.disk"), said(machine, "uroot.entry")
    if disk:
        homes = _devices(survey, disk)
        if not any(entry.device in homes for entry in entries):
            survey.faults.append(f"uroot.disk={disk}: nothing to boot there")
        entries.sort(key=lambda entry: entry.device not in homes)
    if places(machine)[0] == "net":
        entries.sort(key=lambda entry: not from_network(entry))
    if word:
        try:
            entry = survey.named(word)
        except RefusedError as error:
            survey.faults.append(f"uroot.entry={word}: {error}")
        else:
            entries = [entry, *(other for other in entries if other is not entry)]
    return entries


def missing(survey: Survey, machine: Sysroot, named: str | None = None) -> str:
    """What was asked for and is not there yet, as it was asked for; '' for nothing.

    NAMED is the entry that a person has named: nothing else counts then.
    """
    if named is not None:
        try:
            survey.named(named)
        except RefusedError:
            return f"entry {printable(named)}"
        return ""
    disk, word = said(machine, "uroot.disk"), said(machine, "uroot.entry")
    if disk:
        homes = _devices(survey, disk)
        if not any(entry.device in homes for entry in survey.defaults()):
            return f"uroot.disk={disk}"
    if word:
        try:
            survey.named(word)
        except RefusedError:
            return f"uroot.entry={word}"
    return ""


def _devices(survey: Survey, word: str) -> set[str]:
    """What WORD means: a disk with its partitions by path, or one by UUID=, LABEL=, PARTUUID=."""
    key, equals, value = word.partition("=")
    found = set()
    for volume in survey.volumes.all:
        names = {
            "UUID": volume.tree.uuid,
            "LABEL": volume.tree.label,
            "PARTUUID": volume.tree.partuuid,
            "PARTLABEL": volume.tree.partlabel,
        }
        if equals and value and names.get(key, "").lower() == value.lower():
            found.add(volume.name)
    if not equals:
        path = word if word.startswith("/") else f"/dev/{word}"
        disks = {path, *(d.path for d in survey.devices if f"/dev/{d.disk}" == path)}
        found |= disks
    return found
