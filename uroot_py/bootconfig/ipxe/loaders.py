"""Commands that fetch files, name them, and start them.

Ref: iPXE src/hci/commands/image_cmd.c, src/usr/imgmgmt.c, src/core/image.c.
"""

from __future__ import annotations

from uroot_py.bootconfig.ipxe.commands import COMMANDS
from uroot_py.bootconfig.ipxe.faults import ENOENT, Failure
from uroot_py.bootconfig.ipxe.menus import MENUS
from uroot_py.bootconfig.ipxe.network import NETWORK
from uroot_py.bootconfig.ipxe.options import Options, split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.ipxe.outcome import Image
    from uroot_py.bootconfig.ipxe.shell import Handler, Shell

_SPEC = "name:n= timeout:t= autofree:a"
MAX_CMDLINE = 1 << 16


def _mark(shell: Shell, image: Image, given: Options) -> None:
    """Give IMAGE the name and the command line that were given with it."""
    if "name" in given:
        image.name = given.get("name")
    if given.operands[1:]:
        image.cmdline = " ".join(given.operands[1:])
        if len(image.cmdline) > MAX_CMDLINE:
            raise shell.over(f"command lines of at most {MAX_CMDLINE} characters")
    image.autofree = image.autofree or "autofree" in given


def _acquire(shell: Shell, text: str) -> Image:
    """The image called TEXT, or the file that TEXT names."""
    return shell.find(text) or shell.fetch(text)


def _imgfetch(shell: Shell, args: list[str]) -> None:
    given = split(args, _SPEC, least=1)
    _mark(shell, shell.fetch(given.operands[0]), given)


def _imgselect(shell: Shell, args: list[str]) -> None:
    given = split(args, _SPEC, least=1)
    image = _acquire(shell, given.operands[0])
    _mark(shell, image, given)
    shell.selected = image


def _imgargs(shell: Shell, args: list[str]) -> None:
    given = split(args, _SPEC, least=1)
    image = _acquire(shell, given.operands[0])
    image.cmdline = ""
    _mark(shell, image, given)


def _imgexec(shell: Shell, args: list[str]) -> None:
    """``chain``, ``boot``, ``imgexec``: run a script, or start what is none."""
    given = split(args, f"{_SPEC} replace:r")
    if given.operands:
        image = _acquire(shell, given.operands[0])
        _mark(shell, image, given)
    elif shell.selected is not None:
        image = shell.selected
    else:
        shell.note("boot: no image is selected: no kernel was loaded before")
        return  # iPXE says so, too, and goes on as if it had worked
    if "replace" in given and shell.running:
        shell.running[-1].replacement = image
        shell.leave_script()
        return
    if status := shell.execute(image):
        raise Failure(0, "", status=status)


def _several(shell: Shell, args: list[str]) -> list[Image]:
    names = split(args).operands
    if not names:
        return list(shell.images)
    found = [shell.find(name) for name in names]
    for name, image in zip(names, found, strict=True):
        if image is None:
            raise Failure(ENOENT, f'"{name[:80]}": no such image')
    return [image for image in found if image is not None]


def _imgstat(shell: Shell, args: list[str]) -> None:
    for image in _several(shell, args):
        size = "" if image.size is None else f" : {image.size} bytes"
        kind = " [script]" if image.data is not None else ""
        chosen = " [SELECTED]" if image is shell.selected else ""
        freed = " [AUTOFREE]" if image.autofree else ""
        line = f' "{image.cmdline}"' if image.cmdline else ""
        shell.write(f"{image.name}{size}{kind}{chosen}{freed}{line}\n")


def _imgfree(shell: Shell, args: list[str]) -> None:
    for image in _several(shell, args):
        if image in shell.images:
            shell.free(image)


LOADERS: dict[str, Handler] = {
    **COMMANDS,
    **MENUS,
    **NETWORK,
    **dict.fromkeys(("imgfetch", "module", "initrd"), _imgfetch),
    **dict.fromkeys(("imgselect", "kernel", "imgload"), _imgselect),
    **dict.fromkeys(("imgexec", "chain", "boot"), _imgexec),
    "imgargs": _imgargs,
    "imgstat": _imgstat,
    "imgfree": _imgfree,
}
