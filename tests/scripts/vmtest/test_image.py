"""Images for tests, read back by Debian's cpio."""

import hashlib
import subprocess

import pytest

from scripts import make_final_os
from scripts.vmtest.image import joined, packed


def listed(archive):
    done = subprocess.run(
        ["cpio", "-itv", "--quiet"], input=archive.read_bytes(), capture_output=True, check=True
    )
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    return {words[-1]: (words[0], words[2], words[4]) for words in lines}


def test_files_are_packed_with_their_directories_and_modes(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"12345")
    archive = packed({"/etc/a/b": b"text", "init": b"#!/bin/sh\n", "/s": source}, tmp_path)
    assert listed(archive) == {
        "etc": ("drwxr-xr-x", "root", "0"),
        "etc/a": ("drwxr-xr-x", "root", "0"),
        "etc/a/b": ("-rw-r--r--", "root", "4"),
        "init": ("-rwxr-xr-x", "root", "10"),
        "s": ("-rw-r--r--", "root", "5"),
    }
    assert not (tmp_path / "tree").exists()


@pytest.mark.parametrize(("size", "padded"), [(8, 8), (9, 12), (11, 12)])
def test_an_archive_behind_an_image_starts_at_a_multiple_of_4(tmp_path, size, padded):
    image, archive = tmp_path / "image", tmp_path / "archive"
    image.write_bytes(b"i" * size)
    archive.write_bytes(b"070701")
    found = joined(image, archive, tmp_path).read_bytes()
    assert found == b"i" * size + b"\0" * (padded - size) + b"070701"


@pytest.mark.parametrize("arch", ["amd64", "arm64", "riscv64"])
def test_the_final_os_proves_its_payload(arch):
    assert len(make_final_os.payload()) == 8192 * 32
    assert hashlib.sha256(make_final_os.payload()).hexdigest() == make_final_os.PAYLOAD_SHA256
    done = subprocess.run(["sh", "-n"], input=make_final_os.init(arch).encode(), check=True)
    assert done.returncode == 0
