"""syslinux, isolinux and extlinux: real files, every directive that decides, bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bootfiles import DATA, data, volume
from uroot_py.bootconfig import syslinux
from uroot_py.bootconfig.entry import FileRef, Listing
from uroot_py.bootconfig.volumes import Volumes

PATH = "/isolinux/isolinux.cfg"
FILES = dict.fromkeys(["/isolinux/k", "/isolinux/i", "/isolinux/j", "/k", "/d.dtb", "/o.dtbo"], "x")


def read(text, path=PATH, **more):
    home = volume({**FILES, **more, path: text})
    listing = Listing()
    return syslinux.read(home, path, Volumes([home]), listing), listing


def test_extlinux_conf_that_u_boot_menu_wrote():
    files = {
        f"/boot/{kind}-6.1.0-{n}-amd64": "x" for kind in ("vmlinuz", "initrd.img") for n in (37, 40)
    }
    path = "/boot/extlinux/extlinux.conf"
    entries, listing = read(data("u-boot-menu-extlinux.conf"), path, **files)
    root = "root=UUID=11111111-2222-3333-4444-555555555555 ro"
    assert [(entry.id, entry.title, entry.cmdline, entry.default) for entry in entries] == [
        ("l0", "Debian GNU/Linux 12 (bookworm) 6.1.0-40-amd64", f"{root} quiet", True),
        (
            "l0r",
            "Debian GNU/Linux 12 (bookworm) 6.1.0-40-amd64 (rescue target)",
            f"{root} single",
            False,
        ),
        ("l1", "Debian GNU/Linux 12 (bookworm) 6.1.0-37-amd64", f"{root} quiet", False),
        (
            "l1r",
            "Debian GNU/Linux 12 (bookworm) 6.1.0-37-amd64 (rescue target)",
            f"{root} single",
            False,
        ),
    ]
    assert entries[0].kernel == FileRef("/boot/vmlinuz-6.1.0-40-amd64")
    assert entries[0].initrds == [FileRef("/boot/initrd.img-6.1.0-40-amd64")]
    assert (entries[0].source, entries[0].line) == (path, 14)
    assert [entry.why_not for entry in entries] == [""] * 4
    assert (listing.timeout, listing.faults) == (5.0, [])


def test_isolinux_of_a_live_image():
    files = {f"/isolinux/{p.name}": p.read_bytes() for p in (DATA / "debian-live").glob("*.cfg")}
    files |= dict.fromkeys(
        ["/live/vmlinuz-6.1.0-40-amd64", "/live/initrd.img-6.1.0-40-amd64"], b"x"
    )
    entries, listing = read(files.pop(PATH), **files)
    assert [(entry.id, entry.parents, entry.title, entry.why_not) for entry in entries] == [
        ("live-amd64", (), "Live system (amd64)", ""),
        ("live-amd64-failsafe", (), "Live system (amd64 fail-safe mode)", ""),
        ("install", (), "Start installer", "kernel /install/vmlinuz is missing"),
        ("hdt", ("Utilities",), "Hardware Detection Tool (HDT)", "com32 hdt.c32: needs a BIOS"),
    ]
    assert entries[0].default
    assert (listing.timeout, listing.faults) == (None, [])


@pytest.mark.parametrize(
    ("text", "kernel", "initrds", "cmdline"),
    [
        pytest.param("kernel k\nappend a b", "/isolinux/k", "", "a b", id="kernel"),
        pytest.param("LINUX /k\nAPPEND a", "/k", "", "a", id="linux-absolute"),
        pytest.param("kernel k\ninitrd i,j", "/isolinux/k", "ij", "global", id="initrds"),
        pytest.param("kernel k\nappend x initrd=i,j y", "/isolinux/k", "ij", "x y", id="in-append"),
        pytest.param("kernel k\ninitrd i\nappend initrd=j x", "/isolinux/k", "i", "x", id="both"),
        pytest.param("kernel k\nappend a\nappend b", "/isolinux/k", "", "b", id="last-append"),
        pytest.param("kernel k", "/isolinux/k", "", "global", id="global-append"),
        pytest.param("kernel k\nappend -", "/isolinux/k", "", "", id="no-append"),
        pytest.param(
            "com32 linux.c32\nappend k initrd=i a", "/isolinux/k", "i", "a", id="linux.c32"
        ),
        pytest.param("kernel x.c32\nlinux k", "/isolinux/k", "", "global", id="last-kernel"),
        pytest.param("\tkernel\tk\n append\t a\tb", "/isolinux/k", "", "a b", id="tabs"),
        pytest.param("kernel ../k", "/k", "", "global", id="dots"),
    ],
)
def test_linux(text, kernel, initrds, cmdline):
    (entry,), _ = read(f"append global\nlabel x\n{text}\n")
    assert entry.why_not == ""
    assert entry.kernel == FileRef(kernel)
    assert entry.initrds == [FileRef(f"/isolinux/{name}") for name in initrds]
    assert entry.cmdline == cmdline


def test_configuration_of_a_fit_image():
    (one, two), _ = read("label a\nkernel k#conf-1\nlabel b\nlinux none#conf-1\n")
    assert (one.kernel, one.configuration, one.why_not) == (
        FileRef("/isolinux/k"),
        "conf-1",
        "",
    )
    assert one.notes == ["configuration conf-1 of a FIT image"]
    assert two.why_not == "kernel /isolinux/none is missing"


def test_device_trees():
    (one, two), _ = read(
        "label a\nkernel k\nfdt /d.dtb\nfdtoverlays /o.dtbo\n"
        "label b\nkernel k\ndevicetreedir /dtbs\n"
    )
    assert (one.devicetree, one.overlays) == (FileRef("/d.dtb"), [FileRef("/o.dtbo")])
    assert two.devicetree is None
    assert two.notes == ["fdtdir /dtbs: none for this machine: the running device tree is kept"]


def test_multiboot():
    (entry, empty), _ = read(
        "label x\nkernel mboot.c32\nappend k a --- i b c --- j\nlabel y\nkernel mboot.c32\n"
    )
    assert (entry.kind, entry.kernel, entry.cmdline) == ("multiboot", FileRef("/isolinux/k"), "a")
    assert entry.modules == [(FileRef("/isolinux/i"), "b c"), (FileRef("/isolinux/j"), "")]
    assert empty.why_not == "mboot.c32: no kernel is named"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("kernel none", "kernel /isolinux/none is missing", id="kernel"),
        pytest.param("kernel k\ninitrd none", "initrd /isolinux/none is missing", id="initrd"),
        pytest.param("kernel k\nfdt none", "device tree /isolinux/none is missing", id="fdt"),
        pytest.param("localboot 0x80", "localboot 0x80: needs a BIOS", id="localboot"),
        pytest.param("com32 reboot.c32", "com32 reboot.c32: needs a BIOS", id="com32"),
        pytest.param("kernel chain.c32", "kernel chain.c32: needs a BIOS", id="chain"),
        pytest.param("boot sector.bin", "boot sector.bin: needs a BIOS", id="boot-sector"),
        pytest.param("menu label x", "kernel /isolinux/x is missing", id="label-is-the-file"),
        pytest.param("kernel x.img", "kernel x.img: needs a BIOS", id="disk-image"),
        pytest.param("kernel x.cbt a", "kernel x.cbt: needs a BIOS", id="cbt"),
        pytest.param("kernel x.bs", "kernel x.bs: needs a BIOS", id="bs"),
        pytest.param("kernel x.com", "kernel x.com: needs a BIOS", id="com"),
    ],
)
def test_why_not(text, why):
    (entry,), _ = read(f"label x\n{text}\n")
    assert entry.why_not == why


LABELS = "label a\nkernel k\nlabel b\nmenu default\nkernel k\nlabel c\nkernel k\n"


@pytest.mark.parametrize(
    ("text", "default"),
    [
        pytest.param("", "b", id="menu-default"),
        pytest.param("default c", "c", id="default"),
        pytest.param("DEFAULT c extra words", "c", id="default-with-words"),
        pytest.param("ontimeout a\nprompt 1\ndefault c", "a", id="ontimeout"),
        pytest.param("ontimeout a\ndefault c", "c", id="nothing-to-wait-for"),
        pytest.param("ui menu.c32\ndefault c", "c", id="default-in-a-menu"),
        pytest.param("default menu.c32", "b", id="default-is-a-menu"),
        pytest.param("default none", "b", id="no-such-label"),
    ],
)
def test_default(text, default):
    entries, _ = read(f"{text}\n{LABELS}")
    assert [entry.id for entry in entries if entry.default] == [default]


@pytest.mark.parametrize(
    ("text", "timeout"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("timeout 50", 0, id="no-menu-no-prompt"),
        pytest.param("prompt 1\ntimeout 50", 5, id="prompt"),
        pytest.param("prompt 1\ntimeout 0", None, id="wait"),
        pytest.param("ui menu.c32\ntimeout 15", 1.5, id="ui"),
        pytest.param("default boot/vesamenu.c32\ntimeout 15", 1.5, id="default-menu"),
        pytest.param("menu title x\ntimeout 20", 2, id="title"),
        pytest.param("prompt 1\ntimeout soon", None, id="no-number"),
    ],
)
def test_timeout(text, timeout):
    _, listing = read(f"{text}\n{LABELS}")
    assert listing.timeout == timeout


def test_menus():
    entries, _ = read(
        "menu begin one\nmenu title ^One\nlabel a\nmenu label a^a\nkernel k\n"
        "menu begin\nmenu label Two\nlabel b\nkernel k\nmenu end\nmenu end\n"
        "label c\nmenu hide\nkernel k\nlabel d\nkernel k\ntext help\nlabel e\nkernel k\nendtext\n"
        "label f\nmenu label \x1b[2J\nkernel k\n"
    )
    assert [(entry.id, entry.title, entry.parents) for entry in entries] == [
        ("a", "aa", ("One",)),
        ("b", "b", ("One", "Two")),
        ("d", "d", ()),
        ("f", "?[2J", ()),
    ]


def test_other_configurations_are_submenus():
    more = {"/isolinux/more.cfg": "default y\nlabel x\nkernel k\nlabel y\nkernel k\n"}
    entries, _ = read(
        "default m\nlabel a\nkernel k\nlabel m\nmenu label More\nkernel menu.c32\nappend more.cfg\n"
        "label n\nconfig /isolinux/more.cfg\nlabel o\nkernel menu.c32\nappend ~\n",
        **more,
    )
    assert [(entry.id, entry.parents, entry.default) for entry in entries] == [
        ("a", (), False),
        ("x", ("More",), False),
        ("y", ("More",), True),
    ]


def test_a_kernel_without_labels():
    (entry,), _ = read("default k root=/dev/sda1 initrd=i\n")
    assert (entry.kernel, entry.cmdline) == (FileRef("/isolinux/k"), "root=/dev/sda1")
    assert entry.initrds == [FileRef("/isolinux/i")]


def test_includes():
    entries, listing = read(
        "include a.cfg\nmenu include b.cfg\ninclude none.cfg\ninclude\nlabel z\nkernel k\n",
        **{"/isolinux/a.cfg": "label a\nkernel k", "/isolinux/b.cfg": "label b\nkernel k"},
    )
    assert [(entry.id, entry.source, entry.line) for entry in entries] == [
        ("a", "/isolinux/a.cfg", 1),
        ("b", "/isolinux/b.cfg", 1),
        ("z", PATH, 5),
    ]
    assert listing.faults == []  # as with SYSLINUX: many images name files they may have
    assert ("/isolinux/none.cfg", "absent") in listing.looked


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(
            f"label a\nkernel k\ninclude {PATH}\n",
            f"{PATH}: line 3: include: too many files, not read",
            id="include-loop",
        ),
        pytest.param(
            "label a\nkernel k\n" + "include none\n" * 70,
            f"{PATH}: line 70: include: too many files, not read",
            id="many-includes",
        ),
        pytest.param(
            "label a\nkernel k\n" + "\n" * 20_000,
            f"{PATH}: more than 20000 lines, the rest is left out",
            id="many-lines",
        ),
    ],
)
def test_bounds(text, fault):
    entries, listing = read(text)
    assert entries[0].bootable
    assert fault in listing.faults


def test_too_large():
    entries, listing = read("#" * (1 << 20) + "\n")
    assert (entries, listing.faults) == ([], [f"{PATH}: more than 1048576 bytes, not read"])


def test_labels_are_whole_lines():
    entries, _ = read(
        "label Chinese (Simplified)\nkernel k\nlabel Chinese (Traditional)\nkernel k\n"
    )
    assert [entry.title for entry in entries] == ["Chinese (Simplified)", "Chinese (Traditional)"]


UBOOT = "/boot/extlinux/extlinux.conf"
LDLINUX = "/boot/extlinux/ldlinux.sys"


def test_uboot_compares_whole_lines():
    entries, _ = read(
        "DEFAULT Debian (6.1)\nlabel Debian\nkernel /k\nlabel Debian (6.1)\nkernel /k\n"
        "label nothing\nappend x\n",
        path=UBOOT,
    )
    assert [(entry.title, entry.default) for entry in entries] == [
        ("Debian", False),
        ("Debian (6.1)", True),
        ("nothing", False),
    ]
    assert entries[2].why_not == "no kernel is named"


def test_variables_of_uboot_are_left_out():
    """As on NVIDIA's Jetson."""
    (entry,), _ = read(
        "label a\nlinux /k\nappend ${cbootargs} root=/dev/mmcblk0p1 rw x=${y}\n", path=UBOOT
    )
    assert entry.cmdline == "root=/dev/mmcblk0p1 rw"
    assert entry.notes == [
        "${cbootargs}: a variable of U-Boot's, left out",
        "x=${y}: a variable of U-Boot's, left out",
    ]


