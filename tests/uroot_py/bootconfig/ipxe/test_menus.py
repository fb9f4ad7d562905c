"""Menus, keys and lines that people answer."""

import pytest

from tests.support.ipxe import run

MENU = "menu Pick\nitem a A\nitem b B\nchoose --timeout 2000 --default b x || goto none\n"


@pytest.mark.parametrize(("keys", "said"), [([], "b\n"), (["a"], "a\n"), ([None], "gave up\n")])
def test_choose(keys, said):
    outcome, web = run(MENU + "echo ${x}\nexit\n:none\necho gave up", keys=keys)
    assert web.said == said
    assert [(menu.title, menu.line) for menu in outcome.menus] == [("Pick", 5)]
    assert (outcome.timeout, outcome.menus[0].selected("b")) == (2.0, 1)


@pytest.mark.parametrize(
    ("script", "keys", "said"),
    [
        ("prompt --key s --timeout 9 Key && echo yes || echo no", [ord("s")], "Key\nyes\n"),
        ("prompt --key s --timeout 9 Key && echo yes || echo no", [ord("t")], "Key\nno\n"),
        ("prompt --key 0x1b Key && echo yes || echo no", [27], "Key\nyes\n"),
        ("prompt --key ctrl-c Key && echo yes || echo no", [3], "Key\nyes\n"),
        ("prompt --set k Key\necho ${k} ${k:int32}", [65], "Key\n0x41 65\n"),
        ("set x old\nread x\necho ${x}", ["new one"], "new one\n"),
        ("read x:int8 && echo ${x} || echo no", ["q"], "no\n"),
        ("read x || echo no", [], "no\n"),
        ("login\necho ${username} ${password} ${175.191}", ["me", "secret"], "me secret secret\n"),
        ("login || echo no", ["me"], "no\n"),
    ],
)
def test_people(script, keys, said):
    assert run(script, keys=keys)[1].said == said


def test_a_menu_without_rows_to_choose():
    assert "the menu has no row that can be chosen" in run("menu\nitem --gap x\nchoose y")[0].why
