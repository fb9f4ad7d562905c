#!/usr/bin/env python3
"""build_uefi_payload - UEFI payloads from Debian's edk2 source packages.

usage: scripts/build_uefi_payload.py [--release] [--jobs N] [volume|universal]...

`volume` is UefiPayloadPkg as a firmware volume that LinuxBoot starts, from bookworm's source with
scripts/uefi_payload/ as the library that reads what it is told; `universal` is a Universal Payload
(a FIT image) from trixie's. Each is a folder below build/uefi/ with ``payload``, ``payload.xz`` and
``version``; kept until this program, the library or the source changes. With --release the payload
does not print its memory map and its drivers. Some minutes of one processor each.

Both take their variables from memory at STORE, where `boot` and `kexec` put them.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from initramfs.debian import source_of
from scripts.tools import BUILD, ROOT, command, published
from uroot_py.base.errors import RefusedError, UrootError
from uroot_py.payload.uefi import STORE

LIBRARY = ROOT / "scripts" / "uefi_payload"
LIMIT = 5400.0  # seconds for the compiler, on a slow machine
PYTHON = "/usr/bin/python3"  # with Debian's python3-libfdt and python3-pefile
_PCD = f"gEfiMdeModulePkgTokenSpaceGuid.PcdEmuVariableNvStoreReserved={STORE.start:#x}"
_HAND_OFF = "gUefiPayloadPkgTokenSpaceGuid.PcdHandOffFdtEnable=TRUE"  # FALSE: told by HOBs alone
_STAMP = "made-of"
_THEIRS = "UefiPayloadPkg/Library/SblParseLib/SblParseLib.inf"
_OURS = "UefiPayloadPkg/Library/ConfigParseLib/ConfigParseLib.inf"
# What Debian's patch of the shell needs, and UefiPayloadPkg of bookworm does not name.
_OF_THE_SHELL = tuple(
    f"{name}|SecurityPkg/Library/{module}/{module}.inf"
    for name, module in (
        ("SecureBootVariableLib", "SecureBootVariableLib"),
        ("PlatformPKProtectionLib", "PlatformPKProtectionLibVarPolicy"),
    )
)


@dataclass(frozen=True)
class Form:
    """A payload: its source's suite, the words that build it, what comes out, more libraries."""

    suite: str
    words: tuple[str, ...]
    made: str
    libraries: tuple[str, ...] = ()


FORMS = {
    "volume": Form(
        "bookworm",
        ("build", "-q", "-p", "UefiPayloadPkg/UefiPayloadPkg.dsc", "-a", "X64", "-t", "GCC5",
         "-D", "BOOTLOADER=SBL", "-D", "PLATFORM_BOOT_TIMEOUT=0", "--pcd", _PCD),
        "{target}_GCC5/FV/UEFIPAYLOAD.fd",
        _OF_THE_SHELL,
    ),
    "universal": Form(
        "trixie",
        (PYTHON, "UefiPayloadPkg/UniversalPayloadBuild.py", "-q", "-t", "GCC5", "--Fit",
         "-D", "TIMER_SUPPORT=LAPIC", "-D", "PLATFORM_BOOT_TIMEOUT=0", "-p", _PCD,
         "-p", _HAND_OFF),
        "UniversalPayload.fit",
    ),
}  # fmt: skip


def fetch(name: str, *, release: bool = False, jobs: int = 0) -> Path:
    """The folder of the payload NAME, built when it is missing or what it is made of changed."""
    form = FORMS[name]
    target = BUILD / "uefi" / (f"{name}-release" if release else name)
    parts = [Path(__file__), *sorted(LIBRARY.iterdir())]
    wanted = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
    stamp = target / _STAMP
    if not stamp.is_file() or stamp.read_text() != wanted:
        tree = source(form.suite)
        made = compile_(tree, form, "RELEASE" if release else "DEBUG", jobs)
        with published(target) as fresh:
            shutil.copyfile(made, fresh / "payload")
            shutil.copyfile(tree.parent / "version", fresh / "version")
            command(["xz", "-9e", "-k", "--check=crc32", fresh / "payload"], limit=LIMIT)
            (fresh / _STAMP).write_text(wanted)
    return target


