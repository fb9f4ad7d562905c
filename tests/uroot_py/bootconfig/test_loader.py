"""ESPs as systemd-boot sees them: both types, loader.conf, two partitions; the same on bootctl."""

import pytest

from scripts.builders.pe import by_objcopy, by_struct
from tests.support import bootctl
from tests.support.bootfiles import data, volume
from uroot_py.bootconfig import loader
from uroot_py.bootconfig.efi import NEEDS_PAYLOAD
from uroot_py.bootconfig.entry import FileRef, Listing
from uroot_py.bootconfig.volumes import Volumes

MACHINE = "6a9857a393724b7a981ebb5b8495b9ea"
UKI = by_struct([(".osrel", b'ID=u\nPRETTY_NAME="U 1"\nVERSION_ID=3\n'), (".linux", b"k")])


def kernel_install():
    """An ESP as kernel-install made it."""
    files = {}
    for version in ("6.1.0-40-amd64", "6.1.0-9-amd64"):
        name = f"{MACHINE}-{version}+3.conf"
        files[f"/loader/entries/{name}"] = data(f"kernel-install/{name}")
        files[f"/{MACHINE}/{version}/linux"] = b"k"
        files[f"/{MACHINE}/{version}/initrd"] = b"i"
    return files


ESPS = {
    "kernel-install": kernel_install(),
    "with-a-uki": {**kernel_install(), "/EFI/Linux/u-3.efi": UKI},
    "default-by-pattern": {
        **kernel_install(),
        "/loader/loader.conf": b"timeout 3\ndefault *-6.1.0-9-*\n",
    },
    "default-in-capitals": {
        **kernel_install(),
        "/EFI/Linux/u-3.efi": UKI,
        "/loader/loader.conf": b"default U-?.EFI\n",
    },
    "bad-and-old-entries": {
        "/k": b"k",
        "/loader/entries/a+0-3.conf": b"title A\nlinux /k\nsort-key a\n",
        "/loader/entries/b-1.conf": b"title B\nlinux /k\n",
        "/loader/entries/b-10.conf": b"title B\nlinux /k\n",
        "/loader/entries/b-9.conf": b"title B\nversion 9\nlinux /k\n",
        "/loader/entries/c.conf": b"title C\nlinux /k\nsort-key c\nversion 1\nmachine-id 22\n",
        "/loader/entries/d.conf": b"title C\nlinux /k\nsort-key c\nversion 2\nmachine-id 22\n",
    },
}


def read(files, **more):
    home = volume(files, "hd0,gpt1")
    listing = Listing()
    entries = loader.read(home, Volumes([home, *more.get("others", ())]), listing, "x86_64")
    return entries, listing


@pytest.mark.reference
@pytest.mark.parametrize("files", [pytest.param(files, id=name) for name, files in ESPS.items()])
def test_bootctl_agrees(files, tmp_path):
    entries, _ = read(files)
    theirs, default = bootctl.listed(tmp_path, files)
    assert [(entry.id, entry.title) for entry in entries] == [
        (entry["id"], entry["showTitle"]) for entry in theirs
    ]
    # bootctl names no default when there is only the first entry to take.
    assert [entry.id for entry in entries if entry.default] == [default or theirs[0]["id"]]


def test_order_and_default():
    entries, listing = read(ESPS["with-a-uki"])
    assert [(entry.id, entry.kind, entry.default) for entry in entries] == [
        (f"{MACHINE}-6.1.0-40-amd64.conf", "linux", True),
        (f"{MACHINE}-6.1.0-9-amd64.conf", "linux", False),
        ("u-3.efi", "uki", False),
    ]
    assert [entry.why_not for entry in entries] == ["", "", ""]
    assert entries[0].title == "Debian GNU/Linux 12 (bookworm) (6.1.0-40-amd64)"
    assert (listing.timeout, listing.timeout_style, listing.editable) == (None, "menu", True)


