"""The files of syslinux, isolinux, extlinux and U-Boot: lines become labels in menus.

Two readers use the format, and differ. SYSLINUX: a kernel is a command line whose first word is the
file, DEFAULT another whose first word is a label or a file, and a label without a kernel is the
file itself. U-Boot: labels, DEFAULT and files are whole lines, and ``${names}`` of its environment
are replaced. Which of them a file is for: ``Config.for_uboot``.

Ref: SYSLINUX doc/syslinux.txt, doc/menu.txt; U-Boot doc/README.pxe.
"""

from __future__ import annotations

from uroot_py.base.text import printable
from uroot_py.bootconfig.tree import normalise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.entry import Listing
    from uroot_py.bootconfig.volumes import Volume, Volumes

MAX_CONFIG = 1 << 20  # bytes of one file
MAX_FILES = 64  # included files
MAX_DEPTH = 16
MAX_LABELS = 500
MAX_LINES = 20_000
MAX_TITLE = 250  # characters

MENUS = ("menu.c32", "vesamenu.c32")
LOADS = ("kernel", "linux", "boot", "com32", "config", "localboot", "bss", "pxe", "fdimage")
_TREES = ("fdt", "devicetree", "fdtdir", "devicetreedir", "fdtoverlays", "devicetree-overlay")
_OF_LABELS = ("initrd", "append", "ipappend", "sysappend", *_TREES)
_SCHEMES = ("http", "https", "tftp")


class Label:
    """A LABEL with its directives as they stand, by lower-case name; the last of a name counts.

    ``leads`` is the MENU command that makes it a way through the menu and no entry.
    """

    __slots__ = (
        "default",
        "hidden",
        "leads",
        "line",
        "name",
        "parents",
        "source",
        "title",
        "values",
    )

    def __init__(self, name: str, parents: tuple[str, ...], source: str, line: int) -> None:
        self.name = name
        self.title = name
        self.parents = parents
        self.source = source
        self.line = line
        self.values: dict[str, str] = {}
        self.default = False
        self.hidden = False
        self.leads = ""


