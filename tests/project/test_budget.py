"""Budgets of size: lines of modules and of functions. Raising a number is a visible change."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY_LINES = 500
APPLET_LINES = 300
TEST_LINES = 600
FUNCTION_LINES = 60
HACKING_LINES = 200


def sources(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def lines(path):
    return len(path.read_text().splitlines())


@pytest.mark.parametrize(
    ("folder", "most"),
    [
        ("uroot_py", LIBRARY_LINES),
        ("initramfs", LIBRARY_LINES),
        ("cmds", APPLET_LINES),
        ("tests", TEST_LINES),
    ],
)
def test_modules_fit(folder, most):
    too_long = {str(p.relative_to(ROOT)): lines(p) for p in sources(folder) if lines(p) > most}
    assert too_long == {}


def test_functions_fit():
    too_long = {}
    for path in sources("uroot_py", "cmds", "initramfs", "scripts"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or 0) - node.lineno + 1
                if size > FUNCTION_LINES:
                    too_long[f"{path.relative_to(ROOT)}:{node.name}"] = size
    assert too_long == {}


def test_hacking_is_short_enough_to_be_read():
    assert lines(ROOT / "HACKING.md") <= HACKING_LINES
