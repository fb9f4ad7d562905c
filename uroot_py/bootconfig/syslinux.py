"""What syslinux, isolinux, extlinux or U-Boot would start: the labels of their files as entries.

Ref: SYSLINUX doc/syslinux.txt, doc/menu.txt, com32/elflink/ldlinux; U-Boot doc/README.pxe.
"""

from __future__ import annotations

from uroot_py.base.errors import UsageError
from uroot_py.base.text import parse_number, printable
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.bootconfig.syslinux_file import LOADS, MAX_DEPTH, MENUS, Config, Label
from uroot_py.bootconfig.tree import normalise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.entry import Listing
    from uroot_py.bootconfig.volumes import Volume, Volumes

MAX_FILES = 64  # initrds or modules of one entry
_APPENDS = ("sysappend", "ipappend")

# Programs, boot sectors and disk images: what SYSLINUX starts otherwise than a Linux kernel.
_NO_LINUX = (".c32", ".0", ".bin", ".bs", ".bss", ".com", ".cbt", ".img")


def read(
    home: Volume, path: str, volumes: Volumes, listing: Listing, folder: str = ""
) -> list[BootEntry]:
    """The entries of the configuration PATH on HOME, the default one marked; raises nothing.

    Relative names start from FOLDER, where that is not the one of PATH. Faults, files looked at and
    the timeout go into LISTING.
    """
    config = Config(home, volumes, listing, path, folder)
    volumes.first_visit(home, path)
    config.read()
    _timeout(config, listing)
    return _list(config, (), 0)


def _has_menu(config: Config) -> bool:
    settings = config.settings
    return bool("ui" in settings or "menu title" in settings or config.menu_program())


def _timeout(config: Config, listing: Listing) -> None:
    """TIMEOUT counts tenths; without a menu and without PROMPT the default starts at once."""
    settings = config.settings
    tenths = settings.get("timeout", "")
    if tenths.isascii() and tenths.isdigit() and int(tenths[:6]):
        listing.timeout = int(tenths[:6]) / 10
    if not _has_menu(config) and settings.get("prompt", "0") == "0":
        listing.timeout = 0
    listing.editable = settings.get("allowoptions", "1") != "0"


def _list(config: Config, parents: tuple[str, ...], depth: int) -> list[BootEntry]:
    """The entries of a configuration and of those it leads to; one is the default."""
    files = [name for name in config.menu_program()[1:] if name != "~"]
    if files and depth < MAX_DEPTH:  # the menu has labels of its own
        entries = [e for name in files for e in _other(config, name, parents, depth)]
        _keep_one_default(entries)
        return entries
    uboot = config.for_uboot
    chosen, words = _chosen(config, uboot)
    entries = []
    for label in config.labels:
        if (label.hidden or label.leads) and label is not chosen:
            continue
        found = _submenu(config, label, parents, depth)
        if found is None:
            found = [_entry(config, label, parents, uboot)]
        for entry in found:
            entry.default = entry.default and label is chosen
        if found and label is chosen and not any(entry.default for entry in found):
            found[0].default = True
            if words and len(found) == 1:
                found[0].cmdline = f"{found[0].cmdline} {words}".lstrip()
                found[0].notes.append(f"the default adds {printable(words)}")
        entries += found
    if chosen is None and words:
        implicit = _implicit(config, words, parents)
        entries[:0] = implicit
    _keep_one_default(entries)
    return entries


def _chosen(config: Config, uboot: bool) -> tuple[Label | None, str]:
    """The label that is started unattended, and the words that are added to its command line.

    No label, but words: those are the command line of a kernel without a label.
    """
    settings = config.settings
    waits = _has_menu(config) or settings.get("prompt", "0") != "0"
    wanted = settings.get("default", "")
    if settings.get("ontimeout") and waits:
        wanted = settings["ontimeout"]
    elif config.menu_program() and "ui" not in settings:
        wanted = ""  # DEFAULT is the menu
    name, words = wanted.partition(" ")[::2]
    if uboot:
        name, words = wanted, ""
    found = next((label for label in config.labels if name and label.name == name), None)
    if found is not None:
        by_menu = "ui" in settings and not settings.get("ontimeout")
        return found, "" if by_menu else words.strip()
    marked = next((label for label in config.labels if label.default), None)
    implicit = settings.get("implicit", "1") != "0" and not uboot
    if name and implicit and not name.endswith(_NO_LINUX):
        kernel = config.has(name)
        if kernel or not config.labels:
            return None, wanted
    return marked, ""


def _implicit(config: Config, wanted: str, parents: tuple[str, ...]) -> list[BootEntry]:
    label = Label(wanted.split()[0], (), config.path, 0)
    label.values = {"kernel": label.name, "append": wanted.partition(" ")[2].strip()}
    entry = _entry(config, label, parents, uboot=False)
    entry.default = True
    return [entry]


def _keep_one_default(entries: list[BootEntry]) -> None:
    """The first default stays the only one; without any the first entry becomes it."""
    defaults = [entry for entry in entries if entry.default] or entries[:1]
    for entry in entries:
        entry.default = entry is defaults[0]


def _submenu(
    config: Config, label: Label, parents: tuple[str, ...], depth: int
) -> list[BootEntry] | None:
    """The entries of the configuration that a label leads to; None if it boots something itself."""
    program = (label.values.get("kernel") or label.values.get("com32") or "").split()
    words = label.values.get("append", "").split()
    folder = ""
    if "config" in label.values:
        folder = normalise(words[0], config.folder) if words else ""
        words = label.values["config"].split()
    elif not program or program[0].rpartition("/")[2] not in MENUS:
        return None
    else:
        words = program[1:] + words
    name = words[0] if words and "~" not in words[0] else ""
    titles = (*parents, *label.parents, printable(label.title))
    return _other(config, name, titles, depth, folder) if name else []


