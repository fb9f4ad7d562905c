"""Every option that is declared is asked for by its applet, and in a way that fits it.

That no other is asked for needs no test: a row is a name, which ruff and mypy know, and a row of
another command is a KeyError (tests/uroot_py/base/test_options.py).
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("cmds", "uroot_py", "initramfs", "scripts")
VALUES = {"text", "all", "number", "size"}


def calls(node, name):
    """The calls of NAME in NODE."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == name:
            yield each


def name_of(target):
    return target.id if isinstance(target, ast.Name) else ""


def declared(tree):
    """{name: the Option calls that belong to it}; those without a name belong to ''."""
    found = {"": list(calls(tree, "Option"))}
    for node in ast.walk(tree):
        named, value = "", node
        if isinstance(node, ast.NamedExpr):
            named, value = name_of(node.target), node.value
        elif isinstance(node, ast.Assign) and not [*calls(node.value, "Command")]:
            named, value = name_of(node.targets[0]), node.value
        if not named:
            continue
        inner = {c for e in ast.walk(value) if isinstance(e, ast.NamedExpr) for c in ast.walk(e)}
        own = [call for call in calls(value, "Option") if call in found[""] and call not in inner]
        if own:
            found[named] = own
            found[""] = [call for call in found[""] if call not in own]
    return found


def asked(tree):
    """The names that are used anywhere but as rows of a command."""
    rows = {
        id(name)
        for call in calls(tree, "Command")
        for row in call.args
        for name in [row.value if isinstance(row, ast.Starred) else row]
    }
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in rows
    }


def problems(source):
    """What is wrong with the options of a module."""
    tree = ast.parse(source)
    used = asked(tree)
    rows = declared(tree)
    found = [
        f"line {call.lineno}: {ast.unparse(call)}: nobody asks for it"
        for name, calls_of_it in rows.items()
        for call in calls_of_it
        if name not in used
    ]
    flags = {
        name
        for name, own in rows.items()
        if all("value" not in {word.arg for word in call.keywords} for call in own)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            arguments = [name_of(each) for each in node.args]
            if node.func.attr in VALUES and arguments and arguments[0] in flags - {""}:
                found.append(f"line {node.lineno}: {ast.unparse(node)}: it takes no value")
    return sorted(found)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_option_is_asked_for(folder):
    found: dict[str, list[str]] = {}
    for path in (ROOT / folder).rglob("*.py"):
        source = path.read_text()
        if "Option(" in source and path != ROOT / "uroot_py/base/options.py":
            found |= {str(path): lines} if (lines := problems(source)) else {}
    assert found == {}


HEAD = "COMMAND = Command('x', 'x [-a]', "


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            HEAD + "A := Option('-a'))\ngiven.flag(A)",
            [],
            id="asked",
        ),
        pytest.param(
            HEAD + "A := Option('-a'))\ngiven.flag(B)",
            ["line 1: Option('-a'): nobody asks for it"],
            id="not-asked",
        ),
        pytest.param(
            HEAD + "Option('-a'))",
            ["line 1: Option('-a'): nobody asks for it"],
            id="no-name",
        ),
        pytest.param(
            "A = Option('-a')\nONE = Command('x', 'x', A)\nTWO = Command('y', 'y', A)",
            ["line 1: Option('-a'): nobody asks for it"],
            id="shared",
        ),
        pytest.param(
            "ROWS = (A := Option('-a'), Option('-b'))\nONE = Command('x', 'x', *ROWS)",
            [
                "line 1: Option('-a'): nobody asks for it",
                "line 1: Option('-b'): nobody asks for it",
            ],
            id="tuple",
        ),
        pytest.param(
            "ROWS = (A := Option('-a'), Option('-b'))\n[given.flag(row) for row in ROWS]",
            ["line 1: Option('-a'): nobody asks for it"],
            id="tuple-asked",
        ),
        pytest.param(
            HEAD + "A := Option('-a'))\ngiven.text(A)",
            ["line 2: given.text(A): it takes no value"],
            id="a-flag-has-no-text",
        ),
        pytest.param(
            HEAD + "A := Option('-a', value='N'))\ngiven.number(A)",
            [],
            id="a-value-has",
        ),
        pytest.param(HEAD + "Ignored('-a'))", [], id="ignored"),
    ],
)
def test_the_gate_sees(source, expected):
    assert problems(source) == expected
