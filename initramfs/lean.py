"""The lean runtime: a static CPython on musl, built once from Debian's sources and kept.

``prepare`` makes the library of the interpreter (four minutes, the first time); ``link`` makes the
program of one image from it in a second: only the C modules that the image reaches are linked.
Everything is compiled here by Debian's compiler for the target, so that an image for another
machine than this one needs no emulation.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from initramfs.debian import Apt, run, suite_for
from initramfs.progress import step
from uroot_py.base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from initramfs.target import Target

HERE = Path(__file__).parent
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
# C modules that an image may reach, in any Python that we support; those that this one has are
# built. What no interpreter can do without (Setup.bootstrap) is always built.
_MODULES = """\
_bisect _bz2 _csv _datetime _heapq _json _lzma _md5 _pickle _posixsubprocess _queue _random _sha1
_sha2 _sha256 _sha512 _socket _struct array binascii fcntl grp math mmap resource select syslog
termios unicodedata zlib
"""
MODULES = _MODULES.split()
# What the interpreter itself imports, whatever the image does.
_CORE = ("_abc", "_codecs", "_io", "_signal", "_thread", "_weakref", "posix", "time")
_FLAGS = (
    "-Os -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-stack-protector"
    " -ffunction-sections -fdata-sections -fno-pie"
)
_XZ = (
    "--disable-shared --enable-static --disable-xz --disable-xzdec --disable-lzmadec"
    " --disable-lzmainfo --disable-lzma-links --disable-scripts --disable-doc --disable-nls"
    " --enable-threads=no --enable-small --enable-encoders=lzma1,lzma2"
    " --enable-match-finders=hc3"
)
_PYTHON = (
    "--prefix=/ --disable-shared --without-doc-strings --disable-test-modules"
    " --without-ensurepip MODULE_BUILDTYPE=static"
)
# The decoding half, small rather than quick.
_ZSTD = (
    "-DZSTD_LEGACY_SUPPORT=0 -DHUF_FORCE_DECOMPRESS_X1 -DZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT"
    " -DZSTD_NO_INLINE -DZSTD_STRIP_ERROR_STRINGS -DZSTD_DISABLE_ASM"
)
# Of these only what a program's C modules ask for is linked.
LIBRARIES = {
    "zlib": "zlib",
    "bzip2": "_bz2",
    "xz-utils": "_lzma",
    "libzstd": "zstandard",
    "argon2": "_argon2",
}
# C modules of ours: a file in runtime/ each.
OURS = ("zstandard", "_argon2")
_SOURCES = ("zlib", "bzip2", "xz-utils", "libzstd", PYTHON)
# What configure finds out on this machine only, when it builds for another one.
_CROSS = (
    "ac_cv_file__dev_ptmx=yes",
    "ac_cv_file__dev_ptc=no",
    "ac_cv_buggy_getaddrinfo=no",
    "ac_cv_working_tzset=yes",
)
_KIT = ("musl-dev", "musl-tools", "linux-libc-dev", "libargon2-dev")


class Kit(NamedTuple):
    """The wrapper that compiles for musl on the target, and the other tools."""

    compiler: Path
    target: Target

    def tool(self, name: str) -> str:
        """The tool NAME of binutils for the target."""
        return f"{self.target.gnu}-{name}"

    def direction(self) -> list[str]:
        """What CPython's configure is told about this machine and the target."""
        build = f"{os.uname().machine}-linux-gnu"
        if build == self.target.gnu:
            return [f"--build={build}"]
        python = f"--with-build-python={sys.executable}"
        return [f"--build={build}", f"--host={self.target.gnu}", python, *_CROSS]


def native_modules(runtime: Path) -> list[str]:
    """The names of the C modules that a program of RUNTIME may be linked with."""
    return (runtime / "modules").read_text().split()


def place(cache: Path, target: Target) -> Path:
    """Where below CACHE the runtime is."""
    return cache.absolute() / target.name


