"""Unified kernel images as systemd-stub(7) tells to make one: objcopy and systemd's stub."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scripts.tools import command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PAGE = 4096  # what sections of an EFI program are aligned to


def uki(target: Path, stub: Path, sections: Mapping[str, Path], tools: str = "") -> None:
    """STUB with SECTIONS (name -> what is in it) as the file TARGET; TOOLS is binutils' prefix."""
    # Behind the stub's own sections, which begin where its version likes.
    listed = command([f"{tools}objdump", "-h", stub])
    own = re.findall(r"^ +\d+ \S+ +(\w+) +(\w+) ", listed, re.MULTILINE)
    at = max(int(size, 16) + int(start, 16) for size, start in own)
    words = []
    for name, path in sections.items():
        at = -(-at // PAGE) * PAGE
        words += [f"--add-section={name}={path}", f"--change-section-vma={name}={at:#x}"]
        at += path.stat().st_size
    target.parent.mkdir(parents=True, exist_ok=True)
    command([f"{tools}objcopy", *words, stub, target])
