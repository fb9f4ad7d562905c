"""Boot Loader Specification: type 1 entries, boot counting, the order of entries, loader.conf.

Ref: UAPI.1 Boot Loader Specification; loader.conf(5).
"""

from __future__ import annotations

from uroot_py.base.errors import LineError
from uroot_py.base.text import printable
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.bootconfig.tree import normalise
from uroot_py.bootconfig.versions import compare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.bootconfig.tree import Tree

MAX_SIZE = 1 << 15  # bytes of one entry or of loader.conf
MAX_LINES = 500  # lines of either that are read
MAX_FILES = 64  # initrds or overlays of one entry
MAX_VERSION = 256  # characters that are compared
MAX_TRIES = (1 << 31) - 1
MAX_SHOWN = 40  # characters of a key in messages

# The last line is what Fedora's GRUB adds; none of it decides what is booted.
_KEYS = (
    "title version machine-id sort-key linux initrd efi uki uki-url options devicetree"
    " devicetree-overlay architecture profile extra"
    " id grub_users grub_hotkey grub_class grub_arg"
)
_KERNELS = {"linux": "kernel", "uki": "unified kernel image", "efi": "EFI program"}
EFI_NAMES = {"x86_64": "x64", "i386": "ia32", "arm64": "aa64", "arm": "arm", "riscv64": "riscv64"}


class Row:
    """An entry and what it is sorted by: ``left`` and ``done`` are tries, None if not counted.

    ``profile`` is the one it wants of a unified kernel image; ``program`` says that an EFI program
    is named, which may be such an image. ``users`` are those of GRUB who may start it beside its
    superusers; None: everybody.
    """

    __slots__ = (
        "done",
        "entry",
        "left",
        "machine_id",
        "name",
        "profile",
        "program",
        "sort_key",
        "users",
        "version",
    )

    def __init__(self, entry: BootEntry, name: str) -> None:
        self.entry = entry
        self.name = name
        self.sort_key = ""
        self.machine_id = ""
        self.version = ""
        self.profile = 0
        self.program = False
        self.users: str | None = None
        self.left: int | None = None
        self.done = 0

    def __lt__(self, other: Row) -> bool:
        return _before(self, other) < 0


def parse(text: str) -> tuple[dict[str, list[str]], list[LineError]]:
    """The keys of an entry with all their values in order, and what was wrong with its lines."""
    keys: dict[str, list[str]] = {}
    faults = []
    for number, line in enumerate(text.replace("\r", "").split("\n")[:MAX_LINES], 1):
        line = line.strip(" \t")
        if not line or line.startswith("#"):
            continue
        end = min((at for at in (line.find(" "), line.find("\t")) if at > 0), default=len(line))
        key, value = line[:end], line[end:].strip(" \t")
        if value:
            keys.setdefault(key, []).append(value)
        else:
            faults.append(LineError(printable(key[:MAX_SHOWN]), number, "a value", "end of line"))
    return keys, faults


def unquoted(value: str) -> str:
    """VALUE without one pair of quotes around it, as systemd-boot takes them off."""
    quote = value[:1]
    return value[1:-1] if quote in ("'", '"') and value.endswith(quote) else value


def expanded(value: str, value_of: Callable[[str], str | None]) -> str:
    """VALUE with its ``$names`` replaced, as Fedora's and GNU's ``blscfg`` replace them.

    A blank stands behind what replaces one; one that VALUE_OF does not know (None) is left out with
    the blank behind it.
    """
    first, *parts = value.split("$")
    result = first
    for part in parts:
        end = 0
        while part[end : end + 1].isascii() and part[end : end + 1].replace("_", "a").isalnum():
            end += 1
        known = value_of(part[:end])
        if known is not None:
            result += known + " "
        result += part[end:].removeprefix(" ")
    return result


def counted(name: str) -> tuple[str, int | None, int]:
    """(name without counters, tries left, tries done) of a file name; left is None if not counted.

    ``fedora+3-1.conf`` gives ``("fedora.conf", 3, 1)``.
    """
    stem, dot, suffix = name.rpartition(".")
    base, plus, counters = stem.rpartition("+")
    left, minus, done = counters.partition("-")
    if not plus or not base or not _is_number(left) or (minus and not _is_number(done)):
        return name, None, 0
    return base + dot + suffix, int(left), int(done or "0")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_TRIES


def next_name(name: str) -> str | None:
    """The file name that a counted entry gets before it is started; None when nothing changes.

    Counters keep the number of digits they have: ``a+03.conf`` becomes ``a+02-1.conf``.
    """
    base, left, done = counted(name)
    if not left:
        return None
    stem, _, suffix = base.rpartition(".")
    digits, _, done_digits = name[len(stem) + 1 : -len(suffix) - 1].partition("-")
    return f"{stem}+{left - 1:0{len(digits)}d}-{done + 1:0{len(done_digits)}d}.{suffix}"


def load(
    tree: Tree, path: str, cpu: str, prepare: Callable[[str, str], str] | None = None
) -> Row | None:
    """The entry that the file PATH describes, or None if there is no such file.

    CPU is this machine as GRUB calls it. PREPARE makes of a key and its raw value what the loader
    that the file is for makes of it: quotes taken off, ``$variables`` replaced. Faults become notes
    of the entry; a reason against it its ``why_not``.
    """
    data = tree.read(path, MAX_SIZE + 1)
    if data is None:
        return None
    name, left, done = counted(path.rpartition("/")[2])
    entry = BootEntry(name, "", source=path)
    row = Row(entry, name)
    row.left, row.done = left, done
    if len(data) > MAX_SIZE:
        entry.title, entry.why_not = name, f"{path}: more than {MAX_SIZE} bytes"
        return row
    keys, faults = parse(data.decode("utf-8", "surrogateescape").replace("\0", ""))
    known = _KEYS.split()
    entry.notes += [str(fault) for fault in faults]
    entry.notes += [
        f"unknown key {printable(key[:MAX_SHOWN])!r}" for key in keys if key not in known
    ][:8]
    if prepare:
        keys = {key: [prepare(key, value) for value in values] for key, values in keys.items()}
    _describe(row, keys)
    _files(row, keys, tree, cpu)
    _count(row, path)
    return row


