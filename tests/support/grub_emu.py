"""GRUB itself, run as a program (grub-emu): what a configuration prints, and what it would boot."""

import os
import shutil
from pathlib import Path

import pexpect

MARK = "RESULT:"


def run(config: str, folder: Path, device_map: Path | None = None) -> list[str]:
    """What follows MARK on the lines that GRUB prints for CONFIG; the configuration must exit.

    It sees the disks of DEVICE_MAP, none without one.
    """
    program = shutil.which("grub-emu")
    assert program, "grub-emu is missing: apt-get install grub-emu"
    (folder / "grub.cfg").write_text(f"set pager=0\n{config}\n")
    if device_map is None:
        device_map = folder / "device.map"
        device_map.touch()
    args = ["-d", str(folder), "-m", str(device_map)]
    child = pexpect.spawn(
        program, args, timeout=20, encoding="utf-8", dimensions=(100, 200), env=dict(os.environ)
    )
    try:
        child.expect(pexpect.EOF)
        assert isinstance(child.before, str)
        output = child.before
    finally:
        child.close(force=True)
    lines = [line.strip() for line in output.replace("\r", "").split("\n")]
    return [line.partition(MARK)[2] for line in lines if MARK in line]
