"""A crash kernel by kexec_load: its memory, and the core file as pyelftools reads its headers."""

import io
import os
import struct

import pytest
from elftools.elf.elffile import ELFFile

from scripts.builders.kernels import bzimage, riscv_image
from tests.support.dtc import compile_dts, run
from uroot_py.base.errors import PlanError, RefusedError
from uroot_py.base.ranges import Range
from uroot_py.kexec.crash import read_crash
from uroot_py.kexec.plan import Job, make_plan
from uroot_py.kexec.source import open_source
from uroot_py.machine.sysroot import Sysroot
from uroot_py.memory.map import RAM, RESERVED
from uroot_py.payload.purgatory import Parameters

MIB = 1 << 20
MIB_16 = 16 * MIB
GIB = 1 << 30
DIRECT, TEXT = 0xFFFF888000000000, 0xFFFFFFFF81000000
IOMEM = """\
00000000-00000fff : Reserved
00001000-0009fbff : System RAM
00100000-3fffffff : System RAM
  01000000-01ffffff : Kernel code
  02000000-02ffffff : Kernel data
  2e000000-3dffffff : Crash kernel
40000000-400fffff : ACPI Tables
"""
HIGH = "100000000-1ffffffff : System RAM\n  1d0000000-1dfffffff : Crash kernel\n"


def kcore() -> bytes:
    """The headers of /proc/kcore: vmalloc's area, the text, the direct map."""
    parts = [
        (0xFFFFC90000000000, (1 << 64) - 1, GIB),
        (TEXT, MIB_16, MIB_16),
        (DIRECT + MIB, MIB, GIB - MIB),
    ]
    ident = b"\x7fELF\2\1\1" + bytes(9)
    made = struct.pack("<16sHHIQQQIHHHHHH", ident, 4, 62, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0)
    for virtual, physical, size in parts:
        made += struct.pack("<IIQQQQQQ", 1, 7, 0, virtual, physical, size, size, 4096)
    return made


def write(root, files: dict[str, str | bytes]) -> None:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data.encode() if isinstance(data, str) else data)


@pytest.fixture
def machine(tmp_path):
    """The files of a machine of 1 GiB, two processors, 256 MiB for a crash kernel."""
    files: dict[str, str | bytes] = {
        "proc/iomem": IOMEM,
        "proc/kcore": kcore(),
        "sys/kernel/vmcoreinfo": "12345000 1024\n",
        "sys/devices/system/cpu/cpufreq/nothing": "",
    }
    for number in (0, 1):
        folder = f"sys/devices/system/cpu/cpu{number}"
        files[f"{folder}/crash_notes"] = f"3f{number}0a040\n"
        files[f"{folder}/crash_notes_size"] = "384\n"
    write(tmp_path, files)
    return tmp_path


def plan(machine, **options):
    path = machine / "vmlinuz"
    path.write_bytes(bzimage())
    kernel = open_source(str(path))
    job = Job(kernel, cmdline="quiet")
    job.sysroot, job.crash = Sysroot(str(machine)), True
    for name, value in options.items():
        setattr(job, name, value)
    try:
        return make_plan(job)
    finally:
        os.close(kernel.fd)


def headers(made):
    """(type, physical, virtual, size) of the core file in a plan, its offsets being addresses."""
    (segment,) = [each for each in made.segments if each.label == "ELF core headers"]
    elf = ELFFile(io.BytesIO(bytes(segment.content())))
    assert (elf.header.e_type, elf.header.e_machine) == ("ET_CORE", "EM_X86_64")
    rows = []
    for part in elf.iter_segments():
        assert part.header.p_offset == part.header.p_paddr
        assert part.header.p_filesz == part.header.p_memsz
        rows.append(
            (
                part.header.p_type,
                part.header.p_paddr,
                part.header.p_vaddr,
                part.header.p_memsz,
            )
        )
    return segment.phys.start, rows


