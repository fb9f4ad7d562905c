"""The device tree that a Linux kernel is started with: arm64's and riscv64's, which is the same.

Ref: Documentation/devicetree/bindings/chosen.txt; Documentation/arch/arm/uefi.rst (linux,uefi-*);
drivers/of/kexec.c, of_kexec_alloc_and_setup_fdt; drivers/of/fdt.c.
"""

from __future__ import annotations

from uroot_py.base.errors import PlanError
from uroot_py.base.ranges import Range
from uroot_py.base.reader import number_at
from uroot_py.formats.fdt import build as fdt_build
from uroot_py.formats.fdt import edit as fdt_edit
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.access import regions
from uroot_py.payload.plan import ANYWHERE, MIB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.payload.plan import Memory, Plan
    from uroot_py.payload.request import Request

_DTB_MAX = 2 * MIB  # what either kernel maps before it knows its memory
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


def machine_tree(request: Request) -> tuple[fdt.DeviceTree, list[str]]:
    """The tree that REQUEST is about, with what the firmware knows; notes of what came from there.

    PlanError or FormatError when there is none.
    """
    if not request.dtb:
        raise PlanError("this machine shows no device tree", hint="name one with --dtb")
    tree = fdt.parse(request.dtb)
    return tree, complete(tree, fdt.parse(request.running)) if request.running else []


def add_initrd(request: Request, memory: Memory, plan: Plan, within: Range) -> Range | None:
    """The initrd of REQUEST as a segment WITHIN a range of memory; where its bytes are, or None."""
    if not len(request.initrd):
        return None
    place = memory.add_kexec_segment(request.initrd, "initrd", within=within)
    initrd = Range.from_size(place.start, len(request.initrd))
    plan.notes.append(f"initrd of {initrd.size} bytes at {initrd.start:#x}")
    return initrd


def add_tree(
    tree: fdt.DeviceTree,
    request: Request,
    memory: Memory,
    plan: Plan,
    initrd: Range | None,
    within: Range = ANYWHERE,
) -> Range:
    """TREE, with what the next kernel is told, as a segment of its own; where that is."""
    known = tree.root.child("chosen")
    if known and any(name.startswith("linux,kho-") for name in known.properties):
        plan.notes.append("what the running kernel keeps for its next one (KHO) is not handed on")
    blob = fdt_build.build(chosen(tree, request, initrd))
    if len(blob) > _DTB_MAX:
        raise PlanError(
            f"the device tree has {len(blob)} bytes, a kernel for {plan.machine} takes {_DTB_MAX}"
        )
    return memory.add_kexec_segment(blob, "device tree", within=within)


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
