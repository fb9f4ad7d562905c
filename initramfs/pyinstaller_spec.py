"""What PyInstaller does for us; runs inside PyInstaller, called by ``runtime/uroot.spec``.

PyInstaller finds the modules and, for the host runtime, the extension modules, and makes the
executable and the onedir tree. Its archive, its importer and its run-time hooks are replaced by
one blob and ``runtime/bootstrap.py``. The lean runtime carries the same blob inside itself.
"""

from __future__ import annotations

import _imp
import ast
import importlib.util
import json
import marshal
import os
import platform
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

from initramfs import blob, code
from initramfs.needs import Needs

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import NoReturn

HERE = Path(__file__).parent
OURS = ("cmds", "uroot_py")
# The interpreter needs these before an importer of ours can run.
EARLY = ("encodings", "encodings.aliases", "encodings.utf_8")
ENCODINGS = (*EARLY, "encodings.ascii", "encodings.latin_1")
# What an interpreter without frozen modules of its own imports while it starts.
START = {
    "_frozen_importlib": "importlib._bootstrap",
    "_frozen_importlib_external": "importlib._bootstrap_external",
}
SMALLER = {
    # Names of the codecs that are there; the real table is loaded by every start of the program.
    "encodings.aliases": "aliases = {'646': 'ascii', 'us_ascii': 'ascii', 'utf8': 'utf_8',"
    " 'latin1': 'latin_1', 'iso8859_1': 'latin_1', 'iso_8859_1': 'latin_1'}",
    # Of this package the C half is enough; the rest imports typing.
    "zstandard": "from zstandard.backend_c import ZstdDecompressor, ZstdError",
}
# What every interpreter has, whatever it is linked with, and a name that os makes.
ALWAYS = {"_imp", "_string", "_warnings", "builtins", "gc", "marshal", "os.path", "sys"}
LEAN_ROOTS = (*START, *ENCODINGS, "abc", "codecs", "io")


def excluded() -> frozenset[str]:
    """The modules that stay out (excludes.txt)."""
    lines = (HERE / "excludes.txt").read_text().splitlines()
    return frozenset(word for line in lines for word in line.partition("#")[0].split())


class Modules:
    """The modules in Python that the image could have; code is made when it is asked for.

    ``pycs`` holds what PyInstaller found; with a LIBRARY the standard library comes from there
    instead, because it belongs to another interpreter than the one that builds.
    """

    def __init__(self, graph: Any, source: Path, library: Path | None, without: set[str]) -> None:  # noqa: ANN401
        self.source = source
        self.library = library
        self.without = without | excluded()
        self.made: dict[str, tuple[bool, CodeType]] = {}
        self.pycs: dict[str, tuple[bool, Path]] = {}
        for target, path, _ in graph.datas:
            if target.endswith(".pyc"):
                name = target.removesuffix(".pyc").replace("/", ".")
                package = name.endswith(".__init__")
                self.pycs[name.removesuffix(".__init__")] = (package, Path(path))

    def imports(self, name: str) -> set[str] | None:
        """What module NAME imports; None when it is not one of these. Its code is kept."""
        package, made = self._make(name)
        if made is None:
            return None
        self.made[name] = (package, made)
        wanted = code.imports(made, name, package=package)
        out = excluded()
        refused = sorted(out.intersection(each for word in wanted for each in _prefixes(word)))
        if refused and name.partition(".")[0] in OURS:
            refuse(
                f"{name} imports {refused[0]}, which initramfs/excludes.txt keeps out of the image"
            )
        return wanted

    def _make(self, name: str) -> tuple[bool, CodeType | None]:
        if self.without.intersection(_prefixes(name)) or (
            name.startswith("encodings.") and name not in ENCODINGS
        ):
            return False, None
        if name.partition(".")[0] in OURS:
            return self._compile(self.source, name, code.compile_lean)
        if name in SMALLER and name in self.pycs:
            return self.pycs[name][0], compile(SMALLER[name], name, "exec", optimize=2)
        if self.library:
            return self._compile(self.library, START.get(name, name), _compile_strange)
        if name in self.pycs and not _imp.is_frozen(name):
            package, path = self.pycs[name]
            return package, code.without_lines(marshal.loads(path.read_bytes()[16:]), name)
        return False, None

    @staticmethod
    def _compile(top: Path, name: str, compile_: Any) -> tuple[bool, CodeType | None]:  # noqa: ANN401
        file = _file(top, name)
        if file is None:
            return False, None
        made = compile_(file.read_text(), str(file.relative_to(top)))
        return file.name == "__init__.py", made

    def tree(self, name: str) -> tuple[ast.Module, bool] | None:
        """The source of a module that the image has, and whether it is a package."""
        if name not in self.made:
            return None
        package = self.made[name][0]
        if name in SMALLER:
            return ast.parse(SMALLER[name]), package
        ours = name.partition(".")[0] in OURS
        library = self.library or Path(sysconfig.get_path("stdlib"))
        file = _file(self.source if ours else library, START.get(name, name))
        if file is None:
            return None
        return code.lean(file.read_text()) if ours else ast.parse(file.read_text()), package


def refuse(text: str) -> NoReturn:
    """End the freeze; its caller says TEXT."""
    settings = json.loads(Path(os.environ["UROOT_FREEZE"]).read_text())
    (Path(settings["work"]) / "refused").write_text(text)
    raise SystemExit(text)