def _other(
    config: Config, name: str, parents: tuple[str, ...], depth: int, folder: str = ""
) -> list[BootEntry]:
    """The entries of the configuration NAME, which works in FOLDER; [] when it was read before."""
    path = normalise(name, config.folder)
    if depth >= MAX_DEPTH or not config.volumes.first_visit(config.home, path):
        return []
    above = (*config.above, config.text)
    folder = folder or config.folder
    inner = Config(config.home, config.volumes, config.listing, path, folder, above)
    inner.read()
    return _list(inner, parents, depth + 1)


def _entry(config: Config, label: Label, parents: tuple[str, ...], uboot: bool) -> BootEntry:
    title = printable(label.title)[:250]
    entry = BootEntry(label.name[:250], title, source=label.source, line=label.line)
    entry.parents = (*parents, *label.parents)
    values = dict(label.values)
    what = next((name for name in LOADS if name in values), "")
    if not what and not uboot and not label.leads:
        what, values["kernel"] = "kernel", label.name
    append = values.get("append", config.settings.get("append", ""))
    words = [] if append == "-" else append.split()
    program = values.get(what, "")
    if uboot:
        words = _without_variables(words, entry)
    elif what != "localboot":
        name, _, more = program.partition(" ")
        program, words = name, more.split() + words
    if what in ("kernel", "com32") and program.rpartition("/")[2] == "mboot.c32":
        _multiboot(config, entry, words)
    elif what in ("kernel", "com32") and program.rpartition("/")[2] == "linux.c32" and words:
        _linux(config, entry, words[0], words[1:], values)
    elif what == "linux" or (what == "kernel" and (uboot or not program.endswith(_NO_LINUX))):
        _linux(config, entry, program, words, values)
    else:
        entry.kind = "other"
        entry.why_not = (
            f"{what} {printable(program)}: needs a BIOS" if what else "no kernel is named"
        )
    return entry


def _without_variables(words: list[str], entry: BootEntry) -> list[str]:
    """WORDS without those that name variables of U-Boot's environment, which is not known here."""
    kept = []
    for word in words:
        if "${" in word:
            entry.notes.append(f"{printable(word)}: a variable of U-Boot's, left out")
        else:
            kept.append(word)
    return kept


def _ref(config: Config, entry: BootEntry, what: str, name: str) -> FileRef:
    matcher, path = config.place(name)
    if not config.has(name):
        shown = name if matcher else path
        entry.why_not = entry.why_not or f"{what} {printable(shown)} is missing"
    return FileRef(path, matcher)


def _linux(
    config: Config, entry: BootEntry, kernel: str, words: list[str], values: dict[str, str]
) -> None:
    if not config.has(kernel):
        kernel, _, entry.configuration = kernel.partition("#")
    if entry.configuration:
        entry.notes.append(f"configuration {printable(entry.configuration)} of a FIT image")
    entry.kernel = _ref(config, entry, "kernel", kernel)
    inside = [word[7:] for word in words if word.startswith("initrd=")]
    names = (values.get("initrd") or (inside[-1] if inside else "")).replace(",", " ").split()
    entry.initrds = [_ref(config, entry, "initrd", name) for name in names[:MAX_FILES]]
    kept = [word for word in words if not word.startswith("initrd=")]
    entry.cmdline = " ".join([*kept, *_appended(config, values)])
    tree = values.get("fdt") or values.get("devicetree")
    if tree:
        entry.devicetree = _ref(config, entry, "device tree", tree)
    overlays = (values.get("fdtoverlays") or values.get("devicetree-overlay") or "").split()
    entry.overlays = [_ref(config, entry, "overlay", name) for name in overlays[:MAX_FILES]]
    folder = values.get("fdtdir") or values.get("devicetreedir")
    if folder and not tree:
        _fdtdir(config, entry, folder)


def _appended(config: Config, values: dict[str, str]) -> list[str]:
    """What SYSAPPEND, once IPAPPEND, adds: the address, BOOTIF=, SYSUUID=, as its bits say."""
    settings = config.settings
    text = next(
        (found[name] for found in (values, settings) for name in _APPENDS if name in found), "0"
    )
    try:
        bits = parse_number(text, "sysappend")
    except UsageError:
        return []
    return [word for bit, word in sorted(config.volumes.sysappend.items()) if bits & bit]


def _fdtdir(config: Config, entry: BootEntry, name: str) -> None:
    """The device tree of this machine in a directory; U-Boot, too, goes on without one."""
    from uroot_py.bootconfig.fdtdir import choose

    board = config.volumes.board
    path = choose(config.home.tree, normalise(name, config.folder), board) if board else ""
    if path:
        entry.devicetree = FileRef(path)
        entry.notes.append(f"{printable(path)} is for this machine, {printable(board[0])}")
    else:
        machine = printable(board[0]) if board else "this machine"
        why = f"none for {machine}: the running device tree is kept"
        entry.notes.append(f"fdtdir {printable(name)}: {why}")


def _multiboot(config: Config, entry: BootEntry, words: list[str]) -> None:
    """``mboot.c32 kernel args --- module args --- ...``."""
    entry.kind = "multiboot"
    parts: list[list[str]] = [[]]
    for word in words:
        if word == "---":
            parts.append([])
        else:
            parts[-1].append(word)
    files = [
        (_ref(config, entry, "module" if i else "kernel", part[0]), " ".join(part[1:]))
        for i, part in enumerate(parts[:MAX_FILES])
        if part
    ]
    if not files:
        entry.why_not = "mboot.c32: no kernel is named"
        return
    entry.kernel, entry.cmdline = files[0]
    entry.modules = files[1:]
