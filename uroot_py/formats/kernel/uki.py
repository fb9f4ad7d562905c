"""Unified kernel images: the sections of their profiles, and a text in one of them.

Ref: UAPI.5 Unified Kernel Image; systemd-stub(7).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.formats.kernel.pe import Image, Section

MAX_PROFILES = 32
_BLANKS = dict.fromkeys(range(32), " ")


def profiles(image: Image) -> list[dict[str, Section]]:
    """The sections of each profile by name, the base profile's where it has none of its own.

    An image without profiles has one. Of several sections with one name the first one counts.
    """
    base: dict[str, Section] = {}
    found: list[dict[str, Section]] = []
    current, own = base, set[str]()
    for section in image.sections:
        if section.name == ".profile":
            current = dict(base)
            own = {".profile"}
            found.append(current)
            current[section.name] = section
        elif current is base:
            base.setdefault(section.name, section)
        elif section.name not in own:
            own.add(section.name)
            current[section.name] = section
    return found[:MAX_PROFILES] or [base]


def text(data: bytes) -> str:
    """A section's text up to its first NUL."""
    return data.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def command_line(data: bytes) -> str:
    """A command line as the stub passes it on: control characters are blanks, none at the ends."""
    return text(data).translate(_BLANKS).strip(" ")
