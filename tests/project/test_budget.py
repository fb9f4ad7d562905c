"""Budgets of lines and imports; the numbers are in budgets.toml."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUDGETS = tomllib.loads(Path(__file__).with_name("budgets.toml").read_text())
LINES = BUDGETS["lines"]


def sources(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def lines(path):
    return len(path.read_text().splitlines())


@pytest.mark.parametrize(
    ("folder", "most"),
    [
        ("uroot_py", LINES["library"]),
        ("initramfs", LINES["library"]),
        ("cmds", LINES["applet"]),
        ("tests", LINES["test"]),
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
                if size > LINES["function"]:
                    too_long[f"{path.relative_to(ROOT)}:{node.name}"] = size
    assert too_long == {}


def test_hacking_is_short_enough_to_be_read():
    assert lines(ROOT / "HACKING.md") <= LINES["hacking"]


@pytest.mark.parametrize("module", list(BUDGETS["imports"]))
def test_imports_fit(module):
    probe = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import cmds.{module}; print(*sys.modules)"
    )
    line = [sys.executable, "-I", "-S", "-c", probe]
    done = subprocess.run(line, capture_output=True, text=True, timeout=20, check=True)
    ours = [name for name in done.stdout.split() if name.startswith(("cmds", "uroot_py"))]
    assert len(ours) <= BUDGETS["imports"][module], ours
