"""The key of an encrypted volume for the next system, in an extra initrd: it is typed once.

Where each looks for it: systemd-cryptsetup in /etc/cryptsetup-keys.d/NAME.key, NAME being that of
crypttab or of the command line; initramfs-tools and dracut without systemd in the file that their
crypttab names, which is written anew; mkinitcpio's hook ``encrypt`` in /crypto_keyfile.bin.

Ref: crypttab(5), systemd-cryptsetup-generator(8); Debian's cryptsetup-initramfs,
local-top/cryptroot; dracut.cmdline(7), 90crypt; mkinitcpio's hooks/encrypt.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.archive import cpio
from uroot_py.formats.compress.detect import kind
from uroot_py.formats.compress.feed import Feed
from uroot_py.formats.compress.stream import unpack_one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TABLES = ("cryptroot/crypttab", "etc/crypttab")  # of initramfs-tools; of everybody else
KEYS = "etc/cryptsetup-keys.d"
MKINITCPIO = "crypto_keyfile.bin"
MAX_TABLE = 1 << 16  # bytes
MAX_UNPACKED = 8 << 20  # bytes of a packed archive that are looked through: tables are at its start
# Options of crypttab that would have the key come from somewhere else.
_OTHER_WAYS = ("keyscript", "tpm2-device", "fido2-device", "pkcs11-uri", "keyfile-offset")
_MORE_WAYS = ("keyfile-size", "header", "tries")


class Key:
    """What opened the volume UUID: SECRET; ``names`` are words for its device, as crypttab has."""

    __slots__ = ("names", "secret", "uuid")

    def __init__(self, uuid: str, secret: bytearray, names: Iterable[str] = ()) -> None:
        self.uuid = uuid
        self.secret = secret
        self.names = {name.lower() for name in names} | {
            f"uuid={uuid}".lower(),
            f"/dev/disk/by-uuid/{uuid}".lower(),
        }

    def fits(self, word: str) -> bool:
        """Whether WORD of a crypttab is the device of this volume."""
        return word.replace('"', "").lower() in self.names


def tables(initrds: Iterable[memoryview]) -> dict[str, str]:
    """The crypttabs of INITRDS by their names (TABLES): of several of a name, the last.

    What cannot be unpacked has none.
    """
    found: dict[str, str] = {}
    for data in initrds:
        feed = Feed([data])
        try:
            _search(feed, found)
        except (FormatError, RefusedError):
            continue
    return found


def _search(feed: Feed, found: dict[str, str]) -> None:
    while head := feed.head(cpio.HEADER_SIZE):
        if cpio.is_cpio(head):
            _members(cpio.Archive(feed), found)
        elif kind(head):
            inner = Feed(_bounded(unpack_one(feed)))
            _members(cpio.Archive(inner), found)
            return
        elif head[0] == 0:
            feed.take(1 if head.strip(b"\0") else len(head))
        else:
            return


def _bounded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        yield piece
        size += len(piece)
        if size > MAX_UNPACKED:
            return


def _members(archive: cpio.Archive, found: dict[str, str]) -> None:
    while member := archive.next():
        name = member.name.removeprefix("./").lstrip("/")
        if name in TABLES and member.kind == cpio.S_IFREG and member.size <= MAX_TABLE:
            found[name] = b"".join(archive.data()).decode("utf-8", "surrogateescape")
            if len(found) == len(TABLES):
                return


def rows(table: str) -> Iterator[list[str]]:
    """The four fields (name, device, key, options) of each row of a crypttab."""
    for line in table.splitlines():
        words = line.split()
        if len(words) >= 2 and not words[0].startswith("#"):
            yield [*words, "none", ""][:4] if len(words) < 4 else words[:4]


def names(key: Key, found: dict[str, str], cmdline: str) -> list[str]:
    """What the next system will call the device of KEY's volume, in order, each once."""
    result = [row[0] for table in found.values() for row in rows(table) if key.fits(row[1])]
    for word in cmdline.split():
        name, _, value = word.partition("=")
        bare = name.removeprefix("rd.")
        uuid, _, rest = value.partition("=")
        if bare == "luks.name" and uuid.lower() == key.uuid.lower() and rest:
            result.append(rest)
        elif name == "cryptdevice":
            device, _, target = value.rpartition(":") if ":" in value else (value, "", "")
            if key.fits(device) and target:
                result.append(target.partition(":")[0])
    result.append(f"luks-{key.uuid}")
    return [name for name in dict.fromkeys(result) if "/" not in name and name not in (".", "..")]


def archive(keys: Iterable[Key], initrds: Iterable[memoryview], cmdline: str) -> bytes:
    """The extra initrd that has KEYS where the system in INITRDS, started with CMDLINE, looks."""
    found = tables(initrds)
    folders = {"etc": 0o755, KEYS: 0o700}
    files: dict[str, bytes] = {}
    written = dict(found)
    for key in keys:
        mine = names(key, found, cmdline)
        for name in mine:
            files[f"{KEYS}/{name}.key"] = bytes(key.secret)
        for name, table in written.items():
            written[name] = rewritten(table, key, f"/{KEYS}/{mine[0]}.key")
        if "cryptdevice=" in cmdline and "cryptkey=" not in cmdline:
            files[MKINITCPIO] = bytes(key.secret)
    members = []
    for name, table in written.items():
        if table != found[name]:
            folder = name.rpartition("/")[0]
            folders.setdefault(folder, 0o755)
            files[name] = table.encode("utf-8", "surrogateescape")
    for folder, mode in folders.items():
        members.append(cpio.Member(folder, cpio.S_IFDIR | mode, nlink=2))
    for name, data in files.items():
        mode = 0o644 if name in TABLES else 0o400
        members.append(cpio.Member(name, cpio.S_IFREG | mode, data))
    return cpio.build(members)


def rewritten(table: str, key: Key, file: str) -> str:
    """TABLE with FILE as the key of KEY's device, and without other ways to one."""
    lines = []
    for line in table.splitlines():
        words = line.split()
        if len(words) >= 2 and not words[0].startswith("#") and key.fits(words[1]):
            given = words[3].split(",") if len(words) > 3 else ["luks"]
            others = _OTHER_WAYS + _MORE_WAYS
            options = [word for word in given if word.partition("=")[0] not in others]
            lines.append(" ".join([*words[:2], file, ",".join(options) or "luks"]))
        else:
            lines.append(line)
    return "".join(f"{line}\n" for line in lines)
