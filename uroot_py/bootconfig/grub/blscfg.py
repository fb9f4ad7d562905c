"""``blscfg``: Boot Loader Specification entries become entries of GRUB's menu; ``uki``: images.

The order is that of Fedora's GRUB, which compares file names as packages; GNU's own, since 2.14,
takes a directory, whether another is looked into, and which entries are wanted from its options.

Ref: Fedora's grub2 package, blscfg.c as described in its documentation; GNU GRUB Manual 2.14,
"blscfg", "uki"; UAPI.1, type 1.
"""

from __future__ import annotations

from functools import cmp_to_key

from uroot_py.base.errors import FormatError
from uroot_py.bootconfig import bls, uki
from uroot_py.bootconfig.grub.options import split
from uroot_py.bootconfig.grub.shell import Item, Shell
from uroot_py.bootconfig.grub.words import expand, quote_words
from uroot_py.bootconfig.loader import MAX_ENTRIES, MAX_IMAGES
from uroot_py.bootconfig.versions import compare_packages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.bootconfig.bls import Row
    from uroot_py.bootconfig.grub.options import Options
    from uroot_py.bootconfig.volumes import Volume

_OPTIONS = "path/p: enable-fallback/f show-default/d show-non-default/n entry/e:"


def run_blscfg(shell: Shell, args: list[str]) -> bool:
    """Add the entries in $blsdir or /loader/entries of $boot or $root to the menu."""
    options, operands = split(args, _OPTIONS)
    device = shell.env.get("boot") or shell.env.get("root")
    folder = shell.env.get("blsdir") or "/loader/entries"
    path = next((arg for arg in operands if arg.endswith(".conf")), f"({device}){folder}")
    path = options.get("path", [path])[-1]
    folders = [path]
    if "path" not in options or "enable-fallback" in options:
        folders.append(f"({device})/boot/loader/entries")
    rows: list[Row] = []
    for name in folders:
        rows = rows or _read(shell, name if name.startswith("(") else f"({device}){name}")
    if not rows:
        shell.fault(f"blscfg: no entries in {path}")
    rows.sort(key=cmp_to_key(_newest_first))
    rows = _wanted(shell, options, rows)
    _add(shell, rows)
    return bool(rows)


def _wanted(shell: Shell, options: Options, rows: list[Row]) -> list[Row]:
    """Those of ROWS that OPTIONS ask for; all of them where none of these is given."""
    if not {"show-default", "show-non-default", "entry"}.intersection(options):
        return rows
    default, kept = shell.env.get("default"), []
    for index, row in enumerate(rows):
        names = {row.name, row.entry.id}
        is_default = default != "" and default in {*names, row.entry.title, str(index)}
        shown = "show-default" if is_default else "show-non-default"
        if shown in options or names.intersection(options.get("entry", [])):
            kept.append(row)
    return kept


def _newest_first(one: Row, other: Row) -> int:
    return compare_packages(other.name, one.name)


def run_uki(shell: Shell, args: list[str]) -> bool:
    """Add the unified kernel images in /EFI/Linux of $root, or in --path, to the menu."""
    options, _ = split(args, _OPTIONS)
    path = options.get("path", ["/EFI/Linux"])[-1]
    volume, folder, _ = shell.devices.locate(path)
    names = volume.tree.names(folder) if volume else []
    rows: list[Row] = []
    for name in [name for name in names if name.lower().endswith(".efi")][:MAX_IMAGES]:
        if volume is None or not shell.devices.volumes.first_visit(volume, f"{folder}/{name}"):
            continue
        try:
            found = uki.load(volume.tree, f"{folder}/{name}", shell.env.get("grub_cpu"))
        except FormatError as fault:
            shell.fault(f"uki: {folder}/{name}: {fault}")
            continue
        for row in found:
            _place(shell, row, volume)
        rows += found
    rows.sort()
    rows = _wanted(shell, options, rows)
    _add(shell, rows)
    return bool(rows)


def _read(shell: Shell, path: str) -> list[Row]:
    """The entries in the directory PATH, or the one that is the file PATH."""
    volume, folder, _ = shell.devices.locate(path)
    if volume is None:
        return []
    names = volume.tree.names(folder)
    if path.endswith(".conf"):
        folder, _, name = folder.rpartition("/")
        names = [name]
    rows = []
    for name in [name for name in names if name.endswith(".conf")][:MAX_ENTRIES]:
        file = f"{folder}/{name}"
        cpu = shell.env.get("grub_cpu")
        shell.devices.volumes.first_visit(volume, file)
        row = bls.load(volume.tree, file, cpu, _preparer(shell))
        looked = shell.devices.name_of(f"({volume.device}){file}"), "read" if row else "absent"
        shell.listing.looked.append(looked)
        if row is None:
            continue
        entry = row.entry
        uki.complete(row, volume.tree, cpu)
        entry.id = entry.id.removesuffix(".conf")
        if not entry.cmdline:
            entry.cmdline = _words(shell, shell.env.get("default_kernelopts"))
        _place(shell, row, volume)
        rows.append(row)
    return rows


def _preparer(shell: Shell) -> Callable[[str, str], str]:
    """What GRUB makes of the values of an entry."""

    def value_of(name: str) -> str | None:
        shell.step()
        return shell.env.get(name) if name.isdigit() else shell.env.variables.get(name)

    def prepare(key: str, value: str) -> str:
        value = bls.expanded(value, value_of) if "$" in value else value
        shell.step(1 + len(value) // 64)
        return _words(shell, value) if key == "options" else value

    return prepare


def _words(shell: Shell, text: str) -> str:
    """The command line of a ``linux`` command with TEXT: GRUB runs the entry as a script."""
    from uroot_py.bootconfig.grub.syntax import SimpleCommand, parse

    script = parse(text)
    if script.faults or len(script.body) != 1 or not isinstance(script.body[0], SimpleCommand):
        return text.strip()
    return quote_words(expand(shell, script.body[0].words))


def _place(shell: Shell, row: Row, volume: Volume) -> None:
    if volume is not shell.devices.home:
        row.entry.move(volume.device)


def _add(shell: Shell, rows: list[Row]) -> None:
    who = {row.entry: row.users for row in rows}
    for entry in bls.named_apart(rows):
        item = Item(entry.title, entry.id, entry.source, 0)
        item.entry, item.users = entry, who.get(entry)
        shell.add(item)
