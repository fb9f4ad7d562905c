"""cryptsetup - open, close and describe encrypted volumes.

LUKS1 and LUKS2, as they are: nothing is ever written to a header. Status: 1 for wrong words, 2 for
a wrong passphrase.

Ref: cryptsetup(8), cryptsetup-open(8).
"""

from __future__ import annotations

import os

from uroot_py.base.errors import FormatError, RefusedError, UrootError
from uroot_py.base.options import Command, Ignored, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO, TextIO

    from uroot_py.base.options import ParsedArgs
    from uroot_py.formats.disk.luks_volume import Keyslot, Volume

COMMAND = Command(
    "cryptsetup",
    "cryptsetup open DEVICE NAME | close NAME | status NAME | luksDump|luksUUID|isLuks DEVICE",
    KEY_FILE := Option("-d", "--key-file", value="FILE", help="the passphrase; -: standard input"),
    KEY_OFFSET := Option("--keyfile-offset", value="N", help="it begins at this byte of the file"),
    KEY_SIZE := Option("-l", "--keyfile-size", value="N", help="and has so many"),
    KEY_SLOT := Option("-S", "--key-slot", value="N", help="try this keyslot alone"),
    READ_ONLY := Option("-r", "--readonly", help="the device cannot be written to"),
    TEST := Option("--test-passphrase", help="say whether it is right, make no device"),
    TRIES := Option("-T", "--tries", value="N", help="how often to ask (3)"),
    DISCARDS := Option("--allow-discards", help="pass on what is not needed any more"),
    TYPE := Option("-M", "--type", value="TYPE", help="luks, luks1 or luks2 and no other"),
    VERBOSE := Option("-v", "--verbose", help="say how it ended"),
    HEADER := Option("--header", value="FILE"),
    Ignored("-q", "--batch-mode"),
    example="cryptsetup open --readonly /dev/vda3 root",
    notes="Also luksOpen and luksClose. A file is made a loop device.",
)
MAX_KEY_FILE = 8 << 20  # bytes, as cryptsetup has it
_TRIES = 3


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """One action; the errors of what it works on end it."""
    given = COMMAND.parse(args)
    action, *rest = given.operands or [""]
    if action not in _ACTIONS:
        raise COMMAND.usage_error(f"expected {', '.join(_ACTIONS)}, found {action!r}")
    work, count = _ACTIONS[action]
    # With --test-passphrase there is no device that needs a name.
    least = 1 if given.flag(TEST) else count
    if not least <= len(rest) <= count:
        raise COMMAND.usage_error(
            f"{action}: expected {'DEVICE NAME' if count > 1 else 'one operand'}"
        )
    if given.text(HEADER) is not None:
        raise RefusedError("--header: a detached header is not supported")
    try:
        status = work(given, rest, stdin, stdout, stderr)
    except UrootError as error:
        if given.flag(VERBOSE):
            stdout.write(f"Command failed with code {error.status}.\n")
        raise
    if given.flag(VERBOSE):
        word = f"failed with code {status}" if status else "successful"
        stdout.write(f"Command {word}.\n")
    return status


def open_(
    given: ParsedArgs, operands: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO
) -> int:
    """Make a device of what a passphrase opens."""
    from uroot_py.disks import crypt

    path = _block_device(operands[0], given)
    volume = _volume(path, given)
    if volume.why_not:
        raise RefusedError(f"{path}: {volume.why_not}")
    slots = _slots(volume, given)
    options = ["allow_discards"] if given.flag(DISCARDS) else []
    ask = _passphrases(given, operands[0], stdin, stderr)
    left = 1 if given.text(KEY_FILE) is not None else given.number(TRIES) or _TRIES
    while True:
        secret = ask()
        try:
            slot, key = crypt.key_of(path, volume, secret, slots)
        except crypt.WrongPassphraseError as error:
            left -= 1
            if left <= 0:
                raise error.within(operands[0]).with_status(2) from None
            stderr.write(f"cryptsetup: {error}\n")
            continue
        finally:
            crypt.wipe(secret)
        break
    try:
        if given.flag(VERBOSE):
            stdout.write(f"Key slot {slot.number} unlocked.\n")
        if not given.flag(TEST):
            readonly = given.flag(READ_ONLY)
            name = operands[1]
            crypt.activate(path, volume, key, name=name, readonly=readonly, options=options)
    finally:
        crypt.wipe(key)
    return 0


def _block_device(path: str, given: ParsedArgs) -> str:
    """PATH, or the loop device that the file PATH is made, until nobody uses it."""
    import stat

    if not stat.S_ISREG(os.stat(path).st_mode):
        return path
    from uroot_py.abi import loop
    from uroot_py.machine.modules import load_for_loop

    load_for_loop()
    flags = loop.LO_FLAGS_AUTOCLEAR
    flags |= loop.LO_FLAGS_READ_ONLY if given.flag(READ_ONLY) else 0
    device, _ = loop.attach(path, flags=flags)  # its handle keeps it until this process ends
    return device


def _volume(path: str, given: ParsedArgs) -> Volume:
    from uroot_py.disks import crypt

    volume = crypt.read(path)
    wanted = (given.text(TYPE) or "luks").lower()
    if wanted not in ("luks", f"luks{volume.version}"):
        raise RefusedError(f"{path}: is a LUKS{volume.version} volume, and no {wanted}")
    return volume


