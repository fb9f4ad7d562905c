"""What a configuration lists and which entry is the default: Debian's own files, and cases."""

import subprocess

import pytest

from tests.support.bootfiles import UUID, data, grub, volume
from tests.support.grub_scripts import DEFAULTS, MENU
from uroot_py.bootconfig.entry import FileRef
from uroot_py.bootconfig.grub import envblock

DEBIAN = [
    "/boot/vmlinuz-6.1.0-40-amd64",
    "/boot/vmlinuz-6.1.0-37-amd64",
    "/boot/initrd.img-6.1.0-40-amd64",
    "/boot/initrd.img-6.1.0-37-amd64",
    "/boot/intel-ucode.img",
]
ADVANCED = f"gnulinux-advanced-{UUID}"
LINUX = MENU.replace("BODY", "linux /k")
OLD = f"gnulinux-6.1.0-37-amd64-advanced-{UUID}"


def grubenv(tmp_path, *settings):
    """An environment block made by grub-editenv."""
    path = tmp_path / "grubenv"
    subprocess.run(["grub-editenv", path, "create"], check=True, timeout=20)
    subprocess.run(["grub-editenv", path, "set", *settings], check=True, timeout=20)
    return path.read_bytes()


def test_debian_as_grub_mkconfig_writes_it():
    read = grub(data("debian-12-grub.cfg"), DEBIAN)
    assert read.listing.faults == []
    assert [(entry.id, entry.parents, entry.bootable) for entry in read.entries] == [
        (f"gnulinux-simple-{UUID}", (), True),
        *(
            (
                f"gnulinux-6.1.0-{version}-amd64-{kind}-{UUID}",
                ("Advanced options for Debian GNU/Linux",),
                True,
            )
            for version in (40, 37)
            for kind in ("advanced", "recovery")
        ),
    ]
    first = read.entries[0]
    assert first is read.default
    assert first.title == "Debian GNU/Linux"
    assert first.kernel == FileRef("/boot/vmlinuz-6.1.0-40-amd64")
    assert first.initrds == [FileRef("/boot/initrd.img-6.1.0-40-amd64")]
    assert first.cmdline == "root=/dev/sda ro console=tty0 console=ttyS0,115200n8 quiet"
    assert (first.source, first.line) == ("/boot/grub/grub.cfg", 101)
    assert first.notes == []
    assert (read.listing.timeout, read.listing.timeout_style) == (5, "menu")
    assert read.listing.looked == [("/boot/grub/grub.cfg", "6089 bytes")]


def test_debian_with_a_saved_entry(tmp_path):
    saved = grubenv(tmp_path, f"saved_entry={ADVANCED}>{OLD}")
    read = grub(data("debian-12-saved-grub.cfg"), DEBIAN, grubenv=saved)
    assert read.default
    assert read.default.id == OLD
    assert read.default.initrds == [
        FileRef("/boot/intel-ucode.img"),
        FileRef("/boot/initrd.img-6.1.0-37-amd64"),
    ]
    assert read.default.saves == [
        (FileRef("/boot/grub/grubenv"), "saved_entry", f"{ADVANCED}>{OLD}")
    ]
    assert (read.listing.timeout, read.listing.timeout_style) == (5, "countdown")


def test_debian_with_a_next_entry(tmp_path):
    once = grubenv(tmp_path, "next_entry=Debian GNU/Linux", f"saved_entry={ADVANCED}>{OLD}")
    read = grub(data("debian-12-saved-grub.cfg"), DEBIAN, grubenv=once)
    assert read.default
    assert read.default.id == f"gnulinux-simple-{UUID}"
    # The one-time choice is used up, and what was booted is not saved as the new default.
    assert read.default.saves == [(FileRef("/boot/grub/grubenv"), "next_entry", "")]


def test_debian_without_its_old_kernel():
    files = [path for path in DEBIAN if "vmlinuz-6.1.0-37" not in path]
    read = grub(data("debian-12-grub.cfg"), files)
    assert [entry.why_not for entry in read.entries] == [
        "",
        "",
        "",
        "kernel /boot/vmlinuz-6.1.0-37-amd64 is missing",
        "kernel /boot/vmlinuz-6.1.0-37-amd64 is missing",
    ]


@pytest.mark.parametrize(
    ("spec", "title"), [pytest.param(*row, id=name) for name, row in DEFAULTS.items()]
)
def test_default(spec, title):
    head = "" if spec is None else f"set default='{spec}'"
    read = grub(head + LINUX)
    assert [entry.title for entry in read.entries if entry.default] == [title]


def test_ids_are_given_or_paths_of_indices():
    read = grub(LINUX)
    assert [entry.id for entry in read.entries] == ["zero", "1", "s0", "2>1>0", "2>1>1", "p>q"]
    assert read.entries[3].parents == ("Sub", "Deep")


