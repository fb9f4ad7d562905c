"""gzip: beside this machine's tool, its own ways."""

import os
import sys
from pathlib import Path

import pytest

from tests.support import reference
from tests.support.applet import run_applet
from tests.support.reference import theirs

LINES = """
gzip -dc text.gz
gzip -d text.gz
gzip -dk text.gz
gzip -t text.gz
gzip -t broken.gz
gzip -t words
gzip -d words
gzip nothere
gzip dir
gzip text.gz
gunzip text.gz
gunzip -c text.gz
gunzip -k p.tgz
gunzip -c two.gz
gunzip < text.gz
zcat text.gz two.gz
zcat < text.gz
zcat broken.gz
zcat nothere
bzip2 -dc text.bz2
bzip2 -d text.bz2
bzip2 -t text.bz2
bunzip2 text.bz2
bunzip2 -k text.bz2
bzcat text.bz2
bunzip2 nothere
xz -dc text.xz
xz -dk text.xz
xz -d text.xz
xz -t text.xz
unxz text.xz
unxz -k q.tar.xz
xzcat text.xz
xzcat words
xz nothere
zstd -dc text.zst
zstd -d text.zst
unzstd text.zst
unzstd --rm text.zst
zstdcat text.zst
zstd -t text.zst
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zstd"])
def test_the_tools_unpack_ours(tree, name):
    done = run_applet(name, "-k", "-9" if name != "zstd" else "-3", "dir/two.txt")
    assert (done.status, done.err) == (0, "")
    suffix = {"gzip": "gz", "bzip2": "bz2", "xz": "xz", "zstd": "zst"}[name]
    assert theirs(name, "-dc", f"dir/two.txt.{suffix}") == b"22\n"
    status, packed = os.stat("dir/two.txt"), os.stat(f"dir/two.txt.{suffix}")
    assert (status.st_mode, status.st_mtime) == (packed.st_mode, packed.st_mtime)
    assert theirs(name, "-dc", data=run_applet(name, stdin=b"piped").raw) == b"piped"


@pytest.mark.parametrize("packer", ["zstd", "lz4", "lzop", "lzma", "xz"])
def test_what_the_default_image_can_unpack(tree, monkeypatch, packer):
    """It has no python-zstandard: our own decoders serve every applet, as they serve kernels."""
    monkeypatch.setitem(sys.modules, "zstandard", None)
    theirs("tar", "-cf", "words.tar", "words")
    packed = f"words.tar.{packer}"
    Path(packed).write_bytes(theirs(packer, "-c", "words.tar"))
    assert run_applet("zstdcat", packed).raw == Path("words.tar").read_bytes()
    assert run_applet("tar", "-tf", packed).out == "words\n"
