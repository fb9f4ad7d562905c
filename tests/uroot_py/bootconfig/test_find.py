"""scan(): which files are looked for, in which order, what is not listed twice, images."""

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.kernels import bzimage
from scripts.builders.pe import by_struct
from tests.support.bootfiles import DATA, UUID, data, volume
from uroot_py.bootconfig.entry import FileRef, Listing
from uroot_py.bootconfig.find import scan
from uroot_py.bootconfig.tree import MemoryTree
from uroot_py.bootconfig.volumes import Volume, Volumes

ENTRY = "menuentry T {{ linux /k {} }}"


def look(files, **more):
    home = volume({"/k": "k", **files}, **more)
    return scan(home, Volumes([home]))


def words(listing):
    return [entry.cmdline for entry in listing.entries]


def test_nothing_is_said_too():
    listing = look({"/etc/passwd": ""})
    assert listing.entries == []
    assert listing.looked == [
        ("/boot/grub/grub.cfg", "absent, and so is all else that is looked for")
    ]


def test_all_places_in_order():
    listing = look(
        {
            "/boot/grub/grub.cfg": ENTRY.format(1),
            "/grub2/grub.cfg": ENTRY.format(2),
            "/@/boot/grub/grub.cfg": ENTRY.format(3),
            "/EFI/debian/grub.cfg": ENTRY.format(4),
            "/loader/entries/a.conf": "linux /k\noptions 6",
            "/EFI/Linux/u.efi": by_struct([(".linux", b"k"), (".cmdline", b"5")]),
            "/isolinux/isolinux.cfg": "label x\nkernel /k\nappend 7",
            "/extlinux/extlinux.conf": "label x\nkernel /k\nappend 8",
        }
    )
    assert words(listing) == list("12345678")
    assert [entry.default for entry in listing.entries] == [True] + 7 * [False]


def test_systemd_boot_goes_first_where_it_is_installed():
    listing = look(
        {
            "/EFI/debian/grub.cfg": "set timeout=9\n" + ENTRY.format(1),
            "/loader/entries/a.conf": "linux /k\noptions 2",
            "/loader/loader.conf": "timeout 3\neditor no",
        }
    )
    assert words(listing) == ["2", "1"]
    assert (listing.timeout, listing.editable) == (3, False)


def test_the_same_system_of_two_configurations_is_listed_once():
    listing = look(
        {
            "/boot/grub/grub.cfg": ENTRY.format("a b") + "\n" + ENTRY.format("a b"),
            "/syslinux.cfg": "label x\nkernel /k\nappend a b\nlabel y\nkernel /k\nappend c",
        }
    )
    assert words(listing) == ["a b", "a b", "c"]


def test_what_is_another_program():
    """Its console= is not Linux's, which `boot` replaces by that of the running kernel."""
    text = """
        menuentry l { linux /linux console=tty0 }
        menuentry i { linux16 /ipxe.lkrn }
        menuentry m { linux /other/memtest console=ttyS0,115200 }
        menuentry x { multiboot2 /k placeholder console=com1 }
        menuentry gone { linux /gone }
    """
    kernels = {
        "/linux": bzimage(),
        "/ipxe.lkrn": bzimage(release=b"1.0.0+git"),
        "/other/memtest": bzimage(release=b"Memtest86+ v6.10"),
    }
    listing = look({"/boot/grub/grub.cfg": text, **kernels})
    assert [(entry.title, entry.linux) for entry in listing.entries] == [
        ("l", True),
        ("i", False),
        ("m", False),
        ("x", False),
        ("gone", True),
    ]
    assert [entry.linux for entry in Listing.of(listing.values()).entries][:3] == [1, 0, 0]


def test_platform():
    text = "menuentry T { linux /k $grub_platform-$grub_cpu; }"
    assert words(look({"/boot/grub/grub.cfg": text})) == ["pc-x86_64"]
    assert words(look({"/boot/grub/grub.cfg": text, "/EFI/BOOT/BOOTX64.EFI": ""})) == ["efi-x86_64"]
    home = volume({"/k": "", "/boot/grub/grub.cfg": text})
    assert words(scan(home, Volumes([home]), platform="efi", cpu="aarch64")) == ["efi-arm64"]


def live(folder):
    return {f"{folder}/{path.name}": path.read_bytes() for path in (DATA / "debian-live").glob("*")}


