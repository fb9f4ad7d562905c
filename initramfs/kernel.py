"""What an image needs from a kernel and its package: modules, and what its configuration says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initramfs import compress
from uroot_py.base.errors import RefusedError
from uroot_py.base.text import nearest
from uroot_py.formats.kernel.modules_dep import (
    Dependencies,
    module_name,
    parse_alias,
    parse_builtin,
    parse_softdep,
)
from uroot_py.machine.modules import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from initramfs.tree import ImageTree

# Bytes from which on a module is packed in the image, for machines with little memory: 23.5 MB
# unpacked become 15.4, and the image 3 % smaller. Small ones pack better together, and are needed
# at every start: from 32 KiB on it would be 0.5 MB less, but 42 ms later at the prompt.
PACKED_FROM = 128 << 10


class Config:
    """A kernel's configuration: the text of its .config."""

    def __init__(self, file: Path) -> None:
        self.source = str(file)
        self.values: dict[str, str] = {}
        for line in file.read_text(errors="replace").splitlines():
            name, equals, value = line.partition("=")
            if equals and name.startswith("CONFIG_"):
                self.values[name.removeprefix("CONFIG_")] = value.strip('"')
        if not self.values:
            raise RefusedError(f"{file}: no CONFIG_ line, so it is no kernel configuration")

    def built_in(self, name: str) -> bool:
        """Whether CONFIG_NAME is y."""
        return self.values.get(name) == "y"

    def refuse_compression(self, name: str) -> str:
        """Why this kernel could not unpack an image packed as NAME, or ''."""
        if not self.built_in("BLK_DEV_INITRD"):
            return f"{self.source}: CONFIG_BLK_DEV_INITRD is not set: this kernel takes no image"
        missing = self._missing(name)
        if not missing:
            return ""
        known = [other for other in compress.OPTIONS if not self._missing(other)]
        return (
            f"{self.source}: CONFIG_{missing[0]} is not set: this kernel cannot unpack {name}, "
            f"but {', '.join([*known, 'none'])}"
        )

    def _missing(self, name: str) -> list[str]:
        # The filter for x86 code is of no use elsewhere.
        other = {"XZ_DEC_X86"} if not self.built_in("X86") else set()
        options = compress.OPTIONS.get(name, ())
        return [each for each in options if each not in other and not self.built_in(each)]


class KernelModules:
    """A directory such as /lib/modules/RELEASE, as depmod left it."""

    def __init__(self, top: Path) -> None:
        self.top = top
        try:
            dep = (top / "modules.dep").read_text()
        except FileNotFoundError:
            raise RefusedError(
                f"{top}: no modules.dep in it", hint="it is what depmod makes"
            ) from None
        self.aliases = parse_alias(self._text("modules.alias"))
        self.builtin = parse_builtin(self._text("modules.builtin"))
        by_alias: dict[str, list[str]] = {}
        for pattern, name in self.aliases:
            by_alias.setdefault(pattern, []).append(name)
        paths = Dependencies(dep).paths
        self.soft = {}
        for name, words in parse_softdep(self._text("modules.softdep")).items():
            found = ([word] if word in paths else by_alias.get(word, []) for word in words)
            self.soft[name] = [each for names in found for each in names]
        self.dependencies = Dependencies(dep, self.soft)

    def _text(self, name: str) -> str:
        file = self.top / name
        return file.read_text() if file.exists() else ""

    def choose(self, names: Iterable[str]) -> list[str]:
        """NAMES and what they need, in the order of loading, without what the kernel contains."""
        wanted = []
        for name in names:
            plain = module_name(name)
            if plain in self.dependencies.paths:
                wanted.append(plain)
            elif plain not in self.builtin:
                near = nearest(plain, self.dependencies.paths)
                hint = f"did you mean {' or '.join(near)}?" if near else ""
                raise RefusedError(f"{self.top}: no module {name!r} for this kernel", hint=hint)
        return self.dependencies.order(wanted)

    def add_to(
        self,
        tree: ImageTree,
        names: Iterable[str],
        at_boot: Iterable[str] = (),
        packing: str = "xz",
    ) -> list[str]:
        """Put NAMES, with their needs, into TREE, large ones packed as PACKING says.

        AT_BOOT is what init loads unasked.
        """
        at_boot = list(at_boot)
        order = self.choose([*names, *at_boot])
        place, paths = "", {}
        for name in order:
            path = self.dependencies.paths[name]
            data = unpacked(str(self.top / path))
            place = place or f"lib/modules/{_release(data, self.top)}"
            paths[name] = path[: path.index(".ko") + 3]
            if len(data) >= PACKED_FROM:
                data = compress.compress(data, packing)
                paths[name] += compress.SUFFIXES[packing]
            tree.file(f"{place}/{paths[name]}", data)
        if not order:
            return []
        rows = []
        for name in order:
            needs = [paths[need] for need in self.dependencies.needs[name]]
            rows.append(f"{paths[name]}:{''.join(f' {need}' for need in needs)}\n")
        tree.file(f"{place}/modules.dep", "".join(rows))
        tree.file(f"{place}/modules.alias", self._alias_rows(order))
        tree.file(f"{place}/modules.softdep", self._soft_rows(order))
        tree.file(f"{place}/modules.builtin", self._text("modules.builtin"))
        load = "".join(f"{name}\n" for name in self.choose(at_boot))
        tree.file(f"{place}/modules.load", load)
        return order

    def _alias_rows(self, order: list[str]) -> str:
        return "".join(
            f"alias {pattern} {name}\n" for pattern, name in self.aliases if name in order
        )

    def _soft_rows(self, order: list[str]) -> str:
        rows = ((name, [n for n in self.soft.get(name, ()) if n in order]) for name in order)
        return "".join(f"softdep {name} pre: {' '.join(soft)}\n" for name, soft in rows if soft)


def _release(module: bytes, top: Path) -> str:
    """The kernel release that a module was built for: the first word of its vermagic."""
    start = module.find(b"\0vermagic=")
    if start < 0:
        raise RefusedError(f"{top}: a module without vermagic")
    start += len(b"\0vermagic=")
    return module[start : module.index(b"\0", start)].decode().split()[0]
