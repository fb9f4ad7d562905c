"""The recipe of an image: program, libraries, links, devices, modules, files, compression."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import EISDIR
from pathlib import Path
from typing import TYPE_CHECKING

from initramfs import bundles, compress, efi, lean, target
from initramfs.closure import closure, opened
from initramfs.freeze import freeze
from initramfs.kernel import Config, KernelModules
from initramfs.profile import Profile, load
from initramfs.progress import step
from initramfs.tree import ImageTree
from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.archive import cpio
from uroot_py.terminal import password

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cmds.table import Applet

HERE = Path(__file__).parent
RUNTIMES = ("host", "lean")
_DIRECTORIES = ("bin", "dev", "etc", "lib", "mnt", "proc", "run", "sys", "var/log")
# Ref: Documentation/admin-guide/devices.txt.
_DEVICES = (
    ("console", 5, 1, 0o600),
    ("null", 1, 3, 0o666),
    ("tty", 5, 0, 0o666),
    ("urandom", 1, 9, 0o666),
)
# What the program opens by name, if anything: the keys of encrypted volumes, and what glibc wants
# where a thread ends.
_OPENED = ("libargon2.so.1", "libgcc_s.so.1")
_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": "root:x:0:\ntty:x:5:\n",
    "etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "etc/os-release": 'ID=uroot-py\nNAME="uroot-py"\nPRETTY_NAME="uroot-py (LinuxBoot)"\n',
}


@dataclass
class Options:
    """What to build; every path is of this machine."""

    output: Path
    compression: str = "zstd"
    profile: str = "core"
    applets: list[str] = field(default_factory=list)  # none: those of the profile
    modules_dir: Path | None = None
    modules: list[str] = field(default_factory=list)
    modules_at_boot: list[str] = field(default_factory=list)
    files: list[tuple[Path, str]] = field(default_factory=list)
    bundles: list[str] = field(default_factory=list)
    uinit: str = ""
    password: Path | None = None
    efi_payload: Path | None = None
    microcode: Path | None = None
    kernel_config: Path | None = None
    manifest: Path | None = None
    runtime: str = "host"
    target: target.Target = field(default_factory=target.choose)
    work: Path = Path("build")  # where a folder for the intermediate files may be made


def build(options: Options) -> dict[str, int]:
    """Make the image; returns its sizes in bytes: ``raw`` and ``packed``."""
    profile = load(options.profile, options.applets)
    theirs = bundles.commands(options.bundles)
    profile.applets = [row for row in profile.applets if row.name not in theirs]
    if options.bundles and options.target != target.choose():
        raise RefusedError(
            f"bundles are made of this machine's programs, not {options.target.name}"
        )
    if options.kernel_config:
        refusal = Config(options.kernel_config).refuse_compression(options.compression)
        if refusal:
            raise RefusedError(refusal)
    with output(options.output) as file:
        tree = ImageTree(int(os.environ.get("SOURCE_DATE_EPOCH", "0")))
        skeleton(tree)
        with step("modules"):
            if options.modules_dir:
                known = KernelModules(options.modules_dir)
                packing = profile.packing(options.runtime)
                known.add_to(tree, options.modules, options.modules_at_boot, packing)
            elif options.modules or options.modules_at_boot:
                raise RefusedError("modules are asked for", hint="say --modules-dir DIR, too")
        add_files(tree, options.files)
        for name in options.bundles:
            count, size = bundles.add(tree, name)
            print(f"bundle {name}: {size} bytes in {count} files")
        add_settings(tree, options)
        early = early_archive(options.microcode) if options.microcode else b""
        options.work.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="image-", dir=options.work.absolute()) as work:
            add_program[options.runtime](tree, profile, Path(work), options.target)
        raw = tree.archive()
        with step(f"compress ({options.compression})"):
            packed = early + compress.compress(raw, options.compression)
        file.write_bytes(packed)
        if options.manifest:
            from initramfs import sbom as manifest

            place = lean.place(options.work / "runtime", options.target)
            runtime = place if options.runtime == "lean" else None
            with output(options.manifest) as text:
                text.write_text(manifest.bill(tree, packed, runtime=runtime))
    return {"raw": len(raw), "packed": len(packed)}


def skeleton(tree: ImageTree) -> None:
    """Directories, device nodes and the few files that programs look for."""
    for path in _DIRECTORIES:
        tree.directory(path)
    tree.directory("root", 0o700)
    tree.directory("tmp", 0o1777)
    tree.link("lib64", "lib")  # one place for libraries, whichever a loader was built to search
    for name, major, minor, mode in _DEVICES:
        tree.device(f"dev/{name}", major, minor, mode)
    for path, text in _FILES.items():
        tree.file(path, text)


def add_host_program(tree: ImageTree, profile: Profile, work: Path, machine: target.Target) -> None:
    """The program for this machine's Python at /uroot, its libraries, the stub that starts it."""
    if machine != target.choose():
        raise RefusedError(
            f"this machine's Python does not run on {machine.name}", hint="say --runtime lean"
        )
    with step("freeze"):
        freeze(profile, work)
    program = work / "dist" / "uroot"
    files = tree.copy(program, "uroot")
    asked = {name: opened(name, program / "uroot") for name in _OPENED}
    needed = closure([*files, *asked.values()], near=[program / "_internal"])
    add_libraries(tree, {**needed, **asked})
    tree.file("init", compile_stub(work), 0o755)
    add_links(tree, profile.applets, "uroot/uroot")


