"""BootEntry: one thing that could be booted, as some boot configuration describes it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from uroot_py.bootconfig.tree import Tree

    Kind = Literal["linux", "uki", "multiboot", "multiboot2", "ipxe", "efi", "other", "unlock"]


class FileRef:
    """A file, or a part of one, on one of the trees that a configuration may name.

    ``path`` is absolute inside its file system. ``volume`` says which file system when it is not
    the one that the configuration was read from: a matcher such as ``uuid=...``, ``label=...``,
    ``partuuid=...``, ``file=/path`` or ``device=hd0,gpt2``; empty means "the same". ``part`` is
    (offset, size) in bytes for a section of a unified kernel image, None for the whole file. With
    an empty path it is the device itself, or that part of it. ``member`` is the name that the file
    gets in an archive that is made of it; empty: it is loaded as it is.
    ``tree`` is the file system that was found for it; None where none here fits.
    """

    __slots__ = ("member", "part", "path", "tree", "volume")

    def __init__(
        self,
        path: str,
        volume: str = "",
        part: tuple[int, int] | None = None,
        member: str = "",
    ) -> None:
        self.path = path
        self.volume = volume
        self.part = part
        self.member = member
        self.tree: Tree | None = None

    def _key(self) -> tuple[object, ...]:
        return self.path, self.volume, self.part, self.member

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileRef) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        name = f"({self.volume}){self.path}" if self.volume else self.path
        name = f"newc:{self.member}:{name}" if self.member else name
        return name + ("[{:#x}+{:#x}]".format(*self.part) if self.part else "")


class BootEntry:
    """A menu entry: what to load, with which arguments, where it was found, why it cannot boot.

    ``id`` is stable (GRUB's ``--id`` or path of indices, the BLS file name); ``why_not`` is empty
    for an entry that can be booted; ``parents`` are the titles of the submenus around it;
    ``modules`` are (file, arguments) pairs for multiboot; ``source`` and ``line`` say which file
    and line described it (line 0: the whole file); ``saves`` are the environment block changes
    that the configuration asks for when the entry is started, as (grubenv file, name, value);
    the value None takes the name out; where the file is a whole device, ``tries`` are those that
    its row of the GPT has left;
    ``rename`` is (file, new path) where boot counting renames the entry's file before a start;
    ``configuration`` is the one to take out of a kernel that is a FIT image; ``device`` is what
    people call the place where all this was read; an entry that is not ``editable`` is started
    with its own command line only; one that is ``attended`` is started by a person only.
    ``editors`` and ``starters`` are the passwords, each as terminal.password checks it, of which
    one is needed to edit or to start it; None: none is.
    ``remark`` is what may go wrong although nothing stops it.
    ``fallback`` is its place, from 1, among those to try when the default cannot be loaded.
    The kernel of the kind ``ipxe`` is a script that asks something, run when the entry is started.
    ``linux`` is false for what is another program, such as Xen, iPXE or memtest86+.
    """

    __slots__ = (
        "attended",
        "cmdline",
        "configuration",
        "default",
        "device",
        "devicetree",
        "editable",
        "editors",
        "fallback",
        "id",
        "initrds",
        "kernel",
        "kind",
        "line",
        "linux",
        "modules",
        "notes",
        "overlays",
        "parents",
        "remark",
        "rename",
        "saves",
        "source",
        "starters",
        "title",
        "why_not",
    )

    def __init__(self, entry_id: str, title: str, *, source: str, line: int = 0) -> None:
        self.id = entry_id
        self.title = title
        self.kind: Kind = "linux"
        self.kernel: FileRef | None = None
        self.initrds: list[FileRef] = []
        self.cmdline = ""
        self.configuration = ""
        self.devicetree: FileRef | None = None
        self.overlays: list[FileRef] = []
        self.modules: list[tuple[FileRef, str]] = []
        self.parents: tuple[str, ...] = ()
        self.source = source
        self.line = line
        self.default = False
        self.device = ""
        self.editable = True
        self.editors: list[str] | None = None
        self.starters: list[str] | None = None
        self.attended = False
        self.fallback = 0
        self.linux = True
        self.why_not = ""
        self.remark = ""
        self.notes: list[str] = []
        self.saves: list[tuple[FileRef, str, str | None]] = []
        self.rename: tuple[FileRef, str] | None = None

    @property
    def bootable(self) -> bool:
        """Whether nothing is known that stops this entry."""
        return not self.why_not

    def files(self) -> list[FileRef]:
        """Every file that this entry names, to be loaded or to be written."""
        refs = [self.kernel, self.devicetree, *self.initrds, *self.overlays]
        refs += [ref for ref, _ in self.modules]
        refs += [ref for ref, _, _ in self.saves] + [self.rename[0] if self.rename else None]
        return [ref for ref in refs if ref is not None]

    def place_files(self, device: str) -> None:
        """Say for every file without a volume that it is on DEVICE."""
        for ref in self.files():
            if not ref.volume:
                ref.volume = f"device={device}"

    def move(self, device: str) -> None:
        """Say that the entry came from DEVICE: its files without a volume, and its source."""
        self.place_files(device)
        self.source = f"({device}){self.source}"

    def __repr__(self) -> str:
        state = f" why_not={self.why_not!r}" if self.why_not else ""
        return (
            f"<BootEntry {self.id!r} {self.title!r} {self.kernel} {self.initrds}"
            f" {self.cmdline!r}{' default' if self.default else ''}{state}>"
        )


class Listing:
    """What a configuration, or a whole tree, offers: entries in menu order and how to show them.

    ``timeout`` is seconds until the default entry starts, None when the configuration does not say
    or waits for ever; ``timeout_style`` is ``menu``, ``countdown`` or ``hidden``; ``editable`` is
    false where the configuration forbids changing command lines. ``looked`` is the explanation:
    (file, what was found) for each file that was looked for; ``faults`` has one line for each
    thing that was wrong and is not the fault of one entry.
    """

    __slots__ = ("editable", "entries", "faults", "looked", "timeout", "timeout_style")

    def __init__(self) -> None:
        self.entries: list[BootEntry] = []
        self.timeout: float | None = None
        self.timeout_style = "menu"
        self.editable = True
        self.looked: list[tuple[str, str]] = []
        self.faults: list[str] = []

    def values(self) -> dict[str, object]:
        """All of it as plain values, without trees; ``Listing.of`` makes it a listing again."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["entries"] = [
            {name: _plain(getattr(entry, name)) for name in entry.__slots__}
            for entry in self.entries
        ]
        return values

    @classmethod
    def of(cls, values: dict[str, Any]) -> Listing:
        """The listing that ``values()`` was asked for."""
        listing = cls()
        for name in cls.__slots__:
            setattr(listing, name, values[name])
        listing.entries = []
        for row in values["entries"]:
            entry = BootEntry(row["id"], row["title"], source=row["source"])
            for name, value in row.items():
                setattr(entry, name, _restored(value))
            listing.entries.append(entry)
        return listing


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever an entry has
    """VALUE with a dictionary in place of each FileRef."""
    if isinstance(value, FileRef):
        names = ("path", "volume", "part", "member")
        return {name: getattr(value, name) for name in names}
    if isinstance(value, list | tuple):
        return type(value)(_plain(part) for part in value)
    return value


def _restored(value: Any) -> Any:  # noqa: ANN401 - the same, back
    if isinstance(value, dict):
        return FileRef(**value)
    if isinstance(value, list | tuple):
        return type(value)(_restored(part) for part in value)
    return value
