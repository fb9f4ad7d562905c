"""Bundles of Debian's tools: what is in them, and that each runs with nothing else around it."""

import shutil
import subprocess

import pytest

from initramfs import bundles
from initramfs.tree import ImageTree
from tests.uroot_py.formats.disk.test_luks_text import cryptsetup, made
from uroot_py.base.errors import RefusedError


def test_what_is_no_bundle():
    with pytest.raises(RefusedError) as caught:
        bundles.check(["crypt", "xf"])
    assert str(caught.value) == "no bundle 'xf'; did you mean xfs?"
    with pytest.raises(RefusedError) as caught:
        bundles.check(["everything"])
    assert str(caught.value) == (
        "no bundle 'everything'; known: repair, crypt, lvm, md, btrfs, xfs"
    )


def test_their_commands_stand_in_place_of_applets():
    assert bundles.commands(["crypt", "xfs"]) == {"cryptsetup", "xfs_repair"}
    assert {"lvs", "vgchange", "fsck.ext4"} <= bundles.commands(["lvm", "repair"])


def test_a_tool_that_is_missing(monkeypatch):
    monkeypatch.setattr(bundles, "_FOLDERS", "/none")
    with pytest.raises(RefusedError) as caught:
        bundles.add(ImageTree(), "xfs")
    assert str(caught.value) == "xfs_repair is not installed; apt install xfsprogs"


def test_what_glibc_opens_comes_along():
    tree = ImageTree()
    count, size = bundles.add(tree, "repair")
    assert {"lib/libgcc_s.so.1", "lib/libc.so.6", "sbin/fsck.ext4"} <= set(tree.members)
    assert any(path.endswith("gconv/IBM850.so") for path in tree.members)
    data = sum(len(member.data) for member in tree.members.values())
    assert (count, size) == (len(tree.members), data)
    assert bundles.add(tree, "repair") == (0, 0)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with all bundles, volumes to work on, and nothing else."""
    folder = tmp_path_factory.mktemp("root")
    tree = ImageTree()
    tree.link("lib64", "lib")
    tree.directory("dev")
    tree.directory("run")
    tree.directory("tmp")
    for name in bundles.BUNDLES:
        bundles.add(tree, name)
    subprocess.run(["cpio", "-i", "-d", "--quiet"], input=tree.archive(), cwd=folder, check=True)
    (folder / "proc/self").mkdir(parents=True)
    for name in ("self/mounts", "mounts", "devices"):
        shutil.copyfile(f"/proc/{name}", folder / "proc" / name)
    for name, minor in (("null", "3"), ("random", "8"), ("urandom", "9")):
        node = folder / "dev" / name
        subprocess.run(["mknod", "-m", "666", node, "c", "1", minor], check=True)
    for name, size, words in (
        ("ext4", 16, ("mkfs.ext4", "-q", "-F")),
        ("fat", 16, ("mkfs.vfat",)),
        ("xfs", 320, ("mkfs.xfs", "-q")),
        ("btrfs", 128, ("mkfs.btrfs", "-q")),
    ):
        with (folder / name).open("wb") as file:
            file.truncate(size << 20)
        subprocess.run([*words, folder / name], check=True)
    # A bitmap of blocks that says that all are free.
    with (folder / "ext4").open("r+b") as file:
        file.seek(1024 + 0x0C)
        file.write(b"\1\2\3\4")
    argon2 = ("--pbkdf", "argon2id", "--pbkdf-memory", "32768", "--pbkdf-parallel", "4")
    made(folder / "luks", *argon2, "--pbkdf-force-iterations", 4)
    (folder / "key").write_text("secret")
    cryptsetup("luksDump", folder / "luks")
    return folder


@pytest.mark.host
@pytest.mark.parametrize(
    ("line", "status", "shown"),
    [
        ("e2fsck -f -y /ext4", 1, "FILE SYSTEM WAS MODIFIED"),
        ("fsck.ext4 -f -n /ext4", 0, "Pass 5"),
        ("fsck.fat -v /fat", 0, "32768 sectors total"),
        ("xfs_repair -n -f /xfs", 0, "Phase 7"),
        ("btrfs check /btrfs", 0, "no error found"),
        ("cryptsetup open --test-passphrase --key-file /key /luks", 0, ""),
        ("lvm version", 0, "LVM version"),
        ("lvs --version", 0, "LVM version"),
        ("mdadm --examine /ext4", 1, "No md superblock detected on /ext4."),
    ],
)
def test_each_runs(root, line, status, shown):
    done = subprocess.run(
        ["chroot", root, *line.split()],
        capture_output=True,
        text=True,
        env={"PATH": "/sbin"},
        timeout=60,
        check=False,
    )
    assert (done.returncode, "internal CP850" in done.stdout) == (status, False), done
    assert shown in done.stdout + done.stderr
