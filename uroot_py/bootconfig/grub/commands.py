"""GRUB's commands that steer a script: variables, conditions, files, devices."""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.bootconfig.grub.condition import evaluate, number
from uroot_py.bootconfig.grub.envblock import MAX_SIZE as MAX_ENVIRONMENT
from uroot_py.bootconfig.grub.envblock import parse as parse_environment
from uroot_py.bootconfig.grub.shell import Leave, Shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.grub.shell import Handler
    from uroot_py.bootconfig.grub.syntax import Command
    from uroot_py.bootconfig.volumes import Volume

# Commands of GRUB about screens, drivers, memory and passwords: nothing that decides what is
# booted. A name that is no command of GRUB's must not stand here: it would hide a function.
_QUIET = (
    "true echo rmmod clear sleep play terminal_output terminal_input serial loadfont videoinfo"
    " vbeinfo background_image background_color gettext date help ls lsmod lsfonts lsmmap list_env"
    " cat hexdump password password_pbkdf2 authenticate keymap sendkey cutmem badram acpi drivemap"
    " nativedisk normal hwmatch cpuid trust distrust list_trusted verify_detached parttool gptsync"
    " net_bootp net_dhcp outb outw outl setpci"
)
# Commands that fail here, because what they ask or open is not there.
_FAILING = (
    "false cmp keystatus regexp read tr file cryptomount zfskey hashsum md5sum sha1sum sha256sum"
    " sha512sum legacy_configfile legacy_source syslinux_configfile syslinux_source"
    " extract_entries_source extract_entries_configfile"
)


def take_options(
    args: list[str], valued: str = "", shorts: str = ""
) -> tuple[dict[str, list[str]], list[str]]:
    """Split ARGS into options and operands, as GRUB does: options may stand anywhere before ``--``.

    VALUED names the long options that need a value; SHORTS has pairs such as ``fs=f`` for the
    short ones. An option given as ``--name=value`` has its value in any case.
    """
    long_of = {pair[-1]: pair[:-2] for pair in shorts.split()}
    needs = valued.split()
    options: dict[str, list[str]] = {}
    operands: list[str] = []
    rest = list(reversed(args))
    while rest:
        word = rest.pop()
        if word == "--":
            return options, operands + rest[::-1]
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            if not equals and name in needs and rest:
                value = rest.pop()
            options.setdefault(name, []).append(value)
        elif word.startswith("-") and len(word) > 1:
            for letter in word[1:]:
                name = long_of.get(letter, letter)
                value = rest.pop() if name in needs and rest else ""
                options.setdefault(name, []).append(value)
        else:
            operands.append(word)
    return options, operands


def _quiet(shell: Shell, args: list[str], node: Command) -> bool:
    return True


def _insmod(shell: Shell, args: list[str], node: Command) -> bool:
    shell.modules.update(args)
    return True


def _failing(name: str) -> Handler:
    def run(shell: Shell, args: list[str], node: Command) -> bool:
        if name not in ("false", "keystatus"):
            shell.note(f"{name}: not supported")
        return False

    return run


def _set(shell: Shell, args: list[str], node: Command) -> bool:
    name, equals, value = args[0].partition("=") if args else ("", "", "")
    if not equals:
        return not args
    shell.set(name, value)
    return True


def _unset(shell: Shell, args: list[str], node: Command) -> bool:
    for name in args:
        shell.env.variables.pop(name, None)
    return True


def _export(shell: Shell, args: list[str], node: Command) -> bool:
    shell.env.exported.update(args)
    return True


def _count(step: int) -> Handler:
    """Fedora's ``increment`` and ``decrement``."""

    def run(shell: Shell, args: list[str], node: Command) -> bool:
        for name in args:
            shell.set(name, str(number(shell.env.get(name)) + step))
        return True

    return run


def _test(shell: Shell, args: list[str], node: Command) -> bool:
    return evaluate(shell, args[:-1] if args[-1:] == ["]"] else args)


def _eval(shell: Shell, args: list[str], node: Command) -> bool:
    shell.run_text(" ".join(args), f"{shell.place()}: eval")
    return shell.env.success


def _jump(kind: str) -> Handler:
    def run(shell: Shell, args: list[str], node: Command) -> bool:
        if shell.looping:
            levels = number(args[0]) if args else 1
            raise Leave(kind, min(max(levels, 1), shell.looping))
        return False

    return run


def _return(shell: Shell, args: list[str], node: Command) -> bool:
    if not shell.calls:
        return False
    if args:
        shell.env.success = number(args[0]) == 0
    raise Leave("return")


def _shift(shell: Shell, args: list[str], node: Command) -> bool:
    count = number(args[0]) if args else 1
    if not 0 <= count <= len(shell.env.args):
        return False
    shell.env.args = shell.env.args[count:]
    return True


def _setparams(shell: Shell, args: list[str], node: Command) -> bool:
    shell.env.args = args
    return True


# Files


def _source(shell: Shell, args: list[str], node: Command) -> bool:
    text = shell.read(args[0]) if args else None
    if text is None:
        shell.note(f"source {args[0] if args else ''}: cannot be read")
        return False
    name = shell.devices.name_of(args[0])
    if name in shell.reading:
        shell.note(f"source {args[0]}: passed over, it is being read already")
        return False
    shell.run_text(text, name)
    return shell.env.success


