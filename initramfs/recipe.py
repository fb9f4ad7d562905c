"""What PyInstaller does for us; runs inside PyInstaller, called by ``runtime/uroot.spec``.

PyInstaller finds the modules and the extension modules, and makes the executable and the onedir
tree. Its archive, its importer and its run-time hooks are replaced by one blob and
``runtime/bootstrap.py``.
"""

from __future__ import annotations

import _imp
import ast
import importlib.util
import json
import marshal
import os
from pathlib import Path
from types import CodeType
from typing import Any

from initramfs import blob, code

HERE = Path(__file__).parent
OURS = ("cmds", "uroot_py")
# The interpreter needs these before an importer of ours can run.
EARLY = ("encodings", "encodings.aliases", "encodings.utf_8")
ENCODINGS = (*EARLY, "encodings.ascii", "encodings.latin_1")

Modules = dict[str, tuple[bool, CodeType]]  # name -> (is a package, code)
Shared = dict[str, tuple[str, str, str]]  # name -> (target, source, type), as in PyInstaller


def excluded() -> list[str]:
    """The modules that stay out (excludes.txt)."""
    lines = (HERE / "excludes.txt").read_text().splitlines()
    return [word for line in lines for word in line.partition("#")[0].split()]


def freeze() -> None:
    """Analyse and collect, as the settings in the file $UROOT_FREEZE say."""
    settings = json.loads(Path(os.environ["UROOT_FREEZE"]).read_text())
    work = Path(settings["work"])
    graph = _analyse(settings)
    modules = _modules(graph, Path(settings["source"]))
    shared = _extensions(graph)
    edges = {
        name: code.imports(made, name, package=package) for name, (package, made) in modules.items()
    }
    _check_imports(edges)
    edges.update((name, set()) for name in shared)
    used = code.reach(edges, ["cmds.__main__", *settings["modules"], *ENCODINGS])
    _collect(
        graph,
        {name: modules[name] for name in modules if name in used},
        {name: shared[name] for name in shared if name in used},
        work,
    )


def _analyse(settings: dict[str, Any]) -> Any:  # noqa: ANN401 - PyInstaller has no types
    from PyInstaller.building.build_main import Analysis

    return Analysis(
        [settings["entry"]],
        pathex=[settings["source"]],
        hiddenimports=settings["modules"],
        excludes=excluded(),
        noarchive=True,
        optimize=2,
    )


def _modules(graph: Any, source: Path) -> Modules:  # noqa: ANN401
    """Every module that is not inside the interpreter already."""
    found: Modules = {}
    for target, path, _ in graph.datas:
        if not target.endswith(".pyc"):
            continue
        name = target.removesuffix(".pyc").replace("/", ".")
        package = name.endswith(".__init__")
        name = name.removesuffix(".__init__")
        if name.startswith("encodings.") and name not in ENCODINGS:
            continue
        if _imp.is_frozen(name):
            continue
        if name.partition(".")[0] in OURS:
            file = name.replace(".", "/") + ("/__init__.py" if package else ".py")
            made = code.compile_lean((source / file).read_text(), file)
        else:
            made = code.without_lines(marshal.loads(Path(path).read_bytes()[16:]), name)
        found[name] = (package, made)
    return found


def _extensions(graph: Any) -> Shared:  # noqa: ANN401
    """Every extension module."""
    found = {}
    for target, source, kind in graph.binaries:
        if kind == "EXTENSION":
            folder, _, file = target.rpartition("/")
            prefix = "" if folder.endswith("lib-dynload") else folder.replace("/", ".") + "."
            found[prefix + file.split(".")[0]] = (target, source, kind)
    return found


def _check_imports(edges: dict[str, set[str]]) -> None:
    """Fail when our own code imports what excludes.txt keeps out."""
    out = set(excluded())
    for name, wanted in edges.items():
        refused = sorted(wanted & out)
        if name.partition(".")[0] in OURS and refused:
            raise SystemExit(
                f"{name} imports {refused[0]}, which initramfs/excludes.txt keeps out of the image"
            )


def _collect(graph: Any, modules: Modules, shared: Shared, work: Path) -> None:  # noqa: ANN401
    from PyInstaller.building.api import COLLECT, EXE, PYZ

    parts = [
        blob.Part(name, blob.PACKAGE if package else blob.MODULE, code.dump(made))
        for name, (package, made) in modules.items()
        if name not in EARLY
    ]
    parts += [
        blob.Part(name, blob.EXTENSION, target.encode()) for name, (target, _, _) in shared.items()
    ]
    (work / "lib.img").write_bytes(blob.build(parts))
    datas = [("lib.img", str(work / "lib.img"), "DATA"), *_early(modules, work)]
    archive = PYZ([])  # the bootloader wants one; it stays empty
    bootstrap = work / "bootstrap.py"
    source = (HERE / "runtime" / "bootstrap.py").read_text()
    bootstrap.write_text(ast.unparse(code.lean(source)))
    archive.dependencies = [("pyiboot01_bootstrap", str(bootstrap), "PYSOURCE-2")]
    scripts = [each for each in graph.scripts if not each[0].startswith("pyi_rth")]
    # hash_seed: without it the first start waits a second for entropy on machines without RDRAND.
    options = [("hash_seed=0", None, "OPTION"), ("X utf8", None, "OPTION")]
    program = EXE(archive, scripts, options, exclude_binaries=True, name="uroot", strip=True)
    library = [each for each in graph.binaries if "libpython" in each[0]]
    COLLECT(program, list(shared.values()), library, datas, strip=True, name="uroot")


def _early(modules: Modules, work: Path) -> list[tuple[str, str, str]]:
    """The modules that are imported before the bootstrap, as files for the stock importer."""
    datas = []
    for name in EARLY:
        package, made = modules[name]
        target = name.replace(".", "/") + ("/__init__.pyc" if package else ".pyc")
        file = work / f"{name}.pyc"
        file.write_bytes(importlib.util.MAGIC_NUMBER + bytes([1]) + bytes(11) + code.dump(made))
        datas.append((target, str(file), "DATA"))
    return datas