def prepare(top: Path, target: Target) -> Path:
    """Build the runtime in the folder TOP when it is missing or was made by another recipe."""
    parts = [*_SOURCES, *_KIT, *MODULES, _FLAGS, _XZ, _ZSTD, _PYTHON]
    if target.flags:
        parts += [target.flags, *_CROSS]
    if suite := suite_for(target.debian):
        parts.append(suite)
    recipe = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    if (top / "recipe").is_file() and (top / "recipe").read_text() == recipe:
        return top
    top.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lean-", dir=top.parent) as name:
        work = Path(name)
        with _without_spaces(work) as plain:
            _build(plain, target)
        (work / "out" / "recipe").write_text(recipe)
        shutil.rmtree(top, ignore_errors=True)
        (work / "out").replace(top)
    return top


@contextmanager
def _without_spaces(folder: Path) -> Iterator[Path]:
    """FOLDER, or a link to it whose name configure scripts and specs files can hold."""
    if " " not in str(folder):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="lean-") as name:
        link_ = Path(name) / "x"
        link_.symlink_to(folder)
        yield link_


def compiler(top: Path, work: Path, target: Target) -> list[str]:
    """The C compiler for musl (Debian's musl-gcc) from the folder TOP; its specs go to WORK."""
    kit = top / "musl"
    (found,) = kit.glob("lib/*/musl-gcc.specs")
    text = found.read_text()
    for folder in ("include", "lib"):
        text = text.replace(f"/usr/{folder}/", f"{kit}/{folder}/")
    (work / "musl.specs").write_text(text)
    # The kernel's headers come last: what musl has itself is found there first.
    kernel = ["-idirafter", str(kit / "linux")]
    return [f"{target.gnu}-gcc", *target.flags.split(), *kernel, "-specs", str(work / "musl.specs")]


def _build(work: Path, target: Target) -> None:
    out = work / "out"
    (out / "lib").mkdir(parents=True)
    with step("runtime: fetch the sources"):
        apt = Apt(work / "apt", target.debian)
        versions = {name: apt.source(name, work / name) for name in _SOURCES}
        versions["musl"] = _kit(apt, work, target)
        versions["argon2"] = _argon2(apt, work / "kit" / "usr", out)
    (out / "versions").write_text("".join(f"{n} {version}\n" for n, version in versions.items()))
    wrapper = work / "cc"
    words = " ".join(compiler(out, work, target))
    # The compiler is one for glibc, which newer configure scripts of CPython would hold against it.
    silent = '[ "$*" != --print-multiarch ] || exit 0'
    wrapper.write_text(f'#!/bin/sh\n{silent}\nexec {words} "$@"\n')
    wrapper.chmod(0o755)
    kit = Kit(wrapper, target)
    for name, compile_ in zip(_SOURCES, (_zlib, _bzip2, _xz, _zstd, _python), strict=True):
        with step(f"runtime: compile {name}"):
            compile_(work / name, out, kit)


def _kit(apt: Apt, work: Path, target: Target) -> str:
    """The headers and libraries of musl, and the kernel's headers, without a package installed.

    Returns the version of musl.
    """
    for name in _KIT:
        apt.package(name, work / "kit")
    usr = work / "kit" / "usr"
    kit = work / "out" / "musl"
    for folder in ("include", "lib"):
        shutil.copytree(usr / folder / target.musl, kit / folder / target.musl)
    for folder in ("linux", "asm-generic"):
        shutil.copytree(usr / "include" / folder, kit / "linux" / folder)
    shutil.copytree(usr / "include" / target.gnu / "asm", kit / "linux" / "asm")
    if suite_for(target.debian):
        return _musl(apt, work / "musl-source", kit, target)
    return apt.version("musl-dev")


def _argon2(apt: Apt, usr: Path, out: Path) -> str:
    """Debian's static library of argon2, which asks little of a C library; its version.

    What it asks that musl has not is in runtime/_argon2.c.
    """
    (archive,) = usr.glob("lib/*/libargon2.a")
    _keep(out, archive, usr / "include" / "argon2.h")
    return apt.version("libargon2-dev")


