"""GRUB's commands that steer a script: variables, conditions, files, devices."""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.bootconfig.grub.condition import evaluate, number
from uroot_py.bootconfig.grub.envblock import MAX_SIZE as MAX_ENVIRONMENT
from uroot_py.bootconfig.grub.envblock import parse as parse_environment
from uroot_py.bootconfig.grub.options import split
from uroot_py.bootconfig.grub.shell import Leave, Shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.grub.shell import Handler
    from uroot_py.bootconfig.grub.syntax import SimpleCommand

# Commands of GRUB about screens, drivers and memory: nothing that decides what is
# booted. A name that is no command of GRUB's must not stand here: it would hide a function.
_QUIET = (
    "true insmod rmmod echo clear sleep play terminal_output terminal_input serial loadfont"
    " videoinfo vbeinfo background_image background_color gettext date help ls lsmod lsfonts"
    " lsmmap list_env hexdump keymap sendkey cutmem"
    " badram acpi drivemap nativedisk normal hwmatch cpuid trust distrust list_trusted"
    " verify_detached parttool gptsync net_bootp net_dhcp outb outw outl setpci grub_platform"
    " hiddenentry btrfs-mount-subvol btrfs-list-subvols btrfs-info steamenv_init"
)
# Commands that fail here, because what they ask or open is not there.
_FAILING = (
    "false cmp keystatus file zfskey hashsum md5sum sha1sum sha256sum"
    " sha512sum legacy_configfile legacy_source syslinux_configfile syslinux_source"
    " extract_entries_source extract_entries_configfile"
)


def _quiet(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    return True


def _failing(name: str) -> Handler:
    def run(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
        if name not in ("false", "keystatus"):
            shell.note(f"{name}: not supported")
        return False

    return run


def _set(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    name, equals, value = args[0].partition("=") if args else ("", "", "")
    if not equals:
        return not args
    shell.set(name, value)
    return True


def _unset(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    for name in args:
        shell.env.variables.pop(name, None)
    return True


def _export(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    shell.env.exported.update(args)
    return True


def _count(step: int) -> Handler:
    """Fedora's ``increment`` and ``decrement``."""

    def run(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
        for name in args:
            shell.set(name, str(number(shell.env.get(name)) + step))
        return True

    return run


def _test(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    return evaluate(shell, args[:-1] if args[-1:] == ["]"] else args)


def _eval(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    shell.run_text(" ".join(args), f"{shell.place()}: eval")
    return shell.env.success


def _jump(kind: str) -> Handler:
    def run(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
        if shell.looping:
            levels = number(args[0]) if args else 1
            raise Leave(kind, min(max(levels, 1), shell.looping))
        return False

    return run


def _return(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    if not shell.calls:
        return False
    if args:
        shell.env.success = number(args[0]) == 0
    raise Leave("return")


def _shift(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    count = number(args[0]) if args else 1
    if not 0 <= count <= len(shell.env.args):
        return False
    shell.env.args = shell.env.args[count:]
    return True


def _setparams(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    shell.env.args = args
    return True


# Files


def _source(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    text = shell.read(args[0]) if args else None
    if text is None:
        shell.note(f"source {args[0] if args else ''}: cannot be read")
        return False
    name = shell.devices.name_of(args[0])
    if name in shell.reading:
        shell.note(f"source {args[0]}: passed over, it is being read already")
        return False
    before = {key: shell.env.variables.get(key) for key in ("config_file", "config_directory")}
    shell.enter(args[0])
    try:
        shell.run_text(text, name)
    finally:
        for key, value in before.items():
            if value is None:
                shell.env.variables.pop(key, None)
            else:
                shell.env.variables[key] = value
    return shell.env.success


def _configfile(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
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
    end = child.guard(lambda: child.run_text(text, child.devices.name_of(args[0])))
    shell.saves += child.saves
    if child.menu.items:
        shell.menu = child.menu
        raise Leave("menu")
    if end in ("quit", "boot"):
        shell.entry = child.entry
        raise Leave(end)
    return child.env.success


def _environment_file(shell: Shell, options: dict[str, list[str]]) -> str:
    return options.get("file", [""])[-1] or shell.env.get("prefix") + "/grubenv"


def _load_env(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    options, wanted = split(args, "file/f: skip-sig/s")
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


def _save_env(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    options, names = split(args, "file/f:")
    file = _environment_file(shell, options)
    shell.step(len(file) // 64)
    ref = shell.devices.sectors(file)
    if ref is None:
        volume, path, device = shell.devices.locate(file)
        if volume is None or volume.tree.size(path) is None:
            if shell.devices.read(file, 1):
                shell.note(f"save_env {file}: only one run of sectors is written, not several")
            return False
        ref = shell.devices.ref(volume, path, device)
    # What is not set is taken out of the block.
    shell.saves += [(ref, name, shell.env.variables.get(name)) for name in names]
    return True


COMMANDS: dict[str, Handler] = dict.fromkeys(_QUIET.split(), _quiet)
COMMANDS.update({name: _failing(name) for name in _FAILING.split()})
COMMANDS.update(
    {
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
    }
)
