"""depmod's files: which kernel modules need which, and which device needs which module.

Ref: modules.dep(5), depmod(8).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def module_name(path: str) -> str:
    """``kernel/fs/nls/nls-ascii.ko.xz`` -> ``nls_ascii``, the name that the kernel uses."""
    return path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")


class Dependencies:
    """modules.dep: ``paths`` is {module name: file}, relative to the file's directory."""

    def __init__(self, text: str) -> None:
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
        done: dict[str, None] = {}
        for name in names:
            bare = name.replace("-", "_")
            for other in [*reversed(self.needs[bare]), bare]:
                if other not in self.paths:
                    raise KeyError(other)
                done.setdefault(other)
        return list(done)


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
