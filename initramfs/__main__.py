"""The image's workshop: ``python -m initramfs build|ls|size``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from uroot_py.base.errors import HelpRequested, UrootError, UsageError
from uroot_py.base.options import Command, Option
from uroot_py.base.text import nearest

try:
    from initramfs import build, compress, contents, profile, sizes
except ModuleNotFoundError as error:
    sys.exit(f"initramfs: the package {error.name} is missing; `make setup` installs it")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BUILD = Command(
    "build",
    "python -m initramfs build [OPTION]...",
    Option("-o", "--output", value="FILE", help="the image (build/initramfs-x86_64.cpio.zst)"),
    Option(
        "--compress", value="NAME", help=f"{', '.join(compress.SUFFIXES)} (from FILE, else zstd)"
    ),
    Option("--runtime", value="NAME", help="host: this machine's Python; lean: static, a third"),
    Option("--profile", value="NAME", help=f"{', '.join(profile.names())} (core) or FILE.toml"),
    Option("--applets", value="A,B", help="these applets instead of the profile's"),
    Option("--modules-dir", value="DIR", help="a /lib/modules/RELEASE with modules.dep"),
    Option("--module", value="A,B", help="kernel modules, loaded when a device asks"),
    Option("--load", value="A,B", help="kernel modules that init loads unasked"),
    Option("--file", value="SRC:DST", help="a file or directory, with its libraries"),
    Option("--kernel-config", value="FILE", help="refuse what this kernel cannot unpack"),
    example="python -m initramfs build --applets init,sh,ls --compress xz -o small.cpio.xz",
)
LS = Command("ls", "python -m initramfs ls IMAGE", example="python -m initramfs ls image.cpio.zst")
SIZE = Command(
    "size",
    "python -m initramfs size [--against OTHER] IMAGE",
    Option("--against", value="OTHER", help="the changes since OTHER instead"),
    example="python -m initramfs size --against old.cpio.zst new.cpio.zst",
)


def _words(values: list[str]) -> list[str]:
    return [word for value in values for word in value.split(",") if word]


def do_build(args: list[str]) -> list[str]:
    """Build an image."""
    given = BUILD.parse(args, most=0)
    asked = _one_of("compression", given.text("compress"), compress.SUFFIXES)
    runtime = _one_of("runtime", given.text("runtime"), build.RUNTIMES) or "host"
    name = given.text("output")
    compression = asked or _by_suffix(name) or "zstd"
    default = f"build/initramfs-x86_64.cpio{compress.SUFFIXES[compression]}"
    directory, config = given.text("modules-dir"), given.text("kernel-config")
    options = build.Options(
        Path(name or default),
        compression,
        profile=given.text("profile") or "core",
        applets=_words(given.all("applets")),
        modules_dir=Path(directory) if directory else None,
        modules=_words(given.all("module")),
        modules_at_boot=_words(given.all("load")),
        files=[_pair(text) for text in given.all("file")],
        kernel_config=Path(config) if config else None,
        runtime=runtime,
    )
    made = build.build(options)
    return [f"{options.output}: {made['packed']} bytes, unpacked {made['raw']}"]


def _one_of(what: str, asked: str | None, known: Iterable[str]) -> str | None:
    if asked is not None and asked not in known:
        raise UsageError(f"no {what} {asked!r}", hint=f"known: {', '.join(known)}")
    return asked


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
    given = SIZE.parse(args, least=1, most=1)
    image = contents.open_image(Path(given.operands[0]))
    other = given.text("against")
    if other:
        return sizes.compare(image, contents.open_image(Path(other)))
    return sizes.describe(image)


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