@pytest.mark.parametrize(
    ("conf", "default", "timeout", "style", "editable", "faults"),
    [
        pytest.param("default *-9-*\n", 1, None, "menu", True, [], id="pattern"),
        pytest.param(f"default {MACHINE}-6.1.0-9-amd64\n", 1, None, "menu", True, [], id="bare"),
        pytest.param("default U-3.efi\n", 2, None, "menu", True, [], id="any-case"),
        pytest.param(
            "default z*\n",
            0,
            None,
            "menu",
            True,
            ["/loader/loader.conf: default 'z*' fits no entry"],
            id="no-such",
        ),
        pytest.param("default @saved\n", 0, None, "menu", True, [], id="saved"),
        pytest.param("timeout 7\neditor no\n", 0, 7, "menu", False, [], id="seconds"),
        pytest.param("timeout 0\n", 0, 0, "hidden", True, [], id="at-once"),
        pytest.param("timeout menu-hidden\n", 0, 0, "hidden", True, [], id="hidden"),
        pytest.param("timeout menu-disabled\n", 0, 0, "hidden", True, [], id="disabled"),
        pytest.param("timeout menu-force\n", 0, None, "menu", True, [], id="force"),
        pytest.param(
            "timeout soon\neditor\n",
            0,
            None,
            "menu",
            True,
            [
                "/loader/loader.conf: line 2: editor: expected a value, found end of line",
                "/loader/loader.conf: timeout 'soon' is no number of seconds",
            ],
            id="faults",
        ),
    ],
)
def test_loader_conf(conf, default, timeout, style, editable, faults):
    files = {**ESPS["with-a-uki"], "/loader/loader.conf": conf.encode()}
    entries, listing = read(files)
    assert [entry.default for entry in entries].index(True) == default
    assert (listing.timeout, listing.timeout_style) == (timeout, style)
    assert (listing.editable, listing.faults) == (editable, faults)


@pytest.mark.parametrize(
    ("wanted", "default"),
    [
        ("u.efi", "u.efi@main"),
        ("u", "u.efi@main"),
        ("u.efi@reset", "u.efi@reset"),
        ("*@2", "u.efi@2"),
        ("a@b", "v.efi"),
    ],
)
def test_a_default_with_and_without_its_profile(wanted, default):
    """systemd-boot calls a profile by its ID=, without one by its number."""
    profiles = [(".profile", text) for text in (b"ID=main\n", b"ID=reset\n", b"TITLE=T\n")]
    release = (".osrel", b"ID=a\nVERSION_ID=1\n")
    files = {
        "/loader/loader.conf": f"default {wanted}\n".encode(),
        "/EFI/Linux/u.efi": by_struct([release, (".linux", b"k"), *profiles]),
        "/EFI/Linux/v.efi": by_struct([release, (".linux", b"k")]),
    }
    entries, _ = read(files)
    assert [entry.id for entry in entries] == ["v.efi", "u.efi@main", "u.efi@reset", "u.efi@2"]
    assert [entry.id for entry in entries if entry.default] == [default]


def test_an_entry_for_another_machine_is_no_default():
    files = {
        "/k": b"k",
        "/loader/entries/b.conf": b"linux /k\narchitecture aa64\n",
        "/loader/entries/a.conf": b"linux /k\n",
    }
    entries, _ = read(files)
    assert [(entry.id, entry.default) for entry in entries] == [("b.conf", False), ("a.conf", True)]


def test_two_partitions_are_one_menu():
    boot = volume(
        {"/k": "k", "/loader/entries/x+2.conf": "linux /k\nsort-key a\n"}, "hd0,gpt2", uuid="boot"
    )
    other = volume({"/k": "k", "/loader/entries/y.conf": "linux /k\n"}, "hd1,gpt2")
    entries, _ = read(
        {"/loader/loader.conf": b"default x*", "/EFI/Linux/u-3.efi": UKI}, others=[boot, other]
    )
    assert [(entry.id, entry.default) for entry in entries] == [
        ("x.conf", True),
        ("u-3.efi", False),
    ]
    assert entries[0].kernel == FileRef("/k", "device=hd0,gpt2")
    assert entries[0].rename == (
        FileRef("/loader/entries/x+2.conf", "device=hd0,gpt2"),
        "/loader/entries/x+1-1.conf",
    )
    assert entries[0].source == "(hd0,gpt2)/loader/entries/x+2.conf"


