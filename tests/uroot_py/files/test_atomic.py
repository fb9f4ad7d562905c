"""A file is replaced whole, or stays as it was."""

import os
import stat

import pytest

from tests.support.namespace import in_namespace
from uroot_py.files.atomic import Draft, overwrite


def test_contents_mode_and_attributes(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old\n")
    path.chmod(0o4640)
    os.setxattr(path, "user.label", b"kept")
    overwrite(str(path), b"new\n")
    assert path.read_bytes() == b"new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o4640
    assert os.getxattr(path, "user.label") == b"kept"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_owner(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    os.chown(path, 12, 34)
    overwrite(str(path), b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (12, 34)


def test_new_file(tmp_path):
    overwrite(str(tmp_path / "new"), b"x")
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "new").read_bytes() == b"x"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o666 & ~umask


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("file")
    overwrite(str(tmp_path / "link"), b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"


def test_the_other_name_of_a_file_has_the_new_contents(tmp_path):
    (tmp_path / "one").write_bytes(b"a longer text")
    (tmp_path / "other").hardlink_to(tmp_path / "one")
    overwrite(str(tmp_path / "one"), b"short")
    assert (tmp_path / "other").read_bytes() == b"short"


def test_what_fails_changes_nothing(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def half():
        with Draft(str(path)) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.host
def test_a_full_disk_is_named_and_the_file_stays():
    done = in_namespace(
        "mount -t tmpfs -o size=64k none /mnt; cd /mnt; echo old > f;"
        "dd if=/dev/zero of=fill bs=1k 2> /dev/null || true;"
        "uroot sed -i s/old/new/ f || cat f; ls -A"
    )
    assert (done.stdout, done.stderr) == ("old\nf\nfill\n", "sed: f: no space left on device\n")


def test_the_error_names_the_file_that_was_meant(tmp_path):
    path = str(tmp_path / "nothere" / "file")
    with pytest.raises(FileNotFoundError) as caught:
        overwrite(path, b"x")
    assert caught.value.filename == path