class Config:
    """One configuration with everything it includes; FOLDER is what relative names start from.

    ``above`` has the texts of the configurations that led here.
    """

    def __init__(
        self,
        home: Volume,
        volumes: Volumes,
        listing: Listing,
        path: str,
        folder: str = "",
        above: tuple[str, ...] = (),
    ) -> None:
        self.home = home
        self.volumes = volumes
        self.listing = listing
        self.path = path
        self.folder = folder or path.rpartition("/")[0] or "/"
        self.above = above
        self.text = ""
        self.settings: dict[str, str] = {}
        self.labels: list[Label] = []
        self.menus: list[str] = []
        self.label: Label | None = None
        self.included = 0

    def place(self, name: str) -> tuple[str, str]:
        """(volume's matcher, path) of the file NAME, which PXELINUX takes as a URL, too."""
        scheme, mark, rest = name.partition("://")
        if mark and scheme.lower() in _SCHEMES:
            host, _, path = rest.partition("/")
            return f"device={scheme.lower()},{host}", f"/{path}"
        if name.startswith("::"):  # the top of the TFTP server
            name = f"/{name[2:]}"
        return "", normalise(name, self.folder)

    def has(self, name: str) -> bool:
        """Whether the file NAME is there."""
        matcher, path = self.place(name)
        tree = self.volumes.first(matcher) if matcher else self.home.tree
        return tree is not None and tree.size(path) is not None

    @property
    def for_uboot(self) -> bool:
        """Whether U-Boot reads it: an extlinux.conf with device trees, or no SYSLINUX beside it."""
        if not self.path.endswith("/extlinux.conf"):
            return False
        if any(name in label.values for label in self.labels for name in _TREES):
            return True
        names = self.home.tree.names(self.path.rpartition("/")[0] or "/")
        return not ({"ldlinux.sys", "ldlinux.c32"} & set(names)) and not self.menu_program()

    def menu_program(self) -> list[str]:
        """The menu that is shown and its arguments: UI's, else DEFAULT's; [] without a menu."""
        for setting in ("ui", "default"):
            words = self.settings.get(setting, "").split()
            if words and words[0].rpartition("/")[2] in MENUS:
                return words
        return []

    def lines(self, path: str) -> list[str]:
        """The lines of a file, none of one that is absent or too large."""
        data = self.home.tree.read(path, MAX_CONFIG + 1)
        self.listing.looked.append((path, "absent" if data is None else f"{len(data)} bytes"))
        if data is not None and len(data) > MAX_CONFIG:
            self.listing.faults.append(f"{path}: more than {MAX_CONFIG} bytes, not read")
            data = None
        text = (data or b"").decode("utf-8", "surrogateescape").replace("\0", "")
        self.text = self.text or text
        return text.replace("\r", "").split("\n")

    def read(self) -> None:
        """Go through the file and those it includes, which wait on a list of their own."""
        lines = self.lines(self.path)
        reading = [(self.path, [] if self.text in self.above else lines, 0)]
        help_text, left = False, min(MAX_LINES, self.volumes.budget.lines)
        while reading and left:
            left -= 1
            self.volumes.budget.lines -= 1
            path, lines, at = reading.pop()
            if at == len(lines):
                continue
            reading.append((path, lines, at + 1))
            word, rest = split(lines[at])
            if help_text or (word == "text" and rest.lower().startswith("help")):
                help_text = word != "endtext"
            elif word == "include":
                self._include(reading, rest, f"{path}: line {at + 1}")
            elif word == "menu" and split(rest)[0] == "include":
                self._include(reading, split(rest)[1], f"{path}: line {at + 1}")
            elif word and not word.startswith("#"):
                self._directive(word, rest, path, at + 1)
        if reading:
            why = f"more than {MAX_LINES} lines"
            if self.volumes.budget.lines <= 0:
                why = "the configurations on all disks have too many lines"
            self.listing.faults.append(f"{self.path}: {why}, the rest is left out")

    def _include(self, reading: list[tuple[str, list[str], int]], rest: str, place: str) -> None:
        """``INCLUDE FILE [TITLE]``; with a title its labels are a submenu. None need be there."""
        self.included += 1
        name, _, title = rest.replace("\t", " ").partition(" ")
        if len(reading) > MAX_DEPTH or self.included > MAX_FILES:
            self.listing.faults.append(f"{place}: include: too many files, not read")
        elif name:
            path = self.path if name == "~" else normalise(name, self.folder)
            self.volumes.first_visit(self.home, path)
            lines = self.lines(path)
            if title.strip():
                self._menu("begin", title.strip())
                lines = [*lines, "menu end"]
            reading.append((path, lines, 0))

    def _directive(self, word: str, rest: str, path: str, line: int) -> None:
        if word == "label" and rest:
            if len(self.labels) < MAX_LABELS:
                self.label = Label(rest, tuple(self.menus), path, line)
                self.labels.append(self.label)
        elif word == "menu":
            self._menu(*split(rest))
        elif self.label is not None and (word in LOADS or word in _OF_LABELS):
            if word in LOADS:  # whichever comes last says what is loaded
                for other in LOADS:
                    self.label.values.pop(other, None)
            self.label.values[word] = rest
        else:
            self.settings[word] = rest

    def _menu(self, word: str, rest: str) -> None:
        label = self.label
        title = printable(rest.replace("^", "")[:MAX_TITLE])
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
        elif word in ("hide", "disable", "disabled") and label:
            label.hidden = True
        elif word == "separator":
            self.label = None
        elif word in ("exit", "quit", "goto", "help") and label:
            label.leads = word
        elif word == "title":
            self.settings["menu title"] = title


def split(line: str) -> tuple[str, str]:
    """(first word in lower case, the rest) of a line."""
    word, _, rest = line.strip().replace("\t", " ").partition(" ")
    return word.lower(), rest.strip()
