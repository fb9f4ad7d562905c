"""docs/commands.md has the table's list, as `make docs` writes it."""

from cmds.table import TABLE
from scripts import docs


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
