"""modprobe - load or remove a kernel module and what it needs.

The kernel calls it for what it misses (``modprobe -q -- fs-ext4``). Ref: modprobe(8).
"""

from __future__ import annotations

from uroot_py.abi.module import delete_module, loaded
from uroot_py.base.errors import KernelError, RefusedError, Report
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.formats.kernel.modules_dep import module_name
from uroot_py.machine.modules import Modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "modprobe",
    "modprobe [-aqv] NAME [PARAMETER=VALUE]... | modprobe -r NAME... | modprobe -D NAME",
    ALL := Option("-a", "--all", help="every operand is a module"),
    REMOVE := Option("-r", "--remove", help="remove the modules, and what only they needed"),
    SHOW_DEPENDS := Option("-D", "--show-depends", help="only print what would be loaded"),
    VERBOSE := Option("-v", "--verbose", help="print what is loaded"),
    QUIET := Option("-q", "--quiet", help="say nothing about a module that is not there"),
    Ignored("-b", "--use-blacklist"),
    example="modprobe e1000e",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Load, remove or show."""
    given = COMMAND.parse(args, min_operands=1)
    modules = Modules()
    report = Report("modprobe", stderr)
    many = given.flag(ALL) or given.flag(REMOVE)
    wanted = given.operands if many else given.operands[:1]
    parameters = "" if many else " ".join(given.operands[1:])
    for name in wanted:
        with report:
            try:
                if given.flag(REMOVE):
                    remove(modules, module_name(name))
                elif given.flag(SHOW_DEPENDS):
                    stdout.writelines(f"insmod {path}\n" for path in needed(modules, name))
                else:
                    new = load(modules, name, parameters)
                    stdout.writelines(f"{n}\n" for n in new if given.flag(VERBOSE))
            except MissingError:
                report.status = 1
                if not given.flag(QUIET):
                    raise
    return report.status


class MissingError(RefusedError):
    """No module has that name or alias."""


def meant(modules: Modules, name: str) -> list[str]:
    """The modules that NAME, a name or an alias, stands for."""
    bare = module_name(name)
    if bare in modules.dependencies.paths or bare in modules.builtin:
        return [bare]
    found = modules.for_alias(name) or modules.for_alias(bare)
    if not found:
        raise MissingError(f"no module or alias {name!r} in {modules.top}")
    return found


def load(modules: Modules, name: str, parameters: str) -> list[str]:
    """Load what NAME stands for; the modules that are new."""
    return [new for real in meant(modules, name) for new in modules.load(real, parameters)]


def needed(modules: Modules, name: str) -> list[str]:
    """The files that loading NAME would load, in that order."""
    wanted = [real for real in meant(modules, name) if real not in modules.builtin]
    order = modules.dependencies.order(wanted)
    return [f"{modules.top}/{modules.dependencies.paths[other]}" for other in order]


def remove(modules: Modules, name: str) -> None:
    """Remove NAME, then those it needed that nobody else uses."""
    if name in modules.builtin:
        raise RefusedError(f"{name}: it is built into the kernel")
    delete_module(name)
    try:
        order = modules.dependencies.order([name])
    except KeyError:
        return
    for other in reversed(order[:-1]):
        if any(row[0] == other and not row[2] for row in loaded()):
            try:
                delete_module(other)
            except KernelError:
                return  # somebody began to use it