NOTES = [
    ("PT_NOTE", 0x3F00A040, 0, 384),
    ("PT_NOTE", 0x3F10A040, 0, 384),
    ("PT_NOTE", 0x12345000, 0, 0x1024),
]


def test_the_core_file_is_the_memory_of_the_kernel_before(machine):
    assert headers(plan(machine))[1] == [
        *NOTES,
        ("PT_LOAD", MIB, DIRECT + MIB, 0x2E000000 - MIB),
        ("PT_LOAD", 0x3E000000, DIRECT + 0x3E000000, 0x2000000),
        ("PT_LOAD", MIB_16, TEXT, MIB_16),
    ]


def test_everything_is_in_the_crash_kernels_memory(machine):
    made = plan(machine)
    area = Range(0x2E000000, 0x3E000000)
    assert [each.label for each in made.segments if not area.is_superset_of(each.phys)] == []
    place, _ = headers(made)
    page = next(each for each in made.segments if each.label == "boot_params+cmdline").content()
    assert bytes(page[4096:]).startswith(b"elfcorehdr=%#x quiet\0" % place)
    count = page[0x1E8]
    rows = [struct.unpack_from("<QQI", page, 0x2D0 + 20 * i) for i in range(count)]
    assert [row for row in rows if row[2] == 1] == [
        (0x1000, 0x9EC00, 1),
        (area.start, place - area.start, 1),
    ]
    assert place + 4096 == area.end
    assert (place, 4096, 2) in rows


def test_the_upper_of_two_areas_takes_the_kernel(machine):
    write(machine, {"proc/iomem": IOMEM + HIGH})
    made = plan(machine)
    area = Range(0x1D0000000, 0x1E0000000)
    assert [each.label for each in made.segments if not area.is_superset_of(each.phys)] == []
    crash = read_crash(Sysroot(str(machine)))
    assert [each.start for each in crash.areas] == [0x2E000000, area.start]
    loads = [row[1:] for row in headers(made)[1] if row[0] == "PT_LOAD"]
    assert (4 * GIB, 0, area.start - 4 * GIB) in loads
    assert (area.end, 0, 8 * GIB - area.end) in loads


def test_memory_map(machine):
    write(machine, {"proc/iomem": IOMEM + HIGH})
    from uroot_py.machine.memory import read

    whole = read("iomem", Sysroot(str(machine))).map
    assert whole is not None
    told = read_crash(Sysroot(str(machine))).memory_map(whole.retype(("Crash kernel",), RAM))
    assert [each for each in told if each.type == RAM and each.range.start >= MIB] == [
        type(each)(area, RAM)
        for each, area in zip(told, read_crash(Sysroot(str(machine))).areas, strict=False)
    ]
    assert next(each.type for each in told) == RESERVED


def verified(made) -> set[str]:
    """The labels of what purgatory verifies."""
    segments = {each.label: each for each in made.segments}
    block = Parameters(segments["purgatory"].content())
    starts = struct.unpack_from(f"<{2 * block.region_count}Q", block.regions)[::2]
    return {label for label, each in segments.items() if each.phys.start in starts}


@pytest.mark.parametrize("folder", ["sys/kernel", "sys/kernel/kexec"])
def test_headers_of_a_machine_that_may_change(machine, folder):
    write(machine, {f"{folder}/crash_elfcorehdr_size": "69632\n"})
    made = plan(machine, hotplug=True)
    (found,) = [each for each in made.segments if each.label == "ELF core headers"]
    assert (found.phys.size, found.changes) == (69632, True)
    assert headers(made)[1][:3] == NOTES
    assert verified(made) == {"kernel", "boot_params+cmdline"}
    assert verified(plan(machine)) == {"kernel", "boot_params+cmdline", "ELF core headers"}


def test_a_kernel_that_does_not_change_headers(machine):
    with pytest.raises(RefusedError) as caught:
        plan(machine, hotplug=True)
    assert str(caught.value) == (
        "this kernel does not keep a crash kernel's headers up to date (CONFIG_CRASH_HOTPLUG);"
        " load the crash kernel again after each change, without --hotplug"
    )


