"""What an applet imports before it runs: start-up is a design input."""

import pathlib
import subprocess
import sys

import pytest

from cmds.table import TABLE

ROOT = pathlib.Path(__file__).parents[2]
HEAVY = {
    "argparse", "asyncio", "collections", "contextlib", "copy", "dataclasses", "datetime", "enum",
    "functools", "hashlib", "importlib.util", "inspect", "ipaddress", "json", "logging", "lzma",
    "pathlib", "random", "re", "shutil", "signal", "socket", "subprocess", "tempfile", "textwrap",
    "threading", "typing", "urllib", "zlib",
}  # fmt: skip
# Applet -> heavy modules it may import at once, because it cannot do anything without them.
SIGNALS = {"signal", "enum", "functools", "collections"}
ALLOWED = {
    "init": SIGNALS,  # process 1 starts once
}
MODULES = sorted({row.module.partition(":")[0] for row in TABLE})
PROBE = "import sys; sys.path.insert(0, {root!r}); import cmds.{module}; print(*sys.modules)"


def imported(module):
    probe = PROBE.format(root=str(ROOT), module=module)
    line = [sys.executable, "-I", "-S", "-c", probe]
    done = subprocess.run(line, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("module", MODULES)
def test_nothing_heavy_is_imported_at_once(module):
    assert imported(module) & HEAVY <= ALLOWED.get(module, set())


def test_no_applet_imports_another():
    seen = imported("cat")
    assert {name for name in seen if name.startswith("cmds.")} == {"cmds.cat"}


def test_the_gate_sees_heavy_modules():
    assert {"re", "enum", "functools"} <= imported("table; import re")
