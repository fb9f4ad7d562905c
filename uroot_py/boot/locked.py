"""Encrypted volumes of a boot: a row of the menu for each that is locked, keys until the start.

``uroot.key=DEVICE:/PATH`` names a key file on another device, by its path, UUID=, LABEL=, PARTUUID=
or PARTLABEL=. What is unlocked comes to the survey as any disk that comes later.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import FormatError, UrootError, explain
from uroot_py.base.text import printable
from uroot_py.boot.preference import said
from uroot_py.bootconfig.entry import BootEntry
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.boot.handover import Key
    from uroot_py.boot.survey import Survey
    from uroot_py.disks.blockdev import BlockDevice
    from uroot_py.disks.layers import Layers
    from uroot_py.machine.sysroot import Sysroot
    from uroot_py.terminal.console import Terminal

TRIES = 3
MAX_KEY_FILE = 8 << 20  # bytes, as cryptsetup has it
KIND = "unlock"


class Locked:
    """A source that comes behind the disks: rows that unlock, and what was unlocked by them.

    That is among LAYERS, which takes it away. ``keys`` are for the next system.
    """

    nothing = ""
    own_limits = True

    def __init__(self, layers: Layers, machine: Sysroot = HERE) -> None:
        self.layers = layers
        self.machine = machine
        self.keys: list[Key] = []
        self.tried: set[str] = set()  # devices that the key file was tried on

    def look(self, survey: Survey) -> None:
        """See Source.look."""
        self.more(survey)

    def fileno(self) -> int:
        """See Source.fileno: what is unlocked is a disk that has come."""
        return -1

    def waiting(self) -> str:
        """See Source.waiting."""
        return ""

    def again(self) -> None:
        """See Source.again."""

    def more(self, survey: Survey) -> bool:
        """Give SURVEY a row for each device that is locked, and for no other; true if that changed.

        A key file that was named is tried on each, once.
        """
        waiting = {each.path: each for each in survey.devices if self._is_locked(each)}
        rows = [entry for entry in survey.entries if entry.kind == KIND]
        had = {row.device for row in rows}
        new = [device for path, device in waiting.items() if path not in had]
        gone = [row for row in rows if row.device not in waiting]
        if waiting:
            self._use_key_file(survey, list(waiting.values()))
        survey.entries = [entry for entry in survey.entries if entry not in gone]
        survey.entries += [_row(device) for device in new if self._is_locked(device)]
        return bool(new or gone)

    def _is_locked(self, device: BlockDevice) -> bool:
        if not device.superblock or device.superblock.use != "crypto" or device.silent:
            return False
        return not self.machine.names(f"/sys/class/block/{device.name}/holders")

    def unlock(self, device: BlockDevice, secret: bytearray) -> str:
        """The path of what DEVICE holds, opened with SECRET, which is kept for the next system.

        WrongPassphraseError; FormatError, RefusedError, KernelError, OSError when it cannot be.
        """
        from uroot_py.boot.handover import Key
        from uroot_py.disks import crypt, mapper

        path = crypt.unlock(device.path, secret)
        self.layers.opened(mapper.name_of(path), device.name)
        names = [device.path, f"PARTUUID={device.partuuid}", f"PARTLABEL={device.partlabel}"]
        names += [f"LABEL={device.label}", f"/dev/disk/by-partuuid/{device.partuuid}"]
        names += [f"/dev/mapper/{mapper.name_of(device.path)}"]
        names = [name for name in names if not name.endswith(("=", "/"))]
        self.keys.append(Key(crypt.read(device.path).uuid, secret[:], names))
        return path

    def handed_over(self) -> list[Key]:
        """The keys that the next system gets: none with ``uroot.handover=no``."""
        return [] if said(self.machine, "uroot.handover") == "no" else self.keys

    def ask(self, device: BlockDevice, terminal: Terminal) -> str:
        """Ask for the passphrase of DEVICE at TERMINAL: '' when it is open, or was given up.

        Otherwise why it is not open: it was wrong three times, or cannot be opened here.
        """
        from uroot_py.disks import crypt
        from uroot_py.terminal.secret import Typing

        typing = Typing(terminal)
        with terminal:
            terminal.write(
                f"\nTab hides and shows the stars, Escape gives up.{self._also(device)}\n"
            )
            for left in range(TRIES, 0, -1):
                tries = f"{left} tries left" if left > 1 else "the last try"
                secret = typing.ask(f"Passphrase for {called(device)}, {tries}: ")
                if secret is None:
                    return ""
                terminal.write("unlocking ...\n")
                try:
                    self.unlock(device, secret)
                    return ""
                except crypt.WrongPassphraseError as error:
                    terminal.write(f"{error}\n")
                except (UrootError, OSError) as error:
                    return explain(error)
                finally:
                    crypt.wipe(secret)
        return f"{device.path}: wrong passphrase, {TRIES} times"

    def _also(self, device: BlockDevice) -> str:
        """Which other ways to its key DEVICE has, that are not gone here."""
        from uroot_py.disks import crypt

        try:
            ways = crypt.elsewhere(crypt.read(device.path))
        except (FormatError, OSError):
            return ""
        return f" Not asked: {', '.join(ways)}." if ways else ""

    def _use_key_file(self, survey: Survey, devices: list[BlockDevice]) -> None:
        """Try the key file of ``uroot.key=`` on those of DEVICES that it was not tried on."""
        word = said(self.machine, "uroot.key")
        if not word:
            return
        secret = _key_file(word, survey)
        if secret is None:
            return  # its device may still come
        from uroot_py.disks.crypt import wipe

        for device in devices:
            if device.path not in self.tried:
                self.tried.add(device.path)
                try:
                    self.unlock(device, secret)
                except (UrootError, OSError) as error:
                    survey.faults.append(f"uroot.key: {explain(error)}")
        wipe(secret)

    def close(self) -> None:
        """See Source.close: wipe the keys."""
        for key in self.keys:
            key.secret[:] = bytes(len(key.secret))
        self.keys.clear()


def called(device: BlockDevice) -> str:
    """DEVICE and its label, as people know it."""
    label = device.label or device.partlabel
    return f"{device.path} ({printable(label)})" if label else device.path


def _row(device: BlockDevice) -> BootEntry:
    """The row that unlocks DEVICE: for a person only."""
    row = BootEntry(f"{KIND}:{device.path}", f"{KIND} {called(device)}", source=device.kind)
    row.kind = "unlock"
    row.device = device.path
    row.attended = True
    row.editable = row.linux = False
    return row


def _key_file(word: str, survey: Survey) -> bytearray | None:
    """What is in the file that ``uroot.key=WORD`` names; None where there is none yet."""
    where, _, path = word.rpartition(":")
    key, equals, value = where.partition("=")
    for volume in survey.volumes.all:
        known = volume.name
        if equals:
            known = str(getattr(volume.tree, key.lower(), ""))
        if known.lower() == (value if equals else where).lower() and known:
            data = volume.tree.read(os.path.normpath(f"/{path}"), MAX_KEY_FILE)
            if data is not None:
                return bytearray(data)
    return None
