"""Memory maps out of what a kernel shows: text and bytes in, a MemoryMap out.

``source`` arguments are the paths that error texts begin with. The device tree has a module of its
own (``memory.devicetree``); ``machine.memory`` reads the files.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, LineError, RefusedError
from uroot_py.base.ranges import MAX_ADDRESS, PAGE_SIZE, Range
from uroot_py.base.reader import Reader
from uroot_py.formats.kernel.boot_params import (
    E820_MAX_ENTRIES_ZEROPAGE,
    E820_TABLE_OFFSET,
    BootParams,
)
from uroot_py.memory import map as kinds
from uroot_py.memory.map import MemoryMap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import NoReturn

    from uroot_py.memory.map import Entry

    Table = Mapping[str, Mapping[str, str]]  # numbered directories of small files, in order

# Ref: Linux, arch/x86/include/asm/e820/types.h and e820_type_to_string().
E820_TYPES = {
    1: kinds.RAM,
    2: kinds.RESERVED,
    3: kinds.ACPI,
    4: kinds.NVS,
    5: kinds.UNUSABLE,
    7: kinds.PERSISTENT,
    12: kinds.PERSISTENT_LEGACY,
    0xEFFFFFFF: kinds.SOFT_RESERVED,
}
E820_NUMBERS = {name: number for number, name in E820_TYPES.items()}

# Ref: UEFI 2.10, section 7.2.3, EFI_MEMORY_TYPE; the words are those of Linux, efi.c.
EFI_TYPES = (
    kinds.RESERVED,
    "EFI Loader Code",
    "EFI Loader Data",
    "EFI Boot Code",
    "EFI Boot Data",
    "EFI Runtime Code",
    "EFI Runtime Data",
    kinds.RAM,
    kinds.UNUSABLE,
    kinds.ACPI,
    kinds.NVS,
    "EFI MMIO",
    "EFI MMIO Port",
    "EFI PAL Code",
    kinds.PERSISTENT,
    "EFI Unaccepted",
)

# What the running kernel keeps in its RAM; the next kernel gets it back.
_IMAGE_TYPES = ("Kernel image", "Kernel code", "Kernel rodata", "Kernel data", "Kernel bss")
KERNEL_TYPES = (*_IMAGE_TYPES, "Crash kernel")
OWN_TYPES = (kinds.RAM, *_IMAGE_TYPES)  # where the running kernel has RAM of its own
_DEEPEST = 32
_CAPPED_DEPTH = 5  # from here on the kernel may indent a child no deeper than its parent


def from_iomem(text: str, source: str = "/proc/iomem") -> MemoryMap:
    """The map of /proc/iomem, where the inner of two nested resources wins.

    Raises LineError for a line that is no resource, that ends before it starts, or that overlaps
    the one before it; RefusedError for the view without addresses that all but root get.

    Ref: Linux, kernel/resource.c, r_show().
    """
    lines = _lines(text)
    if lines and all(line.partition(":")[0].strip(" 0") == "-" for line in lines):
        raise RefusedError(
            f"{source}: every address is hidden",
            hint="needs root: the kernel shows them to it only",
        )
    starts: list[int] = []
    ends: list[int] = []
    names: list[str] = []
    # By depth, for the next resource: its lowest and its highest address.
    free, limit = [0] * (_DEEPEST + 2), [MAX_ADDRESS] * (_DEEPEST + 2)
    depth = -1
    for number, line in enumerate(lines, 1):
        low, _, rest = line.partition("-")
        high, colon, name = rest.partition(" : ")
        above, depth = depth, (len(low) - len(low.lstrip())) >> 1 if line[:1] == " " else 0
        try:
            start, last = int(low, 16), int(high, 16)
        except ValueError:
            _bad_line("memory resource", number, "START-END : NAME", line, source)
        if not colon or depth > above + 1 or depth > _DEEPEST:
            _bad_line("memory resource", number, "START-END : NAME", line, source)
        if start < free[depth] or last > limit[depth] or last < start:
            _check_place(number, start, last, free[depth], limit[depth], source, depth)
        free[depth] = last + 1
        free[depth + 1] = start
        limit[depth + 1] = last
        starts.append(start)
        ends.append(last + 1)
        names.append(name)
    names = ["Reserved" if name == "reserved" else name for name in names]
    return MemoryMap.from_columns(starts, ends, names).merge()


def from_memblock(
    memory: str, reserved: str, source: str = "/sys/kernel/debug/memblock"
) -> MemoryMap:
    """The map of the two files of memblock: ``memory``, without what is ``reserved``.

    Ref: Linux, mm/memblock.c, memblock_debug_show(); flags are shown since Linux 6.5.
    """
    entries, flagged = _memblock(memory, f"{source}/memory", kinds.RAM)
    more, _ = _memblock(reserved, f"{source}/reserved", kinds.RESERVED)
    notes = []
    if entries and not flagged:
        notes.append("this kernel does not tell which of these ranges it must not map (NOMAP)")
    return MemoryMap.from_entries(entries + more, notes).merge()


def _memblock(text: str, source: str, kind: str) -> tuple[list[Entry], bool]:
    """The entries of one file, and whether it shows flags."""
    entries: list[Entry] = []
    flagged = False
    for number, line in enumerate(_lines(text), 1):
        words = line.split()
        low, _, high = words[1].partition("..") if len(words) > 1 else ("", "", "")
        try:
            start, last = int(low, 16), int(high, 16)
        except ValueError:
            _bad_line("memblock region", number, "NUMBER: START..END", line, source)
        free = entries[-1][1] if entries else 0
        if not free <= start <= last <= MAX_ADDRESS:
            _check_place(number, start, last, free, MAX_ADDRESS, source)
        flagged = flagged or len(words) > 3
        entries.append((start, last + 1, kinds.RESERVED if "NOMAP" in words[3:] else kind))
    return entries, flagged


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    if not lines[-1]:
        del lines[-1]
    return lines


def _bad_line(what: str, number: int, expected: str, line: str, source: str) -> NoReturn:
    raise LineError(what, number, expected, repr(line[:60]), source=source)


def _check_place(
    number: int, start: int, last: int, free: int, limit: int, source: str, depth: int = 0
) -> None:
    """Raise for a range that ends before it starts or overlaps, unless its DEPTH explains that."""
    if last < start:
        expected = "an end not before the start"
    elif last > MAX_ADDRESS:
        expected = "a range inside 64 bits"
    elif depth < _CAPPED_DEPTH:
        expected = f"addresses from {free:#x} to {limit:#x}"
    else:
        return
    raise LineError("memory range", number, expected, f"{start:#x}-{last:#x}", source=source)


def from_sysfs_memmap(table: Table, source: str = "/sys/firmware/memmap") -> MemoryMap:
    """The map of /sys/firmware/memmap: per number, the files ``start``, ``end`` and ``type``.

    Ref: Linux, Documentation/ABI/testing/sysfs-firmware-memmap.
    """
    entries: list[tuple[str, Entry]] = []
    for name, files in table.items():
        place = f"{source}/{name}"
        start, last = _hex(files, "start", place), _hex(files, "end", place)
        kind = files.get("type", "").strip()
        if last < start:
            _bad_line(
                "end", 1, f"an address from {start:#x} on", files["end"].strip(), f"{place}/end"
            )
        if not kind:
            _bad_line("type", 1, "a name such as System RAM", "", f"{place}/type")
        entries.append((place, (start, last + 1, kinds.RESERVED if kind == "reserved" else kind)))
    return _from_firmware(entries)


def from_efi_runtime(table: Table, source: str = "/sys/firmware/efi/runtime-map") -> MemoryMap:
    """The map of the EFI regions that stay in use: ``phys_addr``, ``num_pages`` and ``type``.

    Ref: Linux, Documentation/ABI/testing/sysfs-firmware-efi-runtime-map.
    """
    entries: list[tuple[str, Entry]] = []
    for name, files in table.items():
        place = f"{source}/{name}"
        start, pages = _hex(files, "phys_addr", place), _hex(files, "num_pages", place)
        number = _hex(files, "type", place)
        end = start + pages * PAGE_SIZE
        if end > MAX_ADDRESS + 1:
            _bad_line(
                "num_pages",
                1,
                "a range inside 64 bits",
                files["num_pages"].strip(),
                f"{place}/num_pages",
            )
        kind = EFI_TYPES[number] if number < len(EFI_TYPES) else f"EFI type {number:#x}"
        entries.append((place, (start, end, kind)))
    return _from_firmware(entries, ["only what EFI keeps at run time; no map of the memory"])


def _hex(files: Mapping[str, str], name: str, place: str) -> int:
    text = files.get(name, "").strip()
    try:
        value = int(text, 16)
    except ValueError:
        value = -1
    if not 0 <= value <= MAX_ADDRESS:
        _bad_line(name, 1, "a number such as 0x1000", text, f"{place}/{name}")
    return value


def from_boot_params(
    data: bytes, extended: Iterable[bytes] = (), source: str = "/sys/kernel/boot_params/data"
) -> MemoryMap:
    """The e820 table of a zero page, and behind it the contents of setup_data SETUP_E820_EXT.

    Ref: Linux, arch/x86/include/uapi/asm/bootparam.h, struct boot_e820_entry.
    """
    try:
        params = BootParams(data)
        count = params.e820_entries
        if count > E820_MAX_ENTRIES_ZEROPAGE:
            expected = f"at most {E820_MAX_ENTRIES_ZEROPAGE}"
            raise FormatError("boot_params: e820_entries", 0x1E8, expected, str(count))
        entries = list(_e820(params.e820_table[: 20 * count], E820_TABLE_OFFSET))
        for more in extended:
            entries += _e820(more, 0)
    except FormatError as error:
        raise error.within(source) from None
    return _from_firmware([(f"{source}: entry {i}", entry) for i, entry in enumerate(entries)])


def _e820(table: bytes, offset: int) -> Iterator[Entry]:
    reader = Reader(table, "e820 entry")
    for number in range(len(table) // 20):
        start, size, kind = reader.u64(), reader.u64(), reader.u32()
        if start + size > MAX_ADDRESS + 1:
            place = offset + number * 20
            raise FormatError("e820 entry", place, "an end inside 64 bits", f"{start + size:#x}")
        yield start, start + size, E820_TYPES.get(kind, "Unknown E820 type")


def _from_firmware(entries: list[tuple[str, Entry]], notes: Iterable[str] = ()) -> MemoryMap:
    """The map of (place, entry) pairs; firmware lets entries overlap: the larger e820 type wins.

    Ref: Linux, arch/x86/kernel/e820.c, e820__update_table().
    """
    notes = list(notes)
    before, end = "", 0
    for place, entry in sorted(entries, key=lambda pair: pair[1][0]):
        if entry[0] < end and entry[0] < entry[1]:
            notes.append(f"{place}: {Range(*entry[:2])} {entry[2]} overlaps {before}")
        if entry[1] > end:
            before, end = f"{Range(*entry[:2])} {entry[2]}", entry[1]
    reserved = E820_NUMBERS[kinds.RESERVED]
    ranked = [entry for _, entry in entries]
    ranked.sort(key=lambda entry: E820_NUMBERS.get(entry[2], reserved))
    return MemoryMap.from_entries(ranked, notes).merge()


class Reading:
    """One source: its name, where it is, and the map in it, or why there is none.

    ``error`` is empty for a source that this machine does not have.
    """

    def __init__(
        self, name: str, path: str, held: MemoryMap | None = None, error: str = ""
    ) -> None:
        self.name = name
        self.path = path
        self.map = held
        self.error = error

    @property
    def why_not(self) -> str:
        """Why no kernel can be placed by this source, or nothing."""
        if self.map is None:
            return self.error or "absent"
        return "" if self.map.ram() else f"no {kinds.RAM} in it"


# In the order of trust: what firmware said to this kernel is what the next one should hear. Not
# memblock, which may count as memory what must not be touched; not efi, which has no memory.
_REASONS = {
    "sysfs": "the firmware's table, without what this kernel reserved for itself",
    "boot_params": "the table that the boot loader handed over",
    "fdt": "the device tree that the firmware handed over",
    "iomem": "the running kernel's view, with what it holds itself given back",
}


def best(readings: Iterable[Reading]) -> tuple[MemoryMap, str, str]:
    """The map to place a kernel by, the name of its source, and why it is that one.

    No more READINGS are taken than are needed. RefusedError when no source will do; it says why
    for each.
    """
    found: dict[str, Reading] = {}
    rest = iter(readings)
    passed: list[str] = []
    for name, reason in _REASONS.items():
        while name not in found and (reading := next(rest, None)):
            found[reading.name] = reading
        reading = found.get(name) or Reading(name, "")
        if reading.map is not None and not reading.why_not:
            why = f"{reason} ({'; '.join(passed)})" if passed else reason
            return reading.map.retype(KERNEL_TYPES, kinds.RAM), name, why
        passed.append(f"{name}: {reading.why_not}")
    raise RefusedError(f"no source tells where memory is: {'; '.join(passed)}")