def _configfile(shell: Shell, args: list[str], node: Command) -> bool:
    """Run a file in a context of its own; when it makes a menu, that menu is the one shown."""
    text = shell.read(args[0]) if args else None
    if text is None:
        text = f"configfile {args[0] if args else ''}: cannot be read"
        shell.fault(f"{text} ({shell.devices.lost})" if shell.devices.lost else text)
        return False
    volume, path, _ = shell.devices.locate(args[0])
    if volume is not None and not shell.devices.volumes.first_visit(volume, path):
        shell.listing.looked.append((shell.devices.name_of(args[0]), "already read"))
        return True
    child = shell.fork(new_context=True)
    child.enter(args[0])
    child.guard(lambda: child.run_text(text, child.devices.name_of(args[0])))
    shell.saves += child.saves
    if not child.menu.items:
        return child.env.success
    shell.menu = child.menu
    raise Leave("exit")


def _environment_file(shell: Shell, options: dict[str, list[str]]) -> str:
    return options.get("file", [""])[-1] or shell.env.get("prefix") + "/grubenv"


def _load_env(shell: Shell, args: list[str], node: Command) -> bool:
    options, wanted = take_options(args, "file", "file=f skip-sig=s")
    path = _environment_file(shell, options)
    text = shell.read(path, MAX_ENVIRONMENT)
    if text is None:
        return False
    try:
        block = parse_environment(text.encode("utf-8", "surrogateescape"))
    except FormatError as fault:
        shell.fault(f"load_env {path}: {fault}")
        return False
    for name, value in block.items():
        if not wanted or name in wanted:
            shell.set(name, value)
    return True


def _save_env(shell: Shell, args: list[str], node: Command) -> bool:
    options, names = take_options(args, "file", "file=f")
    volume, path, device = shell.devices.locate(_environment_file(shell, options))
    if volume is None or volume.tree.size(path) is None:
        return False
    ref = shell.devices.ref(volume, path, device)
    # What is not set is taken out of the block.
    shell.saves += [(ref, name, shell.env.variables.get(name)) for name in names]
    return True


# Devices

_KEYS = {
    "file": "file",
    "label": "label",
    "fs-uuid": "uuid",
    "fs_uuid": "uuid",
    "fs_label": "label",
}


def _find(shell: Shell, key: str, name: str, variable: str, hints: list[str]) -> bool:
    """Set VARIABLE to the device that has what is wanted; hints and the home volume go first."""
    shell.step(len(shell.devices.volumes.all))
    found = shell.devices.volumes.find(f"{_KEYS[key]}={name}")
    if not found:
        shell.devices.lost = f"no volume with {_KEYS[key]} {name}"
        shell.note(f"search: {shell.devices.lost}")
        return False

    def rank(volume: Volume) -> tuple[bool, bool]:
        hinted = any(shell.devices.volumes.find(f"device={hint}") == [volume] for hint in hints)
        return (not hinted, volume is not shell.devices.home)

    shell.devices.lost = ""
    best = min(found, key=rank)
    if variable:
        shell.set(variable, shell.devices.name(best))
    return True


def _search(shell: Shell, args: list[str], node: Command) -> bool:
    options, names = take_options(
        args,
        "hint hint-ieee1275 hint-bios hint-baremetal hint-efi hint-arc",
        "file=f label=l fs-uuid=u set=s no-floppy=n hint=h",
    )
    key = next((key for key in ("label", "fs-uuid", "file") if key in options), "")
    if not key or not names:
        shell.note(f"search: expected --file, --label or --fs-uuid and a name, found {args}")
        return False
    variable = (options["set"][-1] or "root") if "set" in options else ""
    if options.get("set") == [""] and len(names) > 1:  # --set VARIABLE without the equals sign
        variable = names.pop(0)
    platform = "efi" if shell.env.get("grub_platform") == "efi" else "bios"
    hints = [hint for name in ("hint", f"hint-{platform}") for hint in options.get(name, [])]
    return _find(shell, key, names[0], variable, hints)


def _search_by(key: str) -> Handler:
    """``search.fs_uuid NAME [VARIABLE] [HINT]...``: what grub-install writes into stubs."""

    def run(shell: Shell, args: list[str], node: Command) -> bool:
        if not args:
            return False
        return _find(shell, key, args[0], args[1] if len(args) > 1 else "root", args[2:])

    return run


def _probe(shell: Shell, args: list[str], node: Command) -> bool:
    options, devices = take_options(
        args, "set", "set=s driver=d partmap=p fs=f fs-uuid=u label=l part-uuid=q"
    )
    volume = shell.devices.find(devices[0]) if devices else None
    if volume is None:
        return False
    fields = {"fs-uuid": "uuid", "label": "label", "part-uuid": "partuuid"}
    field = next((field for option, field in fields.items() if option in options), "")
    value = getattr(volume.tree, field) if field else ""
    if not value:
        shell.note(f"probe {devices[0]}: this is not known here")
        return False
    shell.set(options.get("set", [""])[-1], value)
    return True


def _loopback(shell: Shell, args: list[str], node: Command) -> bool:
    options, names = take_options(args, "", "delete=d")
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


COMMANDS: dict[str, Handler] = dict.fromkeys(_QUIET.split(), _quiet)
COMMANDS.update({name: _failing(name) for name in _FAILING.split()})
COMMANDS.update(
    {
        "insmod": _insmod,
        "set": _set,
        "unset": _unset,
        "export": _export,
        "test": _test,
        "[": _test,
        "increment": _count(1),
        "decrement": _count(-1),
        "eval": _eval,
        "break": _jump("break"),
        "continue": _jump("continue"),
        "return": _return,
        "shift": _shift,
        "setparams": _setparams,
        "source": _source,
        ".": _source,
        "configfile": _configfile,
        "load_env": _load_env,
        "save_env": _save_env,
        "search": _search,
        "search.file": _search_by("file"),
        "search.fs_label": _search_by("fs_label"),
        "search.fs_uuid": _search_by("fs_uuid"),
        "probe": _probe,
        "loopback": _loopback,
    }
)
