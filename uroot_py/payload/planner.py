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


def find_planner(kernel: KernelFile, *, bare: bool = False) -> tuple[Planner, Front]:
    """What plans for KERNEL, and what puts the code in front that kexec_load needs to enter it.

    BARE is for an ELF file that is no Linux. PlanError for what is no kernel that is known here.
    Each row imports what it needs: a boot needs one of them.
    """
    match kernel.kind.name, kernel.kind.machine:
        case "Image", "aarch64":
            from uroot_py.payload.linux_arm64 import add_trampoline, plan_arm64

            return plan_arm64, add_trampoline
        case "Image", "riscv64":
            from uroot_py.payload.linux_riscv import as_it_is, plan_riscv

            return plan_riscv, as_it_is
    from uroot_py.payload.purgatory import add_purgatory

    match kernel.kind.name, kernel.kind.machine:
        case "bzImage", "x86_64":
            from uroot_py.payload.linux_x86 import plan_bzimage

            return plan_bzimage, add_purgatory
        case "elf", "x86_64" | "i386" if not bare:
            from uroot_py.payload.linux_x86 import plan_vmlinux

            return plan_vmlinux, add_purgatory
        case "elf" | "aout", "x86_64" | "i386":
            from uroot_py.payload.objects import plan_bare

            return plan_bare, add_purgatory
        case "multiboot" | "multiboot2", "i386":
            from uroot_py.payload.multiboot import plan_multiboot

            return plan_multiboot, add_purgatory
        case "uefi-volume", _:
            from uroot_py.payload.uefi_volume import plan_volume

            return plan_volume, add_purgatory
        case "uefi-universal", _:
            from uroot_py.payload.uefi_universal import plan_universal

            return plan_universal, add_purgatory
    raise PlanError(f"{kernel.name}: expected a kernel, found {kernel.kind.text}")


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
