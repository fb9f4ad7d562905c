"""The image's workshop: ``python -m initramfs build|ls|size``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from uroot_py.base.errors import HelpRequested, UrootError, UsageError
from uroot_py.base.options import Command, Option
from uroot_py.base.text import nearest

try:
    from initramfs import build, compress, contents
except ModuleNotFoundError as error:
    sys.exit(f"initramfs: the package {error.name} is missing; `make setup` installs it")

if TYPE_CHECKING:
    from collections.abc import Callable

BUILD = Command(
    "build",
    "python -m initramfs build [OPTION]...",
    Option("-o", "--output", value="FILE", help="the image (build/initramfs-x86_64.cpio.zst)"),
    Option(
        "--compress", value="NAME", help=f"{', '.join(compress.SUFFIXES)} (from FILE, else zstd)"
    ),
    Option("--applets", value="A,B", help="these applets instead of the whole table"),
    Option("--modules-dir", value="DIR", help="a /lib/modules/RELEASE with modules.dep"),
    Option("--module", value="A,B", help="kernel modules, loaded when a device asks"),
    Option("--load", value="A,B", help="kernel modules that init loads unasked"),
    Option("--file", value="SRC:DST", help="a file or directory, with its libraries"),
    Option("--kernel-config", value="FILE", help="refuse what this kernel cannot unpack"),
    example="python -m initramfs build --applets init,sh,ls --compress xz -o small.cpio.xz",
)
LS = Command("ls", "python -m initramfs ls IMAGE", example="python -m initramfs ls image.cpio.zst")
SIZE = Command(
    "size", "python -m initramfs size IMAGE", example="python -m initramfs size image.cpio.zst"
)


def _words(values: list[str]) -> list[str]:
    return [word for value in values for word in value.split(",") if word]


def do_build(args: list[str]) -> list[str]:
    """Build an image."""
    given = BUILD.parse(args, most=0)
    asked = given.text("compress")
    if asked is not None and asked not in compress.SUFFIXES:
        raise UsageError(f"no compression {asked!r}", hint=f"known: {', '.join(compress.SUFFIXES)}")
    name = given.text("output")
    compression = asked or _by_suffix(name) or "zstd"
    default = f"build/initramfs-x86_64.cpio{compress.SUFFIXES[compression]}"
    directory, config = given.text("modules-dir"), given.text("kernel-config")
    options = build.Options(
        Path(name or default),
        compression,
        applets=_words(given.all("applets")),
        modules_dir=Path(directory) if directory else None,
        modules=_words(given.all("module")),
        modules_at_boot=_words(given.all("load")),
        files=[_pair(text) for text in given.all("file")],
        kernel_config=Path(config) if config else None,
    )
    sizes = build.build(options)
    return [f"{options.output}: {sizes['packed']} bytes, unpacked {sizes['raw']}"]


def _by_suffix(name: str | None) -> str:
    ends = {suffix: each for each, suffix in compress.SUFFIXES.items() if suffix}
    return ends.get(Path(name).suffix, "none") if name else ""


def _pair(text: str) -> tuple[Path, str]:
    source, colon, target = text.partition(":")
    if not colon or not target.strip("/"):
        raise UsageError(f"--file: expected SOURCE:TARGET, found {text!r}")
    return Path(source), target


def do_ls(args: list[str]) -> list[str]:
    """List an image."""
    path = LS.parse(args, least=1, most=1).operands[0]
    return contents.list_members(contents.open_image(Path(path)))


def do_size(args: list[str]) -> list[str]:
    """Say what in an image takes how much."""
    path = SIZE.parse(args, least=1, most=1).operands[0]
    return contents.describe_sizes(contents.open_image(Path(path)))


ACTIONS: dict[str, Callable[[list[str]], list[str]]] = {
    "build": do_build,
    "ls": do_ls,
    "size": do_size,
}
_HELP = "usage: python -m initramfs ACTION [OPTION]..., ACTION is one of " + ", ".join(ACTIONS)


def main(args: list[str]) -> int:
    """Run one action; its faults become one line."""
    if not args or args[0] in ("-h", "--help"):
        print(_HELP)
        return 0 if args else 2
    action, *rest = args
    try:
        if action not in ACTIONS:
            near = nearest(action, ACTIONS)
            raise UsageError(
                f"no action {action!r}" + (f", did you mean {near[0]}?" if near else ""), hint=_HELP
            )
        print("\n".join(ACTIONS[action](rest)))
    except HelpRequested as asked:
        print(asked.message)
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