def add_lean_program(tree: ImageTree, profile: Profile, work: Path, machine: target.Target) -> None:
    """The program as one static file, /init."""
    runtime = lean.prepare(lean.place(work.parent / "runtime", machine), machine)
    with step("freeze"):
        freeze(profile, work, library=runtime / "Lib", native=lean.native_modules(runtime))
    with step("link"):
        tree.file("init", lean.link(runtime, work, machine), 0o755)
    tree.linked = lean.linked(work)
    add_links(tree, profile.applets, "init")


add_program = {"host": add_host_program, "lean": add_lean_program}


def add_libraries(tree: ImageTree, libraries: dict[str, Path]) -> None:
    """What closure() found: by name into /lib, a loader to its own path."""
    for name, file in libraries.items():
        target = name if "/" in name else f"lib/{name}"
        if target.startswith("/lib64/"):
            target = f"lib/{target.removeprefix('/lib64/')}"
        tree.copy(file.resolve(), target)


def compile_stub(work: Path) -> bytes:
    """initramfs/runtime/init.c as a static executable."""
    made = work / "init"
    command = ["gcc", "-Os", "-nostdlib", "-static", "-ffreestanding", "-fno-pie", "-no-pie"]
    command += ["-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-s"]
    command += ["-Wl,--build-id=none,-z,max-page-size=4096,-z,noexecstack", "-o", str(made)]
    try:
        done = subprocess.run(
            [*command, str(HERE / "runtime" / "init.c")], capture_output=True, text=True
        )
    except FileNotFoundError:
        raise RefusedError("gcc is not installed", hint="run `make setup`") from None
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise RefusedError(f"gcc: {said[-300:]}")
    return made.read_bytes()


def add_links(tree: ImageTree, rows: list[Applet], program: str) -> None:
    """/bin/NAME for every name of the applets, and ``uroot`` itself."""
    for name in ("uroot", *(name for row in rows for name in (row.name, *row.aliases))):
        tree.link(f"bin/{name}", f"../{program}")


def add_files(tree: ImageTree, files: list[tuple[Path, str]]) -> None:
    """Extra files, each with the libraries it needs."""
    copied = [each for source, target in files for each in tree.copy(source, target)]
    add_libraries(tree, closure(copied))


def add_settings(tree: ImageTree, options: Options) -> None:
    """What init and the menu read: the command to run first, who may edit."""
    if options.uinit:
        tree.file("etc/uroot/uinit", f"{options.uinit}\n")
    if options.password:
        line = options.password.read_text().strip()
        try:
            password.check(line, "")
        except FormatError as error:
            raise error.within(str(options.password)) from None
        tree.file("etc/uroot/password", f"{line}\n", 0o600)
    if options.efi_payload:
        tree.file(efi.PAYLOAD[1:], efi.packed(options.efi_payload))


def early_archive(source: Path) -> bytes:
    """The uncompressed archive that the kernel searches for microcode before anything else.

    SOURCE is such an archive, or a folder with ``intel-ucode`` or ``amd-ucode`` in it.
    Ref: Documentation/arch/x86/microcode.rst, "Early load microcode".
    """
    if source.is_file():
        data = source.read_bytes()
        if not cpio.is_cpio(data):
            raise RefusedError(f"{source}: is no cpio archive, so the kernel finds no microcode")
        return data + bytes(-len(data) % 4)
    tree = ImageTree()
    for folder, name in (("intel-ucode", "GenuineIntel"), ("amd-ucode", "AuthenticAMD")):
        files = sorted(each for each in (source / folder).glob("*") if _is_microcode(each))
        if files:
            data = b"".join(each.read_bytes() for each in files)
            tree.file(f"kernel/x86/microcode/{name}.bin", data)
    if not tree.members:
        raise RefusedError(f"{source}: neither intel-ucode nor amd-ucode with microcode in it")
    return tree.archive()


def _is_microcode(file: Path) -> bool:
    # Intel's files are named family-model-stepping and have no suffix, AMD's end in .bin.
    return file.is_file() and file.suffix in ("", ".bin") and "README" not in file.name


@contextmanager
def output(path: Path) -> Iterator[Path]:
    """A temporary file beside PATH that becomes PATH when all went well, and vanishes if not."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
