"""Unified kernel images: their sections, profiles and addons become boot entries.

The kernel, the initrds and the device tree of such an entry are parts of the image's file.

Ref: UAPI.5 Unified Kernel Image; systemd-stub(7).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.text import printable
from uroot_py.bootconfig import efi
from uroot_py.bootconfig.bls import MAX_VERSION, Row, counted, next_name
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.formats.kernel import pe, uki

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.tree import Tree
    from uroot_py.formats.kernel.pe import Image, Section

MAX_TEXT = 1 << 15  # bytes of a section with text
MAX_ADDONS = 16

_MACHINES = {
    "x86_64": pe.IMAGE_FILE_MACHINE_AMD64,
    "i386": pe.IMAGE_FILE_MACHINE_I386,
    "arm64": pe.IMAGE_FILE_MACHINE_ARM64,
    "arm": pe.IMAGE_FILE_MACHINE_ARM,
    "riscv64": pe.IMAGE_FILE_MACHINE_RISCV64,
}


class _File:
    """A PE file on a tree, and the texts in it."""

    def __init__(self, tree: Tree, path: str) -> None:
        self.tree = tree
        self.path = path
        head = tree.read(path, pe.HEAD_SIZE) or b""
        self.image: Image = pe.parse(head, tree.size(path) or 0)

    def text(self, section: Section | None) -> str:
        """A section's text up to its first NUL; '' if there is no such section."""
        if section is None:
            return ""
        return uki.text(self._data(section))

    def command_line(self, section: Section | None) -> str:
        """A section's command line; '' if there is no such section."""
        return uki.command_line(self._data(section)) if section else ""

    def _data(self, section: Section) -> bytes:
        return self.tree.read(self.path, min(section.size, MAX_TEXT), section.offset) or b""

    def part(self, section: Section | None) -> list[FileRef]:
        """The section as a part of the file, in a list that is empty if there is none."""
        return [FileRef(self.path, part=(section.offset, section.size))] if section else []


def release(text: str) -> dict[str, str]:
    """The fields of an os-release text: ``NAME=value``, perhaps quoted, a field a line."""
    fields = {}
    for line in text.replace("\r", "").split("\n"):
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            quote = value[:1]
            if len(value) > 1 and quote in ("'", '"') and value.endswith(quote):
                value = value[1:-1]
            if quote != "'":
                for char in '"$`\\':
                    value = value.replace("\\" + char, char)
            fields[name] = value
    return fields


def load(tree: Tree, path: str, cpu: str) -> list[Row]:
    """A row for each profile of the image PATH; [] when it has no kernel in it.

    FormatError when it is no PE file or is cut short.
    """
    file = _File(tree, path)
    if file.image.section(".linux") is None:
        return []
    notes: list[str] = []
    addons = _addons(file, notes, cpu)
    rows = []
    for number, sections in enumerate(uki.profiles(file.image)):
        row = _row(file, sections, number)
        _contents(file, sections, addons, row.entry, cpu)
        row.entry.notes += notes
        rows.append(row)
    return rows


def complete(row: Row, tree: Tree, cpu: str) -> None:
    """Fill in a type 1 entry that names an image, by ``uki`` or ``efi``; its options come first."""
    entry = row.entry
    if entry.kind != "uki" or entry.kernel is None or entry.why_not:
        return
    path = entry.kernel.path
    entry.why_not = absent = f"{path}: no profile {row.profile} with a kernel"
    fill(entry, tree, path, cpu, entry.cmdline, row.profile)
    if row.program and entry.why_not == absent:
        efi.needs_payload(entry, FileRef(path))


def fill(
    entry: BootEntry, tree: Tree, path: str, cpu: str, cmdline: str = "", profile: int = 0
) -> bool:
    """Make ENTRY start a profile of the image PATH, if that is one; CMDLINE replaces its own.

    Where PATH is a damaged image the entry's ``why_not`` says so. Initrds of the entry stay.
    """
    try:
        found = load(tree, path, cpu)
    except FormatError as error:
        entry.why_not = f"{path}: {error}"
        return False
    if profile >= len(found):
        return False
    image = found[profile].entry
    entry.kind, entry.kernel, entry.devicetree = image.kind, image.kernel, image.devicetree
    entry.initrds = image.initrds + entry.initrds
    entry.overlays = image.overlays
    entry.cmdline = cmdline or image.cmdline
    entry.why_not = image.why_not
    entry.notes += image.notes
    return True


