"""memmap on the captured machines, to the letter."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.applet import Done, run_applet
from tests.vm.memmap import disagreements
from uroot_py.machine.memory import SOURCES

DATA = Path(__file__).parents[1] / "data/memory"


def memmap(machine: str, *args: str) -> Done:
    return run_applet("memmap", "--sysroot", str(DATA / machine), *args)


def test_every_source_side_by_side() -> None:
    done = memmap("x86-1g")
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        "range                                size  sysfs        boot_params  iomem\n"
        "[0x0, 0x1000)                     4.0 KiB  RAM          RAM          Reserved\n"
        "[0x1000, 0x9fc00)               635.0 KiB  RAM          RAM          RAM\n"
        "[0x9fc00, 0xa0000)                1.0 KiB  Reserved     Reserved     Reserved\n"
        "[0xa0000, 0xc0000)              128.0 KiB  -            -            PCI Bus 000\n"
        "[0xc0000, 0xc9c00)               39.0 KiB  -            -            Video ROM\n"
        "[0xca000, 0xcae00)                3.5 KiB  -            -            Adapter ROM\n"
        "[0xcb000, 0xcb600)                1.5 KiB  -            -            Adapter ROM\n"
        "[0xf0000, 0x100000)              64.0 KiB  Reserved     Reserved     System ROM\n"
        "[0x100000, 0xf600000)           245.0 MiB  RAM          RAM          RAM\n"
        "[0xf600000, 0x10401ef2)          14.0 MiB  RAM          RAM          Kernel code\n"
        "[0x10401ef2, 0x10600000)          2.0 MiB  RAM          RAM          RAM\n"
        "[0x10600000, 0x10e27000)          8.2 MiB  RAM          RAM          Kernel roda\n"
        "[0x10e27000, 0x11000000)          1.8 MiB  RAM          RAM          RAM\n"
        "[0x11000000, 0x11245e00)          2.3 MiB  RAM          RAM          Kernel data\n"
        "[0x11245e00, 0x118b1000)          6.4 MiB  RAM          RAM          RAM\n"
        "[0x118b1000, 0x11e00000)          5.3 MiB  RAM          RAM          Kernel bss\n"
        "[0x11e00000, 0x3ffe0000)        737.9 MiB  RAM          RAM          RAM\n"
        "[0x3ffe0000, 0x40000000)        128.0 KiB  Reserved     Reserved     Reserved\n"
        "[0x40000000, 0xfd000000)          3.0 GiB  -            -            PCI Bus 000\n"
        "[0xfd000000, 0xfe000000)         16.0 MiB  -            -            0000:00:02.\n"
        "[0xfe000000, 0xfeb80000)         11.5 MiB  -            -            PCI Bus 000\n"
        "[0xfeb80000, 0xfebe0000)        384.0 KiB  -            -            0000:00:03.\n"
        "[0xfebe0000, 0xfebf0000)         64.0 KiB  -            -            PCI Bus 000\n"
        "[0xfebf0000, 0xfebf1000)          4.0 KiB  -            -            0000:00:02.\n"
        "[0xfebf1000, 0xfec00000)         60.0 KiB  -            -            PCI Bus 000\n"
        "[0xfec00000, 0xfec00400)          1.0 KiB  -            -            IOAPIC 0\n"
        "[0xfed00000, 0xfed00400)          1.0 KiB  -            -            PNP0103:00\n"
        "[0xfee00000, 0xfee01000)          4.0 KiB  -            -            Local APIC\n"
        "[0xfffc0000, 0x100000000)       256.0 KiB  Reserved     Reserved     Reserved\n"
        "[0x100000000, 0x180000000)        2.0 GiB  -            -            PCI Bus 000\n"
        "[0xfd00000000, 0x10000000000)    12.0 GiB  Reserved     Reserved     Reserved\n"
        "total RAM                                  1023.5 MiB   1023.5 MiB   993.8 MiB\n"
        "total Reserved                             12.0 GiB     12.0 GiB     12.0 GiB\n"
        "absent: fdt, memblock, efi\n"
        "best: sysfs, the firmware's table, without what this kernel reserved for itself\n"
    )


@pytest.mark.parametrize("machine", ["x86-1g", "x86-8g", "x86-efi", "arm64", "arm64-efi"])
def test_80_columns(machine: str) -> None:
    for args in ((), ("--source", "iomem"), ("--plot",), ("--plot", "--source", "iomem")):
        done = memmap(machine, *args)
        assert done.status == 0
        shown = [line for line in done.out.splitlines() if not line.startswith("best: ")]
        assert max(map(len, shown)) <= 80


def test_one_source() -> None:
    assert memmap("x86-1g", "-s", "sysfs").out == (
        "  [0x0, 0x9fc00)                  639.0 KiB  System RAM\n"
        "  [0x9fc00, 0xa0000)                1.0 KiB  Reserved\n"
        "  [0xf0000, 0x100000)              64.0 KiB  Reserved\n"
        "  [0x100000, 0x3ffe0000)         1022.9 MiB  System RAM\n"
        "  [0x3ffe0000, 0x40000000)        128.0 KiB  Reserved\n"
        "  [0xfffc0000, 0x100000000)       256.0 KiB  Reserved\n"
        "  [0xfd00000000, 0x10000000000)    12.0 GiB  Reserved\n"
        "  total                          1023.5 MiB  System RAM\n"
        "  total                            12.0 GiB  Reserved\n"
    )
    assert memmap("x86-efi", "-s", "efi").out.endswith(
        "  note: only what EFI keeps at run time; no map of the memory\n"
    )


def test_notes_are_counted() -> None:
    done = memmap("arm64")
    assert done.out.splitlines()[-3:] == [
        "absent: sysfs, boot_params, efi",
        "notes: 1, see memmap --source memblock",
        (
            "best: fdt, the device tree that the firmware handed over"
            " (sysfs: absent; boot_params: absent)"
        ),
    ]


def test_failing_sources_are_reported_and_not_fatal(tmp_path: Path) -> None:
    shutil.copytree(DATA / "x86-1g", tmp_path, dirs_exist_ok=True)
    (tmp_path / "sys/firmware/memmap/3/end").write_text("0x5\n")
    (tmp_path / "proc/iomem").write_text("00000000-00000fff : Reserved\n00001000\x1b : a\n")
    done = run_applet("memmap", "--sysroot", str(tmp_path))
    assert done.status == 0
    assert done.err == (
        f"memmap: {tmp_path}/sys/firmware/memmap/3/end: line 1: end:"
        " expected an address from 0x100000 on, found '0x5'\n"
        f"memmap: {tmp_path}/proc/iomem: line 2: memory resource:"
        " expected START-END : NAME, found '00001000\\x1b : a'\n"
    )
    lines = done.out.splitlines()
    assert lines[0] == "range                                size  boot_params"
    assert lines[-1].startswith("best: boot_params, the table that the boot loader handed over")


def test_no_source(tmp_path: Path) -> None:
    done = run_applet("memmap", "--sysroot", str(tmp_path))
    assert (done.status, done.out) == (1, "absent: sysfs, boot_params, fdt, iomem, memblock, efi\n")
    assert done.err == (
        "memmap: no source tells where memory is:"
        " sysfs: absent; boot_params: absent; fdt: absent; iomem: absent\n"
    )


def test_no_privileges(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    shutil.copy(DATA / "x86-1g/proc/iomem.unprivileged", tmp_path / "proc/iomem")
    done = run_applet("memmap", "--sysroot", str(tmp_path), "-s", "iomem")
    assert (done.status, done.out) == (1, "")
    assert done.err == (
        f"memmap: {tmp_path}/proc/iomem: every address is hidden;"
        " needs root: the kernel shows them to it only\n"
    )


def test_diff() -> None:
    assert memmap("x86-efi", "--diff", "sysfs", "boot_params").out == ""
    assert memmap("x86-efi", "--diff", "sysfs", "boot_params").status == 0
    done = memmap("arm64-efi", "--diff", "iomem", "memblock")
    assert done.status == 1
    assert done.out.splitlines()[:2] == [
        "range                                size  iomem              memblock",
        "[0x4000000, 0x8000000)           64.0 MiB  Reserved           RAM",
    ]
    assert done.out.splitlines()[-2:] == [
        "total Reserved                             171548672          119420411",
        "total RAM                                  969302016          1021430277",
    ]


def test_uefi() -> None:
    assert memmap("x86-1g", "--uefi").out == (
        "0x0000000000000000 0x000000000009fbff 1 System RAM\n"
        "0x000000000009fc00 0x000000000009ffff 5 Reserved\n"
        "0x00000000000f0000 0x00000000000fffff 5 Reserved\n"
        "0x0000000000100000 0x000000003ffdffff 1 System RAM\n"
        "0x000000003ffe0000 0x000000003fffffff 5 Reserved\n"
        "0x00000000fffc0000 0x00000000ffffffff 5 Reserved\n"
        "0x000000fd00000000 0x000000ffffffffff 5 Reserved\n"
    )


def test_hob() -> None:
    assert memmap("x86-1g", "--hob").out == (
        "resource: [0x0, 0x9f000) system memory\n"
        "resource: [0x9f000, 0xa0000) reserved memory\n"
        "resource: [0xf0000, 0x100000) reserved memory\n"
        "resource: [0x100000, 0x3ffe0000) system memory\n"
        "resource: [0x3ffe0000, 0x40000000) reserved memory\n"
        "resource: [0xfffc0000, 0x100000000) reserved memory\n"
        "resource: [0xfd00000000, 0x10000000000) reserved memory\n"
    )


def test_e820() -> None:
    assert memmap("x86-1g", "--e820").out == (
        "memmap=exactmap memmap=0x9fc00@0x0 memmap=0x400$0x9fc00 memmap=0x10000$0xf0000"
        " memmap=0x3fee0000@0x100000 memmap=0x20000$0x3ffe0000 memmap=0x40000$0xfffc0000"
        " memmap=0x300000000$0xfd00000000\n"
    )
    words = memmap("x86-efi", "--e820").out.split()
    assert "memmap=0x12000#0x7f76c000" in words
    assert "memmap=0x80000%0x7f77e000+0x4" in words
    assert memmap("x86-1g", "--e820", "-s", "iomem").out.count("@") == 2


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param(
            ["64M", "--align", "2M"],
            "not [0x0, 0x9fc00): ends below 0x100000\n"
            "[0x200000, 0x4200000) 64.0 MiB in [0x100000, 0xbffe0000), by sysfs\n",
            id="aligned",
        ),
        pytest.param(
            ["3G"],
            "not [0x0, 0x9fc00): ends below 0x100000\n"
            "not [0x100000, 0xbffe0000): 0xbfee0000 bytes from 0x100000 on\n"
            "[0x100000000, 0x1c0000000) 3.0 GiB in [0x100000000, 0x240000000), by sysfs\n",
            id="across-the-hole",
        ),
        pytest.param(
            ["100", "--above", "0"],
            "[0x0, 0x1000) 4.0 KiB in [0x0, 0x9fc00), by sysfs\n",
            id="whole-pages",
        ),
        pytest.param(
            ["2M", "--above", "3G", "-s", "iomem"],
            "not [0x1000, 0x9fc00): ends below 0xc0000000\n"
            "not [0x100000, 0xbffe0000): ends below 0xc0000000\n"
            "[0x100000000, 0x100200000) 2.0 MiB in [0x100000000, 0x240000000), by iomem\n",
            id="the-kernel-itself-is-no-obstacle",
        ),
    ],
)
def test_find(args: list[str], expected: str) -> None:
    done = memmap("x86-8g", "--find", *args)
    assert (done.status, done.out, done.err) == (0, expected, "")


def test_find_nothing() -> None:
    done = memmap("x86-8g", "--find", "2G", "--align", "1G", "--below", "4G")
    assert (done.status, done.out, done.err) == (
        1,
        (
            "not [0x0, 0x9fc00): ends below 0x100000\n"
            "not [0x100000, 0xbffe0000): 0x7ffe0000 bytes from 0x40000000 on\n"
            "not [0x100000000, 0x240000000): begins above 0x100000000\n"
        ),
        (
            "memmap: no room for 0x80000000 bytes in memory [0x100000, 0x100000000)"
            " aligned to 0x40000000; the largest range there has 0xbfee0000 bytes\n"
        ),
    )
    done = memmap("x86-1g", "--find", "1", "--align", "2G", "--below", "2G")
    assert done.out.splitlines()[-1] == (
        "not [0x100000, 0x3ffe0000): holds no multiple of 0x80000000"
    )


def test_plot() -> None:
    ram = "R" * 64
    assert memmap("x86-8g", "--plot").out.splitlines() == [
        f"0x000000000 r{'R' * 63}",
        *(f"{address:#011x} {ram}" for address in range(0x20000000, 0xA0000000, 0x20000000)),
        f"0x0a0000000 {'R' * 63}r",
        "        ...",
        f"0x0e0000000 {'.' * 63}x",
        *(f"{address:#011x} {ram}" for address in range(0x100000000, 0x240000000, 0x20000000)),
        "a cell is 8.0 MiB; a small letter fills only a part of it",
        "  R System RAM 8.0 GiB",
        "  X Reserved 449.0 KiB",
        "  above 0x240000000: Reserved 12.0 GiB",
        "by sysfs",
    ]


@pytest.mark.parametrize("machine", ["x86-1g", "x86-efi", "arm64-efi"])
def test_json(machine: str) -> None:
    done = memmap(machine, "--json")
    assert (done.status, done.err) == (0, "")
    shown = json.loads(done.out)
    assert list(shown) == ["version", "root", "sources", "best"]
    assert shown["version"] == 1
    assert shown["root"] == str(DATA / machine)
    assert [source["name"] for source in shown["sources"]] == list(SOURCES)
    for source in shown["sources"]:
        assert list(source) == ["name", "path", "state", "error", "notes", "ranges", "totals"]
        assert (source["state"] == "absent") is not Path(source["path"]).exists()
        totals: dict[str, int] = {}
        for each in source["ranges"]:
            totals[each["type"]] = totals.get(each["type"], 0) + each["end"] - each["start"]
        assert source["totals"] == totals
    assert shown["best"]["source"] == ("iomem" if machine == "arm64-efi" else "sysfs")


def test_json_of_a_failed_source(tmp_path: Path) -> None:
    (tmp_path / "proc/iomem").mkdir(parents=True)
    done = run_applet("memmap", "--sysroot", str(tmp_path), "--json", "--source", "iomem")
    assert done.status == 1
    shown = json.loads(done.out)
    assert shown["best"] is None
    assert shown["sources"] == [
        {
            "name": "iomem",
            "path": f"{tmp_path}/proc/iomem",
            "state": "failed",
            "error": f"{tmp_path}/proc/iomem: is a directory",
            "notes": [],
            "ranges": [],
            "totals": {},
        }
    ]


@pytest.mark.parametrize(("machine", "mib"), [("x86-1g", 1024), ("x86-8g", 8192)])
def test_the_check_of_the_virtual_machine_fails_when_it_should(machine: str, mib: int) -> None:
    shown = json.loads(memmap(machine, "--json").out)
    assert disagreements(shown, mib) == []
    assert disagreements(shown, mib + 2) != []
    boot_params, iomem = shown["sources"][1], shown["sources"][3]
    iomem["ranges"][1]["start"] += 4096
    assert [line.split(":")[0] for line in disagreements(shown, mib)] == ["iomem"]
    boot_params["ranges"].pop()
    boot_params["state"] = "failed"
    shown["best"] = None
    assert [line.split(":")[0] for line in disagreements(shown, mib)] == [
        "states",
        "best",
        "sysfs and boot_params differ",
        "iomem",
    ]


USAGE = (
    "usage: memmap [--source NAME] [--sysroot DIR]"
    " [-j|--diff A B|--uefi|--hob|--e820|--find SIZE|--plot]"
)


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        pytest.param(
            ["--json", "--plot"], 2, f"--json and --plot exclude each other; {USAGE}", id="modes"
        ),
        pytest.param(["--diff", "sysfs"], 2, f"--diff needs two sources; {USAGE}", id="diff-one"),
        pytest.param(["sysfs"], 2, f"unexpected operand 'sysfs'; {USAGE}", id="operand"),
        pytest.param(
            ["--source", "e820"],
            1,
            "no source 'e820'; there are sysfs, boot_params, fdt, iomem, memblock, efi",
            id="unknown-source",
        ),
        pytest.param(
            ["--diff", "sysfs", "fdt"],
            1,
            f"{DATA}/x86-1g/sys/firmware/fdt: this machine has no such source",
            id="absent-source",
        ),
        pytest.param(
            ["--find", "1M", "--align", "3"],
            1,
            "alignment 0x3: expected a power of two up to 0x10000000000000000",
            id="alignment",
        ),
        pytest.param(
            ["--find", "1M", "--below", "3"],
            1,
            "range [0x100000, 0x3): its end is before its start",
            id="nothing-between",
        ),
        pytest.param(
            ["--find", "1Q"],
            2,
            "--find: expected a number such as 4096 or 0x1000, found '1Q'",
            id="size",
        ),
    ],
)
def test_messages(args: list[str], status: int, message: str) -> None:
    done = memmap("x86-1g", *args)
    assert (done.status, done.out, done.err) == (status, "", f"memmap: {message}\n")
