"""Errors are values: nothing in the tree changes one that was raised, or throws a new one away."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("cmds", "uroot_py", "initramfs", "scripts")
NEW = {"within", "with_hint", "with_cause", "with_status"}  # these give a new error
# What POSIX says of a program that is not there or cannot be run is no choice of an applet.
POSIX = {"NoCommandError"}


def changed(tree):
    """Assignments to a field of what was caught, or of what was made to be raised."""
    caught: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name:
            caught |= {id(each): node.name for each in ast.walk(node)}
    made = {
        node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).lower().endswith("error")
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            owner = ast.unparse(node.value)
            if owner in made or caught.get(id(node)) == owner:
                yield f"line {node.lineno}: {ast.unparse(node)} is changed"


def lost(tree):
    """New errors that nobody raises."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            if isinstance(function, ast.Attribute) and function.attr in NEW:
                yield f"line {node.lineno}: {ast.unparse(node)} is thrown away"


def circles(tree):
    """``raise error from error``, and ``raise f(error) from error``: f may return what it got."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc and node.cause:
            cause = ast.unparse(node.cause)
            same = ast.unparse(node.exc) == cause
            if isinstance(node.exc, ast.Call):
                function = ast.unparse(node.exc.func)
                same = same or function.startswith(f"{cause}.")
                if function.rpartition(".")[2].islower():
                    same = same or [ast.unparse(each) for each in node.exc.args[:1]] == [cause]
            if same:
                yield f"line {node.lineno}: {ast.unparse(node)}: it is its own cause"


def statuses(tree):
    """Exit statuses that a library gives to an error."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "with_status":
            yield f"line {node.lineno}: {ast.unparse(node)}: a library knows of no status"
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
            for each in ast.walk(node):
                if not isinstance(each, ast.Assign) or node.name in POSIX:
                    continue
                if ast.unparse(each.targets[0]) in ("status", "self.status"):
                    yield f"line {each.lineno}: {node.name} has a status"


CHECKS = {"changed": changed, "lost": lost, "circles": circles, "statuses": statuses}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("folder", FOLDERS)
def test_errors_are_values(folder, check):
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        if check == "statuses" and (folder != "uroot_py" or name == "uroot_py/base/errors.py"):
            continue
        if lines := list(CHECKS[check](ast.parse(path.read_text()))):
            found[name] = lines
    assert found == {}


TRY = "try:\n    f()\nexcept E as error:\n    "


@pytest.mark.parametrize(
    ("check", "source", "expected"),
    [
        ("changed", TRY + "error.hint = 'x'\n    raise", "line 4: error.hint is changed"),
        ("changed", TRY + "error.count += 1\n    raise", "line 4: error.count is changed"),
        ("changed", TRY + "other.hint = 'x'", ""),
        (
            "changed",
            "error = RefusedError('x')\nerror.status = 2",
            "line 2: error.status is changed",
        ),
        (
            "changed",
            "error = COMMAND.usage_error('x')\nerror.status = 2",
            "line 2: error.status is changed",
        ),
        ("changed", TRY + "raise error.with_hint('x') from None", ""),
        ("lost", TRY + "error.within('f')\n    raise", "line 4: error.within('f') is thrown away"),
        ("lost", TRY + "raise error.within('f') from None", ""),
        (
            "circles",
            TRY + "raise error from error",
            "line 4: raise error from error: it is its own cause",
        ),
        (
            "circles",
            TRY + "raise explain(error) from error",
            "line 4: raise explain(error) from error: it is its own cause",
        ),
        (
            "circles",
            TRY + "raise error.within('f') from error",
            "line 4: raise error.within('f') from error: it is its own cause",
        ),
        ("circles", TRY + "raise RefusedError(explain(error)) from error", ""),
        (
            "statuses",
            "raise E('x').with_status(2)",
            "line 1: E('x').with_status: a library knows of no status",
        ),
        ("statuses", "class OwnError(E):\n    status = 3", "line 2: OwnError has a status"),
    ],
)
def test_the_gate_sees(check, source, expected):
    assert list(CHECKS[check](ast.parse(source))) == ([expected] if expected else [])
