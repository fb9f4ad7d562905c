"""docs/commands.md has the table's list; a row that changes must change there."""

from pathlib import Path

from cmds.__main__ import list_applets

DOC = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_list_is_the_table():
    listed = "".join(f"    {line}".rstrip() + "\n" for line in list_applets().splitlines())
    assert listed in DOC.read_text()