def _describe(row: Row, keys: dict[str, list[str]]) -> None:
    def last(key: str) -> str:
        return keys.get(key, [""])[-1]

    row.sort_key = last("sort-key")[:MAX_VERSION]
    row.machine_id = last("machine-id")[:MAX_VERSION]
    row.version = last("version")[:MAX_VERSION]
    row.profile = int(last("profile")) if _is_number(last("profile")) else 0
    if last("grub_users").strip() and "--unrestricted" not in keys.get("grub_arg", ()):
        row.users = last("grub_users")
    row.entry.title = printable(last("title"))[:MAX_VERSION] or row.name
    row.entry.cmdline = " ".join(keys.get("options", ()))


def _files(row: Row, keys: dict[str, list[str]], tree: Tree, cpu: str) -> None:
    """The files of an entry, and why it cannot boot."""
    entry = row.entry
    under = entry.source.partition("/loader/entries/")[0]

    def refs(what: str, values: list[str]) -> list[FileRef]:
        found = []
        for value in values[:MAX_FILES]:
            path = normalise(value.replace("\\", "/"))
            # Where /boot is no file system of its own, paths are relative to it all the same.
            if tree.size(path) is None and under and tree.size(under + path) is not None:
                path = under + path
            if tree.size(path) is None:
                entry.why_not = entry.why_not or f"{what} {path} is missing"
            found.append(FileRef(path))
        return found

    architecture = keys.get("architecture", [""])[-1]
    if architecture and architecture.lower() != EFI_NAMES.get(cpu, cpu):
        entry.why_not = f"for the architecture {printable(architecture)}, this is {cpu}"
    key = next((key for key in ("linux", "uki", "efi") if key in keys), "")
    if key:
        entry.kernel = refs(_KERNELS[key], keys[key][-1:])[0]
        entry.kind = "linux" if key == "linux" else "uki"
        row.program = key == "efi"
    else:
        entry.kind = "other"
        why = "uki-url: images are not fetched" if "uki-url" in keys else ""
        entry.why_not = why or "neither linux, uki nor efi is given"
    # Fedora writes several files behind one initrd key.
    entry.initrds = refs(
        "initrd", [word for text in keys.get("initrd", ()) for word in text.split()]
    )
    entry.notes += [f"extra {printable(value)}: not passed on" for value in keys.get("extra", ())]
    # What the EFI stub of the kernel would load itself.
    words = entry.cmdline.split()
    inside = [word.removeprefix("initrd=") for word in words if word.startswith("initrd=")]
    if inside:
        entry.initrds += refs("initrd", inside)
        entry.cmdline = " ".join(word for word in words if not word.startswith("initrd="))
    entry.devicetree = next(iter(refs("device tree", keys.get("devicetree", [])[-1:])), None)
    overlays = [word for text in keys.get("devicetree-overlay", ()) for word in text.split()]
    entry.overlays = refs("overlay", overlays)
    if overlays and entry.devicetree is None:
        entry.notes.append("devicetree-overlay without devicetree: not used")


def _count(row: Row, path: str) -> None:
    folder, _, name = path.rpartition("/")
    renamed = next_name(name)
    if renamed:
        row.entry.rename = FileRef(path), f"{folder}/{renamed}"
    if row.left is not None:
        row.entry.notes.append(f"boot counting: {row.left} tries left, {row.done} done")


def _before(one: Row, other: Row) -> int:
    """The order of systemd-boot and bootctl: negative when ONE is shown before OTHER.

    Names are compared with their suffix, which the specification does not say: a-lts.conf is
    older than a.conf, as a dash is older than a dot.
    """
    if (one.left == 0) != (other.left == 0):
        return 1 if one.left == 0 else -1
    if bool(one.sort_key) != bool(other.sort_key):
        return -1 if one.sort_key else 1
    if one.sort_key:
        for mine, others in (
            (one.sort_key, other.sort_key),
            (one.machine_id, other.machine_id),
        ):
            if mine != others:
                return -1 if mine < others else 1
        by_version = compare(other.version, one.version)
        if by_version:
            return by_version
    by_name = compare(other.name, one.name)
    if by_name or one.left is None or other.left is None:
        return by_name
    return other.left - one.left or one.done - other.done


def order(rows: list[Row]) -> list[BootEntry]:
    """The entries as a menu shows them: best and newest first, those without tries left last."""
    rows.sort()
    return named_apart(rows)


def named_apart(rows: list[Row]) -> list[BootEntry]:
    """The entries in the order of ROWS; titles that several have say in what they differ.

    The version, the machine or the file name stands behind such a title.
    """
    for field in ("version", "machine_id", "name"):
        titles = [row.entry.title for row in rows]
        for row, title in zip(rows, titles, strict=True):
            more = getattr(row, field)
            if titles.count(title) > 1 and more:
                row.entry.title = printable(f"{title} ({more})")
    return [row.entry for row in rows]
