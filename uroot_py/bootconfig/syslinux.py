"""syslinux, isolinux and extlinux configurations, the last one also as U-Boot reads it.

Ref: SYSLINUX doc/syslinux.txt, doc/menu.txt; U-Boot doc/README.pxe.
"""

from __future__ import annotations

from uroot_py.base.text import printable
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.bootconfig.tree import normalise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.entry import Listing
    from uroot_py.bootconfig.volumes import Volume, Volumes

MAX_CONFIG = 1 << 20  # bytes of one file
MAX_FILES = 64  # included files, and initrds or modules of one entry
MAX_DEPTH = 16
MAX_LABELS = 500
MAX_LINES = 20_000

_MENUS = ("menu.c32", "vesamenu.c32")
_LOADS = ("kernel", "linux", "boot", "com32", "config", "localboot", "bss", "pxe", "fdimage")


class _Label:
    """A LABEL with its directives as they stand, by lower-case name; the last of a name counts."""

    __slots__ = ("default", "hidden", "line", "name", "parents", "source", "title", "values")

    def __init__(self, name: str, parents: tuple[str, ...], source: str, line: int) -> None:
        self.name = name
        self.title = name
        self.parents = parents
        self.source = source
        self.line = line
        self.values: dict[str, str] = {}
        self.default = False
        self.hidden = False


class _Config:
    """One configuration with everything it includes."""

    def __init__(self, home: Volume, volumes: Volumes, listing: Listing, path: str) -> None:
        self.home = home
        self.volumes = volumes
        self.listing = listing
        self.path = path
        self.folder = path.rpartition("/")[0] or "/"
        self.settings: dict[str, str] = {}
        self.labels: list[_Label] = []
        self.menus: list[str] = []
        self.label: _Label | None = None
        self.included = 0

    # Reading

    def lines(self, path: str) -> list[str]:
        """The lines of a file, none of one that is absent or too large."""
        data = self.home.tree.read(path, MAX_CONFIG + 1)
        self.listing.looked.append((path, "absent" if data is None else f"{len(data)} bytes"))
        if data is not None and len(data) > MAX_CONFIG:
            self.listing.faults.append(f"{path}: more than {MAX_CONFIG} bytes, not read")
            data = None
        text = (data or b"").decode("utf-8", "surrogateescape").replace("\0", "")
        return text.replace("\r", "").split("\n")

    def read(self) -> None:
        """Go through the file and those it includes, which wait on a list of their own."""
        reading = [(self.path, self.lines(self.path), 0)]
        help_text, left = False, MAX_LINES
        while reading and left:
            left -= 1
            path, lines, at = reading.pop()
            if at == len(lines):
                continue
            reading.append((path, lines, at + 1))
            word, rest = _split(lines[at])
            if help_text or (word == "text" and rest.lower().startswith("help")):
                help_text = word != "endtext"
            elif word == "include" or (word == "menu" and _split(rest)[0] == "include"):
                name = rest.split()[-1 if word == "menu" else 0 :][:1] if rest else []
                self._include(reading, name, f"{path}: line {at + 1}")
            elif word and not word.startswith("#"):
                self._directive(word, rest, path, at + 1)
        if reading:
            self.listing.faults.append(
                f"{self.path}: more than {MAX_LINES} lines, the rest is left out"
            )

    def _include(
        self, reading: list[tuple[str, list[str], int]], name: list[str], place: str
    ) -> None:
        self.included += 1
        if len(reading) > MAX_DEPTH or self.included > MAX_FILES:
            self.listing.faults.append(f"{place}: include: too many files, not read")
        elif name:
            path = normalise(name[0], self.folder)
            if self.home.tree.size(path) is None:
                self.listing.faults.append(f"{place}: include {printable(path)}: no such file")
            reading.append((path, self.lines(path), 0))

    def _directive(self, word: str, rest: str, path: str, line: int) -> None:
        if word == "label" and rest:
            if len(self.labels) < MAX_LABELS:
                self.label = _Label(rest.split()[0], tuple(self.menus), path, line)
                self.labels.append(self.label)
        elif word == "menu":
            self._menu(*_split(rest))
        elif self.label is not None and (word in _LOADS or word in _OF_LABELS):
            if word in _LOADS:  # whichever comes last says what is loaded
                for other in _LOADS:
                    self.label.values.pop(other, None)
            self.label.values[word] = rest
        else:
            self.settings[word] = rest

    def _menu(self, word: str, rest: str) -> None:
        label = self.label
        title = printable(rest.replace("^", ""))
        if word == "begin":
            self.menus.append(title)
            self.label = None
        elif word == "end":
            del self.menus[-1:]
            self.label = None
        elif word == "label" and label:
            label.title = title
        elif word in ("label", "title") and self.menus and not label:
            self.menus[-1] = title
        elif word == "default" and label:
            label.default = True
        elif word in ("hide", "separator", "disable") and label:
            label.hidden = word != "separator"
        elif word == "title":
            self.settings["menu title"] = title


_OF_LABELS = (
    "initrd",
    "append",
    "fdt",
    "devicetree",
    "fdtdir",
    "devicetreedir",
    "fdtoverlays",
    "devicetree-overlay",
)


def _split(line: str) -> tuple[str, str]:
    """(first word in lower case, the rest) of a line."""
    word, _, rest = line.strip().replace("\t", " ").partition(" ")
    return word.lower(), rest.strip()


