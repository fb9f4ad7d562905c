"""A survey in words and as plain values."""

from __future__ import annotations

from uroot_py.base.errors import RefusedError
from uroot_py.base.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.boot.survey import Survey
    from uroot_py.bootconfig.entry import BootEntry


def details(entry: BootEntry, line: str) -> list[str]:
    """What an entry would start, with LINE as its command line; a fact a line."""
    source = f"{entry.device}: {entry.source}" + (f" line {entry.line}" if entry.line else "")
    rows = [
        ("entry", " > ".join((*entry.parents, entry.title))),
        ("from", source),
        ("kernel", str(entry.kernel or "none")),
        *(("initrd", str(ref)) for ref in entry.initrds),
        *(("module", f"{ref} {text}".rstrip()) for ref, text in entry.modules),
        ("cmdline", line),
        ("tree", str(entry.devicetree or "")),
        ("remark", entry.remark),
        *(("note", note) for note in entry.notes),
        ("why not", entry.why_not),
    ]
    return [f"{key:<8} {printable(value)}" for key, value in rows if value]


def rows(survey: Survey, *, notes: bool = False) -> list[str]:
    """The list of entries: ``*`` marks a default, ``!`` and a reason what cannot boot, a remark.

    With NOTES, what was passed over in their configurations, too.
    """
    lines = []
    for number, entry in enumerate(survey.entries, 1):
        mark = "*" if entry.default else " "
        if not entry.bootable:
            mark = "!"
        title = " > ".join(printable(part) for part in (*entry.parents, entry.title))
        lines.append(f"{number:>3} {mark} {title:<52} {entry.device}")
        if not entry.bootable:
            lines.append(f"      {printable(entry.why_not)}")
        elif entry.remark:
            lines.append(f"      remark: {entry.remark}")
        lines += [f"      note: {printable(text)}" for text in entry.notes if notes]
    return lines


def paths(survey: Survey) -> list[tuple[str, ...]]:
    """The titles from the top down for each entry, as a menu shows them.

    A name that entries of several devices have at the top gets the device behind it.
    """
    found = [
        tuple(printable(part) for part in (*entry.parents, entry.title)) for entry in survey.entries
    ]
    homes: dict[str, set[str]] = {}
    for entry, path in zip(survey.entries, found, strict=True):
        homes.setdefault(path[0], set()).add(entry.device)
    return [
        (f"{path[0]} ({entry.device})", *path[1:]) if len(homes[path[0]]) > 1 else path
        for entry, path in zip(survey.entries, found, strict=True)
    ]


def log(survey: Survey) -> list[str]:
    """Everything that was looked at, and what was wrong."""
    return [*survey.looked, *(f"fault: {fault}" for fault in survey.faults)]


def as_values(survey: Survey) -> dict[str, object]:
    """The survey as plain values; docs/boot.md explains each key."""
    from uroot_py.boot import writeback

    default = next(iter(survey.defaults()), None)
    try:
        writes = [changes for changes, _ in writeback.looked_up(survey.entries)]
    except RefusedError as error:
        writes = [[] for _ in survey.entries]
        survey.faults.append(f"what would be written is not known: {error}")
    return {
        "devices": [
            {
                "path": volume.path,
                "size": volume.size,
                "type": volume.kind,
                "uuid": volume.uuid,
                "label": volume.label,
                "partuuid": volume.partuuid,
                "fault": volume.fault,
            }
            for volume in survey.devices
        ],
        "entries": [
            {
                "number": number,
                "id": entry.id,
                "title": entry.title,
                "parents": list(entry.parents),
                "device": entry.device,
                "source": entry.source,
                "line": entry.line,
                "kind": entry.kind,
                "kernel": str(entry.kernel) if entry.kernel else None,
                "initrds": [str(ref) for ref in entry.initrds],
                "modules": [{"file": str(ref), "cmdline": text} for ref, text in entry.modules],
                "cmdline": entry.cmdline,
                "devicetree": str(entry.devicetree) if entry.devicetree else None,
                "default": entry is default,
                "bootable": entry.bootable,
                "why": entry.why_not,
                "remark": entry.remark,
                "editable": entry.editable,
                "notes": entry.notes,
                "writes": [change.text for change in writes[number - 1]],
            }
            for number, entry in enumerate(survey.entries, 1)
        ],
        "faults": survey.faults,
        "looked": survey.looked,
    }
