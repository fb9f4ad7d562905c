"""GRUB's menu: what a configuration lists, and which entry GRUB itself would start.

Each entry's block is run in a copy of the shell, as GRUB would when it is chosen, to learn its
kernel, files and command line. Submenus become ``parents`` of their entries.

Ref: GNU GRUB Manual 2.06, 17.1.4 "default", 17.1.15 "timeout".
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.text import printable
from uroot_py.bootconfig.entry import BootEntry
from uroot_py.bootconfig.grub import users
from uroot_py.bootconfig.grub.condition import number
from uroot_py.bootconfig.grub.devices import Devices
from uroot_py.bootconfig.grub.environment import Environment
from uroot_py.bootconfig.grub.loaders import LOADERS
from uroot_py.bootconfig.grub.shell import MAX_LINE, Item, Shell
from uroot_py.bootconfig.tree import normalise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from uroot_py.bootconfig.entry import Listing
    from uroot_py.bootconfig.volumes import Volume, Volumes

MAX_SUBMENUS = 6  # levels


def read(
    home: Volume,
    path: str,
    volumes: Volumes,
    listing: Listing,
    *,
    platform: str,
    cpu: str,
    exported: Mapping[str, str] | None = None,
) -> list[BootEntry]:
    """The entries of the configuration PATH on HOME, in menu order, the default one marked.

    PLATFORM and CPU are what GRUB calls itself: ``efi`` or ``pc``; ``x86_64``, ``arm64``; EXPORTED
    are further variables. Faults, files looked at and the timeout go into LISTING; nothing is
    raised.
    """
    devices = Devices(home, volumes, Environment())
    shell = Shell(devices, listing, LOADERS)
    shell.env.variables.update(exported or {})
    shell.env.start(devices.start(), path.rpartition("/")[0], platform, cpu)
    total = volumes.budget
    if total.steps <= 0:
        listing.faults.append(f"{path}: passed over, the others took all the time there is")
        return []
    if total.entries <= 0:
        listing.faults.append(f"{path}: passed over, the others have all the entries there may be")
        return []
    text = shell.read(path)
    if text is None:
        return []
    if path.endswith(".tar"):
        text = _packed(text, listing, path)
    shell.enter(path)
    shell.guard(lambda: shell.run_text(text, normalise(path)))
    used = shell.budget.allowed - max(shell.budget.steps, 0)
    left = shell.budget.left
    entries, default = _list(shell, (), "")
    total.steps -= used + left - shell.budget.left
    if shell.entry.kernel is not None and not entries:
        default = _finish(shell, shell.entry)
        default.id = default.title = default.source = normalise(path)
        entries = [default]
    if default is not None:
        default.default = True
    timeout, style = shell.menu.env.get("timeout"), shell.menu.env.get("timeout_style")
    listing.timeout = number(timeout) if timeout and number(timeout) >= 0 else None
    listing.timeout_style = style if style in ("hidden", "countdown") else "menu"
    for entry in entries:
        entry.saves = shell.saves + entry.saves
        if users.guarded(shell.menu):
            entry.editors = users.records(shell.menu)
    return entries


def _packed(text: str, listing: Listing, path: str) -> str:
    """The grub.cfg in the archive TEXT, which is what a GRUB image has in its memory disk."""
    from io import BytesIO

    from uroot_py.formats.archive.tar import Archive

    archive = Archive(BytesIO(text.encode("utf-8", "surrogateescape")).read, path)
    try:
        while member := archive.next():
            if member.name.endswith("grub.cfg"):
                return b"".join(archive.data()).decode("utf-8", "surrogateescape")
    except FormatError as fault:
        listing.faults.append(printable(str(fault)))
    return ""


def _list(
    shell: Shell, parents: tuple[str, ...], prefix: str
) -> tuple[list[BootEntry], BootEntry | None]:
    """The entries of SHELL's menu and of its submenus, and the one GRUB would start."""
    menu = shell.menu
    first, rest = _split(menu.env.get("default"))
    chosen = _choose(menu.items, first)
    entries: list[BootEntry] = []
    default: BootEntry | None = None
    falls = [_choose(menu.items, word) for word in menu.env.get("fallback").split()[:9]]
    for index, item in enumerate(menu.items):
        found, inner = _run(
            menu, item, parents, f"{prefix}{index}", rest if index == chosen else ""
        )
        if item.users is not None and users.guarded(menu):
            for entry in [entry for entry in found if entry.starters is None]:
                users.restrict(entry, users.records(menu, item.users))
        entries += found
        if index in falls and found and not parents:
            (inner or found[0]).fallback = falls.index(index) + 1
        if index == chosen:
            default = inner
    return entries, default


def _run(
    menu: Shell, item: Item, parents: tuple[str, ...], index: str, default: str
) -> tuple[list[BootEntry], BootEntry | None]:
    """Run one item: the entry it is, or the entries of the submenu it opens."""
    title = printable(item.title[:MAX_LINE])
    if item.entry is not None:
        item.entry.parents = parents
        return [item.entry], item.entry
    child = menu.fork(new_context=item.submenu)
    above = menu.env.get("chosen") if parents else ""
    name = (item.id or item.title).replace(">", ">>")  # names are joined with >, doubled in them
    child.env.variables["chosen"] = f"{above}>{name}" if above else name
    child.env.exported.add("chosen")
    if default:
        child.env.variables["default"] = default
    else:
        child.env.variables.pop("default", None)
    entry = child.entry = BootEntry(item.id or index, title, source=item.source, line=item.line)
    entry.notes += item.notes
    child.source = item.source
    entry.parents = parents
    menu.budget.start_entry()
    child.guard(lambda: child.call_block(item.block, item.args))
    menu.budget.end_entry()
    if child.menu.items and (item.submenu or child.menu is not child):
        if len(parents) < MAX_SUBMENUS:
            return _list(child, (*parents, title), f"{index}>")
        child.fault(f"{title}: more than {MAX_SUBMENUS} submenus inside each other")
    if item.submenu:
        return [], None
    return [entry], _finish(child, entry)


def _finish(shell: Shell, entry: BootEntry) -> BootEntry:
    entry.saves = shell.saves
    if entry.kernel is None:
        entry.kind = "other"
        entry.why_not = entry.why_not or "the entry loads no kernel"
    return entry


def _split(spec: str) -> tuple[str, str]:
    """The part of a default for this menu, and what is left for its submenu."""
    i = 0
    while i < len(spec):
        if spec.startswith(">>", i):
            i += 2
        elif spec[i] == ">":
            return spec[:i], spec[i + 1 :]
        else:
            i += 1
    return spec, ""


def _choose(items: list[Item], spec: str) -> int:
    """The index that SPEC means: a number, a title or an id; 0 when nothing fits or it is empty."""
    if not spec:
        return 0
    if spec.isdecimal() and spec.isascii():
        index = int(spec[:9])
    else:
        name = spec.replace(">>", ">")
        names = [(item.title, item.id or item.title) for item in items]
        index = next((i for i, pair in enumerate(names) if name in pair), 0)
    return index if index < len(items) else 0
