"""Kernel modules and configurations. The module directory is made by depmod from real .ko files
that gcc makes: what depmod reads from them (names, needs, aliases, softdeps) is ELF, not ours."""

import gzip
import lzma
import shutil
import subprocess

import pytest
import zstandard

from initramfs import kernel
from initramfs.tree import ImageTree
from uroot_py.base.errors import FormatError, RefusedError

RELEASE = "6.1.0-test"
MODULES = {
    "kernel/lib/base": ("int base_one(void){return 1;}", "", []),
    "kernel/fs/top-fs": ("int base_one(void); int f(void){return base_one();}", "base", ["fs-top"]),
    "kernel/crypto/sum_intel": ("int g;", "", ["sum", "crypto-sum"]),
}


def made(folder, name, source, depends, aliases, extra=()):
    info = [f"vermagic={RELEASE} SMP mod_unload ", f"name={name.rpartition('/')[2]}"]
    info += [f"depends={depends}", *[f"alias={alias}" for alias in aliases], *extra]
    lines = [
        f'static const char i{n}[] __attribute__((section(".modinfo"), used)) = "{text}";'
        for n, text in enumerate(info)
    ]
    target = folder / f"{name}.ko"
    target.parent.mkdir(parents=True, exist_ok=True)
    exports = (
        'static const char n[] __attribute__((section("__ksymtab_strings"))) = "base_one";'
        '__asm__(".section ___ksymtab+base_one,\\"a\\"; .globl __ksymtab_base_one;'
        ' __ksymtab_base_one: .quad 0; .previous");'
    )
    lines.append(exports if "base" in name else "")
    subprocess.run(
        ["gcc", "-x", "c", "-c", "-o", str(target), "-"],
        input="\n".join([source, *lines]),
        text=True,
        check=True,
    )
    return target


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    top = tmp_path_factory.mktemp("kernel")
    folder = top / "lib" / "modules" / RELEASE
    folder.mkdir(parents=True)
    for name, (source, depends, aliases) in MODULES.items():
        extra = ["softdep=pre: sum"] if "top" in name else []
        made(folder, name, source, depends, aliases, extra)
    (folder / "modules.builtin").write_text("kernel/fs/ext4/ext4.ko\n")
    (folder / "modules.order").write_text("")
    subprocess.run(["/sbin/depmod", "-b", str(top), RELEASE], check=True)
    assert "top-fs.ko: kernel/lib/base.ko" in (folder / "modules.dep").read_text()
    return folder


def test_needs_and_wishes_come_along(directory):
    tree = ImageTree()
    known = kernel.KernelModules(directory)
    order = known.add_to(tree, ["top-fs", "ext4"], ["sum_intel"])
    assert order == ["sum_intel", "base", "top_fs"]
    place = f"lib/modules/{RELEASE}"
    texts = {
        path.removeprefix(f"{place}/modules."): each.data.decode()
        for path, each in tree.members.items()
        if path.startswith(f"{place}/modules.")
    }
    texts["alias"] = "".join(sorted(texts["alias"].splitlines(keepends=True)))
    assert texts == {
        "dep": "kernel/crypto/sum_intel.ko:\nkernel/lib/base.ko:\n"
        "kernel/fs/top-fs.ko: kernel/lib/base.ko\n",
        "alias": "alias crypto-sum sum_intel\nalias fs-top top_fs\nalias sum sum_intel\n",
        "softdep": "softdep top_fs pre: sum_intel\n",
        "builtin": "kernel/fs/ext4/ext4.ko\n",
        "load": "sum_intel\n",
    }
    assert tree.members[f"{place}/kernel/fs/top-fs.ko"].data.startswith(b"\x7fELF")


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        pytest.param(".xz", lzma.compress, id="xz"),
        pytest.param(".gz", gzip.compress, id="gzip"),
        pytest.param(".zst", zstandard.compress, id="zstd"),
    ],
)
def test_compressed_modules_are_unpacked(directory, tmp_path, suffix, pack):
    packed = tmp_path / "modules"
    for file in (directory / "kernel").rglob("*.ko"):
        target = packed / f"{file.relative_to(directory)}{suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(pack(file.read_bytes()))
    dep = (directory / "modules.dep").read_text()
    (packed / "modules.dep").write_text(dep.replace(".ko", f".ko{suffix}"))
    tree = ImageTree()
    kernel.KernelModules(packed).add_to(tree, ["top_fs"])
    path = f"lib/modules/{RELEASE}/kernel/lib/base.ko"
    assert tree.members[path].data == (directory / "kernel/lib/base.ko").read_bytes()
    assert f"lib/modules/{RELEASE}/modules.load" in tree.members


