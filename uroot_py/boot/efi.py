"""EFI programs as entries: which can be started here, and the payload that starts them.

The image carries the payload (``initramfs build --efi-payload``); what it is to start is handed
over in memory, as the variable BootNext: no disk is written to.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.bootconfig import efi
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.disks.tree import DirectoryTree
from uroot_py.formats.uefi import guid
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol, TypeVar

    from uroot_py.bootconfig.volumes import Volume, Volumes
    from uroot_py.formats.uefi.variables import Partition
    from uroot_py.kexec.source import Source

    T = TypeVar("T")

    class Surveyed(Protocol):
        """What is asked of a survey: its entries, its volumes, and to look at them in a child."""

        entries: list[BootEntry]
        volumes: Volumes
        faults: list[str]

        def each(
            self,
            homes: list[Volume],
            work: Callable[[Volume], T],
            take: Callable[[Volume, T], None],
        ) -> None:
            """TAKE what WORK finds out about each of HOMES."""

    from uroot_py.machine.sysroot import Sysroot

PAYLOAD = "/usr/share/uroot/efi-payload"
VARIABLES = "/sys/firmware/efi/efivars"
_MACHINE = "x86_64"
_MAX_OPTIONS = 64


def offer(survey: Surveyed, machine: Sysroot = HERE) -> None:
    """Add what the firmware's Boot#### name; say where each program is, whether it can go."""
    _add_options(survey, machine)
    _drop_doubles(survey)
    able = os.path.exists(machine.path(PAYLOAD)) and os.uname().machine == _MACHINE
    for entry in survey.entries:
        if entry.kind != "efi":
            continue
        if entry.id.startswith("efi:/"):
            entry.title = f"{entry.title} on {entry.device}"
        if able and entry.why_not == efi.NEEDS_PAYLOAD:
            entry.why_not = ""
            entry.notes.append("started by the UEFI payload of this image")


def _add_options(survey: Surveyed, machine: Sysroot) -> None:
    """An entry for each active Boot#### whose file is on a volume here."""
    options = [name for name in machine.names(VARIABLES) if _is_option(name)][:_MAX_OPTIONS]
    if not options:
        return
    from uroot_py.formats.uefi.variables import LoadOption

    wanted: dict[str, list[tuple[str, str, str]]] = {}
    for name in options:
        try:
            option = LoadOption(machine.bytes(f"{VARIABLES}/{name}")[4:])
        except (OSError, FormatError) as error:
            survey.faults.append(f"{name[:8]}: {error}")
            continue
        homes = survey.volumes.find(f"partuuid={option.partition}")
        if option.active and option.file and homes:
            path = option.file.replace("\\", "/")
            wanted.setdefault(homes[0].name, []).append((name[:8], option.title, path))

    def work(home: Volume) -> list[bool]:
        return [bool(home.tree.size(path)) for _, _, path in wanted[home.name]]

    def take(home: Volume, there: list[bool]) -> None:
        for (name, title, path), found in zip(wanted[home.name], there, strict=True):
            if found:
                entry = BootEntry(f"efi:{name}", title, source=name)
                ref = FileRef(path)
                ref.tree = home.tree
                efi.needs_payload(entry, ref)
                entry.device, entry.attended = home.name, True
                survey.entries.append(entry)

    survey.each([home for home in survey.volumes.all if home.name in wanted], work, take)


def _drop_doubles(survey: Surveyed) -> None:
    """A program that a configuration names is no row of its own again."""
    programs = [entry for entry in survey.entries if entry.kind == "efi" and entry.kernel]
    programs.sort(key=lambda entry: entry.id.startswith("efi:"))
    seen = set()
    for entry in programs:
        ref = entry.kernel
        what = (id(ref.tree), ref.path.lower()) if ref else None
        if what in seen and entry.id.startswith("efi:"):
            survey.entries.remove(entry)
        seen.add(what)


def _is_option(name: str) -> bool:
    number = name[4:8]
    return (
        name.startswith("Boot")
        and name[8:] == f"-{guid.GLOBAL}"
        and all(digit in "0123456789ABCDEF" for digit in number)
    )


def payload() -> Source:
    """The image's payload, open. RefusedError without one."""
    from uroot_py.kexec.source import open_source

    try:
        return open_source(PAYLOAD)
    except OSError:
        raise RefusedError(efi.NEEDS_PAYLOAD) from None


def start_of(entry: BootEntry) -> tuple[str, bytes]:
    """The title and the device path by which a payload finds the program of ENTRY."""
    ref = entry.kernel
    if ref is None or not isinstance(ref.tree, DirectoryTree):
        raise RefusedError("the entry names no program")
    from uroot_py.formats.uefi.variables import device_path

    return entry.title, device_path(_partition(ref.tree), ref.path)


def _partition(tree: DirectoryTree, machine: Sysroot = HERE) -> Partition | None:
    """The partition that TREE is mounted from; None for a whole disk and what is no disk."""
    number = os.stat(tree.path).st_dev
    folder = f"/sys/dev/block/{os.major(number)}:{os.minor(number)}"
    place = machine.number(f"{folder}/partition")
    if not place or not tree.partuuid:
        return None
    from uroot_py.formats.uefi.variables import Partition

    start, size = machine.number(f"{folder}/start"), machine.number(f"{folder}/size")
    return Partition(place, start, size, tree.partuuid.lower())
