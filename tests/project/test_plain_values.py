"""No riddles: what could be an `if` is one."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = sorted(
    path
    for room in ("uroot_py", "cmds", "initramfs", "scripts")
    for path in (ROOT / room).rglob("*.py")
)
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.LShift, ast.RShift)
TESTS = ("bool", "isinstance", "any", "all", "callable", "hasattr")


def is_truth(node):
    """Whether an expression is true or false, as far as its form says."""
    if isinstance(node, ast.BoolOp):
        return all(is_truth(value) for value in node.values)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in TESTS
    return isinstance(node, ast.Compare) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )


def fault(node, tree):
    """What is wrong with a node, "" when it is plain."""
    if isinstance(node, ast.IfExp):
        inside = (child for child in ast.walk(node) if child is not node)
        if any(isinstance(child, ast.IfExp) for child in inside):
            return "one conditional expression in another"
    terms: list[ast.expr] = []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ARITHMETIC):
        terms = [node.left, node.right]
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ARITHMETIC):
        terms = [node.value]
    if any(is_truth(term) for term in terms):
        return "arithmetic with a truth value"
    if isinstance(node, ast.Subscript):
        index = node.slice
        bounds = [index.lower, index.upper] if isinstance(index, ast.Slice) else [index]
        if any(is_truth(bound) for bound in bounds):
            return "a truth value as index"
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and not is_truth(node):
        first = node.values[0]
        if isinstance(first, ast.BoolOp) and is_truth(first.values[0]) and value_of(node, tree):
            return "and-or in place of a conditional expression"
    return ""


def riddles(tree):
    """(line, what is wrong) of every place."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]
    return [(node.lineno, what) for node in nodes if (what := fault(node, tree))]


def value_of(node, tree):
    """Whether NODE is what is assigned or returned, and no condition."""
    kept = (ast.Assign, ast.AnnAssign, ast.Return, ast.keyword)
    return any(isinstance(other, kept) and other.value is node for other in ast.walk(tree))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1 if b else 2 if c else 3", "one conditional expression in another"),
        ("a = [(1 if b else 2) if c else 3]", "one conditional expression in another"),
        ("a = b + (c == d)", "arithmetic with a truth value"),
        ("a = 's' * (n > 1)", "arithmetic with a truth value"),
        ("a = ['x'] * bool(b)", "arithmetic with a truth value"),
        ("a += not b", "arithmetic with a truth value"),
        ("a -= b and c == d", ""),
        ("a = b[: len(b) == 1]", "a truth value as index"),
        ("a = (1, 2)[b > c]", "a truth value as index"),
        ("a = b == c and d or e", "and-or in place of a conditional expression"),
        ("return b == c and d or e", "and-or in place of a conditional expression"),
        ("if b == c and d or e: pass", ""),
        ("a = b == c and d == e or f > g", ""),
        ("a = 1 if b else 2", ""),
        ("a |= b == c", ""),
        ("a = int(b > c)", ""),
        ("a = b[1:]", ""),
    ],
)
def test_what_a_riddle_is(text, expected):
    assert [what for _, what in riddles(ast.parse(text))] == ([expected] if expected else [])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_riddles(path):
    assert riddles(ast.parse(path.read_text())) == []
