"""The counter of import circles, on small trees."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.circles import circles, faults, graph

ROOT = Path(__file__).resolve().parents[2]

# name: files, the circles that are found
TREES = {
    "none": ({"uroot_py/a.py": "import os\nfrom uroot_py import b\n", "uroot_py/b.py": ""}, []),
    "at the top": (
        {
            "uroot_py/a.py": "from uroot_py import b\n",
            "uroot_py/b.py": "from uroot_py.a import X\n",
        },
        [["uroot_py.a", "uroot_py.b"]],
    ),
    "inside of a function": (
        {
            "cmds/a.py": "import cmds.b\n",
            "cmds/b.py": "def run():\n    from cmds.c import X\n",
            "cmds/c.py": "def run():\n    from cmds import a\n",
        },
        [["cmds.a", "cmds.b", "cmds.c"]],
    ),
    "for types only": (
        {
            "scripts/a.py": "if TYPE_CHECKING:\n    from scripts.b import B\n",
            "scripts/b.py": "from scripts.a import A\n",
        },
        [["scripts.a", "scripts.b"]],
    ),
    "a package and its own file": (
        {
            "tests/p/__init__.py": "from tests.p.a import X\n",
            "tests/p/a.py": "from tests.p import Y\n",
        },
        [["tests.p", "tests.p.a"]],
    ),
    "a file beside another in a package": (
        {
            "tests/p/__init__.py": "from tests.p.a import X\n",
            "tests/p/a.py": "from tests.p import b\n",
            "tests/p/b.py": "",
        },
        [],
    ),
    "two that share nothing": (
        {
            "uroot_py/a.py": "import uroot_py.b\n",
            "uroot_py/b.py": "import uroot_py.a\nimport uroot_py.c\n",
            "uroot_py/c.py": "import uroot_py.d\n",
            "uroot_py/d.py": "import uroot_py.c\n",
        },
        [["uroot_py.a", "uroot_py.b"], ["uroot_py.c", "uroot_py.d"]],
    ),
    "a file that imports itself is none": ({"cmds/a.py": "import cmds.a\n"}, []),
}


def lay_out(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.parametrize("name", TREES)
def test_circles(name, tmp_path):
    files, expected = TREES[name]
    lay_out(tmp_path, files)
    assert circles(graph(tmp_path)) == expected


def test_a_long_chain_is_no_matter_of_recursion(tmp_path):
    names = [f"m{number}" for number in range(3000)]
    arrows = {name: {other} for name, other in zip(names, [*names[1:], names[0]], strict=True)}
    assert circles(arrows) == [sorted(names)]


def test_a_circle_is_a_fault():
    assert faults({"a": {"b"}, "b": {"a"}, "c": {"a"}}) == ["a circle: a, b; cut it"]


def test_scripts_import_nothing_of_tests():
    arrows = {"scripts.a": {"tests.support.b"}, "tests.support.b": set(), "tests.c": {"scripts.a"}}
    assert faults(arrows) == ["scripts.a imports tests.support.b: scripts import nothing of tests"]


def test_the_program(tmp_path):
    lay_out(tmp_path, TREES["at the top"][0])
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/circles.py", tmp_path], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (
        "circles: a circle: uroot_py.a, uroot_py.b; cut it\ncircles: 2 files, 1 circles\n"
    )
