"""Fedora's ``blscfg`` command: Boot Loader Specification entries become entries of GRUB's menu.

Ref: Fedora's grub2 package, blscfg.c as described in its documentation; UAPI.1, type 1.
"""

from __future__ import annotations

from uroot_py.bootconfig import bls, uki
from uroot_py.bootconfig.grub.shell import Item, Shell
from uroot_py.bootconfig.grub.words import replace
from uroot_py.bootconfig.loader import MAX_ENTRIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.volumes import Volume


def run(shell: Shell, args: list[str]) -> bool:
    """Add the entries in $blsdir or /loader/entries of $boot or $root to the menu."""
    device = shell.env.get("boot") or shell.env.get("root")
    folder = shell.env.get("blsdir") or "/loader/entries"
    one = next((arg for arg in args if arg.endswith(".conf")), "")
    at = f"({device})"
    volume, folder, _ = shell.devices.locate(at + (one.rpartition("/")[0] or folder))
    names = [one.rpartition("/")[2]] if one else volume.tree.names(folder) if volume else []
    cpu = shell.env.get("grub_cpu")
    rows: list[bls.Row] = []
    for name in names[:MAX_ENTRIES]:
        path = f"{folder}/{name}"
        if volume is not None and name.endswith(".conf"):
            shell.devices.volumes.first_visit(volume, path)
            row = bls.load(volume.tree, path, cpu, lambda text: replace(shell, text))
            looked = shell.devices.name_of(at + path), "read" if row else "absent"
            shell.listing.looked.append(looked)
            if row is not None:
                _fedora(shell, row, volume)
                rows.append(row)
    if not rows:
        shell.fault(f"blscfg: no entries in {at}{folder}")
    # Fedora's GRUB looks at the file names only.
    for row in rows:
        row.sort_key = ""
    for entry in bls.order(rows):
        item = Item(entry.title, entry.id, entry.source, 0)
        item.entry = entry
        shell.items.append(item)
    return bool(rows)


def _fedora(shell: Shell, row: bls.Row, volume: Volume) -> None:
    """What Fedora's GRUB does with an entry: an id without suffix, default options."""
    entry = row.entry
    uki.complete(row, volume.tree, shell.env.get("grub_cpu"))
    entry.id = entry.id.removesuffix(".conf")
    entry.cmdline = entry.cmdline or shell.env.get("default_kernelopts")
    if volume is not shell.devices.home:
        entry.move(volume.device)
