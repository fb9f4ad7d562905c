"""GRUB's commands that make menu entries, and those that say what an entry boots.

Ref: GNU GRUB Manual 2.06, 16.1 "Commands for the menu only", 16.3 "General commands".
"""

from __future__ import annotations

from uroot_py.bootconfig import efi
from uroot_py.bootconfig.grub import users
from uroot_py.bootconfig.grub.commands import COMMANDS
from uroot_py.bootconfig.grub.options import split
from uroot_py.bootconfig.grub.places import PLACES
from uroot_py.bootconfig.grub.shell import Item, Leave, Shell
from uroot_py.bootconfig.grub.strings import STRINGS
from uroot_py.bootconfig.grub.words import quote_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.entry import FileRef, Kind
    from uroot_py.bootconfig.grub.shell import Handler
    from uroot_py.bootconfig.grub.syntax import SimpleCommand

_MENUENTRY = "class: users: hotkey: source: id: unrestricted"
_LEAVING = "exit normal_exit halt reboot fwsetup"
_NETWORK = ("http", "https", "net", "pxe", "tftp")
MAX_FILES = 64  # initrds or modules of one entry
MAX_CMDLINE = 1 << 16

_UNSUPPORTED = (
    "ntldr appleloader linux32 xnu_kernel xnu_kernel64 kfreebsd knetbsd"
    " kopenbsd xen_hypervisor xen_module"
)


def _file(shell: Shell, what: str, path: str) -> FileRef:
    """The reference to PATH; the entry is refused when there is no such file."""
    volume, inside, device = shell.devices.locate(path)
    ref = shell.devices.ref(volume, inside, device)
    if volume is None:
        why = f"{what} {path}: {_absent(device)}"
    elif volume.tree.size(inside) is None:
        why = f"{what} {ref} is missing"
    else:
        return ref
    shell.refuse(f"{why} ({shell.devices.lost})" if shell.devices.lost else why)
    return ref


def _absent(device: str) -> str:
    """Why there is no DEVICE."""
    kind = device.partition(",")[0]
    if kind in _NETWORK:
        return f"({kind}) is GRUB's network, nothing is loaded over one for a configuration"
    if kind.startswith("crypto"):
        return f"({device}) is encrypted and locked; the menu has a row that unlocks it"
    return f"no device ({device})"


