"""Unified kernel images: what systemd's stub and firmware find in them, as binutils reads it."""

import re
import subprocess

import pytest

from initramfs import __main__ as workshop
from initramfs import uki
from scripts.builders.kernels import bzimage
from uroot_py.formats.archive.cpio import Member, build


@pytest.fixture
def inputs(tmp_path):
    (tmp_path / "vmlinuz").write_bytes(bzimage(b"\x90" * 70000))
    (tmp_path / "image").write_bytes(build([Member("init", 0o100755, b"#!")]))
    return tmp_path


def call(folder, *args):
    words = ["uki", *map(str, args), "-o", str(folder / "new.efi"), str(folder / "image")]
    return workshop.main(words)


def sections(file):
    """Name -> (size, address), as objdump lists them."""
    shown = subprocess.run(["objdump", "-h", file], capture_output=True, check=True, text=True)
    rows = re.findall(r"^ +\d+ (\S+) +(\w+)  (\w+)", shown.stdout, re.MULTILINE)
    return {name: (int(size, 16), int(address, 16)) for name, size, address in rows}


def contents(file, section):
    target = file.with_suffix(section)
    subprocess.run(["objcopy", "-O", "binary", f"-j{section}", file, target], check=True)
    return target.read_bytes()


def test_everything_is_in_it_and_nothing_overlaps(inputs, capsys):
    status = call(inputs, "--kernel", inputs / "vmlinuz", "--cmdline", "quiet a=b")
    file = inputs / "new.efi"
    assert (status, capsys.readouterr().out) == (0, f"{file}: {file.stat().st_size} bytes\n")
    assert contents(file, ".cmdline") == b"quiet a=b"
    assert contents(file, ".uname") == b"6.1.0-test"
    assert contents(file, ".osrel").startswith(b"ID=uroot-py\n")
    assert contents(file, ".linux") == (inputs / "vmlinuz").read_bytes()
    assert contents(file, ".initrd") == (inputs / "image").read_bytes()
    placed = sorted((address, size) for size, address in sections(file).values())
    ends = [address + size for address, size in placed]
    assert all(end <= start for end, (start, _) in zip(ends, placed[1:], strict=False))
    assert set(sections(uki.STUB)) < set(sections(file))


def test_the_same_bytes_and_the_stub_untouched(inputs):
    before = uki.STUB.read_bytes()
    made = []
    for _ in range(2):
        assert call(inputs, "--kernel", inputs / "vmlinuz") == 0
        made.append((inputs / "new.efi").read_bytes())
    assert made[0] == made[1]
    assert uki.STUB.read_bytes() == before
    shown = subprocess.run(
        ["objdump", "-p", inputs / "new.efi"], capture_output=True, check=True, text=True
    )
    assert re.search(r"^Time/Date\s+Thu Jan +1 ", shown.stdout, re.MULTILINE)


def test_a_stub_with_another_base(inputs):
    """Newer stubs do not start at 0."""
    stub = inputs / "stub"
    subprocess.run(
        ["objcopy", "--image-base", "0x14df00000", uki.STUB, stub], check=True, capture_output=True
    )
    assert call(inputs, "--kernel", inputs / "vmlinuz", "--stub", stub) == 0
    assert contents(inputs / "new.efi", ".initrd") == (inputs / "image").read_bytes()
    assert sections(inputs / "new.efi")[".linux"][1] > 0x14DF00000


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        pytest.param([], 2, "--kernel FILE is missing", id="kernel"),
        pytest.param(
            ["--kernel", "{top}/vmlinuz", "--stub", "/none"],
            1,
            "/none: missing; apt-get install systemd-boot-efi",
            id="stub",
        ),
        pytest.param(
            ["--kernel", "{top}/image"],
            1,
            "uki: {top}/image: bzImage: boot_flag at offset 0x1fe: expected 55 aa",
            id="no kernel",
        ),
    ],
)
def test_refusals(inputs, capsys, args, status, message):
    assert call(inputs, *(arg.format(top=inputs) for arg in args)) == status
    assert message.format(top=inputs) in capsys.readouterr().err
    assert not (inputs / "new.efi").exists()
