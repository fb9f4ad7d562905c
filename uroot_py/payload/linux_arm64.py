"""The plan for an arm64 Linux kernel: Image, initrd, device tree.

Ref: Documentation/arch/arm64/booting.rst.
"""

from __future__ import annotations

from uroot_py.base.ranges import Range, align_down
from uroot_py.base.reader import as_bytes
from uroot_py.formats.kernel.arm64_image import Arm64Image
from uroot_py.payload.devicetree import add_initrd, add_tree, machine_tree
from uroot_py.payload.machine_code import TRAMPOLINE_ARM64
from uroot_py.payload.plan import MIB, Plan
from uroot_py.payload.request import check_cmdline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.payload.plan import Memory
    from uroot_py.payload.purgatory import Console
    from uroot_py.payload.request import Request

_GIB = 1 << 30
_CMDLINE_MAX = 2047


def plan_arm64(request: Request, memory: Memory) -> Plan:
    """The plan for an Image; ``request.dtb`` is the device tree of the machine.

    PlanError or FormatError when there is none.
    """
    image = Arm64Image(request.kernel.data)
    check_cmdline(request.cmdline, _CMDLINE_MAX)
    tree, notes = machine_tree(request)
    whole = memory.find_space(image.text_offset + image.size, 2 * MIB)
    kernel = Range.from_size(whole.start + image.text_offset, image.size)
    memory.add(image.data, kernel, "kernel")
    if image.old:
        memory.add(b"", Range(whole.start, kernel.start), "room for page tables")
    plan = Plan("Image", "aarch64", "arm64", kernel.start, {})
    plan.notes += [*notes, f"kernel runs in {kernel}, text_offset {image.text_offset:#x}"]
    # Kernel and initrd have to lie in one window of 32 GiB that begins at a multiple of 1 GiB.
    window = Range.from_size(align_down(kernel.start, _GIB), 32 * _GIB)
    initrd = add_initrd(request, memory, plan, Range(max(window.start, MIB), window.end))
    place = add_tree(tree, request, memory, plan, initrd)
    plan.registers = {"x0": place.start, "x1": 0, "x2": 0, "x3": 0}
    plan.segments = memory.segments.align_and_merge()
    return plan


def add_trampoline(
    plan: Plan,
    memory: Memory,
    console: Console | None = None,
    check: bool = True,
) -> None:
    """Put the code in front of PLAN's entry that sets its registers.

    Nothing is verified, nothing is said: the caches are off.
    """
    code = TRAMPOLINE_ARM64[:-16]
    code += as_bytes(plan.entry, 8) + as_bytes(plan.registers["x0"], 8)
    place = memory.add_kexec_segment(code, "trampoline")
    plan.notes.append(f"trampoline at {place.start:#x} enters {plan.entry:#x}")
    plan.entry = place.start
    plan.segments = memory.segments.align_and_merge()
