"""The image's workshop: ``python -m initramfs ACTION``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from uroot_py.base.errors import HelpRequested, RefusedError, UrootError, UsageError
from uroot_py.base.options import Command, Option
from uroot_py.base.text import nearest

try:
    from initramfs import (
        build,
        bundles,
        check,
        compress,
        contents,
        efi,
        fit,
        profile,
        sizes,
        target,
        uki,
    )
    from initramfs.kernel import Config
except ModuleNotFoundError as error:
    sys.exit(f"initramfs: {error.name} is not installed; `make setup` or pip install '.[build]'")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uroot_py.base.options import ParsedArgs

_CALL = "python -m initramfs"
BUILD = Command(
    "build",
    f"{_CALL} build [OPTION]...",
    OUTPUT := Option(
        "-o", "--output", value="FILE", help="the image (build/initramfs-ARCH.cpio.zst)"
    ),
    COMPRESS := Option(
        "--compress", value="NAME", help=f"{', '.join(compress.SUFFIXES)} (from FILE, else zstd)"
    ),
    ARCH := Option("--arch", value="NAME", help=f"{', '.join(target.TARGETS)} (this machine's)"),
    RUNTIME := Option(
        "--runtime", value="NAME", help="host: this machine's Python; lean: static, a third"
    ),
    PROFILE := Option(
        "--profile", value="NAME", help=f"{', '.join(profile.names())} (core) or FILE.toml"
    ),
    APPLETS := Option("--applets", value="A,B", help="these applets instead of the profile's"),
    MODULES_DIR := Option(
        "--modules-dir", value="DIR", help="a /lib/modules/RELEASE with modules.dep"
    ),
    MODULE := Option("--module", value="A,B", help="kernel modules, loaded when a device asks"),
    LOAD := Option("--load", value="A,B", help="kernel modules that init loads unasked"),
    FILE := Option("--file", value="SRC:DST", help="a file or directory, with its libraries"),
    BUNDLE := Option(
        "--bundle", value="A,B", help=f"Debian's own tools: {', '.join(bundles.BUNDLES)}"
    ),
    UINIT := Option("--uinit", value="COMMAND", help="what init runs first, instead of boot"),
    PASSWORD_HASH_FILE := Option(
        "--password-hash-file", value="FILE", help="who edits entries must know it"
    ),
    EFI_PAYLOAD := Option(
        "--efi-payload", value="FILE", help="EDK2's, for boot to start EFI programs (docs/uefi.md)"
    ),
    MICROCODE := Option(
        "--microcode", value="PATH", help="an early cpio, or a folder like /lib/firmware"
    ),
    KERNEL_CONFIG := Option(
        "--kernel-config", value="FILE", help="refuse what this kernel cannot unpack"
    ),
    MANIFEST := Option(
        "--manifest", value="FILE", help="write what is in it, with licences (CycloneDX)"
    ),
    example=f"{_CALL} build --runtime lean --profile minimal -o small.cpio.xz",
)
LS = Command("ls", f"{_CALL} ls IMAGE", example=f"{_CALL} ls image.cpio.zst")
CAT = Command("cat", f"{_CALL} cat IMAGE FILE...", example=f"{_CALL} cat image.cpio.zst etc/hosts")
EXTRACT = Command(
    "extract", f"{_CALL} extract IMAGE DIR", example=f"{_CALL} extract image.cpio.zst /tmp/x"
)
SIZE = Command(
    "size",
    f"{_CALL} size [--against OTHER] IMAGE",
    AGAINST := Option("--against", value="OTHER", help="the changes since OTHER instead"),
    example=f"{_CALL} size --against old.cpio.zst new.cpio.zst",
)
DIFF = Command(
    "diff",
    f"{_CALL} diff OLD NEW",
    notes="Status: 0 the same contents, 1 differences.",
    example=f"{_CALL} diff old.cpio.zst new.cpio.xz",
)
CHECK = Command(
    "check",
    f"{_CALL} check [OPTION]... IMAGE",
    CONFIG := Option(
        "--kernel-config", value="FILE", help="what this kernel can read, run and drive"
    ),
    KERNEL := Option("--kernel", value="FILE", help="whether the modules are this kernel's"),
    BOOT := Option("--boot", help="start that kernel with the image in QEMU"),
    MEMORY := Option("--memory", value="MIB", help="memory of that machine (512)"),
    NEED := Option("--need", value="A,B", help="kernel modules that must be there"),
    notes="One line per problem; status 1 when there is one.",
    example=f"{_CALL} check --kernel vmlinuz --boot --memory 96 image.cpio.zst",
)
UKI = Command(
    "uki",
    f"{_CALL} uki --kernel FILE [OPTION]... IMAGE",
    LINUX := Option("--kernel", value="FILE", help="the kernel, a bzImage with an EFI stub"),
    CMDLINE := Option("--cmdline", value="TEXT", help=f"its command line ({uki.CMDLINE})"),
    STUB := Option("--stub", value="FILE", help=f"what a firmware starts ({uki.STUB})"),
    PROGRAM := Option("-o", "--output", value="FILE", help="the program (build/uroot-x86_64.efi)"),
    notes="Kernel, image and command line as one EFI program.",
    example=f"{_CALL} uki --kernel vmlinuz -o esp/EFI/BOOT/BOOTX64.EFI image.cpio.zst",
)
FIT = Command(
    "fit",
    f"{_CALL} fit --kernel FILE [OPTION]... IMAGE",
    ARM_IMAGE := Option("--kernel", value="FILE", help="the kernel, an arm64 Image, packed or not"),
    DTB := Option(
        "--dtb", value="FILE", help="a device tree; several: the machine's own is chosen"
    ),
    LOAD_ADDRESS := Option("--load", value="ADDRESS", help="where the firmware puts the kernel"),
    FIT_FILE := Option(
        "-o", "--output", value="FILE", help="the FIT image (build/uroot-arm64.itb)"
    ),
    notes="Kernel, image and device trees as one file for U-Boot and coreboot on arm64.",
    example=f"{_CALL} fit --kernel Image --dtb board.dtb -o uroot.itb image.cpio.xz",
)
PASSWORD = Command(
    "password",
    f"{_CALL} password",
    notes="Asks for a password, or reads it from the standard input, and prints its hash.",
    example=f"{_CALL} password > hash; {_CALL} build --password-hash-file hash",
)


def _words(values: list[str]) -> list[str]:
    return [word for value in values for word in value.split(",") if word]


def _path(given: ParsedArgs, row: Option) -> Path | None:
    text = given.text(row)
    return Path(text) if text else None


def do_build(args: list[str]) -> int:
    """Build an image."""
    given = BUILD.parse(args, max_operands=0)
    asked = _one_of("compression", given.text(COMPRESS), compress.SUFFIXES)
    output = _path(given, OUTPUT)
    compression = asked or _by_suffix(output) or "zstd"
    arch = target.choose(given.text(ARCH))
    runtime = "host" if arch == target.choose() else "lean"
    default = f"build/initramfs-{arch.name}.cpio{compress.SUFFIXES[compression]}"
    options = build.Options(
        output or Path(default),
        compression,
        runtime=_one_of("runtime", given.text(RUNTIME), build.RUNTIMES) or runtime,
        target=arch,
        profile=given.text(PROFILE) or "core",
        applets=_words(given.all(APPLETS)),
        modules_dir=_path(given, MODULES_DIR),
        modules=_words(given.all(MODULE)),
        modules_at_boot=_words(given.all(LOAD)),
        files=[_pair(text) for text in given.all(FILE)],
        bundles=list(dict.fromkeys(_words(given.all(BUNDLE)))),
        uinit=given.text(UINIT) or "",
        password=_path(given, PASSWORD_HASH_FILE),
        efi_payload=_path(given, EFI_PAYLOAD),
        microcode=_path(given, MICROCODE),
        kernel_config=_path(given, KERNEL_CONFIG),
        manifest=_path(given, MANIFEST),
    )
    made = build.build(options)
    if options.efi_payload:
        size = len(efi.packed(options.efi_payload))
        print(f"{options.efi_payload}: {size} bytes of UEFI payload in the image")
    print(f"{options.output}: {made['packed']} bytes, unpacked {made['raw']}")
    return 0


def _one_of(what: str, asked: str | None, known: Iterable[str]) -> str | None:
    if asked is not None and asked not in known:
        raise UsageError(f"no {what} {asked!r}", hint=f"known: {', '.join(known)}")
    return asked


def _by_suffix(output: Path | None) -> str:
    ends = {suffix: each for each, suffix in compress.SUFFIXES.items() if suffix}
    return ends.get(output.suffix, "none") if output else ""


def _pair(text: str) -> tuple[Path, str]:
    source, colon, target = text.partition(":")
    if not colon or not target.strip("/"):
        raise UsageError(f"--file: expected SOURCE:TARGET, found {text!r}")
    return Path(source), target


def _image(name: str) -> contents.Image:
    return contents.open_image(Path(name))


def do_ls(args: list[str]) -> int:
    """List an image."""
    image = _image(LS.parse(args, min_operands=1, max_operands=1).operands[0])
    print("\n".join(contents.list_members(image)))
    return 0


def do_cat(args: list[str]) -> int:
    """Print files of an image."""
    name, *paths = CAT.parse(args, min_operands=2).operands
    image = _image(name)
    for data in [contents.read(image, path) for path in paths]:
        sys.stdout.buffer.write(data)
    return 0


def do_extract(args: list[str]) -> int:
    """Write an image's files below a directory."""
    name, into = EXTRACT.parse(args, min_operands=2, max_operands=2).operands
    for line in contents.extract(_image(name), Path(into)):
        print(f"left out: {line}")
    return 0


