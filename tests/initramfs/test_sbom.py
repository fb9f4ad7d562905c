"""The bill of materials."""

import json
import lzma
import subprocess
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from initramfs import sbom as manifest
from initramfs.tree import ImageTree
from uroot_py import VERSION


@pytest.fixture
def tree():
    made = ImageTree()
    made.file("init", b"stub")
    made.file("uroot/uroot", b"bootloader")
    made.file("uroot/_internal/libpython3.11.so.1.0", b"python")
    made.copy(Path("/bin/bash").resolve(), "usr/bin/bash")
    made.file("lib/modules/6.1/kernel/a.ko", b"\x7fELF\0license=GPL v2\0")
    packed = lzma.compress(b"\x7fELF\0license=Dual MIT/GPL\0")
    made.file("lib/modules/6.1/kernel/b.ko.xz", packed)
    return made


def components(text):
    return {each["name"]: each for each in json.loads(text)["components"]}


def licence(component):
    each = component["licenses"][0]
    return each.get("expression") or each["license"].get("id") or each["license"]["name"]


def test_everything_is_listed_with_its_licence(tree):
    found = components(manifest.bill(tree, b"image", runtime=None))
    assert {name: licence(each) for name, each in found.items() if name != "usr/bin/bash"} == {
        "CPython": "PSF-2.0",
        "PyInstaller bootloader": "GPL-2.0-or-later WITH Bootloader-exception",
        "linux": "GPL-2.0-only",
        "uroot-py": "BSD-3-Clause",
    }
    assert [licence(each) for each in found["linux"]["components"]] == [
        "GPL-2.0-only",
        "MIT OR GPL-2.0-only",
    ]
    assert found["uroot-py"]["components"][0]["hashes"][0]["alg"] == "SHA-256"


def test_debian_knows_its_files(tree):
    bash = components(manifest.bill(tree, b"image", runtime=None))["usr/bin/bash"]
    assert (
        bash["version"]
        == subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", "bash"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    assert licence(bash) == "GPL-3.0-or-later"


def test_the_lean_program_is_taken_apart(tmp_path):
    versions = "zlib 1:1.2.13\nbzip2 1.0.8-5\npython3.11 3.11.2-6\nmusl 1.2.3-1\n"
    (tmp_path / "versions").write_text(versions)
    tree = ImageTree()
    tree.linked = {"zlib"}
    tree.file("init", b"program")
    found = components(manifest.bill(tree, b"image", runtime=tmp_path))
    assert {name: (each["version"], licence(each)) for name, each in found.items()} == {
        "musl": ("1.2.3-1", "MIT"),
        "python3.11": ("3.11.2-6", "PSF-2.0"),
        "uroot-py": (VERSION, "BSD-3-Clause"),
        "zlib": ("1:1.2.13", "Zlib"),
    }


def test_the_same_image_the_same_text(tree):
    texts = {manifest.bill(tree, b"image", runtime=None) for _ in range(3)}
    assert len(texts) == 1
    assert manifest.bill(tree, b"another", runtime=None) not in texts


def test_it_is_valid(tree):
    text = manifest.bill(tree, b"image", runtime=None)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
