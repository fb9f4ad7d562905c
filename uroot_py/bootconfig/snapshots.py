"""Snapshots of a system on btrfs, as snapper and timeshift keep them: each an entry of a submenu.

An entry is made of one that starts the system itself: its kernel, where the snapshot has none of
its own, and its command line with the snapshot's path in ``rootflags=subvol=``, as grub-btrfs
writes it. Nothing of this is started unattended.

Ref: snapper(8), "info.xml"; timeshift's info.json; btrfs(5), "subvol=PATH", "subvolid=ID".
"""

from __future__ import annotations

from uroot_py.base.text import printable
from uroot_py.bootconfig import kernels
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.bootconfig.files import SUBVOLUMES
from uroot_py.bootconfig.tree import normalise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.tree import Tree

MAX_SNAPSHOTS = 50  # the newest; a menu of more helps nobody
_MAX_INFO = 1 << 16  # bytes
_MAX_SEEN = 5000  # directories looked into
_SNAPPER = (*(f"{sub}/.snapshots" for sub in SUBVOLUMES), "/@snapshots", "/@.snapshots")
_TIMESHIFT = "/timeshift-btrfs/snapshots"
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


class Snapshot:
    """A system as it was: the ``path`` of its subvolume, when and why it was made."""

    __slots__ = ("date", "description", "path")

    def __init__(self, path: str, date: str, description: str) -> None:
        self.path = path
        self.date = date
        self.description = description

    def title(self) -> str:
        """Date and description in a line."""
        return printable(" ".join(filter(None, (self.date, self.description)))) or self.path