def source(suite: str) -> Path:
    """The unpacked source tree of SUITE's package edk2, with the tools that build it."""
    top = BUILD / "uefi-source" / suite
    tree = top / "edk2"
    if not tree.is_dir():
        with published(top) as fresh:
            state = fresh / "apt"
            for part in ("state/lists/partial", "cache/archives/partial"):
                (state / part).mkdir(parents=True)
            line = source_of(suite).replace("deb ", "deb-src ", 1)
            security = line.replace("debian ", "debian-security ").replace(
                f" {suite} ", f" {suite}-security "
            )
            (state / "sources.list").write_text(line + security)
            settings = state / "apt.conf"
            settings.write_text(
                f'Dir::State "{state}/state";\nDir::Cache "{state}/cache";\n'
                f'Dir::Etc::SourceList "{state}/sources.list";\n'
                'Dir::Etc::SourceParts "/dev/null";\n'
                'APT::Sandbox::User "root";\nAcquire::Languages "none";\nAcquire::Retries "2";\n'
            )
            environment = {"APT_CONFIG": str(settings)}
            command(["apt-get", "-q", "update"], environment=environment)
            # The two archives, by the digests of the signed list: a mirror may lack the .dsc.
            words = ["apt-get", "-q", "source", "--only-source", "--download-only"]
            for part in ("--tar-only", "--diff-only"):
                command([*words, part, "edk2"], cwd=fresh, environment=environment, limit=1800)
            (debian,) = fresh.glob("*.debian.tar.xz")
            (fresh / "version").write_text(debian.name.removesuffix(".debian.tar.xz") + "\n")
            unpack(fresh, debian)
    return tree


def unpack(folder: Path, debian: Path) -> None:
    """Unpack the source in FOLDER with the patches of the archive DEBIAN, as dpkg-source does."""
    tree = folder / "edk2"
    tree.mkdir()
    (original,) = folder.glob("*.orig.tar.xz")
    command(["tar", "-xf", original, "-C", tree, "--strip-components=1"])
    command(["tar", "-xf", debian, "-C", tree])
    patches = tree / "debian/patches"
    for line in (patches / "series").read_text().splitlines():
        name = line.partition("#")[0].strip()
        if name:
            command(["patch", "-s", "-p1", "-i", patches / name], cwd=tree)


def compile_(tree: Path, form: Form, target: str, jobs: int) -> Path:
    """The payload that the words of FORM make in TREE."""
    tools = tree / "BaseTools"
    environment = {
        "WORKSPACE": str(tree),
        "EDK_TOOLS_PATH": str(tools),
        "CONF_PATH": str(tree / "Conf"),
        "PYTHON_COMMAND": PYTHON,
        "PATH": f"{tools}/BinWrappers/PosixLike:{os.environ['PATH']}",
    }
    many = f"-j{jobs or os.cpu_count() or 1}"
    nice = ["nice", "-n", "10"]
    command([*nice, "make", "-C", tools / "Source/C", many], limit=LIMIT, environment=environment)
    for name in ("target", "tools_def", "build_rule"):
        shutil.copyfile(tools / "Conf" / f"{name}.template", tree / "Conf" / f"{name}.txt")
    ours = tree / "UefiPayloadPkg/Library/ConfigParseLib"
    shutil.copytree(LIBRARY, ours, dirs_exist_ok=True)
    description = tree / "UefiPayloadPkg/UefiPayloadPkg.dsc"
    description.write_text(described(description.read_text(), form))
    command([*nice, *form.words, "-b", target], cwd=tree, limit=LIMIT, environment=environment)
    return tree / "Build/UefiPayloadPkgX64" / form.made.format(target=target)


def described(text: str, form: Form) -> str:
    """The package's description TEXT with our library and those of FORM; the same when done."""
    missing = [row for row in form.libraries if row not in text]
    rows = "".join(f"  {row}\n" for row in missing)
    text = text.replace("[LibraryClasses]\n", "[LibraryClasses]\n" + rows, 1)
    return text.replace(_THEIRS, _OURS)


def main() -> int:
    """Build what was asked for; a line for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--release", action="store_true", help="without what it prints")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="compilers at a time")
    parser.add_argument("name", nargs="*", choices=[*FORMS, []], help="both without a name")
    given = parser.parse_args()
    try:
        for name in given.name or FORMS:
            made = fetch(name, release=given.release, jobs=given.jobs)
            sizes = [(made / part).stat().st_size for part in ("payload", "payload.xz")]
            print(f"{made / 'payload.xz'}: {sizes[0]} bytes, {sizes[1]} packed")
    except (UrootError, StopIteration) as error:
        print(f"build_uefi_payload: {error}", file=sys.stderr)
        return error.status if isinstance(error, RefusedError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