@pytest.mark.parametrize(
    ("text", "more", "uboot"),
    [
        pytest.param("label a\nkernel /k", {}, True, id="extlinux.conf"),
        pytest.param("label a\nkernel /k", {LDLINUX: b""}, False, id="extlinux"),
        pytest.param("ui menu.c32\nlabel a\nkernel /k", {}, False, id="a-menu"),
        pytest.param("label a\nkernel /k\nfdtdir /d", {LDLINUX: b""}, True, id="fdtdir"),
    ],
)
def test_which_reader_a_file_is_for(text, more, uboot):
    entries, _ = read(f"{text}\nappend a ${{b}}\n", path=UBOOT, **more)
    assert entries[0].cmdline == ("a" if uboot else "a ${b}")


@pytest.mark.parametrize(
    ("text", "cmdline"),
    [
        pytest.param("default a vga=791", "root=x vga=791", id="default"),
        pytest.param("prompt 1\nontimeout a single", "root=x single", id="ontimeout"),
        pytest.param("ui menu.c32\ndefault a vga=791", "root=x", id="not-in-a-menu"),
    ],
)
def test_defaults_add_words(text, cmdline):
    entries, _ = read(f"{text}\nlabel b\nkernel k\nlabel a\nkernel k\nappend root=x\n")
    assert [entry.cmdline for entry in entries if entry.default] == [cmdline]


