"""Source and code objects on their way into the image: made smaller, and the same every time."""

from __future__ import annotations

import ast
import dis
import marshal
from types import CodeType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


# Module -> what it imports in a function that nothing here calls.
UNREACHED = {"types": {"_socket"}}  # for CapsuleType, since Python 3.13


def without_type_checking(source: str) -> str:
    """SOURCE with the bodies of ``if TYPE_CHECKING:`` blanked, line numbers kept.

    They never run, but the module graph would follow their imports.
    """
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            last = node.body[-1].end_lineno or node.lineno
            indent = " " * node.col_offset
            lines[node.lineno - 1] = f"{indent}if 0: pass"
            lines[node.lineno : last] = [""] * (last - node.lineno)
    return "\n".join(lines) + "\n"


class _Lean(ast.NodeTransformer):
    """Drops what only readers and type checkers need: annotations, and the wish to delay them."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        return ast.copy_location(ast.Pass(), node) if node.module == "__future__" else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        assign = ast.Assign([node.target], node.value, lineno=node.lineno)
        return self.generic_visit(ast.copy_location(assign, node))


def lean(source: str) -> ast.Module:
    """SOURCE as a tree that still knows its line numbers, without annotations and columns.

    Columns are for carets under a line of the source, which no image has; in a table of its own
    for every instruction they took a third of what our packed code takes.
    Ref: PEP 657; Objects/locations.md of CPython: a place without a column is one short entry.
    """
    tree: ast.Module = ast.fix_missing_locations(_Lean().visit(ast.parse(source)))
    for node in ast.walk(tree):
        place = vars(node)
        if "col_offset" in place:
            place.update(col_offset=-1, end_col_offset=-1, end_lineno=place["lineno"])
    return tree


def compile_lean(source: str, filename: str) -> CodeType:
    """The code of one of our own modules: no docstrings, asserts, annotations; with line tables."""
    code: CodeType = compile(lean(source), filename, "exec", dont_inherit=True, optimize=2)
    return code


def without_lines(code: CodeType, filename: str) -> CodeType:
    """CODE without its line table, for modules whose lines nobody will look up."""
    consts = tuple(
        without_lines(const, filename) if isinstance(const, CodeType) else const
        for const in code.co_consts
    )
    return code.replace(co_linetable=b"", co_filename=filename, co_consts=consts)


def imports(code: CodeType, name: str, *, package: bool) -> set[str]:
    """The dotted names that CODE may import, at any level of nesting.

    ``from a import b`` gives ``a`` and ``a.b``: whether b is a module is the caller's to know.
    """
    found: set[str] = set()
    constants: list[object] = []
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_CONST", "LOAD_SMALL_INT"):  # the second since Python 3.14
            constants = [*constants[-1:], step.argval]
        elif step.opname == "IMPORT_NAME":
            level, names = constants
            base = str(step.argval)
            if isinstance(level, int) and level:
                parts = name.split(".")
                keep = len(parts) - level + package
                base = ".".join([*parts[:keep], *([base] if base else [])])
            found.add(base)
            if isinstance(names, tuple):
                found.update(f"{base}.{each}" for each in names)
    for const in code.co_consts:
        if isinstance(const, CodeType):
            found |= imports(const, name, package=package)
    return found - UNREACHED.get(name, set())


def reach(edges: Callable[[str], Iterable[str] | None], roots: Iterable[str]) -> set[str]:
    """The modules that can be imported from ROOTS, with the packages around them.

    EDGES gives what a module imports, or None for what is no module of the program.
    """
    found: set[str] = set()
    seen = {""}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        wanted = edges(name)
        if wanted is not None:
            found.add(name)
            waiting += wanted
            waiting.append(name.rpartition(".")[0])
    return found


def dump(code: CodeType) -> bytes:
    """CODE in the marshal format, the same bytes in every process.

    ``marshal`` stores an object once and refers to it afterwards when it has more than one owner,
    whoever that is. So everything gets a second one here.
    """
    fresh = marshal.loads(marshal.dumps(code, 2))  # version 2 knows no references
    owners = list(_objects(fresh))
    data = marshal.dumps(fresh)
    del owners
    return data


_PARTS = "cellvars consts exceptiontable filename freevars linetable name names qualname varnames"


def _objects(value: object) -> Iterator[object]:
    yield value
    inner: Iterable[object] = ()
    if isinstance(value, CodeType):
        inner = [getattr(value, f"co_{name}") for name in _PARTS.split()]
    elif isinstance(value, tuple | frozenset):
        inner = value
    for each in inner:
        yield from _objects(each)
