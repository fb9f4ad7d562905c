"""Which planner a kernel gets, and what is put in front of it."""

import pytest

from scripts.builders import kernels
from uroot_py.base.errors import FormatError, PlanError
from uroot_py.payload.planner import check_whole, find_planner
from uroot_py.payload.request import KernelFile, Kind


def of_kind(name: str, machine: str) -> KernelFile:
    file = KernelFile("it", b"")
    file.kind = Kind(name, f"a {name}", machine)
    return file


@pytest.mark.parametrize(
    ("name", "machine", "bare", "names"),
    [
        ("bzImage", "x86_64", False, ("plan_bzimage", "add_purgatory")),
        ("bzImage", "x86_64", True, ("plan_bzimage", "add_purgatory")),
        ("elf", "x86_64", False, ("plan_vmlinux", "add_purgatory")),
        ("elf", "i386", False, ("plan_vmlinux", "add_purgatory")),
        ("elf", "x86_64", True, ("plan_bare", "add_purgatory")),
        ("elf", "i386", True, ("plan_bare", "add_purgatory")),
        ("aout", "x86_64", False, ("plan_bare", "add_purgatory")),
        ("aout", "i386", False, ("plan_bare", "add_purgatory")),
        ("multiboot", "i386", False, ("plan_multiboot", "add_purgatory")),
        ("multiboot2", "i386", False, ("plan_multiboot", "add_purgatory")),
        ("Image", "aarch64", False, ("plan_arm64", "add_trampoline")),
        ("Image", "riscv64", False, ("plan_riscv", "as_it_is")),
    ],
)
def test_a_kind_and_its_planner(name, machine, bare, names):
    found = find_planner(of_kind(name, machine), bare=bare)
    assert tuple(each.__name__ for each in found) == names


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize(
    ("name", "machine"),
    [("elf", "aarch64"), ("elf", "riscv64"), ("pe", "x86_64"), ("cpio", ""), ("text", "")],
)
def test_what_nobody_plans_for(name, machine, bare):
    with pytest.raises(PlanError) as caught:
        find_planner(of_kind(name, machine), bare=bare)
    assert str(caught.value) == f"it: expected a kernel, found a {name}"


@pytest.mark.parametrize(
    ("whole", "cut", "fault"),
    [
        pytest.param(kernels.bzimage(), 0x210, "bzImage at offset 0x202: ", id="bzImage"),
        pytest.param(kernels.arm64_image(), 60, "arm64 Image header at offset 0x0: ", id="arm64"),
        pytest.param(kernels.riscv_image(), 60, "riscv64 Image header at offset 0x0: ", id="riscv"),
        pytest.param(kernels.elf([(0x100000, b"code", 4)]), 60, "ELF", id="elf"),
    ],
)
def test_a_file_that_ends_before_its_header_says(whole, cut, fault):
    check_whole(KernelFile("k", whole))
    file = KernelFile("k", whole)
    file.data = whole[:cut]
    with pytest.raises(FormatError) as caught:
        check_whole(file)
    assert str(caught.value).startswith(f"k: {fault}")
