"""From a request to a Plan, whatever kind of kernel it is about."""

from __future__ import annotations

from uroot_py.base.errors import FormatError, PlanError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.payload.plan import Memory, Plan
    from uroot_py.payload.purgatory import Console
    from uroot_py.payload.request import KernelFile, Request

    Planner = Callable[[Request, Memory], Plan]
    Front = Callable[[Plan, Memory, Console | None, bool], None]


def _linux_x86() -> tuple[Planner, Front]:
    from uroot_py.payload.linux_x86 import plan_bzimage
    from uroot_py.payload.purgatory import add_purgatory

    return plan_bzimage, add_purgatory


def _vmlinux() -> tuple[Planner, Front]:
    from uroot_py.payload.linux_x86 import plan_vmlinux
    from uroot_py.payload.purgatory import add_purgatory

    return plan_vmlinux, add_purgatory


def _linux_arm64() -> tuple[Planner, Front]:
    from uroot_py.payload.linux_arm64 import add_trampoline, plan_arm64

    return plan_arm64, add_trampoline


def _linux_riscv() -> tuple[Planner, Front]:
    from uroot_py.payload.linux_riscv import as_it_is, plan_riscv

    return plan_riscv, as_it_is


def _multiboot() -> tuple[Planner, Front]:
    from uroot_py.payload.multiboot import plan_multiboot
    from uroot_py.payload.purgatory import add_purgatory

    return plan_multiboot, add_purgatory


def _bare() -> tuple[Planner, Front]:
    from uroot_py.payload.objects import plan_bare
    from uroot_py.payload.purgatory import add_purgatory

    return plan_bare, add_purgatory


# By kind and machine. Each row imports what it needs: a boot needs one of them.
PLANNERS = {
    ("bzImage", "x86_64"): _linux_x86,
    ("elf", "x86_64"): _vmlinux,
    ("elf", "i386"): _vmlinux,
    ("Image", "aarch64"): _linux_arm64,
    ("Image", "riscv64"): _linux_riscv,
    ("multiboot", "i386"): _multiboot,
    ("multiboot2", "i386"): _multiboot,
    ("aout", "i386"): _bare,
    ("aout", "x86_64"): _bare,
}


def find_planner(kernel: KernelFile, *, bare: bool = False) -> tuple[Planner, Front]:
    """What plans for KERNEL, and what puts the code in front that kexec_load needs to enter it.

    BARE is for an ELF file that is no Linux. PlanError for what is no kernel that is known here.
    """
    kind = kernel.kind
    row = PLANNERS.get((kind.name, kind.machine))
    if row is None:
        raise PlanError(f"{kernel.name}: expected a kernel, found {kind.text}")
    return _bare() if bare and kind.name == "elf" else row()


def check_whole(kernel: KernelFile) -> None:
    """FormatError when the file of KERNEL ends before what its own header says.

    The running kernel's loader may take it: it would die when it unpacks itself.
    """
    try:
        if kernel.kind.name == "bzImage":
            from uroot_py.formats.kernel.bzimage import BzImage

            BzImage(kernel.data)
        elif kernel.kind.name == "Image" and kernel.kind.machine == "aarch64":
            from uroot_py.formats.kernel.arm64_image import Arm64Image

            Arm64Image(kernel.data)
        elif kernel.kind.name == "Image":
            from uroot_py.formats.kernel.riscv_image import RiscvImage

            RiscvImage(kernel.data)
        elif kernel.kind.name == "elf":
            from uroot_py.formats.kernel.elf import Elf

            Elf(kernel.data)
    except FormatError as error:
        raise error.within(kernel.name) from None