@pytest.mark.parametrize(
    ("packing", "suffix", "unpack"),
    [
        pytest.param("xz", ".xz", lzma.decompress, id="xz"),
        pytest.param("gzip", ".gz", gzip.decompress, id="gzip"),
    ],
)
def test_large_modules_are_packed(directory, tmp_path, packing, suffix, unpack):
    base = directory / "kernel/lib/base.ko"
    large = base.read_bytes() + bytes(kernel.PACKED_FROM - base.stat().st_size)
    top = tmp_path / "modules"
    shutil.copytree(directory, top)
    (top / "kernel/lib/base.ko").write_bytes(large)
    tree = ImageTree()
    kernel.KernelModules(top).add_to(tree, ["top_fs"], packing=packing)
    place = f"lib/modules/{RELEASE}"
    assert unpack(tree.members[f"{place}/kernel/lib/base.ko{suffix}"].data) == large
    assert tree.members[f"{place}/modules.dep"].data.decode() == (
        f"kernel/crypto/sum_intel.ko:\nkernel/lib/base.ko{suffix}:\n"
        f"kernel/fs/top-fs.ko: kernel/lib/base.ko{suffix}\n"
    )


def test_a_damaged_module_is_named(directory, tmp_path):
    top = tmp_path / "modules"
    shutil.copytree(directory, top)
    (top / "kernel/lib/base.ko").write_bytes(gzip.compress(bytes(100))[:20])
    with pytest.raises(FormatError) as caught:
        kernel.KernelModules(top).add_to(ImageTree(), ["base"])
    assert str(caught.value) == (
        f"{top}/kernel/lib/base.ko: gzip data at offset 0x14: expected the rest of the stream,"
        " found the end of data"
    )


def test_a_module_that_does_not_exist(directory):
    with pytest.raises(RefusedError) as caught:
        kernel.KernelModules(directory).choose(["top-f"])
    assert str(caught.value) == (
        f"{directory}: no module 'top-f' for this kernel; did you mean top_fs?"
    )


def test_only_built_in_modules_leave_no_trace(directory):
    tree = ImageTree()
    assert kernel.KernelModules(directory).add_to(tree, ["ext4"]) == []
    assert not tree.members


def test_a_directory_without_modules(tmp_path):
    with pytest.raises(RefusedError) as caught:
        kernel.KernelModules(tmp_path)
    assert str(caught.value) == f"{tmp_path}: no modules.dep in it; it is what depmod makes"


CONFIG = """# Linux
CONFIG_BLK_DEV_INITRD=y
CONFIG_RD_GZIP=y
CONFIG_RD_ZSTD=y
# CONFIG_RD_XZ is not set
"""


@pytest.mark.parametrize(
    ("text", "name", "refusal"),
    [
        pytest.param(CONFIG, "zstd", "", id="known"),
        pytest.param(CONFIG, "none", "", id="none always"),
        pytest.param(
            CONFIG,
            "xz",
            "{file}: CONFIG_RD_XZ is not set: this kernel cannot unpack xz, but gzip, zstd, none",
            id="unknown",
        ),
        pytest.param(f"{CONFIG}\nCONFIG_RD_XZ=y\n", "xz", "", id="xz without x86"),
        pytest.param(
            f"{CONFIG}\nCONFIG_RD_XZ=y\nCONFIG_X86=y\n",
            "xz",
            "{file}: CONFIG_XZ_DEC_X86 is not set: this kernel cannot unpack xz, "
            "but gzip, zstd, none",
            id="xz of x86 code",
        ),
        pytest.param(
            CONFIG.replace("CONFIG_BLK_DEV_INITRD=y", ""),
            "none",
            "{file}: CONFIG_BLK_DEV_INITRD is not set: this kernel takes no image",
            id="no initrd",
        ),
    ],
)
def test_compression_against_the_configuration(tmp_path, text, name, refusal):
    file = tmp_path / "config"
    file.write_text(text)
    assert kernel.Config(file).refuse_compression(name) == refusal.format(file=file)


def test_what_is_no_configuration(tmp_path):
    file = tmp_path / "config"
    file.write_text("hello\n")
    with pytest.raises(RefusedError) as caught:
        kernel.Config(file)
    assert str(caught.value) == f"{file}: no CONFIG_ line, so it is no kernel configuration"
