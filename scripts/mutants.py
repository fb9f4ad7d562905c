#!/usr/bin/env python3
"""mutants - small wrong changes in the modules that matter most; their tests must notice them.

usage: scripts/mutants.py [--each N] [--seed S] [MODULE...]      (six of each in `make prove`)

Of each module N places are drawn (the same for the same seed): a comparison turned round, a number
off by one, `and` for `or`, a condition negated, a statement left out, + for -. Each mutant runs the
tests of its module in a copy of the tree; one that they do not notice is shown with its line. Some
change nothing that could be seen, so the share that is killed has a floor, not a demand for all.
"""

from __future__ import annotations

import argparse
import ast
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.prove_gates import PYTEST, copy_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

# A mutant that never ends is noticed, too: when its tests take so many times as long as before.
PATIENCE = 10
LIMIT = 900  # seconds for the tests before anything is changed
FLOOR = 90  # percent that must be noticed; only upwards
# A module, and the tests that are its own.
MODULES = {
    "uroot_py/base/ranges.py": ["tests/uroot_py/base/test_ranges.py"],
    "uroot_py/memory/map.py": ["tests/uroot_py/memory/test_map.py"],
    "uroot_py/formats/fdt/tree.py": [
        "tests/uroot_py/formats/fdt/test_tree.py",
        "tests/uroot_py/formats/fdt/test_access.py",
    ],
    "uroot_py/formats/kernel/bzimage.py": ["tests/uroot_py/formats/kernel/test_bzimage.py"],
    "uroot_py/payload/plan.py": [
        "tests/uroot_py/payload/test_plan.py",
        "tests/uroot_py/payload/test_plan_memory.py",
    ],
    "uroot_py/payload/linux_x86.py": ["tests/uroot_py/payload/test_linux_x86.py"],
    "uroot_py/kexec/source.py": ["tests/uroot_py/kexec/test_source.py"],
    "uroot_py/files/unpack.py": [
        "tests/uroot_py/files/test_unpack.py",
        "tests/cmds/test_cpio.py",
        "tests/cmds/test_tar.py",
    ],
    "uroot_py/formats/compress/stream.py": [
        "tests/uroot_py/formats/compress/test_stream.py",
        "tests/uroot_py/formats/compress/test_unpack_whole.py",
    ],
    "uroot_py/terminal/full_menu.py": [
        "tests/uroot_py/terminal/test_full_menu.py",
        "tests/uroot_py/terminal/test_menu.py",
    ],
}
_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OTHER: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}


def places(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes that can be changed; nothing of what only the type checker reads, no texts."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for statement in function.body:
                for node in ast.walk(statement):
                    if (
                        isinstance(node, ast.Compare | ast.BoolOp | ast.If | ast.AugAssign)
                        or (isinstance(node, ast.BinOp) and type(node.op) in _OTHER)
                        or (isinstance(node, ast.Constant) and type(node.value) is int)
                        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
                    ):
                        yield node


def change(node: ast.AST) -> str:
    """Change NODE in place; what was done, '' when it could not be."""
    if isinstance(node, ast.Compare):
        node.ops[0] = _TURNED[type(node.ops[0])]()
        return "a comparison is turned"
    if isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return "and for or"
    if isinstance(node, ast.If):
        node.test = ast.UnaryOp(ast.Not(), node.test)
        return "a condition is negated"
    if isinstance(node, ast.AugAssign) and type(node.op) in _OTHER:
        node.op = _OTHER[type(node.op)]()
        return "another operator"
    if isinstance(node, ast.BinOp):
        node.op = _OTHER[type(node.op)]()
        return "another operator"
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        node.value += 1
        return "a number is one more"
    if isinstance(node, ast.Expr):
        node.value = ast.Constant(value=None)
        return "a statement is left out"
    return ""


def mutants(source: str, count: int, rng: random.Random) -> Iterator[tuple[int, str, str]]:
    """COUNT changes of SOURCE: the line, what was done, the new text."""
    total = len(list(places(ast.parse(source))))
    for index in sorted(rng.sample(range(total), min(count, total))):
        tree = ast.parse(source)
        node = list(places(tree))[index]
        line = getattr(node, "lineno", 0)
        done = change(node)
        if done:
            yield line, done, ast.unparse(ast.fix_missing_locations(tree))


def noticed(tree: Path, tests: list[str], limit: float) -> bool:
    """Whether TESTS fail, or do not end within LIMIT seconds."""
    words: list[str | Path] = [*PYTEST, *tests]
    try:
        done = subprocess.run(words, cwd=tree, capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def survivors(tree: Path, name: str, count: int, seed: int) -> tuple[int, list[str]]:
    """How many mutants of the module NAME there were, and a line for each that lived."""
    path = tree / name
    source = path.read_text()
    begun = time.monotonic()
    if noticed(tree, MODULES[name], LIMIT):
        return 0, [f"{name}: its tests are red before anything was changed"]
    limit = PATIENCE * (time.monotonic() - begun)
    total, lived = 0, []
    for line, done, text in mutants(source, count, random.Random(f"{seed} {name}")):
        total += 1
        path.write_text(text)
        if not noticed(tree, MODULES[name], limit):
            lived.append(f"{name}:{line}: {done}: {source.splitlines()[line - 1].strip()}")
    path.write_text(source)
    return total, lived


def main() -> int:
    """Try the modules; 1 when too few mutants are noticed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=10, help="mutants of each module (10)")
    parser.add_argument("--seed", type=int, default=1, help="which ones are drawn (1)")
    parser.add_argument("modules", nargs="*", metavar="MODULE", default=list(MODULES))
    given = parser.parse_args()
    unknown = [name for name in given.modules if name not in MODULES]
    if unknown:
        parser.error(f"no module {unknown[0]}; known: {', '.join(MODULES)}")
    total = alive = 0
    with tempfile.TemporaryDirectory(prefix="mutants.") as folder:
        tree = Path(folder)
        copy_tree(tree)
        for name in given.modules:
            count, lived = survivors(tree, name, given.each, given.seed)
            print(f"{name}: {count - len(lived)} of {count} noticed", flush=True)
            for row in lived:
                print(f"  {row}")
            total += max(count, len(lived))  # red tests are no mutants, and no success
            alive += len(lived)
    share = 100 * (total - alive) // max(total, 1)
    print(f"{total - alive} of {total} mutants noticed, {share} %; at least {FLOOR} % must be")
    return 1 if share < FLOOR else 0


if __name__ == "__main__":
    sys.exit(main())
