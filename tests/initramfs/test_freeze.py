"""Freezing for another interpreter: the lean runtime's half that needs no compiler."""

import json
import shutil

import pytest

from initramfs import blob, lean
from initramfs.freeze import freeze
from initramfs.profile import load
from tests.support import interpreter
from uroot_py.base.errors import RefusedError


def test_a_library_of_its_own(tmp_path):
    native = interpreter.native_modules()
    freeze(load("minimal", ["mount", "cat"]), tmp_path, library=interpreter.LIBRARY, native=native)
    parts = {part.name: part for part in blob.parse((tmp_path / "lib.img").read_bytes())}
    assert {"_frozen_importlib", "os", "io", "encodings", "cmds.mount", "uroot_main"} <= set(parts)
    assert parts["encodings"].kind == blob.PACKAGE
    assert not {"ctypes", "uroot_py.abi.foreign", "cmds.ls", "typing", "zipimport"} & set(parts)
    assert {part.kind for part in parts.values()} == {blob.MODULE, blob.PACKAGE}
    used = json.loads((tmp_path / "native.json").read_text())
    assert {"_io", "posix", "zlib"} <= set(used) < set(native)


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
    (top / "cmds/dispatch.py").write_text("def main():\n    import logging.handlers\n")
    (top / "cmds/cat.py").write_text("")
    monkeypatch.setattr(module, "ROOT", top)
    (tmp_path / "work").mkdir()
    with pytest.raises(RefusedError) as caught:
        freeze(load("minimal", ["cat"]), tmp_path / "work")
    assert str(caught.value) == (
        "cmds.dispatch imports logging, which initramfs/excludes.txt keeps out of the image"
    )


# Lines of Modules/Setup.bootstrap.in and Modules/Setup.stdlib.in.
BOOTSTRAP = """\
# module C APIs are used in core
_io _io/_iomodule.c _io/iobase.c
@MODULE_PWD_TRUE@pwd pwdmodule.c
"""
STDLIB_311 = """\
# comment about x.c
@MODULE__ASYNCIO_TRUE@_asyncio _asyncio.c
@MODULE_ZLIB_TRUE@zlib zlibmodule.c
#@MODULE__SSL_TRUE@_ssl _ssl.c
@MODULE__SHA256_TRUE@_sha256 sha256module.c
@MODULE__SHA512_TRUE@_sha512 sha512module.c
"""
HACL = "-I$(srcdir)/Modules/_hacl/include Modules/_hacl/libHacl_Hash_SHA2.a"
STDLIB_313 = f"""\
@MODULE__SHA2_TRUE@_sha2 sha2module.c {HACL}
@MODULE__SHA3_TRUE@_sha3 sha3module.c -I$(srcdir)/Modules/_hacl/include _hacl/Hacl_Hash_SHA3.c
"""


@pytest.mark.parametrize(
    ("stdlib", "lines", "off"),
    [
        pytest.param(
            STDLIB_311,
            {
                "_sha256": "_sha256 sha256module.c",
                "_sha512": "_sha512 sha512module.c",
                "zlib": "zlib zlibmodule.c",
            },
            ["_asyncio", "_ssl"],
            id="3.11",
        ),
        pytest.param(STDLIB_313, {"_sha2": f"_sha2 sha2module.c {HACL}"}, ["_sha3"], id="3.13"),
    ],
)
def test_compiled_modules_off_and_on(stdlib, lines, off):
    assert lean.module_lines(BOOTSTRAP, stdlib) == (["_io", "pwd"], lines, off)


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        (
            ["_sha2", "_sha256", "_sha512"],
            "uroot_py.base.digest needs _sha256, which {has_not}",
        ),
        (
            ["_lzma"],
            "uroot_py.formats.compress.pack needs lzma, which needs _lzma, which {has_not}",
        ),
        (["zstandard"], "zstandard needs zstandard.backend_c, which {has_not}"),
    ],
    ids=["password", "decoder", "decoder by name"],
)
def test_what_the_image_could_not_do_is_refused(tmp_path, lost, message):
    native = [name for name in interpreter.native_modules() if name not in lost]
    with pytest.raises(RefusedError) as caught:
        freeze(load("core"), tmp_path, library=interpreter.LIBRARY, native=native)
    assert str(caught.value) == message.format(has_not="the lean runtime does not have")


def test_what_a_profile_spares_is_not_missed(tmp_path):
    lost = ("_bz2", "_lzma", "zstandard")
    native = [name for name in interpreter.native_modules() if name not in lost]
    freeze(load("minimal"), tmp_path, library=interpreter.LIBRARY, native=native)
    assert "_bz2" not in json.loads((tmp_path / "native.json").read_text())
