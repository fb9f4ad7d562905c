"""What scripts do: expansion, loops, functions, bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bootfiles import grub, result
from tests.support.grub_scripts import BAD, GOOD, LANGUAGE
from uroot_py.bootconfig.grub.words import quote_words as quote


@pytest.mark.parametrize(
    ("script", "value"), [pytest.param(*row, id=name) for name, row in LANGUAGE.items()]
)
def test_language(script, value):
    value = value.replace("$root", "hd0,gpt2").replace("$d", "")
    files = {"/k": "k", "/boot/grub/x": ""}
    assert result(script, files=files) == quote([value])


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


def test_unknown_commands_are_noted():
    read = grub("frobnicate 1\nmenuentry T { wibble; linux /k; }")
    assert read.entries[0].bootable
    assert read.entries[0].notes == ["line 2: unknown command 'wibble'"]
    assert read.listing.faults == ["/boot/grub/grub.cfg: line 1: unknown command 'frobnicate'"]


def test_commands_without_a_menu_are_an_entry():
    (entry,) = grub("linux /k a\ninitrd /i\nboot\nlinux /k b").entries
    assert (entry.title, entry.cmdline, entry.default) == ("/boot/grub/grub.cfg", "a", True)


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
