#!/usr/bin/env python3
"""circles - files that import each other in a circle, and scripts that import tests.

usage: scripts/circles.py [FOLDER]

Every import counts: at the top, inside of a function, for types only. Without the files of a
circle nothing of it can be read, tested or moved alone. Status: 0 there is none, 1 there are.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOTS = ("uroot_py", "cmds", "initramfs", "scripts", "tests")

Graph = dict[str, set[str]]


def modules(folder: Path) -> dict[str, Path]:
    """The name of every module below FOLDER, and its file."""
    found = {}
    for root in ROOTS:
        for path in sorted((folder / root).rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imported(tree: ast.Module, known: Iterable[str]) -> set[str]:
    """Which modules of KNOWN a file imports; ``from a import b`` is a.b where that is a module."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                names.add(inner if inner in known else node.module)
    return names & set(known)


def graph(folder: Path) -> Graph:
    """Which module imports which."""
    known = modules(folder)
    return {
        name: imported(ast.parse(path.read_bytes(), str(path)), known) - {name}
        for name, path in known.items()
    }


def circles(arrows: Graph) -> list[list[str]]:
    """The groups of modules that can all reach each other, by Tarjan's algorithm."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []
    for start in arrows:
        if start in number:
            continue
        number[start] = low[start] = len(number)
        stack.append(start)
        way = [(start, iter(sorted(arrows[start])))]
        while way:
            name, rest = way[-1]
            other = next(rest, None)
            if other is None:
                way.pop()
                if way:
                    low[way[-1][0]] = min(low[way[-1][0]], low[name])
                if low[name] == number[name]:
                    group = stack[stack.index(name) :]
                    del stack[stack.index(name) :]
                    if len(group) > 1:
                        found.append(sorted(group))
            elif other not in number:
                number[other] = low[other] = len(number)
                stack.append(other)
                way.append((other, iter(sorted(arrows[other]))))
            elif other in stack:
                low[name] = min(low[name], number[other])
    return sorted(found)


def faults(arrows: Graph) -> list[str]:
    """What is wrong, a line each."""
    lines = [f"a circle: {', '.join(circle)}; cut it" for circle in circles(arrows)]
    for name, others in arrows.items():
        wrong = sorted(other for other in others if other.startswith("tests"))
        if wrong and name.startswith("scripts"):
            lines.append(f"{name} imports {', '.join(wrong)}: scripts import nothing of tests")
    return lines


def main() -> int:
    """Count; a line for each fault."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]
    arrows = graph(folder)
    found = faults(arrows)
    for line in found:
        print(f"circles: {line}")
    print(f"circles: {len(arrows)} files, {len(circles(arrows))} circles")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
