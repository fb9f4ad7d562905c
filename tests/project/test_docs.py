"""What the documents have of the tree: the table's list, as `make docs` writes it; the rooms."""

import re

from cmds.table import TABLE
from scripts import docs
from scripts.tools import ROOT


def test_the_list_is_the_table():
    text = docs.COMMANDS.read_text()
    assert docs.with_list(text) == text, "make docs writes it"


def test_a_row_that_changed_is_written(monkeypatch):
    text = docs.COMMANDS.read_text()
    monkeypatch.setattr(TABLE[0], "summary", "something else")
    changed = docs.with_list(text)
    assert "      boot                    something else\n" in changed
    assert docs.with_list(changed) == changed
    assert changed.count("\n") == text.count("\n")


def test_every_room_is_drawn_and_there():
    """HACKING's table names each folder of code, the drawers of formats and scripts, no other."""
    rows = re.findall(r"^\| (`.*) \| (.*) \|$", (ROOT / "HACKING.md").read_text(), re.MULTILINE)
    words = [word for row in rows for word in re.findall(r"`([^`]*)`", " ".join(row))]
    drawn = {part.strip("/") for word in words for part in word.split() if "." not in part}
    for folder in ("uroot_py", "uroot_py/formats", "scripts"):
        there = {path.parent.name for path in (ROOT / folder).glob("*/__init__.py")}
        assert there - {part.rpartition("/")[2] for part in drawn} == set(), folder
    named = {word.split("/")[1] for word in words if word.startswith("uroot_py/")}
    assert all((ROOT / "uroot_py" / name).is_dir() for name in named)
