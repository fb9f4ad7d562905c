"""Freezing for another interpreter: the lean runtime's half that needs no compiler."""

import json
import shutil
import sysconfig
from pathlib import Path

import pytest

from initramfs import blob, lean
from initramfs.freeze import freeze
from initramfs.profile import load
from uroot_py.base.errors import RefusedError


def test_a_library_of_its_own(tmp_path):
    library = Path(sysconfig.get_path("stdlib"))
    freeze(
        load("minimal", ["mount", "cat"]),
        tmp_path,
        library=library,
        native=["posix", "_io", "zlib", "math"],
    )
    parts = {part.name: part for part in blob.parse((tmp_path / "lib.img").read_bytes())}
    assert {"_frozen_importlib", "os", "io", "encodings", "cmds.mount", "uroot_main"} <= set(parts)
    assert parts["encodings"].kind == blob.PACKAGE
    assert not {"ctypes", "uroot_py.abi.foreign", "cmds.ls", "typing", "zipimport"} & set(parts)
    assert {part.kind for part in parts.values()} == {blob.MODULE, blob.PACKAGE}
    assert json.loads((tmp_path / "native.json").read_text()) == ["_io", "posix", "zlib"]


def test_what_the_table_names_must_exist(tmp_path):
    profile = load("minimal", ["cat"])
    profile.applets[0].module, kept = "no_such", profile.applets[0].module
    try:
        with pytest.raises(RefusedError, match=r"^cmds\.no_such: the table names it, but it does"):
            freeze(profile, tmp_path)
    finally:
        profile.applets[0].module = kept


def test_our_code_may_not_import_what_stays_out(tmp_path, monkeypatch):
    from initramfs import freeze as module

    top = tmp_path / "top"
    (top / "cmds").mkdir(parents=True)
    (top / "cmds/__init__.py").write_text("")
    (top / "cmds/table.py").write_text("TABLE = ()\n")
    for package in ("initramfs", "uroot_py"):
        shutil.copytree(module.ROOT / package, top / package)
    (top / "cmds/__main__.py").write_text("def main():\n    import logging.handlers\n")
    (top / "cmds/cat.py").write_text("")
    monkeypatch.setattr(module, "ROOT", top)
    (tmp_path / "work").mkdir()
    with pytest.raises(RefusedError) as caught:
        freeze(load("minimal", ["cat"]), tmp_path / "work")
    assert str(caught.value) == (
        "PyInstaller failed: cmds.__main__ imports logging,"
        " which initramfs/excludes.txt keeps out of the image"
    )


def test_the_modules_that_may_be_linked():
    found = lean.native_modules()
    assert found == sorted(set(found))
    assert {"_socket", "zlib", "posix", "_io"} <= set(found)


def test_compiled_modules_off_and_on():
    stdlib = """# comment about x.c
@MODULE__ASYNCIO_TRUE@_asyncio _asyncio.c
@MODULE_ZLIB_TRUE@zlib zlibmodule.c
#@MODULE__SSL_TRUE@_ssl _ssl.c
@MODULE_ARRAY_TRUE@array arraymodule.c
"""
    assert lean._disabled(stdlib) == ["_asyncio", "_ssl"]
