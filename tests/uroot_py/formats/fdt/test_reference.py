"""Every blob of Debian's arm64 and armhf kernels against dtc, fdtdump and pyfdt.

scripts/fetch_dtbs.py puts the blobs into build/dtbs; `make test-reference` does both.
"""

import io
from pathlib import Path

import pytest
from pyfdt.pyfdt import FdtBlobParse

from tests.support.dtc import as_dts, run, tool
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.build import build
from uroot_py.formats.fdt.object_model import from_pyfdt, to_pyfdt
from uroot_py.formats.fdt.salvage import Salvage
from uroot_py.formats.fdt.text import dts, dump

pytestmark = pytest.mark.reference
ROOT = Path(__file__).parents[4] / "build" / "dtbs"
FOLDERS = sorted({path.parent for path in ROOT.rglob("*.dtb")})


def joined(lines):
    return "".join(f"{line}\n" for line in lines).encode()


def outline(tree):
    nodes = [(found.path, list(found.properties.items())) for found in tree.root.walk()]
    return nodes, tree.reservations, tree.boot_cpuid


def test_there_are_enough():
    assert len(list((ROOT / "arm64").rglob("*.dtb"))) > 500
    assert len(list((ROOT / "armhf").rglob("*.dtb"))) > 500


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_text(folder):
    for path in sorted(folder.glob("*.dtb")):
        blob = path.read_bytes()
        tree, read = fdt.parse(blob), Salvage(blob)
        assert joined(dts(tree)) == as_dts(path), path
        assert (read.problems, joined(dump(read))) == ([], run("fdtdump", path)), path


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_build(folder, tmp_path):
    """parse, build, parse is the same tree, and dtc says of both blobs the same."""
    built = tmp_path / "built"
    for path in sorted(folder.glob("*.dtb")):
        tree = fdt.parse(path.read_bytes())
        built.write_bytes(build(tree))
        assert outline(fdt.parse(built.read_bytes())) == outline(tree), path
        words = ("dtc", "-I", "dtb", "-O", "dts")
        assert tool(*words, built) == tool(*words, path), path


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_pyfdt(folder):
    """pyfdt reads the same tree (a blob of each folder: it takes its time)."""
    path = min(folder.glob("*.dtb"), key=lambda path: (path.stat().st_size, path.name))
    blob = path.read_bytes()
    tree = fdt.parse(blob)
    theirs = FdtBlobParse(io.BytesIO(blob)).to_fdt()
    assert outline(from_pyfdt(theirs)) == outline(tree)
    assert to_pyfdt(tree).get_rootnode() == theirs.get_rootnode()
