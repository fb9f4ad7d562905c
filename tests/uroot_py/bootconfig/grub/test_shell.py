"""What scripts do: expansion, conditions, loops, functions, files, search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.pe import by_struct
from tests.support.bootfiles import UUID, grub, volume
from tests.support.grub_scripts import BAD, CONDITIONS, GOOD, LANGUAGE
from uroot_py.bootconfig.grub.words import quote_words as quote


def result(script: str, **more) -> str:
    """The command line that $result makes after SCRIPT."""
    return grub(f'{script}\nmenuentry T {{ linux /k "$result"; }}', **more).entries[0].cmdline


@pytest.mark.parametrize(
    ("script", "value"), [pytest.param(*row, id=name) for name, row in LANGUAGE.items()]
)
def test_language(script, value):
    value = value.replace("$root", "hd0,gpt2").replace("$d", "")
    files = {"/k": "k", "/boot/grub/x": ""}
    assert result(script, files=files) == quote([value])


@pytest.mark.parametrize(
    ("condition", "holds"), [pytest.param(*row, id=name) for name, row in CONDITIONS.items()]
)
def test_conditions(condition, holds):
    text = f"if [ {condition} ]; then result=y; else result=n; fi"
    files = {"/k": "k", "/boot/x": "x", "/empty": b""}
    assert result(text, files=files) == ("y" if holds else "n")


@pytest.mark.parametrize(
    ("script", "value"),
    [
        pytest.param("set root=(hd7,gpt9); result=$root; root=hd0,gpt2", "hd7,gpt9", id="root"),
        pytest.param("result=$grub_platform-$grub_cpu", "pc-x86_64", id="platform"),
        pytest.param("result=$prefix", "(hd0,gpt2)/boot/grub", id="prefix"),
        pytest.param("result=$config_directory", "(hd0,gpt2)/boot/grub", id="config-directory"),
        pytest.param("result=$feature_timeout_style", "y", id="features"),
    ],
)
def test_variables_that_grub_sets(script, value):
    assert result(script) == value


@pytest.mark.parametrize(
    ("command", "root"),
    [
        pytest.param(f"search --no-floppy --fs-uuid --set=root {UUID}", "hd0,gpt2", id="uuid"),
        pytest.param("search --fs-uuid --set=root DATA-0001", "hd1", id="uuid-any-case"),
        pytest.param("search -n -u -s root data-0001", "hd1", id="short"),
        pytest.param("search --label --set=root data", "hd1", id="label"),
        pytest.param("search -l data --set=root", "hd1", id="options-after"),
        pytest.param("search --file --set=root /only/here", "hd1", id="file"),
        pytest.param("search --set=root -f /k", "hd0,gpt2", id="file-at-home-first"),
        pytest.param("search --set=root -f /k --hint hd2,gpt1", "hd2,gpt1", id="hint"),
        pytest.param("search --set=root -f /k --hint-bios=hd2,1", "hd2,gpt1", id="hint-platform"),
        pytest.param("search --set=root -f /k --hint-efi=hd2,gpt1", "hd0,gpt2", id="hint-other"),
        pytest.param(
            "search --no-floppy --fs-uuid --set=root --hint-bios=hd0,msdos1 --hint-efi=hd0,msdos1"
            " --hint-baremetal=ahci0,msdos1  data-0001",
            "hd1",
            id="debian-with-hints",
        ),
        pytest.param("search --fs-uuid --set=root no", "before", id="none"),
        pytest.param("search --set=root data", "before", id="no-kind"),
        pytest.param("search --label data", "before", id="no-set"),
        pytest.param("search --set=other --label data; root=$other", "hd1", id="variable"),
        pytest.param("search.fs_uuid DATA-0001 root hd9,msdos1", "hd1", id="stub-uuid"),
        pytest.param("search.fs_label data root", "hd1", id="stub-label"),
        pytest.param("search.file /only/here root", "hd1", id="stub-file"),
        pytest.param("search.file /only/here", "hd1", id="stub-default-variable"),
        pytest.param("probe --set=root --fs-uuid hd1", "data-0001", id="probe"),
        pytest.param("probe --set=root --label (hd1)", "data", id="probe-label"),
        pytest.param("probe --set=root --fs-uuid hd8", "before", id="probe-nothing"),
    ],
)
def test_search(command, root):
    others = [
        volume({"/only/here": "", "/k": "k"}, "hd1", uuid="data-0001", label="data"),
        volume({"/k": "k"}, "hd2,gpt1", uuid="third"),
    ]
    read = grub(
        f"set root=before\n{command}\nresult=$root\nset root=hd0,gpt2\n"
        "menuentry T { linux /k $result; }",
        others=others,
    )
    assert read.entries[0].cmdline == root


def test_submenus_see_exported_variables_only():
    read = grub(
        "export one\none=1; two=2\nsubmenu S { menuentry A { linux /k $one$two; } }\n"
        "menuentry B { linux /k $one$two; }"
    )
    assert [entry.cmdline for entry in read.entries] == ["1", "12"]


def test_entries_do_not_see_each_other():
    read = grub("menuentry A { x=1; linux /k a$x; }\nmenuentry B { linux /k b$x; }")
    assert [entry.cmdline for entry in read.entries] == ["a1", "b"]


def test_entries_see_the_end_of_the_configuration():
    assert grub("menuentry A { linux /k $x; }\nx=late").entries[0].cmdline == "late"


def test_entry_arguments():
    (entry,) = grub("menuentry T --class c one 'two 3' { linux /k \"$3\" $1 $#; }").entries
    assert entry.cmdline == '"two 3" T 3'


@pytest.mark.parametrize(
    ("args", "line"),
    [
        pytest.param("a b=c", "a b=c", id="plain"),
        pytest.param("'a b'", '"a b"', id="blank"),
        pytest.param("a\\\\b", "a\\\\b", id="backslash"),
        pytest.param("'a\\x20b'", "a\\x20b", id="hexadecimal-stays"),
        pytest.param('"a\'b"', "a\\'b", id="quote"),
        pytest.param("'x=\"1 2\"'", '"x=\\"1 2\\""', id="quote-and-blank"),
    ],
)
def test_command_lines_are_quoted_as_grub_does(args, line):
    (entry,) = grub(f"menuentry T {{ linux /k {args}; }}").entries
    assert entry.cmdline == line


def test_other_loaders():
    files = ["/k", "/i", "/m", "/d"]
    read = grub(
        "menuentry A { multiboot2 /k a; module2 --nounzip /m b c; module2 /i; }\n"
        "menuentry B { linuxefi /k; initrdefi /i; devicetree /d; }\n"
        "menuentry C { linux /m first; initrd /m; linux16 /k second; initrd16 /i; }\n",
        files,
    )
    multi, efi, again = read.entries
    assert (multi.kind, multi.cmdline) == ("multiboot2", "a")
    assert [(ref.path, args) for ref, args in multi.modules] == [("/m", "b c"), ("/i", "")]
    assert efi.devicetree is not None
    assert efi.devicetree.path == "/d"
    assert again.cmdline == "second"
    assert [ref.path for ref in again.initrds] == ["/i"]


def test_chainloader_of_a_unified_kernel_image():
    image = by_struct([(".linux", b"k"), (".initrd", b"i"), (".cmdline", b"own")])
    other = volume({"/EFI/Linux/a.efi": image, "/shell.efi": "MZ"}, "hd1,gpt1")
    own, given, broken = grub(
        "set root=hd1,gpt1\nmenuentry A { chainloader /EFI/Linux/a.efi; }\n"
        "menuentry B { chainloader /EFI/Linux/a.efi a 'b c'; }\n"
        "menuentry C { chainloader /shell.efi; }\n",
        others=[other],
    ).entries
    assert (own.kind, own.cmdline, own.why_not) == ("uki", "own", "")
    assert own.kernel
    assert (own.kernel.volume, own.kernel.part) == ("device=hd1,gpt1", (0x200, 1))
    assert given.cmdline == 'a "b c"'
    assert broken.why_not == (
        "/shell.efi: MS-DOS header at offset 0x0: expected 64 bytes, found 2 bytes"
    )


UBUNTU = """
function recordfail {
  set recordfail=1
  if [ -n "${have_grubenv}" ]; then if [ -z "${boot_once}" ]; then save_env recordfail; fi; fi
}
if [ -s $prefix/grubenv ]; then
  set have_grubenv=true
  load_env