@pytest.mark.parametrize(
    ("text", "timeout", "style"),
    [
        pytest.param("set timeout=7", 7, "menu", id="seconds"),
        pytest.param("set timeout=0", 0, "menu", id="at-once"),
        pytest.param("set timeout=-1", None, "menu", id="wait"),
        pytest.param("", None, "menu", id="unset"),
        pytest.param("timeout=3; timeout_style=hidden", 3, "hidden", id="hidden"),
        pytest.param("timeout=3; timeout_style=countdown", 3, "countdown", id="countdown"),
    ],
)
def test_timeout(text, timeout, style):
    read = grub(text)
    assert (read.listing.timeout, read.listing.timeout_style) == (timeout, style)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param("true", "the entry loads no kernel", id="nothing"),
        pytest.param("linux /nope", "kernel /nope is missing", id="kernel"),
        pytest.param("linux /k; initrd /i /no", "initrd /no is missing", id="initrd"),
        pytest.param("linux /k; devicetree /d", "device tree /d is missing", id="devicetree"),
        pytest.param("multiboot2 /k; module2 /m", "module /m is missing", id="module"),
        pytest.param("linux (hd9)/k", "kernel (hd9)/k: no device (hd9)", id="device"),
        pytest.param(
            "initrd /i",
            "/boot/grub/grub.cfg: line 1: initrd without a kernel before it",
            id="order",
        ),
        pytest.param(
            "search --set=root --label gone; linux /nope",
            "kernel /nope is missing (no volume with label gone)",
            id="search",
        ),
        pytest.param(
            "chainloader +1",
            "chainloader +1: needs the services of a BIOS or UEFI firmware",
            id="chainloader",
        ),
        pytest.param(
            "linux",
            "/boot/grub/grub.cfg: line 1: expected a file, found nothing",
            id="linux-without-file",
        ),
        pytest.param(
            "chainloader --force",
            "/boot/grub/grub.cfg: line 1: expected a file, found nothing",
            id="chainloader-without-file",
        ),
        pytest.param(
            "module /m",
            "/boot/grub/grub.cfg: line 1: a module needs a kernel before it and a file",
            id="module-first",
        ),
        pytest.param(
            "linux /k; initrd newc:a",
            "/boot/grub/grub.cfg: line 1: expected newc:NAME:FILE",
            id="newc-without-file",
        ),
        pytest.param(
            "linux /k; initrd newc:/a/b:/none",
            "initrd /none is missing",
            id="newc-missing",
        ),
        pytest.param("halt", "halt: GRUB is left here, nothing is started", id="halt"),
        pytest.param("fwsetup", "fwsetup: GRUB is left here, nothing is started", id="firmware"),
        pytest.param("loopback l /no.iso", "image /no.iso is missing", id="loopback"),
        pytest.param("loopback l /k", "image /k cannot be opened", id="loopback-closed"),
        pytest.param(
            "while true; do true; done",
            "/boot/grub/grub.cfg: line 1: script: expected at most 10000 steps, found more",
            id="endless",
        ),
    ],
)
def test_why_not(body, why):
    (entry,) = grub(f"menuentry T {{ {body}; }}").entries
    assert entry.why_not == why


def test_files_that_are_packed_into_archives():
    (entry,) = grub(
        "menuentry A { linux /k; initrd /i newc:/etc/a:/i newc:b:(hd0,gpt2)/i; }"
    ).entries
    assert entry.why_not == ""
    assert [str(ref) for ref in entry.initrds] == ["/i", "newc:/etc/a:/i", "newc:b:/i"]


def test_files_on_other_volumes():
    boot = volume({"/vmlinuz": "k", "/initrd": "i"}, "hd0,gpt1", uuid="ABCD-1234", label="BOOT")
    read = grub(
        "search --no-floppy --fs-uuid --set=root abcd-1234\n"
        "menuentry A { linux /vmlinuz a; initrd /initrd ($second)/i; }\n"
        "search --set=second --label root\n",
        others=[boot],
    )
    (entry,) = read.entries
    assert entry.why_not == ""
    assert entry.kernel == FileRef("/vmlinuz", "device=hd0,gpt1")
    assert entry.initrds == [FileRef("/initrd", "device=hd0,gpt1"), FileRef("/i")]
    assert read.volumes.resolve(entry.kernel, read.home.tree) is boot.tree


def test_a_stub_leads_to_the_real_menu():
    real = volume(
        {"/grub/grub.cfg": "menuentry R { linux /vmlinuz root=$x; }", "/vmlinuz": "k"},
        "hd0,gpt3",
        uuid="real",
    )
    stub = (
        "search.fs_uuid real root hd0,gpt3\nset x=not-exported\n"
        "set prefix=($root)'/grub'\nconfigfile $prefix/grub.cfg\nmenuentry Late { linux /k }\n"
    )
    read = grub(stub, others=[real])
    assert [(entry.title, entry.cmdline) for entry in read.entries] == [("R", "root=")]
    assert read.entries[0].source == "(hd0,gpt3)/grub/grub.cfg"
    lost = grub(stub)
    assert lost.titles() == ["Late"]
    assert lost.listing.faults == [
        "/boot/grub/grub.cfg: line 1: search: no volume with uuid real",
        (
            "/boot/grub/grub.cfg: line 4: configfile (hd0,gpt2)/grub/grub.cfg: cannot be read"
            " (no volume with uuid real)"
        ),
    ]


def test_saves_change_a_block_that_grub_editenv_reads(tmp_path):
    block = grubenv(tmp_path, "next_entry=2", "kept=a b\\c")
    read = grub(
        "load_env\nset next_entry=\nsave_env next_entry\n"
        "menuentry A { linux /k; x='1 2'; save_env x; }",
        grubenv=block,
    )
    changes = {name: value for _, name, value in read.entries[0].saves}
    (tmp_path / "grubenv").write_bytes(envblock.build(block, changes))
    shown = subprocess.run(
        ["grub-editenv", tmp_path / "grubenv", "list"], capture_output=True, text=True, timeout=20
    )
    assert shown.stdout == "next_entry=\nkept=a b\\c\nx=1 2\n"
