"""Unified kernel images: sections, profiles, addons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.pe import by_objcopy, by_struct
from tests.support.bootfiles import volume
from uroot_py.base.errors import FormatError
from uroot_py.bootconfig import loader, uki
from uroot_py.bootconfig.entry import FileRef, Listing
from uroot_py.bootconfig.tree import MemoryTree
from uroot_py.bootconfig.volumes import Volumes
from uroot_py.formats.kernel.uki import MAX_PROFILES

PATH = "/EFI/Linux/os+3.efi"
OSREL = b'# x\nNAME=Fedora\nPRETTY_NAME="Fedora \\"39\\""\nID=fedora\nVERSION_ID=\'39\'\n'
SECTIONS = [
    (".osrel", OSREL),
    (".cmdline", b"root=LABEL=x\tquiet\n\0junk"),
    (".uname", b"6.1.0"),
    (".initrd", b"initrd!"),
    (".linux", b"the kernel"),
]


def contents(tree, ref):
    offset, size = ref.part
    return tree.read(ref.path, size, offset)


def load(sections, more=(), machine=0x8664, cpu="x86_64"):
    tree = MemoryTree({PATH: by_struct(sections, machine), **dict(more)})
    return tree, uki.load(tree, PATH, cpu)


@pytest.mark.parametrize("builder", ["objcopy", "struct"])
def test_an_image(builder, tmp_path):
    image = by_struct(SECTIONS) if builder == "struct" else by_objcopy(tmp_path, SECTIONS)
    tree = MemoryTree({PATH: image})
    (row,) = uki.load(tree, PATH, "x86_64")
    entry = row.entry
    assert (entry.id, entry.kind, entry.title) == ("os.efi", "uki", 'Fedora "39"')
    assert (row.sort_key, row.version, row.left) == ("fedora", "39", 3)
    assert entry.cmdline == "root=LABEL=x quiet"
    assert entry.kernel
    assert contents(tree, entry.kernel) == b"the kernel"
    assert [contents(tree, ref) for ref in entry.initrds] == [b"initrd!"]
    assert entry.rename == (FileRef(PATH), "/EFI/Linux/os+2-1.efi")
    assert (entry.why_not, entry.notes) == ("", [])


@pytest.mark.parametrize(
    ("osrel", "title", "sort_key", "version"),
    [
        pytest.param(b"", "os.efi", "", "", id="none"),
        pytest.param(b"ID=a\nVERSION=1\n", "a", "a", "1", id="id"),
        pytest.param(b"ID=a\nIMAGE_ID=b\nIMAGE_VERSION=2\nVERSION_ID=1", "b", "b", "2", id="image"),
        pytest.param(b"NAME=N\nBUILD_ID=9", "N", "", "9", id="name"),
        pytest.param(b"PRETTY_NAME='\x1b[2J'", "?[2J", "", "", id="control-characters"),
    ],
)
def test_names(osrel, title, sort_key, version):
    _, (row,) = load([(".osrel", osrel), (".linux", b"k")])
    assert (row.entry.title, row.sort_key, row.version) == (title, sort_key, version)


def test_profiles():
    tree, rows = load(
        [
            (".osrel", b"PRETTY_NAME=OS"),
            (".cmdline", b"quiet"),
            (".linux", b"k"),
            (".profile", b"ID=regular\nTITLE=Regular boot"),
            (".profile", b'ID=reset\nTITLE="Factory reset"'),
            (".cmdline", b"reset"),
            (".cmdline", b"a second one is not read"),
            (".profile", b""),
            (".cmdline", b"third"),
            (".initrd", b"own"),
        ]
    )
    assert [(row.entry.id, row.entry.title, row.entry.cmdline) for row in rows] == [
        ("os.efi@regular", "OS (Regular boot)", "quiet"),
        ("os.efi@reset", "OS (Factory reset)", "reset"),
        ("os.efi@2", "OS (@2)", "third"),
    ]
    assert [len(row.entry.initrds) for row in rows] == [0, 0, 1]
    assert contents(tree, rows[2].entry.initrds[0]) == b"own"


def test_addons():
    own = "/EFI/Linux/os.efi.extra.d"
    tree, (row,) = load(
        [*SECTIONS, (".ucode", b"ucode")],
        {
            "/loader/addons/z.addon.efi": by_struct([(".cmdline", b"all"), (".initrd", b"zi")]),
            f"{own}/a.addon.efi": by_struct([(".cmdline", b"one "), (".ucode", b"au")]),
            f"{own}/b.addon.efi": by_struct([(".dtb", b"dtb"), (".ucode", b"b2")]),
            f"{own}/other.addon.efi": by_struct([(".uname", b"5.0"), (".cmdline", b"no")]),
            f"{own}/kernel.addon.efi": by_struct([(".linux", b"no")]),
            f"{own}/arm.addon.efi": by_struct([(".cmdline", b"no")], 0xAA64),
            f"{own}/bad.addon.efi": b"MZ",
            f"{own}/x.cred": b"secret",
        }.items(),
    )
    entry = row.entry
    assert entry.cmdline == "root=LABEL=x quiet all one"
    assert [contents(tree, ref) for ref in entry.initrds] == [
        b"b2",
        b"au",
        b"ucode",
        b"initrd!",
        b"zi",
    ]
    assert [contents(tree, ref) for ref in entry.overlays] == [b"dtb"]
    assert entry.notes == [
        f"{own}/arm.addon.efi: no addon for x86_64",
        f"{own}/bad.addon.efi: MS-DOS header at offset 0x0: expected 64 bytes, found 2 bytes",
        f"{own}/kernel.addon.efi: no addon for x86_64",
        f"{own}/other.addon.efi: for the kernel 5.0",
        f"{own}/x.cred: not passed on",
    ]


def test_another_machine():
    _, (row,) = load(SECTIONS, cpu="arm64")
    assert row.entry.why_not == "for the machine 0x8664, this is arm64"


def test_no_kernel():
    _, rows = load([(".cmdline", b"x")])
    assert rows == []


@pytest.mark.parametrize(
    ("text", "cmdline", "why"),
    [
        pytest.param("uki /u.efi", "base", "", id="plain"),
        pytest.param("uki /u.efi\noptions mine", "mine", "", id="options"),
        pytest.param("uki /u.efi\nprofile 1", "one", "", id="profile"),
        pytest.param(
            "uki /u.efi\nprofile 2", "", "/u.efi: no profile 2 with a kernel", id="no-such-profile"
        ),
        pytest.param("uki /t.efi", "", "/t.efi: no profile 0 with a kernel", id="no-kernel"),
        pytest.param("uki /no.efi", "", "unified kernel image /no.efi is missing", id="missing"),
        pytest.param(
            "uki /x",
            "",
            "/x: MS-DOS header at offset 0x0: expected 64 bytes, found 1 bytes",
            id="no-pe",
        ),
    ],
)
def test_type_1_entries_name_images(text, cmdline, why):
    image = [(".cmdline", b"base"), (".linux", b"k"), (".profile", b""), (".profile", b"")]
    home = volume(
        {
            "/u.efi": by_struct([*image, (".cmdline", b"one")]),
            "/t.efi": by_struct([(".text", b"k")]),
            "/x": b"x",
            "/loader/entries/a.conf": text,
        }
    )
    (entry,) = loader.read(home, Volumes([home]), Listing(), "x86_64")
    assert (entry.kind, entry.cmdline, entry.why_not) == ("uki", cmdline, why)


GOOD = by_struct(SECTIONS)


@given(st.integers(0, len(GOOD)), st.integers(0, 700), st.binary(min_size=1, max_size=4))
def test_damaged_images_raise_format_error_only(length, offset, change):
    image = bytearray(GOOD[:length])
    image[offset : offset + len(change)] = change
    try:
        rows = uki.load(MemoryTree({PATH: bytes(image)}), PATH, "x86_64")
    except FormatError:
        return
    assert len(rows) <= MAX_PROFILES
