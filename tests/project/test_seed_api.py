"""docs/seed-api.md: no exported name of the seeds is missing, and what is done can be imported."""

import pkgutil
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs/seed-api.md").read_text()
ROW = re.compile(r"^\| `([\w.]+)` \| (?:`([\w.]+)`|-) \| (done|issue \d+) \|$", re.MULTILINE)
KEXEC, LOADER = (ROW.findall(part) for part in PAGE.split("\n## ")[1:])

# As the package documentation of the seeds lists them: constants, variables, functions, types with
# their exported fields and methods.
KEXEC_NAMES = """
M1 MaxAddr ErrNotEnoughSpace FileLoad Load Reboot SegmentEqual SegmentsEqual
ErrKexec ErrKexec.Entry ErrKexec.Segments ErrKexec.Flags ErrKexec.Errno ErrKexec.Error
FindOptioner WithAlignment WithMinimumAddr WithStartAlignment WithinRange
Memory Memory.Phys Memory.Segments Memory.AddKexecSegment Memory.AddKexecSegmentExplicit
Memory.AddPhysSegment Memory.AvailableRAM Memory.FindSpace Memory.LoadElfSegments Memory.ReservePhys
MemoryMap MemoryMapFromFDT MemoryMapFromIOMem MemoryMapFromMemblock MemoryMapFromSysfsMemmap
MemoryMap.FilterByType MemoryMap.Insert MemoryMap.RAM MemoryMap.String
MemoryMap.ToUEFIPayloadMemoryMap Object Object.Progs Object.Entry ObjectNewFile
Range Range.Start Range.Size RangeFromInclusiveInterval RangeFromInterval Range.Adjacent Range.Align
Range.AlignPage Range.Contains Range.Disjunct Range.End Range.Intersect Range.IsSupersetOf
Range.Last Range.Minus Range.Overlaps Range.String Range.WithStart
RangeType RangeRAM RangeDefault RangeACPI RangeNVS RangeReserved RangeType.String
Ranges Ranges.FindSpace Ranges.FindSpaceAbove Ranges.FindSpaceIn Ranges.Minus Ranges.Sort
Segment Segment.Buf Segment.Phys AlignPhysStart NewSegment Segment.String
Segments AlignAndMerge Segments.GetPhys Segments.Insert Segments.IsSupersetOf Segments.Phys
Segments.PhysContains Segments.String
TypedRange TypedRange.Range TypedRange.Type TypedRange.String
UEFIPayloadMemType UEFIPayloadTypeRAM UEFIPayloadTypeDefault UEFIPayloadTypeACPI UEFIPayloadTypeNVS
UEFIPayloadTypeReserved UEFIPayloadMemoryMap UEFIPayloadMemoryMapEntry
UEFIPayloadMemoryMapEntry.Start UEFIPayloadMemoryMapEntry.End UEFIPayloadMemoryMapEntry.Type
"""
FIELDS = {
    "BootOptions": "Cmdline LoadAddr Initrd InitrdGPA ZeroPageGPA CmdlineGPA StackTopGPA PagingBase"
    " AddressSpaceGiB E820",
    "BootPlan": "LoadAddr EntryGPA ZeroPageGPA CmdlineGPA StackTopGPA PagingBase AddressSpaceGiB"
    " ConfigureVCPU",
    "KernelImage": "Data Header HeaderBytes PayloadOffset BuildZeroPage DefaultLoadAddress"
    " EntryPoint LoadIntoMemory Payload Prepare",
    "SetupHeader": "ProtocolVersion SetupSectors LoadFlags Code32Start RamdiskImage RamdiskSize"
    " HeapEndPtr CmdLinePtr InitrdAddrMax KernelAlignment RelocatableKernel MinAlignment XLoadFlags"
    " CmdlineSize HardwareSubarch HardwareSubarchData PayloadOffset PayloadLength SetupData"
    " PrefAddress InitSize HandoverOffset KernelInfoOffset",
}
LOADER_NAMES = {
    *["ClearSymbolCache", "E820Entry", "DefaultE820Map", "LoadBzImage", "LoadKernel"],
    *["StackFrame", "CaptureStackTrace"],
    *FIELDS,
    *(f"{name}.{field}" for name, fields in FIELDS.items() for field in fields.split()),
}


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        pytest.param(KEXEC, set(KEXEC_NAMES.split()), id="kexec"),
        pytest.param(LOADER, LOADER_NAMES, id="boot-loader"),
    ],
)
def test_every_exported_name_has_one_row(rows: list[tuple[str, str, str]], names: set[str]) -> None:
    assert sorted(go for go, _, _ in rows) == sorted(names)
    assert [go for go, python, state in rows if bool(python) is not (state == "done")] == []


def test_every_line_of_the_tables_is_a_row() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert len(lines) == len(KEXEC) + len(LOADER)


@pytest.mark.parametrize(
    ("go", "python"),
    [pytest.param(go, python, id=go) for go, python, state in KEXEC + LOADER if state == "done"],
)
def test_what_is_done_can_be_imported(go: str, python: str) -> None:
    assert pkgutil.resolve_name(python) is not None
