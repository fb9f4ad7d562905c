"""What an entry's files become before they are loaded."""

import os
import subprocess

from uroot_py.boot import load
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.disks.tree import DirectoryTree


def test_a_file_that_is_packed_into_an_archive(tmp_path):
    (tmp_path / "sshd").write_text("keys")
    entry = BootEntry("e", "E", source="/grub.cfg")
    ref = FileRef("/sshd", member="/etc/ssh/keys")
    ref.tree = DirectoryTree(str(tmp_path))
    source = load._open(entry, ref)
    try:
        archive = bytes(source.read())
    finally:
        os.close(source.fd)
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["cpio", "-i", "--quiet", "-d"], input=archive, cwd=out, check=True, timeout=20)
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*")) == [
        "etc",
        "etc/ssh",
        "etc/ssh/keys",
    ]
    assert (out / "etc/ssh/keys").read_text() == "keys"
    assert len(archive) % 4 == 0