def test_words_behind_a_kernel():
    (entry,), _ = read("label a\nkernel k ro quiet\nappend root=x\ninitrd i\n")
    assert (entry.kernel, entry.cmdline) == (FileRef("/isolinux/k"), "ro quiet root=x")


def test_a_label_may_be_the_file():
    (entry,), _ = read("label k\nappend root=x\n")
    assert (entry.kernel, entry.cmdline, entry.why_not) == (FileRef("/isolinux/k"), "root=x", "")


def test_an_implicit_kernel_beside_labels():
    entries, _ = read("default k ro\nlabel a\nkernel i\n")
    assert [(entry.title, entry.cmdline, entry.default) for entry in entries] == [
        ("k", "ro", True),
        ("a", "", False),
    ]
    entries, _ = read("implicit 0\ndefault k ro\nlabel a\nkernel i\n")
    assert [(entry.title, entry.default) for entry in entries] == [("a", True)]


SUB = {"/isolinux/sub.cfg": "label x\nkernel k\n"}


@pytest.mark.parametrize("word", ["menu include", "include"])
def test_an_include_with_a_title_is_a_submenu(word):
    text = f"label a\nkernel k\n{word} sub.cfg Other systems\nlabel b\nkernel k\n"
    entries, _ = read(text, **SUB)
    assert [(entry.title, entry.parents) for entry in entries] == [
        ("a", ()),
        ("x", ("Other systems",)),
        ("b", ()),
    ]