def test_what_was_looked_at(tmp_path):
    files = {
        "/loader/entries/a.conf": b"title A\nlinux /k\n",
        "/loader/entries/readme.txt": b"",
        "/EFI/Linux/addon.efi": by_objcopy(tmp_path, [(".cmdline", b"x")]),
        "/EFI/Linux/cut.efi": UKI[:700],
        "/EFI/Linux/text.EFI": b"text",
    }
    entries, listing = read(files)
    assert listing.looked == [
        ("/loader/entries/a.conf", "A"),
        ("/EFI/Linux/addon.efi", "no .linux section"),
        ("/EFI/Linux/cut.efi", "cut.efi"),
        ("/EFI/Linux/text.EFI", "text.EFI"),
    ]
    cut = "PE section .linux at offset 0x400: expected 0x1 bytes, found 0x0; the file is cut short"
    assert [(entry.id, entry.why_not) for entry in entries] == [
        ("text.EFI", "MS-DOS header at offset 0x0: expected 64 bytes, found 4 bytes"),
        ("cut.efi", cut),
        ("a.conf", "kernel /k is missing"),
    ]


def entry_of(text, conf=None, more=()):
    files = {"/k": "k", "/i": "i", "/loader/entries/a.conf": text, **dict(more)}
    if conf is not None:
        files["/loader/loader.conf"] = conf
    entries, listing = read(files)
    return entries[0], listing


def test_what_is_not_set_is_left_out_and_said():
    """A first boot of Fedora CoreOS whose grub.cfg was lost: Ignition would not run."""
    text = "linux /k\noptions rw $ignition_firstboot root=UUID=x $tuned_params"
    entry, _ = entry_of(text)
    assert (entry.cmdline, entry.why_not) == ("rw root=UUID=x", "")
    assert entry.notes == ["$ignition_firstboot is not set: left out"]


def test_systemd_boot_has_no_variables():
    entry, _ = entry_of("linux /k\noptions a $b c", conf="timeout 3")
    assert (entry.cmdline, entry.notes) == ("a $b c", [])


def test_quotes_are_taken_off_as_systemd_boot_does():
    text = 'title "A B"\nlinux "/k"\noptions "root=x  ro"\n'
    entry, listing = entry_of(text, conf='default "a.conf"\ntimeout \'5\'\neditor "no"')
    assert (entry.title, entry.cmdline, entry.why_not) == ("A B", "root=x  ro", "")
    assert (entry.default, listing.timeout, listing.editable) == (True, 5, False)
    assert listing.faults == []


def test_backslashes_are_slashes():
    entry, _ = entry_of("linux \\k\ninitrd \\i\noptions initrd=\\i root=x", conf="")
    assert entry.kernel == FileRef("/k")
    assert entry.initrds == [FileRef("/i"), FileRef("/i")]
    assert (entry.cmdline, entry.why_not) == ("root=x", "")


def test_an_initrd_of_the_options_may_be_missing():
    entry, _ = entry_of("linux /k\noptions initrd=\\none.img", conf="")
    assert entry.why_not == "initrd /none.img is missing"


@pytest.mark.parametrize(
    ("text", "kind", "cmdline", "why"),
    [
        pytest.param("efi \\EFI\\u.efi", "uki", "own", "", id="image"),
        pytest.param("efi /EFI/u.efi\noptions mine", "uki", "mine", "", id="options"),
        pytest.param("efi /EFI/shell.efi", "efi", "", NEEDS_PAYLOAD, id="other-program"),
    ],
)
def test_efi_programs_that_are_images(text, kind, cmdline, why):
    more = {
        "/EFI/u.efi": by_struct([(".linux", b"k"), (".cmdline", b"own")]),
        "/EFI/shell.efi": by_struct([(".text", b"k")]),
    }
    entry, _ = entry_of(text, conf="", more=more)
    assert (entry.kind, entry.cmdline, entry.why_not) == (kind, cmdline, why)


def test_extra_files_are_said_not_to_be_passed_on():
    entry, _ = entry_of("linux /k\nextra /a.cred\nextra /b.raw", conf="")
    assert entry.notes == ["extra /a.cred: not passed on", "extra /b.raw: not passed on"]
