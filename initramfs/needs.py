"""What the modules of a program cannot do without: an import that nothing would answer.

C modules come, go and change their names with Python's versions, and with how a Python was built.
What would fail in the image, at the prompt for a password or at the first xz file, is found here.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_IMPORT_FAULTS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


class Needs:
    """Whether modules work, by what they import.

    SOURCE gives the tree of a module in Python and whether it is a package; None when it is not one
    of the program. GIVEN says whether a module is in the program or in its interpreter.
    """

    def __init__(
        self, source: Callable[[str], tuple[ast.Module, bool] | None], given: Callable[[str], bool]
    ) -> None:
        self.source = source
        self.given = given
        self.failed: dict[str, list[str]] = {}
        self.assumed: list[str] = []  # work, unless what they wait for in a circle fails

    def missing(self, name: str) -> list[str]:
        """The chain of modules from NAME to the one that is not there; empty when NAME works.

        Of a module's code only that is looked at which runs in any case.
        """
        if name in self.failed or name in self.assumed:
            return self.failed.get(name, [])
        before = len(self.assumed)
        self.assumed.append(name)
        chain: list[str] = []
        if not self.given(name):
            chain = [name]
        elif found := self.source(name):
            inner = self._unmet(found[0].body, name, package=found[1], deep=False)
            chain = [name, *inner] if inner else []
        if chain:
            self.failed[name] = chain
            del self.assumed[before:]
        return chain

    def missing_inside(self, name: str) -> list[str]:
        """The same for every import in NAME's code, those in its functions, too."""
        found = self.source(name)
        if found is None:
            return [name]
        chain = self._unmet(found[0].body, name, package=found[1], deep=True)
        return [name, *chain] if chain else []

    def _unmet(
        self, nodes: Iterable[ast.AST], name: str, *, package: bool, deep: bool
    ) -> list[str]:
        """The chain of the first import in NODES that fails, alternatives tried."""
        for node in nodes:
            chain: list[str] = []
            if isinstance(node, ast.Import | ast.ImportFrom):
                wanted = _names(node, name, package=package)
                chain = next((found for each in wanted if (found := self.missing(each))), [])
            elif isinstance(node, ast.Try):
                chain = self._unmet(node.body, name, package=package, deep=deep)
                others = [each for each in node.handlers if _catches_imports(each)]
                if chain and others:
                    inner = [each for other in others for each in other.body]
                    chain = self._unmet(inner, name, package=package, deep=deep)
                if deep and not chain:
                    rest = [*node.handlers, *node.orelse, *node.finalbody]
                    rest = [each for each in rest if each not in others]
                    chain = self._unmet(rest, name, package=package, deep=deep)
            elif deep:
                inside = ast.iter_child_nodes(node)
                chain = self._unmet(inside, name, package=package, deep=True)
            if chain:
                return chain
        return []


def _names(node: ast.Import | ast.ImportFrom, name: str, *, package: bool) -> list[str]:
    """The modules that an import statement of module NAME asks for."""
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    parts = name.split(".")
    near = parts[: len(parts) - node.level + package] if node.level else []
    return [".".join([*near, node.module] if node.module else near)]


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    kinds: Sequence[ast.expr | None] = [handler.type]
    if isinstance(handler.type, ast.Tuple):
        kinds = handler.type.elts
    return any(kind is None or ast.unparse(kind) in _IMPORT_FAULTS for kind in kinds)
