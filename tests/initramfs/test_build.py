"""``python -m initramfs``: an image from the real tree, its errors, its bytes in two folders."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from initramfs import __main__ as workshop
from initramfs import build, contents, sizes
from initramfs.tree import ImageTree
from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.archive import cpio
from uroot_py.terminal import password

ROOT = Path(build.__file__).parents[1]


def call(*args, capsys):
    status = workshop.main([str(arg) for arg in args])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """The same image from two copies of the tree, in folders and environments that differ."""
    made = []
    for name, seed in (("one", "1"), ("a longer name/two", "7")):
        top = tmp_path_factory.mktemp("tree") / name
        for package in ("cmds", "uroot_py", "initramfs"):
            shutil.copytree(
                ROOT / package, top / package, ignore=shutil.ignore_patterns("__pycache__")
            )
        image = top / "image.cpio"
        words = ["build", "--applets", "cat,echo", "--compress", "none", "-o", image.name]
        words += ["--file", f"{shutil.which('true')}:/usr/bin/true"]
        subprocess.run(
            [sys.executable, "-m", "initramfs", *words],
            cwd=top,
            env={**os.environ, "PYTHONHASHSEED": seed, "HOME": str(top), "LC_ALL": "C"},
            check=True,
            timeout=300,
        )
        assert [each.name for each in top.iterdir() if "image" in each.name] == ["image.cpio"]
        made.append(image)
    return made


def test_two_folders_give_the_same_bytes(images):
    one, other = (hashlib.sha256(image.read_bytes()).hexdigest() for image in images)
    assert one == other


def test_no_path_of_the_build_is_inside(images):
    assert str(images[0].parent).encode() not in images[0].read_bytes()
    assert str(ROOT).encode() not in images[0].read_bytes()


def test_the_layout(images):
    image = contents.open_image(images[0])
    found = {member.name: member for member in image.members()}
    assert {name: found[name].data for name in found if name.startswith("bin/")} == {
        "bin/cat": b"../uroot/uroot",
        "bin/echo": b"../uroot/uroot",
        "bin/uroot": b"../uroot/uroot",
    }
    assert found["dev/console"].rdev == (5, 1)
    assert found["init"].mode == cpio.S_IFREG | 0o755
    assert {"lib/libc.so.6", "uroot/uroot", "usr/bin/true", "etc/passwd", "tmp"} <= set(found)
    assert {member.uid for member in found.values()} == {0}


def test_the_program_runs_from_the_image(images, tmp_path):
    image = contents.open_image(images[0])
    for member in image.members():
        target = tmp_path / member.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if member.kind == cpio.S_IFREG:
            target.write_bytes(member.data)
            target.chmod(member.mode & 0o777)
        elif member.kind == cpio.S_IFLNK:
            target.symlink_to(member.data.decode())
    done = subprocess.run([str(tmp_path / "bin/echo"), "a", "b"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "a b\n", "")
    done = subprocess.run(
        [str(tmp_path / "bin/uroot"), "--list"], capture_output=True, text=True, check=True
    )
    assert [line.split()[0] for line in done.stdout.splitlines() if line[0] == " "] == [
        "cat",
        "echo",
    ]


def test_sizes_add_up(images):
    image = contents.open_image(images[0])
    parts = sizes.parts(image)
    assert round(sum(part.packed for part in parts)) == image.size
    names = {part.name for part in parts}
    assert {"cmds.echo", "uroot_py.base.errors", "lib/libc.so.6"} <= names
    assert not names & {"cmds.ls", "typing", "argparse", "__future__"}
    applets = {name: (alone, reached) for name, alone, reached in sizes.by_applet(image, parts)}
    assert set(applets) == {"cat", "echo"}
    assert all(0 < alone < reached for alone, reached in applets.values())


def test_ls_and_size(images, capsys):
    status, out, err = call("ls", images[0], capsys=capsys)
    assert (status, err) == (0, "")
    assert "crw-------   0   0      5, 1 dev/console\n" in out
    assert "lrwxrwxrwx   0   0        14 bin/cat -> ../uroot/uroot\n" in out
    status, out, err = call("size", images[0], capsys=capsys)
    assert (status, err) == (0, "")
    assert f"{images[0].stat().st_size}  all\n" in out
    assert "native code:\n" in out


def test_a_cut_image_is_reported_as_such(images, tmp_path, capsys):
    cut = tmp_path / "cut.cpio"
    cut.write_bytes(images[0].read_bytes()[:100000])
    status, out, err = call("ls", cut, capsys=capsys)
    assert (status, out) == (1, "")
    assert err.startswith(f"initramfs ls: {cut}: cpio data of ")
    assert err.endswith(", then the end\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        pytest.param(
            ["bild"], 2, "initramfs bild: no action 'bild'; did you mean build?\n", id="action"
        ),
        pytest.param(
            ["build", "--applets", "lsblkk"],
            1,
            "initramfs build: no applet 'lsblkk' in the table; did you mean lsblk?\n",
            id="applet",
        ),
        pytest.param(
            ["build", "--compress", "rar"],
            2,
            "initramfs build: no compression 'rar'; known: none, gzip, xz, "
            "zstd, lz4, lzo, bzip2, lzma\n",
            id="compression",
        ),
        pytest.param(
            ["build", "--module", "ext4"],
            1,
            "initramfs build: modules are asked for; say --modules-dir DIR, too\n",
            id="modules from nowhere",
        ),
        pytest.param(
            ["build", "--file", "x"],
            2,
            "initramfs build: --file: expected SOURCE:TARGET, found 'x'\n",
            id="file without target",
        ),
        pytest.param(
            ["build", "--file", "/no/such:/x", "--applets", "echo"],
            1,
            "initramfs build: /no/such: no such file or directory\n",
            id="missing file",
        ),
        pytest.param(
            ["build", "-o", "/proc/x.cpio"],
            1,
            "initramfs build: /proc/x.cpio: no such file or directory\n",
            id="unwritable output",
        ),
        pytest.param(
            ["build", "-o", "/usr"], 1, "initramfs build: /usr: is a directory\n", id="directory"
        ),
        pytest.param(
            ["ls", "/no/such"],
            1,
            "initramfs ls: /no/such: no such file or directory\n",
            id="no image",
        ),
        pytest.param(
            ["ls", "/etc/passwd"],
            1,
            "initramfs ls: /etc/passwd: image at offset 0x0: expected a cpio archive or ",
            id="no image either",
        ),
    ],
)
def test_one_clear_line(args, status, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found, out, err = call(*args, capsys=capsys)
    assert (found, out) == (status, "")
    assert err.startswith(message)
    assert err.count("\n") == 1
    assert not [each for each in tmp_path.rglob("*") if each.is_file()]


def test_a_module_that_does_not_exist(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "modules.dep").write_text("kernel/fs/ext4/ext4.ko:\n")
    status, _, err = call("build", "--modules-dir", ".", "--module", "ext3", capsys=capsys)
    assert (status, err) == (
        1,
        "initramfs build: .: no module 'ext3' for this kernel; did you mean ext4?\n",
    )
    assert not (tmp_path / "build" / "initramfs-x86_64.cpio.zst").exists()


def test_without_pyinstaller(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "PyInstaller", None)
    status, _, err = call("build", "--applets", "echo", "-o", "x.cpio", capsys=capsys)
    assert (status, err) == (
        1,
        f"initramfs build: PyInstaller is not installed for {sys.executable}; run `make setup`\n",
    )
    assert list(tmp_path.iterdir()) in ([], [tmp_path / "build"])


def test_settings_and_microcode(tmp_path):
    tree = ImageTree()
    hash_file = tmp_path / "hash"
    hash_file.write_text(password.make("secret", b"0123456789abcdef", 2) + "\n")
    options = build.Options(tmp_path / "x", uinit="boot --menu", password=hash_file)
    build.add_settings(tree, options)
    assert tree.members["etc/uroot/uinit"].data == b"boot --menu\n"
    assert tree.members["etc/uroot/password"].mode == cpio.S_IFREG | 0o600
    assert password.check(tree.members["etc/uroot/password"].data.decode(), "secret")
    hash_file.write_text("secret\n")
    with pytest.raises(FormatError) as caught:
        build.add_settings(tree, options)
    assert str(caught.value) == (
        f"{hash_file}: password at offset 0x0: expected pbkdf2-sha512$ROUNDS$SALT$HASH,"
        " found something else"
    )


def test_microcode_comes_first_and_unpacked(tmp_path):
    for name, data in (("06-8e-0c", b"I2"), ("06-55-04", b"I1"), ("README", b"no")):
        (tmp_path / "intel-ucode").mkdir(exist_ok=True)
        (tmp_path / "intel-ucode" / name).write_bytes(data)
    members, _ = cpio.parse(build.early_archive(tmp_path))
    found = {member.name: member.data for member in members}
    assert found["kernel/x86/microcode/GenuineIntel.bin"] == b"I1I2"
    archive = tmp_path / "early.cpio"
    archive.write_bytes(cpio.build(members, align=4))
    assert cpio.parse(build.early_archive(archive))[0][-1].data == b"I1I2"
    (tmp_path / "empty").mkdir()
    for path, message in (
        (tmp_path / "empty", "neither intel-ucode nor amd-ucode with microcode in it"),
        (tmp_path / "intel-ucode" / "README", "is no cpio archive, so the kernel finds no microco"),
    ):
        with pytest.raises(RefusedError) as caught:
            build.early_archive(path)
        assert str(caught.value).startswith(f"{path}: {message}")


def test_a_password_from_a_pipe(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    assert workshop.main(["password"]) == 0
    assert password.check(capsys.readouterr().out, "secret")
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert workshop.main(["password"]) == 1
    assert capsys.readouterr().err == "initramfs password: the password is empty\n"
