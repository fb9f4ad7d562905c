"""The comparison with this machine's tools: its list of differences."""

import importlib
import pathlib

from tests.cmds.differences import CHANGED, DIFFERENT


def test_every_difference_is_a_row():
    lines: set[str] = set()
    for path in pathlib.Path(__file__).parent.glob("test_*.py"):
        found = getattr(importlib.import_module(f"tests.cmds.{path.stem}"), "LINES", "")
        if isinstance(found, str):
            lines |= set(found.split("\n"))
    assert lines >= {*DIFFERENT, *CHANGED}
