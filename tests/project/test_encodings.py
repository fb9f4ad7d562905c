"""The image carries three codecs; no other may be named in what is frozen into it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CARRIED = {"utf-8", "ascii", "latin-1"}
SOURCES = sorted([*(ROOT / "uroot_py").rglob("*.py"), *(ROOT / "cmds").glob("*.py")])


def encodings(tree):
    """The literal encodings given to encode, decode, open and str."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in ("encode", "decode"):
            yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))
        for keyword in node.keywords:
            if keyword.arg == "encoding" and isinstance(keyword.value, ast.Constant):
                yield keyword.value.value


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_carried_codecs(path):
    strange = {name for name in encodings(ast.parse(path.read_text())) if name not in CARRIED}
    assert strange == set()
