"""The captured machines: what each source says there, where they agree and where they must not."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.base.ranges import Range
from uroot_py.machine.memory import SOURCES, best, read, read_all
from uroot_py.machine.sysroot import Sysroot
from uroot_py.memory.devicetree import from_fdt
from uroot_py.memory.map import RAM, RESERVED, MemoryMap, compare
from uroot_py.memory.sources import KERNEL_TYPES, from_boot_params, from_iomem, from_memblock

DATA = Path(__file__).parents[2] / "data/memory"
MACHINES = ("x86-1g", "x86-8g", "x86-efi", "arm64", "arm64-efi")
GIB = 1 << 30


def held(machine: str, name: str) -> MemoryMap:
    reading = read(name, Sysroot(str(DATA / machine)))
    assert reading.error == ""
    assert reading.map is not None
    return reading.map.retype(KERNEL_TYPES, RAM)


@pytest.mark.parametrize(
    ("machine", "present", "chosen"),
    [
        pytest.param("x86-1g", "sysfs boot_params iomem", "sysfs", id="x86-1g"),
        pytest.param("x86-8g", "sysfs boot_params iomem", "sysfs", id="x86-8g"),
        pytest.param("x86-efi", "sysfs boot_params iomem efi", "sysfs", id="x86-efi"),
        pytest.param("arm64", "fdt iomem memblock", "fdt", id="arm64"),
        pytest.param("arm64-efi", "fdt iomem memblock", "iomem", id="arm64-efi"),
    ],
)
def test_sources_of_a_machine(machine: str, present: str, chosen: str) -> None:
    readings = read_all(Sysroot(str(DATA / machine)))
    assert [r.name for r in readings] == list(SOURCES)
    assert [r.name for r in readings if r.map is not None] == present.split()
    assert [r.error for r in readings if r.error] == []
    found, name, _ = best(Sysroot(str(DATA / machine)))
    assert name == chosen
    assert found == held(machine, chosen)


@pytest.mark.parametrize(
    ("machine", "total", "ranges"),
    [
        pytest.param(
            "x86-1g", GIB - 0x60400 - 0x20000, [(0, 0x9FC00), (0x100000, 0x3FFE0000)], id="x86-1g"
        ),
        pytest.param(
            "x86-8g",
            8 * GIB - 0x60400 - 0x20000,
            [(0, 0x9FC00), (0x100000, 0xBFFE0000), (0x100000000, 0x240000000)],
            id="x86-8g-around-the-hole",
        ),
        pytest.param(
            "x86-efi",
            2140725248,
            [
                (0, 0xA0000),
                (0x100000, 0x806000),
                (0x808000, 0x810000),
                (0x900000, 0x7EAA0000),
                (0x7EBA2000, 0x7F4EC000),
                (0x7F7FE000, 0x7FEF4000),
            ],
            id="x86-efi",
        ),
    ],
)
def test_x86_sources_agree(machine: str, total: int, ranges: list[tuple[int, int]]) -> None:
    firmware = held(machine, "sysfs")
    assert firmware == held(machine, "boot_params")
    assert firmware.total() == total
    assert firmware.ram() == [Range(*pair) for pair in ranges]
    # Linux takes the first page away from itself; but for that, it uses all that firmware gives.
    kernel = held(machine, "iomem")
    assert kernel.ram() == firmware.ram().minus(Range(0, 0x1000))
    differences = [row for row in compare([firmware, kernel]) if row[1][0] != row[1][1]]
    ram_lost = [row for row in differences if RAM in row[1]]
    assert ram_lost == [(Range(0, 0x1000), (RAM, RESERVED))]


def test_arm64_sources() -> None:
    assert held("arm64", "fdt") == MemoryMap.from_entries([(GIB, 2 * GIB, RAM)])
    for name in ("iomem", "memblock"):
        kernel = held("arm64", name)
        inside = [kernel.total(kind) for kind in (RAM, RESERVED)]
        assert sum(inside) == GIB
        assert inside[1] > 0


def test_arm64_with_uefi_has_no_memory_in_its_device_tree() -> None:
    assert list(held("arm64-efi", "fdt")) == []
    _, name, why = best(Sysroot(str(DATA / "arm64-efi")))
    assert (name, why) == (
        "iomem",
        (
            "the running kernel's view, with what it holds itself given back"
            " (sysfs: absent; boot_params: absent; fdt: no System RAM in it)"
        ),
    )


def test_memblock_takes_flash_for_memory_and_is_never_chosen(tmp_path: Path) -> None:
    flash = Range(0x4000000, 0x8000000)
    assert flash in held("arm64-efi", "memblock").ram()
    assert flash in held("arm64-efi", "iomem").filter_by_type(RESERVED)
    shutil.copytree(DATA / "arm64-efi/sys/kernel", tmp_path / "sys/kernel")
    with pytest.raises(RefusedError, match=r"^no source tells where memory is: sysfs: absent;"):
        best(Sysroot(str(tmp_path)))


def test_efi_map_has_no_memory() -> None:
    runtime = held("x86-efi", "efi")
    assert runtime.total() == 0
    assert runtime.total("EFI Runtime Code") == 0x100000
    firmware = held("x86-efi", "sysfs").filter_by_type(RESERVED)
    for kind in ("EFI Runtime Code", "EFI Runtime Data", "EFI MMIO"):
        for each in runtime.filter_by_type(kind):
            assert any(outer.is_superset_of(each) for outer in firmware)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_view_without_privileges(machine: str, tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    shutil.copy(DATA / machine / "proc/iomem.unprivileged", tmp_path / "proc/iomem")
    assert read("iomem", Sysroot(str(tmp_path))).error == (
        f"{tmp_path}/proc/iomem: every address is hidden;"
        " needs root: the kernel shows them to it only"
    )


def test_absent_and_unreadable(tmp_path: Path) -> None:
    assert {(r.map, r.error) for r in read_all(Sysroot(str(tmp_path)))} == {(None, "")}
    (tmp_path / "proc/iomem").mkdir(parents=True)
    memmap = tmp_path / "sys/firmware/memmap"
    (memmap / "0/start").mkdir(parents=True)
    (tmp_path / "sys/kernel/debug/memblock").mkdir(parents=True)
    params = tmp_path / "sys/kernel/boot_params"
    params.mkdir()
    (params / "data").write_bytes(bytes(100))
    (tmp_path / "sys/firmware/fdt").write_bytes(b"")
    (tmp_path / "sys/firmware/efi").mkdir()
    (tmp_path / "sys/firmware/efi/runtime-map").write_text("")
    assert {
        r.name: r.error.replace(str(tmp_path), "") for r in read_all(Sysroot(str(tmp_path)))
    } == {
        "sysfs": "/sys/firmware/memmap/0/start: is a directory",
        "boot_params": (
            "/sys/kernel/boot_params/data: boot_params at offset 0x0: expected 4096 bytes,"
            " found 100 bytes"
        ),
        "fdt": (
            "/sys/firmware/fdt: device tree: magic number at offset 0x0: expected d00dfeed,"
            " found nothing"
        ),
        "iomem": "/proc/iomem: is a directory",
        "memblock": "/sys/kernel/debug/memblock/memory: no such file or directory",
        "efi": "/sys/firmware/efi/runtime-map: not a directory",
    }


def test_setup_data_extends_the_table(tmp_path: Path) -> None:
    shutil.copytree(DATA / "x86-1g/sys/kernel", tmp_path / "sys/kernel")
    entry = (0x100000000).to_bytes(8, "little") + (0x1000).to_bytes(8, "little") + b"\1\0\0\0"
    for number, kind, data in ((0, "0x3", b"pci"), (2, "0x1", entry)):
        place = tmp_path / f"sys/kernel/boot_params/setup_data/{number}"
        place.mkdir(parents=True)
        (place / "type").write_text(f"{kind}\n")
        (place / "data").write_bytes(data)
    reading = read("boot_params", Sysroot(str(tmp_path)))
    assert reading.map is not None
    assert reading.map.ram()[-1] == Range(0x100000000, 0x100001000)


def test_a_file_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/iomem").symlink_to("/dev/zero")
    assert read("iomem", Sysroot(str(tmp_path))).error == f"{tmp_path}/proc/iomem: more than 64 MiB"


def test_unknown_source() -> None:
    with pytest.raises(RefusedError) as caught:
        read("e820")
    assert str(caught.value) == (
        "no source 'e820'; there are sysfs, boot_params, fdt, iomem, memblock, efi"
    )


def iomem(data: bytes) -> MemoryMap:
    return from_iomem(data.decode("utf-8", "surrogateescape"))


def memblock(data: bytes) -> MemoryMap:
    return from_memblock(data.decode("utf-8", "surrogateescape"), "")


@pytest.mark.parametrize(
    ("path", "parse"),
    [
        pytest.param("x86-efi/proc/iomem", iomem, id="iomem"),
        pytest.param("arm64/sys/kernel/debug/memblock/reserved", memblock, id="memblock"),
        pytest.param("x86-efi/sys/kernel/boot_params/data", from_boot_params, id="boot_params"),
        pytest.param("dtb/hi6220-hikey.dtb", from_fdt, id="fdt"),
    ],
)
@given(data=st.data())
def test_damaged_input_is_a_map_or_one_line(path: str, parse, data: st.DataObject) -> None:
    good = (DATA / path).read_bytes()
    place = data.draw(st.integers(0, len(good) - 1))
    bad = good[:place] + data.draw(st.binary(max_size=2)) + good[place + 1 :]
    for damaged in (bad, good[:place]):
        try:
            found = parse(damaged)
        except (FormatError, RefusedError) as error:
            found, message = MemoryMap(), str(error)
            assert "\n" not in message
        assert all(0 <= each.range.start < each.range.end <= 1 << 64 for each in found)