def _musl(apt: Apt, folder: Path, kit: Path, target: Target) -> str:
    """Put this machine's musl, compiled for the target, over that of another suite in KIT.

    This machine's older linker cannot read what a newer compiler made. Returns its version.
    """
    version = apt.source("musl", folder)
    environment = _environment(folder, Kit(Path(f"{target.gnu}-gcc"), target))
    words = ["./configure", f"--target={target.musl}", "--disable-shared", "--disable-wrapper"]
    words += [f"--{name}dir={kit / name / target.musl}" for name in ("include", "lib")]
    run(words, cwd=folder, environment=environment)
    for what in ("install-headers", "install-libs"):
        _make(folder, what, environment)
    return version


def _environment(folder: Path, kit: Kit) -> dict[str, str]:
    # Neither the date nor the folder shall show in the result.
    flags = f"{_FLAGS} -ffile-prefix-map={folder}=."
    tools = {"CC": str(kit.compiler), "AR": kit.tool("ar"), "RANLIB": kit.tool("ranlib")}
    return {**tools, "CFLAGS": flags, "SOURCE_DATE_EPOCH": "0"}


def _make(folder: Path, what: str, environment: dict[str, str]) -> None:
    run(["make", "-j2", what], cwd=folder, environment=environment)


def _zlib(folder: Path, out: Path, kit: Kit) -> None:
    environment = _environment(folder, kit)
    run(["./configure", "--static"], cwd=folder, environment=environment)
    _make(folder, "libz.a", environment)
    _keep(out, folder / "libz.a", folder / "zlib.h", folder / "zconf.h")


def _bzip2(folder: Path, out: Path, kit: Kit) -> None:
    files = ("blocksort", "bzlib", "compress", "crctable", "decompress", "huffman", "randtable")
    _archive(folder, "libbz2.a", [f"{name}.c" for name in files], kit, "")
    _keep(out, folder / "libbz2.a", folder / "bzlib.h")


def _archive(folder: Path, name: str, files: list[str], kit: Kit, flags: str) -> None:
    """Compile FILES of FOLDER into a library, without their own make files."""
    environment = _environment(folder, kit)
    words = [*environment["CFLAGS"].split(), *flags.split(), "-c", *files]
    run([str(kit.compiler), *words], cwd=folder, environment=environment)
    objects = sorted(file.name for file in folder.glob("*.o"))
    run([kit.tool("ar"), "rcsD", name, *objects], cwd=folder)


def _xz(folder: Path, out: Path, kit: Kit) -> None:
    environment = _environment(folder, kit)
    words = ["./configure", *_XZ.split(), f"--host={kit.target.musl}"]
    run(words, cwd=folder, environment=environment)
    run(["make", "-C", "src/liblzma"], cwd=folder, environment=environment)
    api = folder / "src/liblzma/api"
    _keep(out, folder / "src/liblzma/.libs/liblzma.a", api / "lzma.h", api / "lzma")


def _zstd(folder: Path, out: Path, kit: Kit) -> None:
    lib = folder / "lib"
    files = sorted(
        str(file) for part in ("common", "decompress") for file in lib.glob(f"{part}/*.c")
    )
    _archive(folder, "libzstd.a", files, kit, _ZSTD)
    _keep(out, folder / "libzstd.a", lib / "zstd.h", lib / "zstd_errors.h")