def do_size(args: list[str]) -> int:
    """Say what in an image takes how much."""
    given = SIZE.parse(args, min_operands=1, max_operands=1)
    image = _image(given.operands[0])
    other = given.text(AGAINST)
    print("\n".join(sizes.compare(image, _image(other)) if other else sizes.describe(image)))
    return 0


def do_diff(args: list[str]) -> int:
    """Say what differs between two images."""
    old, new = DIFF.parse(args, min_operands=2, max_operands=2).operands
    lines = contents.differences(_image(old), _image(new))
    print("\n".join(lines) if lines else "the same contents")
    return 1 if lines else 0


def do_check(args: list[str]) -> int:
    """Say whether a kernel would take an image."""
    given = CHECK.parse(args, min_operands=1, max_operands=1)
    image = _image(given.operands[0])
    file, kernel = _path(given, CONFIG), _path(given, KERNEL)
    config = Config(file) if file else None
    need = _words(given.all(NEED))
    if given.flag(BOOT) and not kernel:
        raise UsageError("--boot needs --kernel FILE")
    if not (config or kernel or need):
        raise UsageError("nothing to check against", hint="--kernel-config, --kernel or --need")
    problems = check.missing(image, config, need)
    problems += check.against_config(image, config) if config else []
    problems += check.against_kernel(image, kernel) if kernel else []
    if kernel and given.flag(BOOT):
        problems += check.by_booting(image, kernel, given.number(MEMORY) or 512)
    print("\n".join(problems) if problems else f"{image.source}: no problem found")
    return 1 if problems else 0


