"""A host without people: what ends an interpretation, and what goes on."""

import pytest

from tests.support.ipxe import HOME, Web, machine
from uroot_py.bootconfig.ipxe.faults import Leave
from uroot_py.bootconfig.ipxe.host import Nobody, Request
from uroot_py.bootconfig.ipxe.outcome import Menu, Row


def test_answers_then_the_menu():
    menu = Menu("T")
    menu.rows = [Row(None, "gap"), Row("a", "A"), Row("b", "B")]
    nobody = Nobody(Web(), ["b", "nothing"])
    assert [nobody.choose(menu, 0, None), nobody.choose(menu, 0, None)] == [2, None]
    with pytest.raises(Leave) as leave:
        nobody.choose(menu, 0, None)
    assert leave.value.kind == "menu"


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda n: n.prompt("Key", None), "prompt: waits for a key"),
        (lambda n: n.read("x", ""), "asks for x"),
        (
            lambda n: n.open(Request(f"{HOME}/a", b"mac=1")),
            f"{HOME}/a: posts what it knows about this machine",
        ),
    ],
)
def test_what_needs_somebody(ask, why):
    web = Web({"/a": "x"})
    with pytest.raises(Leave) as leave:
        ask(Nobody(web))
    assert (leave.value.kind, leave.value.why, web.log) == ("input", why, [])


def test_what_does_not():
    nobody = Nobody(Web())
    assert (nobody.prompt("Key", 1.0), nobody.sleep(5), nobody.shell()) == (None, True, False)
    assert nobody.now() == Web().now()


def test_facts_of_a_machine_are_a_tree():
    assert machine().settings().block("net0.dhcp") is not None
