"""GRUB's commands that look for devices, ask what they are, and open images.

Ref: GNU GRUB Manual 2.06, 16.3 "search", "probe", "loopback"; CoreOS' GRUB, gptprio.c.
"""

from __future__ import annotations

from uroot_py.bootconfig.grub.options import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.grub.shell import Handler, Shell
    from uroot_py.bootconfig.grub.syntax import SimpleCommand
    from uroot_py.bootconfig.volumes import Volume

_SEARCH = (
    "file/f label/l fs-uuid/u part-label part-uuid set/s? no-floppy/n efidisk-only root-dev-only/r"
    " cryptodisk-only hint/h: hint-ieee1275: hint-bios: hint-baremetal: hint-efi: hint-arc:"
)
# In the order in which GRUB looks at them when several are given.
_KEYS = {
    "label": "label",
    "fs-uuid": "uuid",
    "part-label": "partlabel",
    "part-uuid": "partuuid",
    "file": "file",
}
_PROBE = "set/s: driver/d partmap/p fs/f fs-uuid/u label/l part-uuid"
# What GRUB calls the file systems that Linux calls otherwise.
_FILE_SYSTEMS = {"ext3": "ext2", "ext4": "ext2", "vfat": "fat", "squashfs": "squash4"}
_USR = "5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6"  # the type of CoreOS' two /usr partitions


def _find(shell: Shell, key: str, name: str, variable: str, hints: list[str]) -> bool:
    """Set VARIABLE to the device that has what is wanted; hints and the home volume go first."""
    volumes = shell.devices.volumes
    shell.step(len(volumes.all))
    found = volumes.find(f"{key}={name}")
    if not found:
        shell.devices.lost = f"no volume with {key} {name}"
        shell.note(f"search: {shell.devices.lost}")
        return False

    def rank(volume: Volume) -> tuple[int, bool]:
        place = next((i for i, hint in enumerate(hints) if _hinted(volume, hint)), len(hints))
        return place, volume is not shell.devices.home

    def _hinted(volume: Volume, hint: str) -> bool:
        if hint.endswith(","):  # every partition of that disk
            return volume.device.startswith(hint)
        return volume in volumes.find(f"device={hint}")

    shell.devices.lost = ""
    best = min(found, key=rank)
    if variable:
        shell.set(variable, shell.devices.name(best))
    return True


def _search(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    options, names = split(args, _SEARCH, dash=True)
    while names and names[0].startswith("--hint-"):  # those of platforms to come
        del names[0]
    variable = ""
    if "set" in options:
        variable = options["set"][-1] or "root"
        if not names and options["set"][-1]:  # the word behind --set is what is looked for
            names, variable = [variable], "root"
    key = next((key for key in _KEYS if key in options), "")
    if not key or not names:
        shell.note(f"search: expected --file, --label or --fs-uuid and a name, found {args}")
        return False
    platform = "efi" if shell.env.get("grub_platform") == "efi" else "bios"
    hints = [
        hint
        for name in ("hint", f"hint-{platform}", "hint-baremetal")
        for hint in options.get(name, [])
    ]
    return _find(shell, _KEYS[key], names[0], variable, hints)


def _search_by(key: str) -> Handler:
    """``search.fs_uuid NAME [VARIABLE] [HINT]...``: what grub-install writes into stubs."""

    def run(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
        if not args:
            return False
        return _find(shell, key, args[0], args[1] if len(args) > 1 else "root", args[2:])

    return run


def _probe(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    options, devices = split(args, _PROBE)
    volume = shell.devices.find(devices[0]) if devices else None
    if volume is None:
        shell.note(f"probe {devices[0] if devices else ''}: no such device")
        return False
    tree, partition = volume.tree, volume.device.partition(",")[2]
    if "driver" in options:
        value = "efidisk" if shell.env.get("grub_platform") == "efi" else "biosdisk"
    elif "partmap" in options:
        value = partition.rstrip("0123456789") or "none"
    elif "part-uuid" in options:
        value = tree.partuuid or "none"
    elif "fs" in options:
        value = _FILE_SYSTEMS.get(tree.fstype, tree.fstype)
    elif "fs-uuid" in options:
        value = tree.uuid
    else:
        value = tree.label if "label" in options else ""
    if not value and "label" not in options:
        shell.note(f"probe {devices[0]}: this is not known here")
        return False
    if "set" in options:
        shell.set(options["set"][-1], value)
    return True


def _loopback(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    options, names = split(args, "delete/d decompress/D")
    if "delete" in options or len(names) < 2:
        return bool(names) and shell.devices.loops.pop(names[0], None) is not None
    volume, path, _ = shell.devices.locate(names[1])
    if volume is None or volume.tree.size(path) is None:
        return shell.refuse(f"image {names[1]} is missing")
    image = shell.devices.volumes.image(volume, path)
    if image is None:
        return shell.refuse(f"image {names[1]} cannot be opened")
    shell.devices.loops[names[0]] = image
    return True


def _gptprio_next(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    """``gptprio.next -d VARIABLE -u VARIABLE``: the /usr that is to be tried next.

    A partition's priority, the tries it has left and whether it was successful are bits 48 to 51,
    52 to 55 and 56 of its GPT attributes. A try that is left is used up by the start.
    """
    options, _ = split(args, "set-device/d: set-uuid/u:")
    disk, best, highest = shell.env.get("root").partition(",")[0], None, 0
    for volume in shell.devices.volumes.all:
        if volume.parttype != _USR or volume.device.partition(",")[0] != disk:
            continue
        priority, tries = volume.attributes >> 48 & 15, volume.attributes >> 52 & 15
        if priority > highest and (tries or volume.attributes >> 56 & 1):
            best, highest = volume, priority
    if best is None:
        shell.devices.lost = "gptprio.next: no /usr partition that may be tried"
        shell.note(shell.devices.lost)
        return False
    tries = best.attributes >> 52 & 15
    if tries:
        shell.saves.append((shell.devices.ref(best, ""), "tries", str(tries - 1)))
    for name in options.get("set-device", []):
        shell.set(name, best.device)
    for name in options.get("set-uuid", []):
        shell.set(name, best.tree.partuuid)
    return True


def _cryptomount(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    """Nothing is opened for a configuration: what a person has unlocked is there already."""
    options, _ = split(args, _CRYPTOMOUNT)
    here = [v.device for v in shell.devices.volumes.all if v.device.startswith("cryptouuid/")]
    wanted = [uuid.replace("-", "").lower() for uuid in options.get("uuid", [])]
    locked = [uuid for uuid in wanted if f"cryptouuid/{uuid}" not in here]
    if locked or not here:
        which = f"{locked[0]} is locked" if locked else "nothing is unlocked"
        shell.note(f"cryptomount: {which}; the menu has a row that unlocks it")
    return bool(here) and not locked


_CRYPTOMOUNT = (
    "uuid/u: all/a boot/b password/p: key-file/k: keyfile-offset/O: keyfile-size/S: header/H:"
)
PLACES: dict[str, Handler] = {
    "search": _search,
    "search.file": _search_by("file"),
    "search.fs_file": _search_by("file"),
    "search.fs_label": _search_by("label"),
    "search.fs_uuid": _search_by("uuid"),
    "search.part_label": _search_by("partlabel"),
    "search.part_uuid": _search_by("partuuid"),
    "probe": _probe,
    "loopback": _loopback,
    "gptprio.next": _gptprio_next,
    "cryptomount": _cryptomount,
}
