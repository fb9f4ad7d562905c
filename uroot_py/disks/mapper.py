"""Device-mapper's devices as disks use them: made as a whole or not at all, read-only, named.

Ref: Documentation/admin-guide/device-mapper.
"""

from __future__ import annotations

import os

from uroot_py.abi import devmapper
from uroot_py.base.errors import KernelError, RefusedError, UrootError
from uroot_py.machine.modules import Modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uroot_py.abi.devmapper import Target

# What drives a target, where that is not dm_mod itself.
_MODULES = {"crypt": "dm_crypt", "mirror": "dm_mirror", "snapshot": "dm_snapshot"}


def ready(types: Sequence[str] = ()) -> None:
    """Load what device-mapper needs for targets of TYPES; RefusedError without it, KernelError."""
    modules = Modules()
    names = ["dm_mod", *(_MODULES[kind] for kind in types if kind in _MODULES)]
    for name in dict.fromkeys(names):
        try:
            modules.load(name)
        except RefusedError as error:
            if not _there():  # built in, by a kernel that came without its list
                raise error.with_hint("this image has no device-mapper module") from None
    devmapper.version()


def _there() -> bool:
    try:
        devmapper.version()
    except KernelError:
        return False
    return True


def activate(
    name: str,
    targets: Sequence[Target],
    *,
    uuid: str = "",
    readonly: bool = True,
    secure: bool = False,
) -> str:
    """Make the device NAME with the table TARGETS and have it work; its path.

    Nothing of it stays when that fails: KernelError; RefusedError without the module that it needs.
    """
    ready(sorted({target.type for target in targets}))
    made = devmapper.create(name, uuid)
    try:
        devmapper.load(name, targets, readonly=readonly, secure=secure)
        devmapper.resume(name)
    except UrootError:
        devmapper.remove(name)
        raise
    path = f"/dev/mapper/{name}"
    node = f"../dm-{os.minor(made.dev)}"
    if not os.path.lexists(path):
        os.symlink(node, path)
    return path


def deactivate(name: str) -> None:
    """Take the device NAME away, and its path; KernelError (EBUSY: it is in use)."""
    devmapper.remove(name)
    path = f"/dev/mapper/{name}"
    if os.path.islink(path):
        os.unlink(path)


def number(path: str) -> str:
    """The device PATH as a table names it: ``8:1``; OSError."""
    device = os.stat(path).st_rdev
    return f"{os.major(device)}:{os.minor(device)}"


def kernel_name(name: str) -> str:
    """The kernel's name of the device NAME: ``dm-0``."""
    return os.path.basename(os.path.realpath(f"/dev/mapper/{name}"))


def name_of(device: str) -> str:
    """Device-mapper's name of DEVICE: a name, its path, or /dev/dm-N."""
    base = os.path.basename(device)
    if base.startswith("dm-"):
        try:
            with open(f"/sys/class/block/{base}/dm/name", encoding="utf-8") as file:
                return file.read().strip()
        except OSError:
            return base
    return base
