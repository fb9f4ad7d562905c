"""Imports that nothing would answer are found, by the chain that leads there."""

import ast
import sys
from importlib.abc import Loader
from importlib.machinery import ModuleSpec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initramfs.needs import Needs

DIGEST = """
def made(kind):
    try:
        import _sha2 as module
    except ImportError:
        import _sha512 as module
"""
PROGRAM = {
    "digest": DIGEST,
    "password": "import digest",
    "library": "import _library",
    "decoder": "def unpack():\n    if 1:\n        import library\n",
    "circle": "import round",
    "round": "import circle, _round",
    "package": "from . import errors\nfrom .errors import One\n",
    "package.errors": "from package import x\n",
    "choice": "try:\n    import _fast\nexcept (OSError, ImportError):\n    _fast = None\n",
    "no_choice": "try:\n    import _fast\nexcept OSError:\n    import _other\n",
    "late": "try:\n    pass\nexcept ValueError:\n    import _late\n",
    "nested": "class A:\n    def f(self):\n        if self:\n            with self:\n"
    "                import _nested\n",
}


def needs(*given_modules):
    def tree(name):
        return (ast.parse(PROGRAM[name]), name == "package") if name in PROGRAM else None

    names = {*PROGRAM, *given_modules}
    return Needs(tree, names.__contains__)


@pytest.mark.parametrize(
    ("name", "given_modules", "at_once", "inside"),
    [
        ("digest", ["_sha2"], [], []),
        ("digest", ["_sha512"], [], []),
        ("digest", [], [], ["digest", "_sha512"]),
        ("library", ["_library"], [], []),
        ("library", [], ["library", "_library"], ["library", "_library"]),
        ("decoder", [], [], ["decoder", "library", "_library"]),
        ("circle", [], ["circle", "round", "_round"], ["circle", "round", "_round"]),
        ("circle", ["_round"], [], []),
        ("package", [], [], []),
        ("choice", [], [], []),
        ("no_choice", [], ["no_choice", "_fast"], ["no_choice", "_fast"]),
        ("late", [], [], ["late", "_late"]),
        ("nested", [], [], ["nested", "_nested"]),
        ("nothing", [], ["nothing"], ["nothing"]),
    ],
)
def test_what_is_missing(name, given_modules, at_once, inside):
    assert needs(*given_modules).missing(name) == at_once
    assert needs(*given_modules).missing_inside(name) == inside


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdefxy")), min_size=1))
def test_as_this_python_imports(graph):
    """Against the importer itself: the same modules fail, and for one that is not there."""
    finder = _Finder(graph)
    sys.meta_path.insert(0, finder)
    try:
        works = {name for name in graph if finder.imports(f"_needs_{name}")}
    finally:
        sys.meta_path.remove(finder)
    trees = {name: (ast.parse(_source(wanted, "")), False) for name, wanted in graph.items()}
    found = Needs(trees.get, graph.__contains__)
    for name in graph:
        chain = found.missing(name)
        assert (not chain) == (name in works)
        assert not chain or (chain[0] == name and chain[-1] not in graph)


def _source(wanted, prefix):
    return "".join(f"import {prefix}{each}\n" for each in sorted(wanted))


class _Finder(Loader):
    def __init__(self, graph):
        self.graph = graph

    def imports(self, name):
        try:
            __import__(name)
        except ImportError:
            return False
        finally:
            for each in [each for each in sys.modules if each.startswith("_needs_")]:
                del sys.modules[each]
        return True

    def find_spec(self, name, path=None, target=None):
        known = name.startswith("_needs_") and name.removeprefix("_needs_") in self.graph
        return ModuleSpec(name, self) if known else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        wanted = self.graph[module.__name__.removeprefix("_needs_")]
        exec(_source(wanted, "_needs_"), module.__dict__)