def live_image():
    """The tree of a live image."""
    names = ["live/vmlinuz-6.1.0-40-amd64", "live/initrd.img-6.1.0-40-amd64", "install/vmlinuz"]
    files = {f"/{name}": b"x" for name in [*names, "install/initrd.gz"]}
    return MemoryTree({**files, **live("/isolinux"), **live("/boot/grub")}, label="d-live")


def test_a_live_cd():
    home = Volume(live_image(), "hd1")
    listing = scan(home, Volumes([home]))
    assert listing.faults == []
    assert [(entry.title, entry.parents, entry.why_not) for entry in listing.entries] == [
        ("Live system (amd64)", (), ""),
        ("Live system (amd64 fail-safe mode)", (), ""),
        ("Start installer", (), ""),
        ("Start installer", ("Advanced install options ...",), ""),
        # From isolinux.cfg: what GRUB's menu has, too, is left out.
        ("Live system (amd64)", (), ""),
        ("Hardware Detection Tool (HDT)", ("Utilities",), "com32 hdt.c32: needs a BIOS"),
    ]
    assert listing.entries[0].default
    assert listing.entries[0].cmdline == "boot=live components quiet splash findiso="


def test_an_image_on_a_disk():
    home = volume(
        {"/isos/live.iso": "x", "/isos/none.iso": "y", "/bad.iso": ""}, "hd0,gpt1", uuid="u"
    )
    trees = {"/isos/live.iso": live_image(), "/isos/none.iso": MemoryTree({})}
    volumes = Volumes([home], open_image=lambda volume, path: trees.get(path))
    listing = scan(home, volumes)
    first = listing.entries[0]
    assert first.id == "live.iso:0"
    assert first.parents == ("live.iso",)
    assert first.cmdline == "boot=live components quiet splash findiso=/isos/live.iso"
    kernel = FileRef("/live/vmlinuz-6.1.0-40-amd64", "device=(hd0,gpt1)/isos/live.iso")
    assert first.kernel == kernel
    assert volumes.resolve(kernel, home.tree) is trees["/isos/live.iso"]
    assert [entry for entry in listing.entries if entry.default or entry.why_not] == []
    assert listing.looked[:1] == [("/bad.iso", "cannot be looked into")]
    assert listing.looked[-1] == (
        "/isos/none.iso",
        "has no configuration of GRUB or isolinux",
    )


def test_an_image_that_grub_opens():
    text = (
        "set isofile=/isos/live.iso\nmenuentry L { loopback loop $isofile\n"
        "linux (loop)/live/vmlinuz-6.1.0-40-amd64 findiso=$isofile\n"
        "initrd (loop)/live/initrd.img-6.1.0-40-amd64\n}"
    )
    home = volume({"/boot/grub/grub.cfg": text, "/isos/live.iso": "x"}, "hd0,gpt1")
    image = live_image()
    volumes = Volumes([home], open_image=lambda volume, path: image)
    entry = scan(home, volumes).entries[0]
    assert entry.why_not == ""
    assert entry.kernel
    assert volumes.resolve(entry.kernel, home.tree) is image


def test_a_damaged_disk_keeps_its_other_entries():
    listing = look(
        {
            "/boot/grub/grub.cfg": b"\x00\xff{}" * 1000 + b"\n" + ENTRY.format(1).encode(),
            "/grub/grub.cfg": b"x" * (10 << 20),
            "/loader/entries/a.conf": b"\xff\xfe",
            "/loader/entries/b.conf": b"linux /k\noptions 2",
            "/EFI/Linux/u.efi": b"MZ",
            "/syslinux/syslinux.cfg": b"label \x1b[2J\nkernel /k\nappend 3\n",
        }
    )
    assert [entry.cmdline for entry in listing.entries if entry.bootable] == ["1", "2", "3"]
    assert len(listing.faults) <= 4
    shown = [*listing.faults, *(entry.title for entry in listing.entries)]
    assert [line for line in shown if not line.isprintable()] == []


CONFIGS = {
    "/boot/grub/grub.cfg": data("debian-12-saved-grub.cfg"),
    "/boot/grub/grubenv": b"# GRUB Environment Block\nsaved_entry=1>2\n" + b"#" * 900,
    "/loader/entries/a+3.conf": b"title A\nlinux /k\ninitrd /i\n",
    "/loader/loader.conf": b"default a*\ntimeout 3\n",
    "/EFI/Linux/u+1.efi": by_struct([(".linux", b"k"), (".profile", b"ID=1"), (".osrel", b"ID=x")]),
    "/isolinux/isolinux.cfg": data("debian-live/live.cfg"),
}