def do_uki(args: list[str]) -> int:
    """Make an EFI program of a kernel and an image."""
    given = UKI.parse(args, min_operands=1, max_operands=1)
    image, kernel = Path(given.operands[0]), _path(given, LINUX)
    if kernel is None:
        raise UsageError("--kernel FILE is missing")
    target = _path(given, PROGRAM) or Path("build/uroot-x86_64.efi")
    cmdline = given.text(CMDLINE)
    contents.open_image(image)
    with build.output(target) as file:
        uki.build(
            kernel,
            image,
            uki.CMDLINE if cmdline is None else cmdline,
            file,
            _path(given, STUB) or uki.STUB,
        )
    print(f"{target}: {target.stat().st_size} bytes")
    return 0


def do_fit(args: list[str]) -> int:
    """Make a FIT image of a kernel, an image and device trees."""
    given = FIT.parse(args, min_operands=1, max_operands=1)
    image, kernel = Path(given.operands[0]), _path(given, ARM_IMAGE)
    if kernel is None:
        raise UsageError("--kernel FILE is missing")
    load = given.number(LOAD_ADDRESS)
    if load is not None and not 0 < load < 1 << 32:
        raise UsageError(f"--load: expected an address from 1 to 0xffffffff, found {load:#x}")
    target = _path(given, FIT_FILE) or Path("build/uroot-arm64.itb")
    contents.open_image(image)
    with build.output(target) as file:
        names = fit.build(kernel, image, [Path(path) for path in given.all(DTB)], file, load)
    print(f"{target}: {target.stat().st_size} bytes, configurations {', '.join(names)}")
    return 0


def do_password(args: list[str]) -> int:
    """Print the hash of a password."""
    import getpass
    import secrets

    from uroot_py.terminal import password

    PASSWORD.parse(args, max_operands=0)
    if sys.stdin.isatty():
        typed = getpass.getpass("Password: ")
        if typed != getpass.getpass("Again: "):
            raise RefusedError("the two passwords differ")
    else:
        typed = sys.stdin.readline().rstrip("\n")
    if not typed:
        raise RefusedError("the password is empty")
    print(password.make(typed, secrets.token_bytes(16)))
    return 0


ACTIONS: dict[str, Callable[[list[str]], int]] = {
    "build": do_build,
    "ls": do_ls,
    "cat": do_cat,
    "extract": do_extract,
    "size": do_size,
    "diff": do_diff,
    "check": do_check,
    "uki": do_uki,
    "fit": do_fit,
    "password": do_password,
}


def _help() -> str:
    rows = [f"  {name:<10}{action.__doc__}" for name, action in ACTIONS.items()]
    return "\n".join([f"usage: {_CALL} ACTION [OPTION]...", "", *rows])


def main(args: list[str]) -> int:
    """Run one action; its faults become one line."""
    if not args or args[0] in ("-h", "--help"):
        print(_help())
        return 0 if args else 2
    action, *rest = args
    try:
        if action not in ACTIONS:
            near = nearest(action, ACTIONS)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(ACTIONS)}"
            raise UsageError(f"no action {action!r}", hint=hint)
        return ACTIONS[action](rest)
    except HelpRequested as asked:
        print(asked.message)
    except BrokenPipeError:
        return 141
    except UrootError as error:
        print(f"initramfs {action}: {error}", file=sys.stderr)
        return error.status
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(
            f"initramfs {action}: {where}{(error.strerror or str(error)).lower()}", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
