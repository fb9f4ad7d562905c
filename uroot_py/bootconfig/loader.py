"""What systemd-boot shows for a disk: type 1 and type 2 entries of all its volumes, one order.

Ref: UAPI.1 Boot Loader Specification, "Locating Boot Entries"; loader.conf(5); systemd-boot(7).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.glob import match
from uroot_py.base.text import printable
from uroot_py.bootconfig import bls, uki
from uroot_py.bootconfig.entry import BootEntry
from uroot_py.bootconfig.grub import envblock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.bootconfig.bls import Row
    from uroot_py.bootconfig.budget import Budget
    from uroot_py.bootconfig.entry import Listing
    from uroot_py.bootconfig.volumes import Volume, Volumes

MAX_ENTRIES = 200  # files of a volume
MAX_IMAGES = 32
CONF = "/loader/loader.conf"
_GRUBENV = ("/boot/grub2/grubenv", "/grub2/grubenv")
_FEDORA = "tuned_params tuned_initrd grub_users grub_arg grub_class"
_FALSE = ("no", "n", "false", "f", "off", "0")


def read(home: Volume, volumes: Volumes, listing: Listing, cpu: str) -> list[BootEntry]:
    """The entries of HOME's disk in their order, the default one marked; nothing is raised.

    A directory that was read before (for another volume of the disk, or by GRUB) is left out.
    """
    rows: list[Row] = []
    settings: dict[str, list[str]] = {}
    for volume in volumes.of_disk(home):  # the ESP and the XBOOTLDR partition
        found = _texts(volume, volumes, listing, cpu) + _images(volume, volumes, listing, cpu)
        for row in found:
            if volume is not home:
                row.entry.move(volume.device)
        rows += found
        data = volume.tree.read(CONF, bls.MAX_SIZE)
        if data is not None and not settings:
            raw, faults = bls.parse(data.decode("utf-8", "surrogateescape"))
            settings = {key: [bls.unquoted(each) for each in raw[key]] for key in raw}
            name = CONF if volume is home else f"({volume.device}){CONF}"
            listing.looked.append((name, f"{len(data)} bytes"))
            listing.faults += [f"{CONF}: {fault}" for fault in faults]
    entries = bls.order(rows)
    configure(settings, entries, listing, volumes.budget)
    return entries


def _expander(volume: Volume) -> Callable[[str], tuple[str, list[str]]]:
    """Replaces the variables that entries for Fedora's GRUB have by their values in its block.

    With the text come the names of those that are not set, which GRUB would leave out.
    """
    variables: dict[str, str] = {}
    for path in _GRUBENV:
        data = volume.tree.read(path, envblock.MAX_SIZE) or b""
        if data.startswith(envblock.SIGNATURE):
            variables.update(envblock.parse(data))
    if "default_kernelopts" in variables:
        variables.setdefault("kernelopts", variables["default_kernelopts"])

    def expand(text: str) -> tuple[str, list[str]]:
        unset: list[str] = []
        if "$" not in text:
            return text.strip(), unset

        def value_of(name: str) -> str | None:
            if name not in variables and name not in _FEDORA.split():
                unset.append(name)
            return variables.get(name)

        return bls.expanded(text, value_of).strip(), unset

    return expand


def _texts(volume: Volume, volumes: Volumes, listing: Listing, cpu: str) -> list[Row]:
    rows: list[Row] = []
    # systemd-boot has no variables, but where it is not installed the entries are GRUB's.
    by_systemd = any(each.tree.size(CONF) is not None for each in volumes.of_disk(volume))
    expand = _expander(volume)
    for folder in ("/loader/entries", "/boot/loader/entries"):
        for name in volume.tree.names(folder):
            path = f"{folder}/{name}"
            if not name.lower().endswith(".conf") or len(rows) >= MAX_ENTRIES:
                continue
            row = None
            unset: list[str] = []

            def prepare(key: str, value: str, unset: list[str] = unset) -> str:
                if by_systemd or key == "title":
                    return bls.unquoted(value)
                text, names = expand(value)
                unset += names if key == "options" else []
                return text

            if volumes.first_visit(volume, path):
                row = bls.load(volume.tree, path, cpu, prepare)
            listing.looked.append((path, row.entry.title if row else "already read"))
            if row is not None:
                uki.complete(row, volume.tree, cpu)
                if "kernelopts" in unset:
                    row.entry.why_not = "$kernelopts is not set in any grubenv of the volume"
                row.entry.notes += [
                    f"${printable(name)} is not set: left out"
                    for name in unset
                    if name != "kernelopts"
                ]
                rows.append(row)
    return rows


def _images(volume: Volume, volumes: Volumes, listing: Listing, cpu: str) -> list[Row]:
    rows: list[Row] = []
    images = 0
    for name in volume.tree.names("/EFI/Linux"):
        path = f"/EFI/Linux/{name}"
        if not name.lower().endswith(".efi") or images >= MAX_IMAGES:
            continue
        images += 1
        if not volumes.first_visit(volume, path):
            listing.looked.append((path, "already read"))
            continue
        try:
            found = uki.load(volume.tree, path, cpu)
        except FormatError as error:
            found = [bls.Row(BootEntry(name, printable(name), source=path), name)]
            found[0].entry.kind, found[0].entry.why_not = "uki", str(error)
        listing.looked.append((path, found[0].entry.title if found else "no .linux section"))
        rows += found
    return rows


def _fits(pattern: str, entry_id: str) -> bool:
    """Whether a lower-case pattern means an entry, with or without its profile or its suffix."""
    bare, profile, _ = entry_id.partition(".efi@")
    names = [entry_id, entry_id.rpartition(".")[0], *([f"{bare}.efi"] if profile else [])]
    return any(match(pattern, name) for name in names)


def configure(
    settings: dict[str, list[str]], entries: list[BootEntry], listing: Listing, budget: Budget
) -> None:
    """Apply loader.conf: mark the default among the sorted ENTRIES, set timeout and editing."""
    wanted = settings.get("default", [""])[-1]
    if wanted.startswith("@"):
        listing.looked.append((CONF, f"default {wanted}: kept in EFI variables, not here"))
        wanted = ""
    fits = []
    for entry in entries if wanted else ():
        budget.compared -= len(wanted) * len(entry.id)
        if budget.compared < 0:
            listing.faults.append(f"{CONF}: default: too long to be compared with all entries")
            break
        if _fits(wanted.lower(), entry.id.lower()):
            fits.append(entry)
    for entry in sorted(fits or entries, key=lambda entry: not entry.bootable)[:1]:
        entry.default = True
    if wanted and not fits and budget.compared >= 0:
        listing.faults.append(f"{CONF}: default {wanted[:80]!r} fits no entry")
    timeout = settings.get("timeout", [""])[-1]
    if timeout in ("menu-hidden", "menu-disabled", "0"):
        listing.timeout, listing.timeout_style = 0, "hidden"
    elif timeout.isascii() and timeout.isdigit():
        listing.timeout = int(timeout[:6])
    elif timeout not in ("", "menu-force"):
        listing.faults.append(f"{CONF}: timeout {timeout!r} is no number of seconds")
    listing.editable = settings.get("editor", [""])[-1].lower() not in _FALSE