@given(
    st.dictionaries(
        st.sampled_from(sorted(CONFIGS)),
        st.tuples(st.integers(0, 7000), st.binary(max_size=3), st.booleans()),
    )
)
def test_changed_files_are_faults_never_errors(changes):
    files = dict(CONFIGS)
    for path, (offset, new, cut) in changes.items():
        old = files[path]
        files[path] = old[:offset] + new + (b"" if cut else old[offset + len(new) :])
    home = Volume(MemoryTree(files, uuid=UUID), "hd0,gpt1")
    listing = scan(home, Volumes([home]))
    assert len([entry for entry in listing.entries if entry.default]) <= 1


def on_a_stick(image):
    home = volume({"/x.iso": "x"}, "hd0,gpt1", uuid="u-1")
    volumes = Volumes([home], open_image=lambda volume, path: MemoryTree(image))
    return scan(home, volumes)


GRUB = {"/boot/grub/grub.cfg": b"menuentry A { linux /k root=x; }", "/k": b"k"}


@pytest.mark.parametrize(
    ("folder", "more"),
    [
        pytest.param("/casper/x", "iso-scan/filename=/x.iso", id="casper"),
        pytest.param("/live/x", "findiso=/x.iso", id="live-boot"),
        pytest.param("/arch/x", "img_dev=/dev/disk/by-uuid/u-1 img_loop=/x.iso", id="archiso"),
        pytest.param("/LiveOS/x", "iso-scan/filename=/x.iso", id="dracut"),
        pytest.param("/images/pxeboot/x", "iso-scan/filename=/x.iso", id="anaconda"),
    ],
)
def test_an_initrd_is_told_where_its_image_is(folder, more):
    (entry,) = on_a_stick({**GRUB, folder: b""}).entries
    assert entry.cmdline == f"root=x {more}"
    assert entry.notes == [f"added, so that its initrd finds the image: {more}"]
    assert (entry.default, entry.parents) == (False, ("x.iso",))


def test_what_a_configuration_says_itself_stays():
    files = {
        "/boot/grub/loopback.cfg": b"menuentry A { linux /k findiso=$iso_path x; }",
        "/boot/grub/grub.cfg": b"menuentry no { linux /k; }",
        "/k": b"k",
        "/live/x": b"",
    }
    (entry,) = on_a_stick(files).entries
    assert (entry.cmdline, entry.notes) == ("findiso=/x.iso x", [])


def test_an_image_with_isolinux_alone():
    files = {
        "/isolinux/isolinux.cfg": b"label a\nkernel /k\nappend findiso= quiet\n",
        "/k": b"k",
        "/live/x": b"",
    }
    (entry,) = on_a_stick(files).entries
    assert entry.cmdline == "quiet findiso=/x.iso"


def test_grub_at_the_top():
    assert words(look({"/grub.cfg": ENTRY.format(1)})) == ["1"]
    # Flatcar sources it: it is read once.
    listing = look({"/EFI/boot/grub.cfg": "source /grub.cfg", "/grub.cfg": ENTRY.format(1)})
    assert words(listing) == ["1"]


def packed(name, text):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
    return out.getvalue()


def test_flatcars_configuration_is_in_an_archive():
    tar = packed("./boot/grub/grub.cfg", ENTRY.format(1).encode())
    assert words(look({"/flatcar/grub/grub.cfg.tar": tar})) == ["1"]
    listing = look({"/flatcar/grub/grub.cfg.tar": tar[:700]})
    assert listing.entries == []
    assert listing.faults == [
        (
            "/flatcar/grub/grub.cfg.tar: tar padding at offset 0x21a: expected 486 bytes,"
            " found 162, then the end"
        )
    ]


def test_an_image_that_is_chainloaded_keeps_its_source():
    image = by_struct([(".linux", b"k"), (".cmdline", b"own")])
    text = "set root=hd1,gpt1\nmenuentry A { chainloader /u.efi; }"
    home = volume({"/boot/grub/grub.cfg": text}, "hd0,gpt2")
    listing = scan(home, Volumes([home, volume({"/u.efi": image}, "hd1,gpt1")]))
    (entry,) = listing.entries
    assert entry.source == "/boot/grub/grub.cfg"
    assert entry.kernel == FileRef("/u.efi", "device=hd1,gpt1", (0x200, 1))