def _row(file: _File, sections: dict[str, Section], number: int) -> Row:
    folder, _, name = file.path.rpartition("/")
    bare, left, done = counted(name)
    profile = release(file.text(sections.get(".profile")))
    suffix = profile.get("ID", "")[:MAX_VERSION] or (str(number) if number else "")
    entry = BootEntry(f"{bare}@{suffix}" if suffix else bare, "", source=file.path)
    row = Row(entry, bare)
    row.left, row.done = left, done
    renamed = next_name(name)
    if renamed:
        entry.rename = FileRef(file.path), f"{folder}/{renamed}"
    about = release(file.text(sections.get(".osrel")))

    def first(*names: str) -> str:
        return next((about[name] for name in names if about.get(name)), "")[:MAX_VERSION]

    title = first("PRETTY_NAME", "IMAGE_ID", "NAME", "ID") or bare
    row.sort_key = first("IMAGE_ID", "ID")
    row.version = first("IMAGE_VERSION", "VERSION", "VERSION_ID", "BUILD_ID")
    more = profile.get("TITLE") or profile.get("ID") or (f"@{number}" if number else "")
    entry.title = printable(f"{title} ({more[:MAX_VERSION]})" if more else title)
    return row


def _contents(
    file: _File, sections: dict[str, Section], addons: list[_File], entry: BootEntry, cpu: str
) -> None:
    entry.kind = "uki"
    if file.image.machine != _MACHINES.get(cpu):
        entry.why_not = f"for the machine {file.image.machine:#x}, this is {cpu}"
    entry.kernel = next(iter(file.part(sections.get(".linux"))), None)
    microcode, initrds = file.part(sections.get(".ucode")), file.part(sections.get(".initrd"))
    entry.devicetree = next(iter(file.part(sections.get(".dtb"))), None)
    lines = [file.command_line(sections.get(".cmdline"))]
    if ".dtbauto" in sections:
        entry.notes.append("device trees that are chosen by the hardware (.dtbauto) are not used")
    for addon in addons:
        lines.append(addon.command_line(addon.image.section(".cmdline")))
        microcode = addon.part(addon.image.section(".ucode")) + microcode
        initrds += addon.part(addon.image.section(".initrd"))
        entry.overlays += addon.part(addon.image.section(".dtb"))
    entry.initrds = microcode + initrds
    entry.cmdline = " ".join(line for line in lines if line)


def _addons(file: _File, notes: list[str], cpu: str) -> list[_File]:
    """The addons for this image: those for every image, then its own, each sorted by name."""
    release_name = file.text(file.image.section(".uname"))
    folder, _, name = file.path.rpartition("/")
    folders = ["/loader/addons", f"{file.path}.extra.d"]
    if counted(name)[0] != name:
        folders.append(f"{folder}/{counted(name)[0]}.extra.d")
    found: list[_File] = []
    for below in folders:
        for addon in sorted(file.tree.names(below))[: 2 * MAX_ADDONS]:
            path = f"{below}/{addon}"
            if not addon.lower().endswith(".addon.efi"):
                notes.append(f"{printable(path)}: not passed on")
            elif len(found) < MAX_ADDONS and (good := _addon(file, path, notes, cpu, release_name)):
                found.append(good)
    return found


def _addon(image: _File, path: str, notes: list[str], cpu: str, wanted: str) -> _File | None:
    try:
        addon = _File(image.tree, path)
    except FormatError as error:
        notes.append(f"{printable(path)}: {error}")
        return None
    uname = addon.text(addon.image.section(".uname"))
    if addon.image.machine != _MACHINES.get(cpu) or addon.image.section(".linux"):
        notes.append(f"{printable(path)}: no addon for {cpu}")
    elif uname and wanted and uname != wanted:
        notes.append(f"{printable(path)}: for the kernel {printable(uname)}")
    else:
        return addon
    return None
