"""The device tree for this machine, out of a directory with those of many machines.

U-Boot takes the file that its board's configuration names (``fdtfile``, else SOC-BOARD.dtb). That
name is not known here; the tree that U-Boot started us with is. A file is taken when it is for the
same machine: its ``compatible`` begins with the first string of ours that any file begins with.
Names only say where to look first. Ref: U-Boot doc/usage/pxe.rst, fdtdir; Devicetree Specification
v0.4, 2.3.1.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.formats.fdt import tree as fdt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uroot_py.bootconfig.tree import Tree

MAX_FOLDERS = 64
MAX_NAMES = 8192
MAX_READ = 24  # files that are opened
MAX_SIZE = 4 << 20  # bytes of one of them


def choose(tree: Tree, folder: str, board: Sequence[str]) -> str:
    """The path of the file below FOLDER for the machine BOARD (its root's ``compatible``).

    '' when there is none. Files are looked for in FOLDER and in the folders in it.
    """
    best, rank = "", len(board)
    for path in _likely(_files(tree, folder), board)[:MAX_READ]:
        data = tree.read(path, MAX_SIZE) or b""
        try:
            names = fdt.parse(data).root.strings("compatible")
        except FormatError:
            continue
        # The last string is the processor's: many machines have it.
        place = (
            board.index(names[0]) if names and names[0] in board[: len(board) - 1 or 1] else rank
        )
        if place < rank:
            best, rank = path, place
        if not rank:
            break
    return best


def _files(tree: Tree, folder: str) -> list[str]:
    """The device trees in FOLDER and in its folders."""
    folder = folder.rstrip("/")
    found = []
    folders = 0
    for name in tree.names(folder or "/")[:MAX_NAMES]:
        path = f"{folder}/{name}"
        if name.endswith(".dtb"):
            found.append(path)
        elif folders < MAX_FOLDERS and tree.is_directory(path):
            folders += 1
            found += [f"{path}/{each}" for each in tree.names(path) if each.endswith(".dtb")]
    return found[:MAX_NAMES]


def _likely(paths: list[str], board: Sequence[str]) -> list[str]:
    """Those with words of BOARD in their names, the most of them first."""
    words = {word for name in board for word in name.lower().partition(",")[2].split("-")}
    ranks = []
    for path in paths:
        stem = path.rpartition("/")[2].removesuffix(".dtb").lower().replace("-", "")
        score = sum(len(word) for word in words if word in stem)
        if score:
            ranks.append((-score, len(stem), path))
    return [path for _, _, path in sorted(ranks)]
