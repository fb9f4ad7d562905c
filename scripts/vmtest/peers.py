"""Programs of Debian that stand beside ours in a guest."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import apt

if TYPE_CHECKING:
    from scripts.vmtest.image import Files


def kexec_tools() -> Files:
    """Debian's kexec and the libraries it asks for, each where the program looks for it."""
    program = next(apt.unpacked("kexec-tools").glob("sbin/kexec"))
    files: dict[str, Path | bytes] = {"/srv/kexec-tools": program}
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, timeout=60)
    for path in re.findall(r"(/\S+) \(", listed.stdout):
        files[path] = Path(path)
    return files