def _slots(volume: Volume, given: ParsedArgs) -> list[Keyslot]:
    number = given.number(KEY_SLOT)
    if number is None:
        return []
    found = [slot for slot in volume.keyslots if slot.number == number]
    if not found:
        raise RefusedError(f"keyslot {number} is not in use", hint="luksDump shows them")
    if found[0].why_not:
        raise RefusedError(f"keyslot {number}: {found[0].why_not}")
    return found


def _passphrases(
    given: ParsedArgs, device: str, stdin: TextIO, stderr: TextIO
) -> Callable[[], bytearray]:
    """What gives the passphrase, each time that it is asked."""
    file = given.text(KEY_FILE)
    if file is not None:
        return lambda: _key_file(file, given, stdin)
    if not stdin.isatty():
        return lambda: bytearray(_binary(stdin).readline(MAX_KEY_FILE).rstrip(b"\n"))
    from uroot_py.terminal.console import Terminal
    from uroot_py.terminal.secret import Typing

    terminal = Terminal.standard()
    typing = Typing(terminal)

    def ask() -> bytearray:
        with terminal:
            secret = typing.ask(f"Enter passphrase for {device}: ")
        if secret is None:
            raise RefusedError("no passphrase was given")
        return secret

    return ask


def _binary(stream: TextIO) -> BinaryIO:
    return stream.buffer


def _key_file(path: str, given: ParsedArgs, stdin: TextIO) -> bytearray:
    offset, size = given.size(KEY_OFFSET) or 0, given.size(KEY_SIZE)
    room = MAX_KEY_FILE if size is None else min(size, MAX_KEY_FILE)
    if path == "-":
        data = _binary(stdin).read(offset + room + 1)
    else:
        with open(path, "rb") as file:
            data = file.read(offset + room + 1)
    secret = bytearray(data[offset:])
    if size is None and len(secret) > MAX_KEY_FILE:
        raise RefusedError(f"{path}: expected a key file of at most 8 MiB, found more")
    if size is not None and len(secret) < size:
        raise RefusedError(f"{path}: expected {size} bytes at {offset}, found {len(secret)}")
    return secret[:room]


def close(
    given: ParsedArgs, operands: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO
) -> int:
    """Take a device away."""
    from uroot_py.disks import mapper

    mapper.deactivate(mapper.name_of(operands[0]))
    return 0


def status(
    given: ParsedArgs, operands: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO
) -> int:
    """What a device is made of; no key."""
    import errno

    from uroot_py.abi import devmapper
    from uroot_py.base.errors import KernelError
    from uroot_py.disks import mapper

    name = mapper.name_of(operands[0])
    try:
        info, table = devmapper.info(name), devmapper.table(name)
    except KernelError as error:
        if error.errno not in (errno.ENXIO, errno.ENODEV):
            raise
        stdout.write(f"/dev/mapper/{name} is inactive.\n")
        return 4
    in_use = " and is in use" if info.open_count else ""
    stdout.write(f"/dev/mapper/{name} is active{in_use}.\n")
    words = str(table[0].parameters).split() if table else []
    if not table or table[0].type != "crypt" or len(words) < 5:
        return 0
    cipher, key, _, device, offset = words[:5]
    size = key.split(":")[1] if key.startswith(":") else str(len(key) // 2)
    major, _, minor = device.partition(":")
    node = os.path.basename(os.path.realpath(f"/sys/dev/block/{major}:{minor}"))
    sector = [word.partition(":")[2] for word in words[5:] if word.startswith("sector_size:")]
    rows = {
        "type:": info.uuid.split("-")[1] if info.uuid.startswith("CRYPT-") else "n/a",
        "cipher:": cipher,
        "keysize:": f"{int(size) * 8} bits",
        "key location:": "keyring" if key.startswith(":") else "dm-crypt",
        "device:": f"/dev/{node}",
        "sector size:": sector[0] if sector else "512",
        "offset:": f"{offset} sectors",
        "size:": f"{table[0].length} sectors",
        "mode:": "readonly" if info.readonly else "read/write",
    }
    stdout.write("".join(f"  {title:<8} {text}\n" for title, text in rows.items()))
    return 0


def dump(
    given: ParsedArgs, operands: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO
) -> int:
    """What a volume says of itself."""
    from uroot_py.formats.disk import luks_text

    volume = _volume(operands[0], given)
    stdout.write("".join(f"{line}\n" for line in luks_text.lines(volume, operands[0])))
    if volume.why_not:
        stderr.write(f"cryptsetup: {operands[0]}: cannot be opened: {volume.why_not}\n")
    return 0


def uuid(
    given: ParsedArgs, operands: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO
) -> int:
    """The UUID of a volume."""
    stdout.write(f"{_volume(operands[0], given).uuid}\n")
    return 0


def is_luks(
    given: ParsedArgs, operands: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO
) -> int:
    """0 for a volume, 1 for anything else."""
    try:
        _volume(operands[0], given)
    except (FormatError, RefusedError):
        return 1
    return 0


_ACTIONS = {
    "open": (open_, 2),
    "luksOpen": (open_, 2),
    "close": (close, 1),
    "luksClose": (close, 1),
    "status": (status, 1),
    "luksDump": (dump, 1),
    "luksUUID": (uuid, 1),
    "isLuks": (is_luks, 1),
}