def _python(folder: Path, out: Path, kit: Kit) -> None:
    always, lines, off = module_lines(
        (folder / "Modules/Setup.bootstrap.in").read_text(),
        (folder / "Modules/Setup.stdlib.in").read_text(),
    )
    setup = "\n".join(["*static*", *lines.values(), "*disabled*", " ".join(off), ""])
    (folder / "Modules/Setup.local").write_text(setup)
    environment = {
        **_environment(folder, kit),
        "CPPFLAGS": f"-I{out}/include",
        "LDFLAGS": f"-static -no-pie -L{out}/lib",
        "OPT": "-DNDEBUG -Os -fwrapv",
    }
    run(["./configure", *_PYTHON.split(), *kit.direction()], cwd=folder, environment=environment)
    # A module may bring an archive of its own, which does not become part of libpython.
    archives = [f"lib{PYTHON}.a", *re.findall(r"(?m)\S+\.a\b", setup)]
    for archive in archives:
        _make(folder, archive, environment)
    files = [folder / archive for archive in archives]
    _keep(out, *files, folder / "Include", folder / "pyconfig.h")
    (out / "modules").write_text("\n".join(sorted([*OURS, *always, *lines])))
    skip = shutil.ignore_patterns(
        "__pycache__", "test", "tests", "idlelib", "lib2to3", "ensurepip", "tkinter"
    )
    shutil.copytree(folder / "Lib", out / "Lib", ignore=skip)


def module_lines(bootstrap: str, stdlib: str) -> tuple[list[str], dict[str, str], list[str]]:
    """By CPython's own lists: modules that are always built, lines of those we add, the others."""
    line = re.compile(r"(?m)^#?(?:@MODULE_\w+@)?(\w+) (\S+\.c\b.*)$")
    always = [name for name, _ in line.findall(bootstrap)]
    found = {name: f"{name} {rest}" for name, rest in line.findall(stdlib)}
    lines = {name: found[name] for name in MODULES if name in found}
    return always, lines, sorted(found.keys() - lines.keys())


def _keep(out: Path, *files: Path) -> None:
    for file in files:
        if file.suffix == ".a":
            shutil.copy(file, out / "lib")
        elif file.is_dir():
            into = out / "include" if file.name == "Include" else out / "include" / file.name
            shutil.copytree(file, into, dirs_exist_ok=True)
        else:
            (out / "include").mkdir(exist_ok=True)
            shutil.copy(file, out / "include")


def _python_first(archive: str) -> tuple[bool, str]:
    """The order of archives for the linker: what others answer to comes first."""
    return (not archive.endswith(f"/lib{PYTHON}.a"), archive)


def linked(work: Path) -> set[str]:
    """The source packages of LIBRARIES that are in the program that was made in WORK."""
    native = json.loads((work / "native.json").read_text())
    return {name for name, module in LIBRARIES.items() if module in native}


def link(runtime: Path, work: Path, target: Target) -> bytes:
    """The program: interpreter, the C modules it needs and its code (WORK), as one static file."""
    with _without_spaces(runtime) as top:
        return _link(top, work, target)


def _link(top: Path, work: Path, target: Target) -> bytes:
    native = json.loads((work / "native.json").read_text())
    names = sorted({*native, *_CORE})
    (work / "modules.h").write_text("".join(f"MODULE({name})\n" for name in names))
    made = work / "uroot"
    ours = [f"{name}.c" for name in OURS if name in native]
    sources = [str(HERE / "runtime" / name) for name in ("lean.c", "blob.S", *ours)]
    words = [
        *compiler(top, work, target),
        *_FLAGS.split(),
        *["-DNDEBUG", "-fwrapv", f"-ffile-prefix-map={top}=.", "-DPy_BUILD_CORE"],
        *["-I.", *(f"-I{top}/include/{name}" for name in ("", "internal", "internal/mimalloc"))],
        *["-static", "-no-pie", "-s", "-o", str(made), *sources],
        *sorted((str(file) for file in (top / "lib").glob("*.a")), key=_python_first),
        # musl's threads have 128 KiB of stack unless the program asks for more.
        "-lm",
        "-Wl,--gc-sections,-O1,--build-id=none,-z,stack-size=1048576,-z,noseparate-code",
    ]
    done = subprocess.run(words, cwd=work, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        first = next((each for each in lines if "error:" in each or "undefined" in each), lines[-1])
        raise RefusedError(f"gcc: {first}")
    return made.read_bytes()
