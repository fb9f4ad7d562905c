"""The plan for an arm64 Linux kernel: Image, initrd, device tree.

Ref: Documentation/arch/arm64/booting.rst; Documentation/devicetree/bindings/chosen.txt;
Documentation/arch/arm/uefi.rst (linux,uefi-*); drivers/of/kexec.c, of_kexec_alloc_and_setup_fdt.
"""

from __future__ import annotations

from uroot_py.base.errors import PlanError
from uroot_py.base.ranges import Range, align_down
from uroot_py.base.reader import as_bytes, number_at
from uroot_py.formats.fdt import build as fdt_build
from uroot_py.formats.fdt import edit as fdt_edit
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.access import regions
from uroot_py.formats.kernel.arm64_image import Arm64Image
from uroot_py.payload.machine_code import TRAMPOLINE_ARM64
from uroot_py.payload.plan import MIB, Plan
from uroot_py.payload.request import check_cmdline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.payload.plan import Memory
    from uroot_py.payload.purgatory import Console
    from uroot_py.payload.request import Request

_GIB = 1 << 30
_DTB_MAX = 2 * MIB
_CMDLINE_MAX = 2047
# What a boot loader, or the running kernel about itself, said to one kernel only.
_CRASH = ("linux,elfcorehdr", "linux,usable-memory-range")
_STALE = (
    *_CRASH,
    "linux,initrd-start",
    "linux,initrd-end",
    "kaslr-seed",
    "rng-seed",
    "linux,ima-kexec-buffer",
    "linux,kho-fdt",
    "linux,kho-scratch",
)


def plan_arm64(request: Request, memory: Memory) -> Plan:
    """The plan for an Image; ``request.dtb`` is the device tree of the machine.

    PlanError or FormatError when there is none.
    """
    image = Arm64Image(request.kernel.data)
    check_cmdline(request.cmdline, _CMDLINE_MAX)
    if not request.dtb:
        raise PlanError("this machine shows no device tree", hint="name one with --dtb")
    tree = fdt.parse(request.dtb)
    notes = complete(tree, fdt.parse(request.running)) if request.running else []
    whole = memory.find_space(image.text_offset + image.size, 2 * MIB)
    kernel = Range.from_size(whole.start + image.text_offset, image.size)
    memory.add(image.data, kernel, "kernel")
    if image.old:
        memory.add(b"", Range(whole.start, kernel.start), "room for page tables")
    plan = Plan("Image", "aarch64", "arm64", kernel.start, {})
    plan.notes += [*notes, f"kernel runs in {kernel}, text_offset {image.text_offset:#x}"]
    initrd = None
    if len(request.initrd):
        # Kernel and initrd have to lie in one window of 32 GiB that begins at a multiple of 1 GiB.
        window = Range.from_size(align_down(kernel.start, _GIB), 32 * _GIB)
        low = Range(max(window.start, MIB), window.end)
        place = memory.add_kexec_segment(request.initrd, "initrd", within=low)
        initrd = Range.from_size(place.start, len(request.initrd))
        plan.notes.append(f"initrd of {initrd.size} bytes at {initrd.start:#x}")
    known = tree.root.child("chosen")
    if known and any(name.startswith("linux,kho-") for name in known.properties):
        plan.notes.append("what the running kernel keeps for its next one (KHO) is not handed on")
    blob = fdt_build.build(chosen(tree, request, initrd))
    if len(blob) > _DTB_MAX:
        raise PlanError(f"the device tree has {len(blob)} bytes, arm64 takes {_DTB_MAX}")
    place = memory.add_kexec_segment(blob, "device tree")
    plan.registers = {"x0": place.start, "x1": 0, "x2": 0, "x3": 0}
    plan.segments = memory.segments.align_and_merge()
    return plan


def complete(tree: fdt.DeviceTree, running: fdt.DeviceTree) -> list[str]:
    """Put into TREE, a file's, what only the firmware knows: memory, reservations, where EFI is.

    A file has placeholders for these, which U-Boot fills in, too. RUNNING is the tree that the
    firmware handed over; returns what was taken from it.
    """
    notes = []
    memory = [row for node in fdt_edit.memory_nodes(running) for row in regions(node, "reg")]
    if any(size for _, size in memory):
        fdt_edit.set_memory(tree, memory)
        notes.append("memory as the running device tree has it")
    node, known = fdt_edit.ensure(tree, "/chosen"), running.root.child("chosen")
    gone = known.number("linux,initrd-start") if known else None
    for address, size in running.reservations:
        if address != gone:
            fdt_edit.reserve(tree, address, size)
    for name, value in known.properties.items() if known else ():
        if name.startswith("linux,uefi-"):
            node.properties[name] = value
    if known and "linux,uefi-system-table" in known.properties:
        notes.append("EFI's tables and memory map as the running device tree has them")
    if known and "stdout-path" in known.properties:
        node.properties.setdefault("stdout-path", known.properties["stdout-path"])
    return notes


def chosen(tree: fdt.DeviceTree, request: Request, initrd: Range | None) -> fdt.DeviceTree:
    """TREE with what /chosen has to tell the next kernel."""
    node = fdt_edit.ensure(tree, "/chosen")
    before = node.number("linux,initrd-start")
    if before is not None:
        fdt_edit.unreserve(tree, before)
    for name in _STALE:
        node.properties.pop(name, None)
    for memory in fdt_edit.memory_nodes(tree):
        memory.properties.pop("linux,usable-memory", None)
    if request.seed:
        fdt_edit.set_seeds(tree, number_at(request.seed, 0, 8, "big"), request.seed[8:])
    if initrd:
        fdt_edit.set_initrd(tree, initrd.start, initrd.end)
    if request.crash:
        headers, areas = request.crash
        for name, places in zip(_CRASH, ([headers], areas), strict=True):
            node.properties[name] = fdt_edit.reg(tree, [(at.start, at.size) for at in places])
    if request.cmdline:
        node.properties["bootargs"] = request.cmdline + b"\0"
    else:
        node.properties.pop("bootargs", None)
    return tree


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
