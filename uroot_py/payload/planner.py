"""From the bytes of a kernel file to a Plan, whatever kind of kernel it is."""

from __future__ import annotations

from uroot_py.base.errors import PlanError
from uroot_py.payload.detect import HEAD_SIZE, identify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer
    from uroot_py.payload.detect import Kind
    from uroot_py.payload.memory import Memory
    from uroot_py.payload.plan import Plan
    from uroot_py.payload.purgatory import Console
    from uroot_py.payload.request import Request
    from uroot_py.payload.zero_page import Machine


def make_plan(data: Buffer, memory: Memory, request: Request, machine: Machine) -> Plan:
    """The plan for the kernel in DATA. PlanError or FormatError when there is none."""
    kind = identify(bytes(data[:HEAD_SIZE]))
    if kind.name == "Image" and kind.machine == "aarch64":
        from uroot_py.formats.kernel.arm64_image import Arm64Image
        from uroot_py.payload.linux_arm64 import plan_arm64

        return plan_arm64(Arm64Image(data), memory, request)
    return _plan_x86(kind, data, memory, request, machine)


def _plan_x86(kind: Kind, data: Buffer, memory: Memory, request: Request, machine: Machine) -> Plan:
    from uroot_py.payload.linux_x86 import plan_bzimage, plan_vmlinux

    if kind.name == "bzImage":
        from uroot_py.formats.kernel.bzimage import BzImage

        return plan_bzimage(BzImage(data), memory, request, machine)
    if kind.name in ("multiboot", "multiboot2"):
        from uroot_py.payload.multiboot import plan_multiboot

        return plan_multiboot(data, memory, request, machine)
    if kind.name == "aout" or (kind.name == "elf" and request.bare):
        from uroot_py.payload.bare import plan_bare

        return plan_bare(data, memory)
    if kind.name == "elf":
        return plan_vmlinux(data, memory, request, machine)
    raise PlanError(f"expected a kernel, found {kind.text}")


def prepare(plan: Plan, memory: Memory, console: Console | None, *, check: bool) -> None:
    """Put the code in front of PLAN that kexec_load needs to enter it.

    CONSOLE and CHECK are for x86-64: on arm64, where the caches are off, nothing is verified.
    """
    if plan.mode == "arm64":
        from uroot_py.payload.linux_arm64 import add_trampoline

        add_trampoline(plan, memory)
        return
    from uroot_py.payload.purgatory import Console, add_purgatory

    add_purgatory(plan, memory, console or Console(), check=check)