def read(home: Volume, path: str, volumes: Volumes, listing: Listing) -> list[BootEntry]:
    """The entries of the configuration PATH on HOME, the default one marked; raises nothing.

    Faults, files looked at and the timeout go into LISTING.
    """
    config = _Config(home, volumes, listing, path)
    volumes.first_visit(home, path)
    config.read()
    _timeout(config, listing)
    return _list(config, (), 0)


def _timeout(config: _Config, listing: Listing) -> None:
    """TIMEOUT counts tenths; without a menu and without PROMPT the default starts at once."""
    settings = config.settings
    tenths = settings.get("timeout", "")
    if tenths.isascii() and tenths.isdigit() and int(tenths[:6]):
        listing.timeout = int(tenths[:6]) / 10
    has_menu = "ui" in settings or "menu title" in settings
    has_menu = has_menu or settings.get("default", "").rpartition("/")[2] in _MENUS
    if not has_menu and settings.get("prompt", "0") == "0":
        listing.timeout = 0
    listing.editable = settings.get("allowoptions", "1") != "0"


def _list(config: _Config, parents: tuple[str, ...], depth: int) -> list[BootEntry]:
    wanted = config.settings.get("ontimeout") or config.settings.get("default", "")
    name = wanted.split()[0] if wanted.split() else ""
    chosen = next((label for label in config.labels if label.name == name), None)
    chosen = chosen or next((label for label in config.labels if label.default), None)
    entries = []
    for label in config.labels:
        if label.hidden and label is not chosen:
            continue
        found = _submenu(config, label, parents, depth)
        if found is None:
            found = [_entry(config, label, parents)]
        for entry in found:
            entry.default = entry.default and label is chosen
        if label is chosen and not any(entry.default for entry in found):
            _mark_first(found)
        entries += found
    if not config.labels and name and not name.endswith(".c32"):
        label = _Label(name, (), config.path, 0)
        label.values = {"kernel": name, "append": wanted.partition(" ")[2].strip()}
        entries.append(_entry(config, label, parents))
    if not any(entry.default for entry in entries):
        _mark_first(entries)
    return entries


def _mark_first(entries: list[BootEntry]) -> None:
    for entry in entries[:1]:
        entry.default = True


def _submenu(
    config: _Config, label: _Label, parents: tuple[str, ...], depth: int
) -> list[BootEntry] | None:
    """The entries of the configuration that a label leads to; None if it boots something itself."""
    program = (label.values.get("kernel") or label.values.get("com32") or "").rpartition("/")[2]
    words = label.values.get("append", "").split()
    if "config" in label.values:
        words = label.values["config"].split()
    elif program not in _MENUS:
        return None
    path = normalise(words[0], config.folder) if words and "~" not in words[0] else config.path
    if depth >= MAX_DEPTH or not config.volumes.first_visit(config.home, path):
        return []
    inner = _Config(config.home, config.volumes, config.listing, path)
    inner.read()
    return _list(inner, (*parents, *label.parents, label.title), depth + 1)


def _entry(config: _Config, label: _Label, parents: tuple[str, ...]) -> BootEntry:
    entry = BootEntry(label.name, printable(label.title), source=label.source, line=label.line)
    entry.parents = (*parents, *label.parents)
    values = label.values
    append = values.get("append", config.settings.get("append", ""))
    words = [] if append == "-" else append.split()
    what = next((name for name in _LOADS if name in values), "")
    program = values.get(what, "")
    if what in ("kernel", "com32") and program.rpartition("/")[2] == "mboot.c32":
        _multiboot(config, entry, words)
    elif what in ("kernel", "com32") and program.rpartition("/")[2] == "linux.c32" and words:
        _linux(config, entry, words[0], words[1:], values)
    elif what == "linux" or (what == "kernel" and not program.endswith((".c32", ".0", ".bin"))):
        _linux(config, entry, program, words, values)
    else:
        entry.kind = "other"
        entry.why_not = (
            f"{what} {printable(program)}: needs a BIOS" if what else "no kernel is named"
        )
    return entry


def _ref(config: _Config, entry: BootEntry, what: str, name: str) -> FileRef:
    path = normalise(name, config.folder)
    if config.home.tree.size(path) is None:
        entry.why_not = entry.why_not or f"{what} {printable(path)} is missing"
    return FileRef(path)


def _linux(
    config: _Config, entry: BootEntry, kernel: str, words: list[str], values: dict[str, str]
) -> None:
    if config.home.tree.size(normalise(kernel, config.folder)) is None:
        kernel, _, entry.configuration = kernel.partition("#")
    if entry.configuration:
        entry.notes.append(f"configuration {printable(entry.configuration)} of a FIT image")
    entry.kernel = _ref(config, entry, "kernel", kernel)
    inside = [word[7:] for word in words if word.startswith("initrd=")]
    names = (values.get("initrd") or (inside[-1] if inside else "")).replace(",", " ").split()
    entry.initrds = [_ref(config, entry, "initrd", name) for name in names[:MAX_FILES]]
    entry.cmdline = " ".join(word for word in words if not word.startswith("initrd="))
    tree = values.get("fdt") or values.get("devicetree")
    if tree:
        entry.devicetree = _ref(config, entry, "device tree", tree)
    overlays = (values.get("fdtoverlays") or values.get("devicetree-overlay") or "").split()
    entry.overlays = [_ref(config, entry, "overlay", name) for name in overlays[:MAX_FILES]]
    folder = values.get("fdtdir") or values.get("devicetreedir")
    if folder and not tree:
        _fdtdir(config, entry, folder)


def _fdtdir(config: _Config, entry: BootEntry, name: str) -> None:
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


def _multiboot(config: _Config, entry: BootEntry, words: list[str]) -> None:
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
