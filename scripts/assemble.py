#!/usr/bin/env python3
"""assemble - the machine code between two kernels: sources to uroot_py/payload/machine_code.py.

usage: scripts/assemble.py           rewrite the module
       scripts/assemble.py --check   status 1 if it does not fit the sources

Needs binutils for x86-64 and aarch64 (binutils-aarch64-linux-gnu). tests/ does the same check.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.tools import ROOT, command

PAYLOAD = ROOT / "uroot_py" / "payload"
MODULE = PAYLOAD / "machine_code.py"
SOURCES = {
    "PURGATORY_X86": "purgatory_x86.S",
    "TRAMPOLINE_ARM64": "trampoline_arm64.S",
    "TRAMPOLINE_UEFI": "trampoline_uefi.S",
}
_HEAD = '''\
"""Machine code, assembled by scripts/assemble.py from the .S files beside this one."""

from __future__ import annotations
'''


def prefix(source: str) -> str:
    """The prefix of the tools that SOURCE needs."""
    machine = "aarch64" if "arm64" in source else "x86_64"
    long = f"{machine}-linux-gnu-"
    return long if shutil.which(f"{long}as") else ""


def assembled(source: str) -> bytes:
    """The bytes of SOURCE's text section; RefusedError with the assembler's words."""
    tools = prefix(source)
    with tempfile.TemporaryDirectory() as folder:
        made, flat = Path(folder) / "made.o", Path(folder) / "flat"
        command([f"{tools}as", "-o", made, PAYLOAD / source])
        command([f"{tools}objcopy", "-O", "binary", "-j", ".text", made, flat])
        return flat.read_bytes()


def module() -> str:
    """The whole text of the module."""
    parts = [_HEAD]
    for name, source in SOURCES.items():
        lines = textwrap.wrap(assembled(source).hex(), 90)
        body = "\n".join(f'    "{line}"' for line in lines)
        parts.append(f"{name} = bytes.fromhex(  # {source}\n{body}\n)\n")
    return "\n".join(parts)


def main() -> int:
    """Run the command line of this process."""
    text = module()
    if sys.argv[1:] == ["--check"]:
        return int(text != MODULE.read_text())
    MODULE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
