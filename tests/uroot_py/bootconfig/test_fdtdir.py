"""The device tree for a machine among many: blobs by dtc, names as Debian's kernels have them."""

import functools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bootfiles import volume
from tests.support.dtc import compile_dts
from uroot_py.bootconfig import fdtdir, syslinux
from uroot_py.bootconfig.entry import FileRef, Listing
from uroot_py.bootconfig.tree import MemoryTree
from uroot_py.bootconfig.volumes import Volumes
from uroot_py.disks.tree import DirectoryTree
from uroot_py.formats.fdt import tree as fdt

CORPUS = Path(__file__).parents[3] / "build/dtbs/arm64"
BOARDS = {
    "/dtbs/rockchip/rk3399-rockpro64.dtb": ("p,rockpro64-v2.1", "p,rockpro64", "r,rk3399"),
    "/dtbs/rockchip/rk3399-rockpro64-v2.dtb": ("p,rockpro64-v2.0", "p,rockpro64", "r,rk3399"),
    "/dtbs/rockchip/rk3399-puma.dtb": ("tsd,puma", "r,rk3399"),
    "/dtbs/broadcom/bcm2711-rpi-4-b.dtb": ("raspberrypi,4-model-b", "brcm,bcm2711"),
    "/dtbs/arm/juno.dtb": ("arm,juno", "arm,vexpress"),
    "/dtbs/top-board.dtb": ("x,board",),
}  # fmt: skip


@functools.cache
def blob(names):
    text = ", ".join(f'"{name}"' for name in names)
    return compile_dts(f"/dts-v1/; / {{ compatible = {text}; cpus {{ }}; }};")


def tree(**more):
    files = {path: blob(names) for path, names in BOARDS.items()}
    return MemoryTree({**files, "/dtbs/README": b"", "/dtbs/arm/juno-broken.dtb": b"\xd0", **more})


CHOICES = [
    *(pytest.param(names, path, id=path.rpartition("/")[2]) for path, names in BOARDS.items()),
    pytest.param(
        ("p,rockpro64-v9", "tsd,puma", "r,rk3399"),
        "/dtbs/rockchip/rk3399-puma.dtb",
        id="an older board that it is compatible with",
    ),
    pytest.param(("new,board-of-theirs", "r,rk3399"), "", id="the processor alone says nothing"),
    pytest.param(("linux,dummy-virt",), "", id="a machine without files"),
    pytest.param(("",), "", id="an empty name"),
]


@pytest.mark.parametrize(("board", "path"), CHOICES)
def test_choice(board, path):
    assert fdtdir.choose(tree(), "/dtbs", board) == path
    assert fdtdir.choose(tree(), "/dtbs/", board) == path


def test_the_top_directory():
    files = {"/a-board.dtb": blob(("x,board",)), "/b/x-board.dtb": b"damaged"}
    assert fdtdir.choose(MemoryTree(files), "/", ["x,board"]) == "/a-board.dtb"


def test_only_some_files_are_opened():
    wrong = blob(("y,board",))
    files = {f"/dtbs/board-{number:03}.dtb": wrong for number in range(fdtdir.MAX_READ)}
    files["/dtbs/board-long-name.dtb"] = blob(("x,board",))
    assert fdtdir.choose(MemoryTree(files), "/dtbs", ["x,board"]) == ""
    del files["/dtbs/board-000.dtb"]
    assert fdtdir.choose(MemoryTree(files), "/dtbs", ["x,board"]) == "/dtbs/board-long-name.dtb"


@given(st.sampled_from(sorted(BOARDS)), st.integers(0, 300), st.binary(max_size=8), st.booleans())
def test_damaged_files_are_passed_over(path, at, noise, cut):
    good = blob(BOARDS[path])
    damaged = good[:at] + noise + (b"" if cut else good[at + len(noise) :])
    found = fdtdir.choose(tree(**{path: damaged}), "/dtbs", BOARDS[path])
    assert found in ("", *BOARDS)


LABEL = "label l\n\tlinux /vmlinuz\n\tfdtdir /dtbs/\n"


@pytest.mark.parametrize(
    ("board", "chosen", "note"),
    [
        pytest.param(
            ("arm,juno", "arm,vexpress"),
            FileRef("/dtbs/arm/juno.dtb"),
            "/dtbs/arm/juno.dtb is for this machine, arm,juno",
            id="found",
        ),
        pytest.param(
            ("some,other",),
            None,
            "fdtdir /dtbs/: none for some,other: the running device tree is kept",
            id="not there",
        ),
        pytest.param(
            (),
            None,
            "fdtdir /dtbs/: none for this machine: the running device tree is kept",
            id="no tree",
        ),
    ],
)
def test_extlinux(board, chosen, note):
    files = {"/vmlinuz": b"k", "/boot/extlinux/extlinux.conf": LABEL.encode(), **tree().files}
    home = volume(files)
    volumes = Volumes([home], board=board)
    (entry,) = syslinux.read(home, "/boot/extlinux/extlinux.conf", volumes, Listing())
    assert (entry.devicetree, entry.notes, entry.why_not) == (chosen, [note], "")


@pytest.mark.reference
def test_every_board_that_debian_knows_finds_its_tree():
    """Each of the arm64 kernel's blobs as the running one; make test-reference fetches them."""
    files = DirectoryTree(str(CORPUS))
    boards = {
        f"/{path.relative_to(CORPUS)}": fdt.parse(path.read_bytes()).root.strings("compatible")
        for path in CORPUS.rglob("*.dtb")
    }
    found = {path: fdtdir.choose(files, "/", board) for path, board in boards.items()}
    files.close()
    assert len(boards) > 500
    other = {
        path for path, choice in found.items() if choice and boards[choice][0] != boards[path][0]
    }
    assert other == set()
    # Those whose file is called after neither the board nor the processor.
    assert sum(not choice for choice in found.values()) <= len(boards) // 100
