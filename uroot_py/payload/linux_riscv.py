"""The plan for a riscv64 Linux kernel: Image, initrd, device tree.

The running kernel enters it with the registers that it wants: a0, a processor, and a1, the segment
that begins with a device tree. So that has to be a segment of its own, and needs no code in front.
Ref: Documentation/arch/riscv/boot.rst; arch/riscv/kernel/machine_kexec.c, machine_kexec_prepare;
arch/riscv/mm/init.c, setup_bootmem.
"""

from __future__ import annotations

from uroot_py.base.ranges import Range, align_up
from uroot_py.formats.kernel.riscv_image import RiscvImage
from uroot_py.payload.devicetree import add_initrd, add_tree, machine_tree
from uroot_py.payload.plan import ANYWHERE, MIB, Plan
from uroot_py.payload.request import check_cmdline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.payload.plan import Memory
    from uroot_py.payload.purgatory import Console
    from uroot_py.payload.request import Request

CMDLINE_MAX = 1023
_STEP = 2 * MIB  # the kernel maps itself by pages of this size


def plan_riscv(request: Request, memory: Memory) -> Plan:
    """The plan for an Image; ``request.dtb`` is the device tree of the machine.

    The kernel goes as low as it can: one of before 6.4 does not use what is below it, so initrd
    and device tree go above. PlanError or FormatError when there is none.
    """
    image = RiscvImage(request.kernel.data)
    check_cmdline(request.cmdline, CMDLINE_MAX)
    tree, notes = machine_tree(request)
    # Only what text_offset has beyond whole steps matters: memory may begin anywhere.
    offset = image.text_offset % _STEP
    kernel = Range.from_size(
        memory.find_space(offset + image.size, _STEP).start + offset, image.size
    )
    memory.add(image.data, kernel, "kernel")
    plan = Plan("Image", "riscv64", "riscv64", kernel.start, {})
    plan.notes += [*notes, f"kernel runs in {kernel}, text_offset {image.text_offset:#x}"]
    # Up to the next step it takes all for itself, and an initrd there is "disabled".
    above = Range(align_up(kernel.end, _STEP), ANYWHERE.end)
    initrd = add_initrd(request, memory, plan, above)
    plan.registers = {"a1": add_tree(tree, request, memory, plan, initrd, above).start}
    plan.segments = memory.segments.align_and_merge()
    return plan


def as_it_is(
    plan: Plan, memory: Memory, console: Console | None = None, check: bool = True
) -> None:
    """Nothing goes in front of PLAN's entry."""