def test_memory_that_is_lent_is_the_crash_kernels_and_not_in_the_core_file(machine):
    write(machine, {"sys/kernel/kexec/crash_cma_ranges": "20000000-23ffffff\n"})
    made = plan(machine)
    page = next(each for each in made.segments if each.label == "boot_params+cmdline").content()
    rows = [struct.unpack_from("<QQI", page, 0x2D0 + 20 * i) for i in range(page[0x1E8])]
    assert (0x20000000, 0x4000000, 1) in rows
    assert not any(Range(0x20000000, 0x24000000).overlaps(each.phys) for each in made.segments)
    loads = [row[1:] for row in headers(made)[1] if row[0] == "PT_LOAD"]
    assert loads[:2] == [
        (MIB, DIRECT + MIB, 0x20000000 - MIB),
        (0x24000000, DIRECT + 0x24000000, 0x2E000000 - 0x24000000),
    ]


def test_without_kcore_the_core_file_has_no_virtual_addresses(machine):
    (machine / "proc/kcore").unlink()
    assert [row[2] for row in headers(plan(machine))[1]] == [0] * 5


def test_mem_max_and_the_area_both_count(machine):
    made = plan(machine, within=Range(0, 0x38000000))
    assert max(each.phys.end for each in made.segments) == 0x38000000


REFUSED = [
    pytest.param(
        "proc/iomem",
        IOMEM.replace("Crash kernel", "Kernel bss"),
        PlanError,
        "no memory is reserved for a crash kernel;"
        " start this machine with crashkernel=256M on its command line",
        id="no area",
    ),
    pytest.param(
        "sys/kernel/vmcoreinfo",
        "none",
        RefusedError,
        "the running kernel does not say where a crash leaves its notes;"
        " is /sys mounted, and has this kernel CONFIG_CRASH_DUMP?",
        id="no notes",
    ),
    pytest.param(
        "proc/iomem",
        IOMEM.replace("3dffffff", "2effffff"),
        PlanError,
        "{}/vmlinuz: no room for 0x3000000 bytes in memory [0x2e000000, 0x2f000000)"
        " aligned to 0x200000; the largest range there has 0xfff000 bytes",
        id="too small",
    ),
]


@pytest.mark.parametrize(("path", "text", "kind", "message"), REFUSED)
def test_refused(machine, path, text, kind, message):
    write(machine, {path: text})
    with pytest.raises(kind) as caught:
        plan(machine)
    assert str(caught.value) == message.format(machine)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("x86_64", "EM_X86_64"), ("aarch64", "EM_AARCH64"), ("riscv64", "EM_RISCV")],
)
def test_the_core_file_is_of_the_machine(machine, name, expected):
    made = read_crash(Sysroot(str(machine))).core_headers(name)
    assert ELFFile(io.BytesIO(made)).header.e_machine == expected


def test_a_crash_kernel_for_riscv64_is_told_by_its_device_tree(machine):
    """Where the headers are, and its memory; none of it is in the command line."""
    tree = "/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; chosen { }; };"
    write(machine, {"Image": riscv_image(), "sys/firmware/fdt": compile_dts(tree)})
    job = Job(open_source(str(machine / "Image")), cmdline="quiet")
    job.sysroot, job.crash = Sysroot(str(machine)), True
    made = make_plan(job)
    parts = {segment.label: segment for segment in made.segments}
    assert list(parts) == ["kernel", "device tree", "ELF core headers"]
    assert made.registers == {"a1": parts["device tree"].phys.start}
    blob = bytes(parts["device tree"].content())
    text = run("dtc", "-q", "-I", "dtb", "-O", "dts", data=blob).decode()
    assert 'bootargs = "quiet";' in text
    assert "linux,usable-memory-range = <0x00 0x2e000000 0x00 0x10000000>;" in text
    assert "linux,elfcorehdr = <0x00 0x3dfff000 0x00 0x1000>;" in text
