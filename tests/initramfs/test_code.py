"""Source and code on their way into the image."""

import inspect
import subprocess
import sys
import traceback
from types import CodeType
from typing import Any

import pytest

from initramfs import code

SOURCE = '''"""Module."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing

    from argparse import (
        Namespace,
    )


class A:
    """Class."""

    size: int
    limit: int = 3

    def run(self, args: typing.Sequence[Namespace], *, deep: bool = False) -> list[str]:
        """Method."""
        assert args
        from uroot_py.base import errors, text as words

        return [1 / 0, os, errors, words]
'''


def test_type_checking_is_blanked_and_lines_stay():
    blank = code.without_type_checking(SOURCE)
    assert len(blank.splitlines()) == len(SOURCE.splitlines())
    assert "argparse" not in blank
    assert "import typing" not in blank
    assert blank.splitlines()[14:] == SOURCE.splitlines()[14:]


def test_an_else_branch_stays():
    blank = code.without_type_checking("if TYPE_CHECKING:\n    import a\nelse:\n    import b\n")
    assert blank == "if 0: pass\n\nelse:\n    import b\n"
    compile(blank, "x", "exec")


def codes(made):
    yield made
    for const in made.co_consts:
        if inspect.iscode(const):
            yield from codes(const)


def test_every_place_is_a_line_without_a_column():
    """Carets need the source, which no image has."""
    source = (
        "def f(a):\n    try:\n        return [x + (y for y in\n            a) for x in a]\n"
        "    except (OSError,\n            ValueError) as e:\n        raise e from None\n"
        "    match a:\n        case {'k': [1, *b]} if (\n"
        "                b):\n            return lambda *c, d=1: c\n"
    )
    usual = compile(source, "a.py", "exec", optimize=2)
    assert any(place[2] is not None for made in codes(usual) for place in made.co_positions())
    found = list(codes(code.compile_lean(source, "a.py")))
    columns = {place[2:] for made in found for place in made.co_positions()}
    assert columns <= {(None, None), (0, 0)}  # the second one at the start of each function
    for made, whole in zip(found, codes(usual), strict=True):
        lines = [(place[0], made.co_code) for place in made.co_positions()]
        assert lines == [(place[0], made.co_code) for place in whole.co_positions()]


def test_compiled_code_is_lean_and_keeps_its_lines():
    made = code.compile_lean(code.without_type_checking(SOURCE), "a.py")
    space: dict[str, Any] = {"__name__": "a"}
    exec(made, space)
    assert space.get("__doc__") is None
    assert space["A"].limit == 3
    assert not inspect.get_annotations(space["A"])
    assert space["A"].run.__annotations__ == {}
    with pytest.raises(ZeroDivisionError) as caught:
        space["A"]().run([])
    line = next(n for n, text in enumerate(SOURCE.splitlines(), 1) if "1 / 0" in text)
    where = traceback.extract_tb(caught.tb)[-1]
    assert (where.filename, where.lineno, where.name) == ("a.py", line, "run")


def test_imports_at_every_level():
    made = code.compile_lean(code.without_type_checking(SOURCE), "a.py")
    assert code.imports(made, "pkg.a", package=False) == {
        "os",
        "uroot_py.base",
        "uroot_py.base.errors",
        "uroot_py.base.text",
    }


@pytest.mark.parametrize(
    ("source", "package", "found"),
    [
        pytest.param("from . import x", False, {"a.b", "a.b.x"}, id="sibling"),
        pytest.param("from . import x", True, {"a.b.c", "a.b.c.x"}, id="child"),
        pytest.param("from .d import x", False, {"a.b.d", "a.b.d.x"}, id="in a sibling"),
        pytest.param("from ..d import x", False, {"a.d", "a.d.x"}, id="one up"),
        pytest.param("import os.path as p", False, {"os.path"}, id="dotted"),
    ],
)
def test_relative_imports(source, package, found):
    assert code.imports(compile(source, "c.py", "exec"), "a.b.c", package=package) == found


def test_reach_takes_packages_along():
    edges = {"a": set(), "a.b": {"c.d", "gone"}, "c": {"e"}, "c.d": set(), "e": set(), "f": {"a"}}
    assert code.reach(edges.get, ["a.b"]) == {"a", "a.b", "c", "c.d", "e"}


def test_lines_can_be_dropped():
    def outer():
        return lambda: 1

    made = code.without_lines(outer.__code__, "x")
    assert made.co_linetable == b""
    (inner,) = (const for const in made.co_consts if isinstance(const, CodeType))
    assert {made.co_filename, inner.co_filename} == {"x"}


def test_the_bytes_do_not_depend_on_the_process():
    program = (
        "import sys; from initramfs import code; held = ['limit', 'A', 'run'] * 9;"
        "sys.stdout.write(code.dump(code.compile_lean(sys.argv[1], 'a.py')).hex())"
    )
    found = {
        subprocess.run(
            [sys.executable, *flags, "-c", program, SOURCE], capture_output=True, check=True
        ).stdout
        for flags in ([], ["-X", "importtime"], ["-B"])
    }
    assert len(found) == 1
    assert bytes.fromhex(found.pop().decode()) == code.dump(code.compile_lean(SOURCE, "a.py"))


def test_imports_that_nothing_reaches_do_not_count():
    made = compile("import sys\ndef f():\n    import _socket\n", "types.py", "exec")
    assert code.imports(made, "types", package=False) == {"sys"}
    assert code.imports(made, "other", package=False) == {"sys", "_socket"}
