"""memmap in a PC: its sources agree where they should and differ where they must."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scripts.vmtest.case import Case, End, Prompt, Run, Send

if TYPE_CHECKING:
    from scripts.vmtest.case import Session, Step

PAGE = 4096
HELD = ("Kernel image", "Kernel code", "Kernel rodata", "Kernel data", "Kernel bss")
# Of SeaBIOS, which keeps a KiB for itself there, and of our own machine, which keeps a page.
LOW_END = {"qemu": 0x9FC00, "vmm": 0x9F000}
# A PC with SeaBIOS, or our own, Debian's kernel: no device tree, no EFI, no memblock after boot.
STATES = {
    "sysfs": "ok",
    "boot_params": "ok",
    "fdt": "absent",
    "iomem": "ok",
    "memblock": "absent",
    "efi": "absent",
}


def pages(source: dict[str, Any], *kinds: str) -> list[tuple[int, int]]:
    """The ranges of KINDS, those that touch made one."""
    found: list[tuple[int, int]] = []
    for each in source["ranges"]:
        if each["type"] in kinds:
            start, end = each["start"], each["end"]
            if found and found[-1][1] == start:
                start = found.pop()[0]
            found.append((start, end))
    return found


def disagreements(shown: dict[str, Any], mib: int) -> list[str]:
    """What is wrong with the output of ``memmap --json`` of a PC with MIB of memory."""
    wrong = []
    source = {each["name"]: each for each in shown["sources"]}
    states = {name: each["state"] for name, each in source.items()}
    if states != STATES:
        wrong.append(f"states: {states}")
    if (shown["best"] or {}).get("source") != "sysfs":
        wrong.append(f"best: {shown['best']}")
    firmware = pages(source["sysfs"], "System RAM")
    # The kernel shows the same table twice.
    if source["sysfs"]["ranges"] != source["boot_params"]["ranges"]:
        wrong.append("sysfs and boot_params differ")
    # It takes the first page for itself, and must not take or lose anything else.
    kernel = pages(source["iomem"], "System RAM", *HELD)
    if firmware[0][0] != 0 or kernel != [(PAGE, firmware[0][1]), *firmware[1:]]:
        wrong.append(f"iomem: RAM {kernel}, firmware's {firmware}")
    # SeaBIOS keeps the legacy hole and less than a MiB at the end of low memory.
    missing = (mib << 20) - sum(end - start for start, end in firmware)
    if not 0 < missing < 2 << 20:
        wrong.append(f"{missing:#x} of {mib} MiB are not RAM")
    if (mib > 3 << 10) is not (firmware[-1][0] == 1 << 32):
        wrong.append(f"RAM around the hole below 4 GiB: {firmware}")
    return wrong


def agree(mib: int) -> Step:
    """The step that asks the guest and checks."""

    def sources_agree(session: Session) -> None:
        output = session.run("memmap --json")
        text = output[output.index("{") : output.rindex("}") + 1]
        wrong = disagreements(json.loads(text), mib)
        if wrong:
            session.fail("; ".join(wrong))

    return sources_agree


def low_memory(session: Session) -> None:
    """Where it ends in the forms that firmware and kernels take."""
    end = LOW_END[session.engine.partition("-")[0]]
    Run("memmap --uefi", rf"^0x0{{16}} 0x{end - 1:016x} 1 System RAM")(session)
    Run("memmap --e820", rf"^memmap=exactmap memmap={end:#x}@0x0 ")(session)


CASES = [
    Case(
        "memmap.sources",
        append="uroot.shell",
        memory=1024,
        steps=[
            Prompt(),
            agree(1024),
            Run("memmap --diff sysfs boot_params"),
            Run(
                "memmap --diff sysfs iomem", r"^\[0x0, 0x1000\) +4\.0 KiB  RAM +Reserved", status=1
            ),
            Run("memmap --source memblock", "this machine has no such source", status=1),
            Run("memmap --find 16M --align 2M", r"^\[0x200000, 0x1200000\) 16\.0 MiB in \["),
            Run("memmap --find 2G", "no room for 0x80000000 bytes", status=1),
            low_memory,
            Run("memmap --plot", (r"^0x00000000 rR", "^by sysfs")),
            Send("poweroff\r"),
            End(),
        ],
    ),
    Case(
        "memmap.hole",
        append="uroot.shell",
        memory=5120,
        steps=[
            Prompt(),
            agree(5120),
            Run("memmap --find 2G --above 3G", r"^\[0x100000000, 0x180000000\) 2\.0 GiB in \["),
            Send("poweroff\r"),
            End(),
        ],
    ),
]
