"""depmod's files: which kernel modules need which, and which device needs which module.

Ref: modules.dep(5), modprobe.d(5) for softdep, depmod(8).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def module_name(path: str) -> str:
    """``kernel/fs/nls/nls-ascii.ko.xz`` -> ``nls_ascii``, the name that the kernel uses."""
    return path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")


class Dependencies:
    """modules.dep: ``paths`` is {module name: file}, relative to the file's directory.

    ``needs`` are the modules that one cannot be loaded without; ``soft`` (from modules.softdep)
    are those to load before it where they exist: btrfs asks the kernel for checksums by name.
    """

    def __init__(self, text: str, soft: Mapping[str, list[str]] | None = None) -> None:
        self.soft = soft or {}
        self.paths: dict[str, str] = {}
        self.needs: dict[str, list[str]] = {}
        for line in text.splitlines():
            path, colon, needs = line.partition(":")
            if colon:
                name = module_name(path)
                self.paths[name] = path.strip()
                self.needs[name] = [module_name(other) for other in needs.split()]

    def order(self, names: Iterable[str]) -> list[str]:
        """NAMES and everything they need, each once, needed ones first. KeyError names a stranger.

        modules.dep lists all needs of a module, the ones to load first last.
        """
        stack = [name.replace("-", "_") for name in reversed(list(names))]
        opened: set[str] = set()
        done: dict[str, None] = {}
        while stack:
            name = stack[-1]
            first = [] if name in opened else self._first(name)
            opened.add(name)
            waiting = [other for other in first if other not in opened]
            stack += waiting
            if not waiting:
                done.setdefault(stack.pop())
        return list(done)

    def _first(self, name: str) -> list[str]:
        for need in (name, *self.needs.get(name, ())):
            if need not in self.paths:
                raise KeyError(need)
        return self.needs[name] + [
            other for other in self.soft.get(name, ()) if other in self.paths
        ]


def parse_softdep(text: str) -> dict[str, list[str]]:
    """Module name -> names and aliases that modules.softdep wants before it."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) > 2 and words[0] == "softdep" and "pre:" in words:
            names = words[words.index("pre:") + 1 :]
            names = names[: names.index("post:")] if "post:" in names else names
            found.setdefault(words[1].replace("-", "_"), []).extend(names)
    return found


def parse_alias(text: str) -> list[tuple[str, str]]:
    """The (pattern, module name) pairs of modules.alias, in its order."""
    pairs = []
    for line in text.splitlines():
        words = line.split()
        if len(words) == 3 and words[0] == "alias":
            pairs.append((words[1], words[2].replace("-", "_")))
    return pairs


def parse_builtin(text: str) -> set[str]:
    """The names in modules.builtin: what the kernel has without loading."""
    return {module_name(line) for line in text.split()}