class Inside:
    """The files of TREE below FOLDER, as a tree of its own."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self.tree = tree
        self.folder = folder
        self.fstype, self.uuid, self.label = tree.fstype, tree.uuid, tree.label
        self.partuuid, self.partlabel = tree.partuuid, tree.partlabel

    def read(self, path: str, limit: int, offset: int = 0) -> bytes | None:
        """See Tree.read."""
        return self.tree.read(self.folder + normalise(path), limit, offset)

    def names(self, path: str) -> list[str]:
        """See Tree.names."""
        return self.tree.names(self.folder + normalise(path))

    def size(self, path: str) -> int | None:
        """See Tree.size."""
        return self.tree.size(self.folder + normalise(path))

    def is_directory(self, path: str) -> bool:
        """See Tree.is_directory."""
        return self.tree.is_directory(self.folder + normalise(path))


def snapshots(tree: Tree) -> list[Snapshot]:
    """Those on TREE that hold a system, the newest first."""
    found = [*_of_snapper(tree), *_of_timeshift(tree)]
    found.sort(key=lambda each: (each.date, each.path), reverse=True)
    return [each for each in found if _is_system(tree, each.path)][:MAX_SNAPSHOTS]


def _is_system(tree: Tree, path: str) -> bool:
    return tree.is_directory(f"{path}/etc") and tree.is_directory(f"{path}/usr")


def _of_snapper(tree: Tree) -> list[Snapshot]:
    found = []
    for top in _SNAPPER:
        for number in [name for name in tree.names(top) if name.isdecimal()][:_MAX_SEEN]:
            info = tree.read(f"{top}/{number}/info.xml", _MAX_INFO)
            if info is not None:
                text = info.decode("utf-8", "replace")
                date, description = _element(text, "date"), _element(text, "description")
                found.append(Snapshot(f"{top}/{number}/snapshot", date, description))
    return found


def _element(text: str, name: str) -> str:
    """The text of the first element NAME, which snapper writes without attributes; '' for none."""
    content = text.partition(f"<{name}>")[2].partition(f"</{name}>")
    value = content[0] if content[1] else ""
    for entity, char in _ENTITIES:
        value = value.replace(entity, char)
    return value.strip()


def _of_timeshift(tree: Tree) -> list[Snapshot]:
    found = []
    for name in tree.names(_TIMESHIFT)[-_MAX_SEEN:]:
        info = tree.read(f"{_TIMESHIFT}/{name}/info.json", _MAX_INFO)
        if info is None:
            continue
        day, _, time = name.partition("_")
        comment = _comment(info)
        found.append(Snapshot(f"{_TIMESHIFT}/{name}/@", f"{day} {time.replace('-', ':')}", comment))
    return found


def _comment(info: bytes) -> str:
    """What a person has said about a snapshot; '' where INFO is no JSON object with that."""
    import json

    try:
        values = json.loads(info)
    except (ValueError, RecursionError):
        return ""
    comment = values.get("comments", "") if isinstance(values, dict) else ""
    return comment if isinstance(comment, str) else ""


def entries(tree: Tree, patterns: list[BootEntry]) -> list[tuple[BootEntry, int]]:
    """An entry for each kernel of each snapshot on TREE, made of one of PATTERNS, which start it.

    With each the number of the pattern whose files it has; -1: they are on TREE.
    """
    found: list[tuple[BootEntry, int]] = []
    for snapshot in snapshots(tree) if patterns else ():
        inside = Inside(tree, snapshot.path)
        own = kernels.found(inside)[:3]
        if own:
            found += [(_own(snapshot, entry, patterns[0]), -1) for entry in own]
            continue
        usable = [
            (_shared(snapshot, inside, pattern), number)
            for number, pattern in enumerate(patterns)
            if pattern.kernel and pattern.kernel not in [p.kernel for p in patterns[:number]]
        ]
        # Those whose modules are there come first, and are enough.
        found += [each for each in usable if not each[0].remark] or usable[:1]
    return found


def _own(snapshot: Snapshot, kernel: BootEntry, pattern: BootEntry) -> BootEntry:
    """KERNEL, which was found inside of SNAPSHOT, with the command line of PATTERN."""
    assert kernel.kernel
    entry = _entry(snapshot, pattern, kernel.kernel.path.rpartition("/")[2])
    entry.kernel = FileRef(snapshot.path + kernel.kernel.path)
    entry.initrds = [FileRef(snapshot.path + initrd.path) for initrd in kernel.initrds]
    return entry


def _shared(snapshot: Snapshot, inside: Inside, pattern: BootEntry) -> BootEntry:
    """PATTERN with SNAPSHOT as its root: the kernel is the system's, its modules the snapshot's."""
    assert pattern.kernel
    name = pattern.kernel.path.rpartition("/")[2]
    entry = _entry(snapshot, pattern, name)
    entry.kernel, entry.initrds = pattern.kernel, list(pattern.initrds)
    entry.devicetree = pattern.devicetree
    release = name.partition("-")[2]
    folders = (f"/lib/modules/{release}", f"/usr/lib/modules/{release}")
    if release and not any(inside.is_directory(folder) for folder in folders):
        entry.remark = f"the modules of {printable(name)} are not in this snapshot"
    return entry


def _entry(snapshot: Snapshot, pattern: BootEntry, kernel: str) -> BootEntry:
    title = f"{snapshot.title()} ({printable(kernel)})"
    entry = BootEntry(f"snapshot:{snapshot.path}:{kernel}", title, source=snapshot.path)
    entry.parents = ("Snapshots",)
    entry.attended = True
    entry.editable, entry.editors = pattern.editable, pattern.editors
    entry.starters = pattern.starters
    entry.cmdline = with_subvolume(pattern.cmdline, snapshot.path)
    entry.notes.append(f"as {printable(pattern.title)} starts, with the snapshot as its root")
    return entry


def with_subvolume(cmdline: str, path: str) -> str:
    """CMDLINE with PATH as the subvolume of its root: the other flags stay, an id goes."""
    words = cmdline.split()
    flags = [
        flag
        for word in words
        if word.startswith("rootflags=")
        for flag in word.removeprefix("rootflags=").split(",")
        if flag and not flag.startswith(("subvol=", "subvolid="))
    ]
    rest = [word for word in words if not word.startswith("rootflags=")]
    at = next((n for n, word in enumerate(words) if word.startswith("rootflags=")), len(rest))
    rest.insert(at, "rootflags=" + ",".join([*flags, f"subvol={path.lstrip('/')}"]))
    return " ".join(rest)