@pytest.mark.parametrize("text", ["ui menu.c32 sub.cfg", "default vesamenu.c32 sub.cfg"])
def test_a_menu_of_another_file(text):
    entries, _ = read(f"{text}\nlabel a\nkernel k\n", **SUB)
    assert [(entry.title, entry.default) for entry in entries] == [("x", True)]


def test_a_configuration_with_its_own_folder():
    more = {"/other/x.cfg": "label x\nkernel k2\n", "/dir/k2": "k"}
    (entry,), _ = read("label a\nconfig /other/x.cfg\nappend /dir/\n", **more)
    assert (entry.kernel, entry.why_not) == (FileRef("/dir/k2"), "")


def test_each_entry_is_there_once():
    """Menus that lead back to themselves, and to what they include."""
    more = {
        "/isolinux/menu.cfg": "label a\nkernel k\nlabel more\nkernel menu.c32\nappend adv.cfg\n",
        "/isolinux/adv.cfg": "label b\nkernel k\nlabel back\nkernel menu.c32\nappend menu.cfg\n"
        "label top\nconfig isolinux.cfg\nmenu begin\nlabel up\nmenu exit\nmenu end\n",
    }
    entries, _ = read("include menu.cfg\nlabel start\nconfig menu.cfg\n", **more)
    assert [entry.title for entry in entries] == ["a", "b"]


def test_a_configuration_under_other_names_is_the_same():
    """Links d1 -> . made hours of work of this."""
    text = "label a\nkernel k\n" + "".join(
        f"label {n}\nconfig d{n}/isolinux.cfg\n" for n in range(9)
    )
    more = {f"/isolinux/{'d1/' * n}d{m}/isolinux.cfg": text for n in range(3) for m in range(9)}
    entries, listing = read(text, **more)
    assert [entry.title for entry in entries] == ["a"]
    assert len(listing.looked) == 10


LINES = ["label a", "kernel k", "menu begin", "menu end", "menu label x", "append - initrd=,i", "#"]
LINES += [
    f"include {PATH}",
    f"config {PATH}",
    "kernel menu.c32",
    "default a",
    "text help",
    "endtext",
]
LINES += ["menu", "menu include", "timeout 9", "com32 mboot.c32", "append --- --- k", "\x00\xff"]


@given(st.lists(st.sampled_from(LINES), max_size=15), st.binary(max_size=20))
def test_any_configuration_ends_with_a_list(lines, tail):
    entries, _ = read("\n".join(lines).encode() + tail)
    assert len([entry for entry in entries if entry.default]) == bool(entries)