fi
function gfxmode {
	set gfxpayload="${1}"
	if [ "${1}" = "keep" ]; then
		set vt_handoff=vt.handoff=7
	else
		set vt_handoff=
	fi
}
if [ "${recordfail}" != 1 ]; then
  if [ -e ${prefix}/gfxblacklist.txt ]; then
    if [ ${grub_platform} != pc ]; then set linux_gfx_mode=keep; else set linux_gfx_mode=text; fi
  else
    set linux_gfx_mode=keep
  fi
else
  set linux_gfx_mode=text
fi
export linux_gfx_mode
menuentry 'Ubuntu' $menuentry_id_option 'gnulinux-simple-x' {
	recordfail
	gfxmode $linux_gfx_mode
	insmod gzio
	search --no-floppy --fs-uuid --set=root --hint-bios=hd0,gpt2 --hint-efi=hd0,gpt2 none
	linux	/k root=UUID=x ro  quiet splash $vt_handoff
	initrd	/i
}
if [ "${recordfail}" = 1 ] ; then set timeout=30; else set timeout=0; fi
"""


@pytest.mark.parametrize(
    ("block", "cmdline", "timeout"),
    [
        pytest.param("", "root=UUID=x ro quiet splash vt.handoff=7", 0, id="good-boot"),
        pytest.param("recordfail=1\n", "root=UUID=x ro quiet splash", 30, id="failed-boot"),
    ],
)
def test_functions_as_ubuntu_writes_them(block, cmdline, timeout):
    grubenv = ("# GRUB Environment Block\n" + block).encode().ljust(1024, b"#")
    read = grub(UBUNTU, grubenv=grubenv)
    (entry,) = read.entries
    assert (entry.cmdline, read.listing.timeout, entry.why_not) == (cmdline, timeout, "")
    assert [(name, value) for _, name, value in entry.saves] == [("recordfail", "1")]


def test_entries_of_blscfg_are_expanded():
    files = {
        "/k": "k",
        "/loader/entries/a.conf": "title A\nlinux /k\noptions $a-$b$²$ $$a x$1\n",
        "/loader/entries/b.conf": "title B\nlinux /none\n",
        "/other/c.conf": "title C\nlinux /k\noptions $a\n",
    }
    read = grub("a=1\nblscfg\nblscfg /other/c.conf\nblsdir=/nowhere\nblscfg\n", files)
    assert [(entry.id, entry.cmdline, entry.why_not) for entry in read.entries] == [
        ("b", "", "kernel /none is missing"),
        ("a", "1 -²1 x", ""),
        ("c", "1", ""),
    ]
    assert read.listing.faults == [
        "/boot/grub/grub.cfg: line 5: blscfg: no entries in (hd0,gpt2)/nowhere"
    ]
    read = grub("default_kernelopts=default\nblscfg", files)
    assert [entry.cmdline for entry in read.entries] == ["default", "-²x"]


def test_unknown_commands_are_noted():
    read = grub("frobnicate 1\nmenuentry T { wibble; linux /k; }")
    assert read.entries[0].bootable
    assert read.entries[0].notes == ["line 2: unknown command 'wibble'"]
    assert read.listing.faults == ["/boot/grub/grub.cfg: line 1: unknown command 'frobnicate'"]


def test_commands_without_a_menu_are_an_entry():
    (entry,) = grub("linux /k a\ninitrd /i\nboot\nlinux /k b").entries
    assert (entry.title, entry.cmdline, entry.default) == ("/boot/grub/grub.cfg", "a", True)


FILES = {"/k": "k", "/boot/grub/more.cfg": "x=$x.more\nmenuentry M { linux /k $x; }\n}\n"}


def test_source():
    read = grub("x=1\nsource $prefix/more.cfg\n. /none\n", FILES)
    (entry,) = read.entries
    assert (entry.source, entry.line, entry.cmdline) == ("/boot/grub/more.cfg", 2, "1.more")
    assert read.listing.faults == [
        "/boot/grub/more.cfg: line 3: script: expected a command, found '}'",
        "/boot/grub/grub.cfg: line 3: source /none: cannot be read",
    ]
    assert ("/none", "absent") in read.listing.looked


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        pytest.param(
            "menuentry A { linux /k; }\nsource /boot/grub/grub.cfg",
            "line 2: source /boot/grub/grub.cfg: passed over, it is being read already",
            id="source-loop",
        ),
        pytest.param(
            "menuentry A { linux /k; }\nfunction f { f; }\nf",
            "expected at most 40 constructs inside each other, found more",
            id="recursion",
        ),
        pytest.param(
            "menuentry A { linux /k; }\nwhile true; do true; done",
            "expected at most 50000 steps, found more",
            id="endless",
        ),
        pytest.param(
            "menuentry A { linux /k; }\nx=aa; while true; do x=$x$x; done",
            "expected at most 65536 characters, found more",
            id="growing-word",
        ),
        pytest.param(
            "menuentry A { linux /k; }\nx='a a'; while true; do x=\"$x $x\"; set $x; done",
            "expected at most 4096 words, found more",
            id="many-words",
        ),
        pytest.param(
            "x=1; while true; do menuentry A { linux /k; }; done",
            "expected a menu of at most 1000 entries, found more",
            id="many-entries",
        ),
        pytest.param(
            "menuentry A { linux /k; }\nx=a; while true; do x=a$x; eval $x=1; done",
            "expected at most 1000 variables, found more",
            id="many-variables",
        ),
    ],
)
def test_bounds_end_the_script_and_keep_its_entries(script, fault):
    read = grub(script)
    assert read.entries[0].bootable
    assert read.listing.faults[-1].endswith(fault)


def test_a_configuration_may_be_too_large():
    read = grub("#" * (1 << 20) + "\nmenuentry A { linux /k; }")
    assert read.entries == []
    assert read.listing.faults == ["/boot/grub/grub.cfg: more than 1048576 bytes, not read"]


PIECES = [*GOOD.values(), *(text for text, _ in BAD.values())]
PIECES += [
    "menuentry a {\nlinux /k $x\n}",
    "load_env",
    "save_env x",
    "configfile /boot/grub/grub.cfg",
]
PIECES += ["source $prefix/grub.cfg", "loopback l /k", "set default=$x", "x=1>2", "set root=(l)"]


@given(st.lists(st.sampled_from(PIECES), max_size=8), st.binary(max_size=40))
def test_any_script_ends_with_a_list(pieces, tail):
    read = grub("\n".join(pieces).encode() + tail, grubenv=tail)
    assert len([entry for entry in read.entries if entry.default]) <= 1
