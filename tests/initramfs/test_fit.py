"""FIT images of the workshop: what U-Boot's dumpimage and dtc read in them, and our own reader."""

import gzip
import hashlib
import re
import subprocess

import pytest

from initramfs import __main__ as workshop
from scripts.builders.kernels import arm64_image
from uroot_py.formats.archive.cpio import Member, build
from uroot_py.formats.kernel import fit

BOARDS = {"one": ["vendor,one", "vendor,family"], "two": ["vendor,two"]}


@pytest.fixture
def inputs(tmp_path):
    (tmp_path / "Image").write_bytes(arm64_image())
    (tmp_path / "Image.gz").write_bytes(gzip.compress(arm64_image(), mtime=0))
    (tmp_path / "image").write_bytes(build([Member("init", 0o100755, b"#!")]))
    for name, words in BOARDS.items():
        text = ", ".join(f'"{word}"' for word in words)
        source = f'/dts-v1/; / {{ compatible = {text}; model = "{name}"; }};'
        command = ["dtc", "-q", "-O", "dtb", "-o", tmp_path / f"{name}.dtb", "-"]
        subprocess.run(command, input=source, text=True, check=True, timeout=20)
    return tmp_path


def call(folder, *args):
    words = ["fit", *map(str, args), "-o", str(folder / "new.itb"), str(folder / "image")]
    return workshop.main(words)


def both(folder):
    return "--dtb", folder / "one.dtb", "--dtb", folder / "two.dtb"


def test_u_boot_reads_it(inputs, capsys):
    assert call(inputs, "--kernel", inputs / "Image", *both(inputs)) == 0
    file = inputs / "new.itb"
    size = file.stat().st_size
    assert capsys.readouterr().out == f"{file}: {size} bytes, configurations one, two\n"
    shown = subprocess.run(
        ["dumpimage", "-l", file], capture_output=True, text=True, check=True, timeout=20
    ).stdout
    assert re.findall(r"Image \d+ \((.*)\)", shown) == ["kernel", "ramdisk", "fdt-1", "fdt-2"]
    assert re.findall(r"Configuration \d+ \((.*)\)", shown) == ["one", "two"]
    assert "Default Configuration: 'one'" in shown
    for index, name in enumerate(("Image", "image", "one.dtb", "two.dtb")):
        out = inputs / "part"
        words = ["dumpimage", "-T", "flat_dt", "-p", str(index), "-o", out, file]
        subprocess.run(words, capture_output=True, check=True, timeout=20)
        data = (inputs / name).read_bytes()
        assert out.read_bytes() == data
        assert hashlib.sha256(data).hexdigest() in shown


def test_dtc_finds_nothing_to_say(inputs):
    assert call(inputs, "--kernel", inputs / "Image", *both(inputs)) == 0
    done = subprocess.run(
        ["dtc", "-I", "dtb", "-O", "dts", inputs / "new.itb"], capture_output=True, timeout=20
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("machine", "chosen"), [(["vendor,two"], "two"), (["x", "vendor,family"], "one"), ([], "one")]
)
def test_our_reader_takes_the_machines_own_tree(inputs, machine, chosen):
    words = ("--kernel", inputs / "Image.gz", "--load", "0x40400000", *both(inputs))
    assert call(inputs, *words) == 0
    image = fit.parse((inputs / "new.itb").read_bytes())
    found, _ = image.choose("", machine)
    assert found.name == chosen
    assert image.contents(found.kernel, *fit.KERNELS) == arm64_image()
    assert image.contents(found.ramdisk, "ramdisk") == (inputs / "image").read_bytes()
    assert image.contents(found.trees[0], "flat_dt") == (inputs / f"{chosen}.dtb").read_bytes()


def test_without_a_tree_there_is_one_configuration(inputs):
    assert call(inputs, "--kernel", inputs / "Image") == 0
    found, why = fit.parse((inputs / "new.itb").read_bytes()).choose()
    assert (found.name, found.trees, why) == ("any", [], "the default")


def test_the_same_bytes(inputs):
    made = []
    for _ in range(2):
        assert call(inputs, "--kernel", inputs / "Image", *both(inputs)) == 0
        made.append((inputs / "new.itb").read_bytes())
    assert made[0] == made[1]


def refusals(folder):
    """Arguments, and the line that they give."""
    kernel = ("--kernel", folder / "Image")
    wrong = "magic at offset 0x38: expected 41 52 4d 64, found 30 30 30 30"
    (folder / "sub").mkdir()
    (folder / "sub/one.dtb").write_bytes((folder / "one.dtb").read_bytes())
    (folder / "Image.xz").write_bytes(b"\xfd7zXZ\0")
    return [
        ((), 2, "--kernel FILE is missing"),
        (
            ("--kernel", folder / "image"),
            1,
            f"{folder}/image: arm64 Image header: {wrong}",
        ),
        (
            ("--kernel", folder / "Image.gz"),
            1,
            f"{folder}/Image.gz: a packed kernel needs a place; --load ADDRESS names it",
        ),
        (
            ("--kernel", folder / "Image.xz", "--load", "1"),
            1,
            f"{folder}/Image.xz: FIT images know no xz data; pack it with gzip",
        ),
        (
            (*kernel, "--dtb", folder / "one.dtb", "--dtb", folder / "sub/one.dtb"),
            1,
            f"{folder}/sub/one.dtb: another device tree has the name 'one'",
        ),
        (
            (*kernel, "--load", "0x100000000"),
            2,
            "--load: expected an address from 1 to 0xffffffff, found 0x100000000",
        ),
    ]


@pytest.mark.parametrize("number", range(6))
def test_refused(inputs, capsys, number):
    args, status, line = refusals(inputs)[number]
    assert call(inputs, *args) == status
    assert capsys.readouterr().err == f"initramfs fit: {line}\n"
    assert not (inputs / "new.itb").exists()
