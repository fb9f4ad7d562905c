"""A menu's first mark, as iPXE sets it."""

import pytest

from uroot_py.bootconfig.ipxe.outcome import Menu, Row


@pytest.mark.parametrize(
    ("rows", "label", "index"),
    [
        ("- a b", None, 1),
        ("a b! c!", None, 2),
        ("a b! c", "c", 2),
        ("a b! c", "z", 0),
        ("a b a", "a", 2),
        ("- -", None, None),
        ("", None, None),
    ],
)
def test_selected(rows, label, index):
    menu = Menu("T")
    for word in rows.split():
        menu.rows.append(Row(None if word == "-" else word[0], "", default=word[1:] == "!"))
    assert menu.selected(label) == index