def _file(top: Path, name: str) -> Path | None:
    """The source of module NAME below TOP."""
    stem = name.replace(".", "/")
    files = [top / f"{stem}{ending}" for ending in (".py", "/__init__.py")]
    return next((file for file in files if file.is_file()), None)


def check_needs(
    modules: Modules, settings: dict[str, Any], given: Callable[[str], bool], whose: str
) -> None:
    """Refuse a program in which something of ours would find a module missing.

    GIVEN says what the program and its interpreter have; WHOSE modules they are.
    """
    spared = {*settings["without"], *ALWAYS, *START.values()}
    needs = Needs(modules.tree, lambda name: given(name) or not spared.isdisjoint(_prefixes(name)))
    ours = [name for name in sorted(modules.made) if name.partition(".")[0] in OURS]
    chains = [needs.missing(name) for name in settings["modules"]]
    chains += [needs.missing_inside(name) for name in ours]
    for first, *others in filter(None, chains):
        if not others:
            refuse(f"{first}: {whose} does not have it")
        refuse(f"{first} needs {', which needs '.join(others)}, which {whose} does not have")


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _compile_strange(source: str, file: str) -> CodeType:
    made: CodeType = compile(source, file, "exec", dont_inherit=True, optimize=2)
    return code.without_lines(made, file)


def freeze() -> None:
    """Analyse and collect, as the settings in the file $UROOT_FREEZE say."""
    from PyInstaller.building.build_main import Analysis

    settings = json.loads(Path(os.environ["UROOT_FREEZE"]).read_text())
    graph = Analysis(
        [settings["entry"]],
        pathex=[settings["source"]],
        hiddenimports=settings["modules"],
        excludes=sorted(excluded().union(settings["without"])),
        noarchive=True,
        optimize=2,
    )
    if settings["library"]:
        _lean(graph, settings)
    else:
        _host(graph, settings)


def _host(graph: Any, settings: dict[str, Any]) -> None:  # noqa: ANN401
    modules = Modules(graph, Path(settings["source"]), None, set(settings["without"]))
    shared = _extensions(graph)
    used = code.reach(
        lambda name: set() if name in shared else modules.imports(name),
        ["cmds.dispatch", *settings["modules"], *ENCODINGS],
    )
    own = {*used, *sys.builtin_module_names}
    check_needs(
        modules,
        settings,
        lambda name: name in own or _imp.is_frozen(name),
        f"Python {platform.python_version()} in {sys.base_prefix}",
    )
    parts = [part for part in _parts(modules) if part.name not in EARLY]
    kept = {name: shared[name] for name in sorted(shared) if name in used}
    parts += [
        blob.Part(name, blob.EXTENSION, target.encode()) for name, (target, *_) in kept.items()
    ]
    work = Path(settings["work"])
    (work / "lib.img").write_bytes(blob.build(parts))
    _collect(graph, modules, list(kept.values()), work)


def _lean(graph: Any, settings: dict[str, Any]) -> None:  # noqa: ANN401
    """The blob with the start of the program in it, and the list of C modules that it reaches."""
    native = set(settings["native"]) - excluded()
    source, library = Path(settings["source"]), Path(settings["library"])
    without = {*settings["without"], "uroot_py.abi.foreign", "ctypes"}
    modules = Modules(graph, source, library, without)
    used = code.reach(
        lambda name: set() if name in native else modules.imports(name),
        ["cmds.dispatch", *settings["modules"], *LEAN_ROOTS],
    )
    linked = {*used, "_uroot"}
    check_needs(modules, settings, linked.__contains__, "the lean runtime")
    entry = code.compile_lean(Path(settings["entry"]).read_text(), "uroot_main.py")
    parts = [*_parts(modules), blob.Part("uroot_main", blob.MODULE, code.dump(entry))]
    work = Path(settings["work"])
    (work / "lib.img").write_bytes(blob.build(parts))
    (work / "native.json").write_text(json.dumps(sorted(used & native)))


def _parts(modules: Modules) -> list[blob.Part]:
    return [
        blob.Part(name, blob.PACKAGE if package else blob.MODULE, code.dump(made))
        for name, (package, made) in modules.made.items()
    ]


def _extensions(graph: Any) -> dict[str, tuple[str, str, str]]:  # noqa: ANN401
    """Module name -> (target, source, type), as PyInstaller has them."""
    found = {}
    for target, source, kind in graph.binaries:
        if kind == "EXTENSION":
            folder, _, file = target.rpartition("/")
            prefix = "" if folder.endswith("lib-dynload") else folder.replace("/", ".") + "."
            found[prefix + file.split(".")[0]] = (target, source, kind)
    return found


def _collect(
    graph: Any,  # noqa: ANN401
    modules: Modules,
    extensions: list[tuple[str, str, str]],
    work: Path,
) -> None:
    from PyInstaller.building.api import COLLECT, EXE, PYZ

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
    COLLECT(program, extensions, library, datas, strip=True, name="uroot")


def _early(modules: Modules, work: Path) -> list[tuple[str, str, str]]:
    """The modules that are imported before the bootstrap, as files for the stock importer."""
    datas = []
    for name in EARLY:
        package, made = modules.made[name]
        target = name.replace(".", "/") + ("/__init__.pyc" if package else ".pyc")
        file = work / f"{name}.pyc"
        file.write_bytes(importlib.util.MAGIC_NUMBER + bytes([1]) + bytes(11) + code.dump(made))
        datas.append((target, str(file), "DATA"))
    return datas