def _kernel(what: str, kind: Kind) -> Handler:
    def run(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
        while kind != "linux" and args[:1] and args[0].startswith("--quirk"):
            args = args[1:]
        if not args:
            return shell.refuse(f"{shell.place()}: expected a file, found nothing")
        entry = shell.entry
        entry.kind, entry.why_not = kind, ""
        entry.kernel = _file(shell, what, args[0])
        entry.initrds, entry.modules = [], []
        entry.cmdline = quote_words(args[1:])[:MAX_CMDLINE]
        return entry.bootable

    return run


def _initrd(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    if shell.entry.kernel is None:
        return shell.refuse(f"{shell.place()}: initrd without a kernel before it")
    shell.entry.initrds = []
    for path in args[:MAX_FILES]:
        member = ""
        if path.startswith("newc:"):  # newc:NAME:FILE is packed into an archive under that name
            _, member, path = path.split(":", 2) if path.count(":") > 1 else ("", "", "")
            if not member.strip("/"):
                return shell.refuse(f"{shell.place()}: expected newc:NAME:FILE")
        ref = _file(shell, "initrd", path)
        ref.member = member
        shell.entry.initrds.append(ref)
    return shell.entry.bootable


def _devicetree(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    shell.entry.devicetree = _file(shell, "device tree", args[0]) if args else None
    return shell.entry.bootable


def _module(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    args = args[1:] if args[:1] == ["--nounzip"] else args
    if shell.entry.kernel is None or not args:
        return shell.refuse(f"{shell.place()}: a module needs a kernel before it and a file")
    if len(shell.entry.modules) < MAX_FILES:
        module = (_file(shell, "module", args[0]), quote_words(args[1:])[:MAX_CMDLINE])
        shell.entry.modules.append(module)
    return shell.entry.bootable


def _chainloader(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    """An EFI program needs a payload, a boot sector a BIOS; a unified kernel image has a kernel."""
    operands = [arg for arg in args if not arg.startswith("--")]
    entry = shell.entry
    if not operands:
        return shell.refuse(f"{shell.place()}: expected a file, found nothing")
    entry.kernel, entry.kind = None, "other"
    volume, path, _ = shell.devices.locate(operands[0])
    before = entry.why_not
    if volume is not None and path.lower().endswith(".efi"):
        from uroot_py.bootconfig import uki

        if uki.fill(entry, volume.tree, path, shell.env.get("grub_cpu"), quote_words(operands[1:])):
            if volume is not shell.devices.home:
                entry.place_files(volume.device)
            return entry.bootable
        if entry.why_not == before and volume.tree.size(path):
            efi.needs_payload(entry, shell.devices.ref(volume, path))
            return True
    return shell.refuse(f"chainloader {operands[0]}: needs the services of a BIOS or UEFI firmware")


def _unsupported(name: str) -> Handler:
    def run(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
        if "--is-supported" in args:
            return False
        shell.entry.kind = "other"
        return shell.refuse(f"{name}: not supported")

    return run


def _leaves(name: str) -> Handler:
    """Ends GRUB: an entry starts nothing then, whatever comes behind."""

    def run(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
        if "--is-supported" in args:
            return False
        shell.entry.kernel, shell.entry.kind = None, "other"
        shell.entry.why_not = f"{name}: GRUB is left here, nothing is started"
        raise Leave("quit")

    return run


def _prefix(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    """A word that stands before the command that loads: SteamOS' ``steamenv_boot linux ...``."""
    return not args or shell.call(args, node)


def _blscfg(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    from uroot_py.bootconfig.grub.blscfg import run_blscfg

    return run_blscfg(shell, args)


def _uki(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    from uroot_py.bootconfig.grub.blscfg import run_uki

    return run_uki(shell, args)


def _boot(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    if shell.entry.kernel is None and not shell.entry.why_not:
        shell.note("boot: no kernel was loaded before")
        return False
    raise Leave("boot")


def _menuentry(submenu: bool) -> Handler:
    def run(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
        options, operands = split(args, _MENUENTRY, dash=True)
        if not operands or (node.block is None and "source" not in options):
            shell.note("menuentry: expected a title and a block")
            return False
        title = operands[0]
        item = Item(title, options.get("id", [""])[-1], shell.source, node.line)
        item.args, item.submenu, item.block = operands, submenu, node.block or []
        if "unrestricted" not in options:
            item.users = options.get("users", [""])[-1]
        shell.add(item)
        return True

    return run


LOADERS: dict[str, Handler] = {
    **COMMANDS,
    **PLACES,
    **STRINGS,
    **dict.fromkeys(("linux", "linux16", "linuxefi"), _kernel("kernel", "linux")),
    **dict.fromkeys(("initrd", "initrd16", "initrdefi"), _initrd),
    **dict.fromkeys(("module", "module2"), _module),
    "multiboot": _kernel("kernel", "multiboot"),
    "multiboot2": _kernel("kernel", "multiboot2"),
    "devicetree": _devicetree,
    "chainloader": _chainloader,
    "blscfg": _blscfg,
    "bls_import": _blscfg,
    "uki": _uki,
    "boot": _boot,
    "password": users.password,
    "password_pbkdf2": users.password_pbkdf2,
    "authenticate": users.authenticate,
    "steamenv_boot": _prefix,
    **{name: _leaves(name) for name in _LEAVING.split()},
    "menuentry": _menuentry(submenu=False),
    "submenu": _menuentry(submenu=True),
}
LOADERS.update({name: _unsupported(name) for name in _UNSUPPORTED.split()})
