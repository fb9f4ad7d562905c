"""Lines of real systems' configurations, each with what it came down to."""

import pytest

from scripts.builders.pe import by_struct
from tests.support.bootfiles import UUID, grub, volume
from uroot_py.bootconfig.entry import FileRef
from uroot_py.bootconfig.grub import envblock

USR_TYPE = "5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6"


def test_bootupd_names_the_variable_behind_the_id():
    """Fedora CoreOS and image mode: bootupd's grub.cfg."""
    boot = volume({"/k": "k"}, "hd0,gpt3", uuid="1111")
    (entry,) = grub(
        'search --fs-uuid "1111" --set boot --no-floppy\nset root=$boot\nmenuentry A { linux /k; }',
        others=[boot],
    ).entries
    assert (entry.kernel, entry.why_not) == (FileRef("/k", "device=hd0,gpt3"), "")


def test_vyos_sources_files_beside_those_that_are_sourced():
    files = {
        "/k": "k",
        "/boot/grub/d/a.cfg": 'source "$config_directory/b.cfg"\nwhere=$config_file\n',
        "/boot/grub/d/b.cfg": "menuentry B { linux /k $where; }\n",
    }
    read = grub("source $prefix/d/a.cfg\nback=$config_directory\n", files)
    (entry,) = read.entries
    assert entry.source == "/boot/grub/d/b.cfg"
    assert entry.cmdline == "(hd0,gpt2)/boot/grub/d/a.cfg"
    assert read.listing.faults == []


HOME_ASSISTANT = """
regexp --set 1:boothd "(.+),.+" ${root}
regexp --set 1:bootnum "hd.+,gpt([0-9]+)" ${root}
file_env -f ($root)/cmdline.txt cmdline
menuentry "Slot A" {
  search.fs_label hassos-kernel0 root ${boothd}
  linux /bzImage root=PARTUUID=8d3d53e3 part=$bootnum ${cmdline}
}
"""


def test_home_assistant_os():
    kernel = volume({"/bzImage": "k"}, "hd0,gpt3", label="hassos-kernel0")
    files = {"/cmdline.txt": "console=ttyS0 quiet\r\nsecond\n"}
    (entry,) = grub(HOME_ASSISTANT, files, others=[kernel]).entries
    assert entry.why_not == ""
    assert entry.cmdline == "root=PARTUUID=8d3d53e3 part=2 console=ttyS0 quiet"


@pytest.mark.parametrize(
    ("body", "why", "notes"),
    [
        pytest.param(
            "linux (tftp,$net_default_server)/k; initrd (tftp)/i",
            "kernel (tftp,)/k: (tftp) is GRUB's network, nothing is loaded over one for a"
            " configuration",
            [],
            id="network",
        ),
        pytest.param(
            "net_bootp; set root=http,10.0.2.2; linux /k",
            "kernel /k: (http) is GRUB's network, nothing is loaded over one for a configuration",
            [],
            id="network-root",
        ),
        pytest.param(
            "cryptomount -u 1234; set root=cryptouuid/1234; linux /k",
            "kernel /k: (cryptouuid/1234) is encrypted and locked; the menu has a row that unlocks"
            " it",
            ["line 1: cryptomount: 1234 is locked; the menu has a row that unlocks it"],
            id="encrypted",
        ),
    ],
)
def test_devices_that_are_not_opened_lose_no_entry(body, why, notes):
    (entry,) = grub(f"menuentry A {{ {body}; }}").entries
    assert (entry.title, entry.why_not, entry.notes) == ("A", why, notes)


def test_a_volume_that_is_unlocked_is_found_by_its_uuid():
    vault = volume({"/k": "kernel"}, "cryptouuid/12345678", uuid="ab")
    body = "cryptomount -u 1234-5678; set root='cryptouuid/12345678'; linux /k"
    (entry,) = grub(f"menuentry A {{ {body}; }}", others=[vault]).entries
    assert (entry.why_not, entry.notes) == ("", [])
    assert entry.kernel == FileRef("/k", "device=cryptouuid/12345678")
    search = "cryptomount -a; search --fs-uuid --set=root ab; linux /k"
    (entry,) = grub(f"menuentry A {{ {search}; }}", others=[vault]).entries
    assert (entry.why_not, entry.notes) == ("", [])


def test_steamos_and_its_prefix():
    (entry,) = grub("menuentry A { steamenv_boot linux /k a; initrd /i; }").entries
    assert (entry.cmdline, entry.initrds, entry.why_not) == ("a", [FileRef("/i")], "")


FLATCAR = """
gptprio.next -d usr -u usr_uuid
if [ -z "$usr" ]; then exit; fi
menuentry "Flatcar" {
  search --part-label USR-B --set other
  linux ($usr)/k mount.usr=PARTUUID=$usr_uuid other=$other
}
"""


def slots(*attributes: tuple[int, int, int]):
    """The two /usr partitions; (priority, tries, successful) of each."""
    found = []
    for number, (priority, tries, successful) in enumerate(attributes, 3):
        slot = volume(
            {"/k": "k"},
            f"hd0,gpt{number}",
            partuuid=f"part-{number}",
            partlabel=f"USR-{'AB'[number - 3]}",
        )
        slot.parttype = USR_TYPE
        slot.attributes = priority << 48 | tries << 52 | successful << 56
        found.append(slot)
    return found


@pytest.mark.parametrize(
    ("usr_a", "usr_b", "slot"),
    [
        pytest.param((2, 0, 1), (1, 1, 0), "3", id="higher-priority"),
        pytest.param((1, 0, 1), (2, 1, 0), "4", id="to-be-tried"),
        pytest.param((1, 0, 1), (2, 0, 0), "3", id="tried-without-success"),
        pytest.param((1, 0, 1), (1, 0, 1), "3", id="the-first-of-equals"),
    ],
)
def test_flatcar_by_priority(usr_a, usr_b, slot):
    (entry,) = grub(FLATCAR, others=slots(usr_a, usr_b)).entries
    assert entry.kernel == FileRef("/k", f"device=hd0,gpt{slot}")
    assert entry.cmdline == f"mount.usr=PARTUUID=part-{slot} other=hd0,gpt4"


@pytest.mark.parametrize(
    ("slot", "saves"),
    [
        pytest.param((2, 3, 0), [("tries", "2")], id="one-less"),
        pytest.param((2, 1, 1), [("tries", "0")], id="of-what-was-successful-too"),
        pytest.param((2, 0, 1), [], id="nothing-to-count"),
    ],
)
def test_a_start_of_flatcar_uses_up_a_try(slot, saves):
    (entry,) = grub(FLATCAR, others=slots(slot, (1, 5, 0))).entries
    assert [(name, value) for _, name, value in entry.saves] == saves
    assert [ref for ref, _, _ in entry.saves] == [FileRef("", "device=hd0,gpt3")] * len(saves)


def test_flatcar_without_a_partition_to_try():
    read = grub(FLATCAR, others=slots((0, 1, 1), (1, 0, 0)))
    assert read.entries == []
    assert read.listing.faults == [
        "/boot/grub/grub.cfg: line 2: gptprio.next: no /usr partition that may be tried"
    ]


@pytest.mark.parametrize("command", ["exit", "reboot", "halt", "fwsetup", "normal_exit", "exit 1"])
def test_what_leaves_grub_starts_nothing(command):
    (entry,) = grub(f"menuentry A {{ if true; then {command}; fi; linux /k bad; }}").entries
    assert entry.kernel is None
    assert entry.why_not == f"{command.split()[0]}: GRUB is left here, nothing is started"


def test_exit_ends_a_configuration_and_those_around_it():
    files = {"/k": "k", "/boot/grub/a.cfg": "exit\nmenuentry no { linux /k; }\n"}
    read = grub(
        "menuentry A { linux /k; }\nconfigfile $prefix/a.cfg\nmenuentry B { linux /k; }", files
    )
    assert read.titles() == ["A"]


def test_boot_without_a_kernel_goes_on():
    (entry,) = grub("menuentry A { boot; linux /k; }").entries
    assert (entry.why_not, entry.notes) == ("", ["line 1: boot: no kernel was loaded before"])


def test_an_unset_default_is_not_the_entry_without_a_title():
    read = grub("menuentry A { linux /k; }\nmenuentry '' { linux /k b; }")
    assert read.default.title == "A"


def test_words_that_are_no_fault():
    read = grub(
        "grub_platform\nhiddenentry 'x' --hotkey=x { linux /k; }\n"
        "btrfs-mount-subvol ($root) /boot/grub @/boot/grub\nmenuentry A { linux /k; }"
    )
    assert (read.titles(), read.listing.faults) == (["A"], [])


PROBES = {
    "driver": "biosdisk",
    "partmap": "gpt",
    "fs": "ext2",
    "fs-uuid": UUID,
    "label": "root",
    "part-uuid": "none",
}


@pytest.mark.parametrize(("option", "value"), PROBES.items())
def test_probe(option, value):
    read = grub(f"probe --set=x --{option} $root\nmenuentry A {{ linux /k $x; }}")
    assert read.entries[0].cmdline == value


# Type 1 (system): manufacturer, product, version, serial; a UUID; two more bytes. Type 127: end.
SMBIOS = (
    bytes([1, 27, 1, 0, 1, 2, 0, 3])
    + bytes.fromhex("33221100554477668899aabbccddeeff")
    + bytes([6, 0, 0])
    + b"ACME\0Box 9\0S1\0\0"
    + bytes([127, 4, 2, 0, 0, 0])
)


@pytest.mark.parametrize(
    ("args", "value"),
    [
        pytest.param("--type 1 --get-string 4", "ACME", id="string"),
        pytest.param("-t 1 -s 0x5", "Box 9", id="short-and-hexadecimal"),
        pytest.param("-h 1 -u 8", "00112233-4455-6677-8899-aabbccddeeff", id="uuid"),
        pytest.param("-t 1 -m 1 -b 24", "6", id="byte"),
        pytest.param("-t 1 -w 4", "513", id="word"),
    ],
)
def test_smbios(args, value):
    read = grub(f"smbios {args} --set x\nmenuentry A {{ linux /k $x; }}", smbios=SMBIOS)
    assert read.entries[0].cmdline in (value, f'"{value}"')


@pytest.mark.parametrize(
    ("args", "fault"),
    [
        pytest.param("-t 2 -b 4", "this machine's tables have no such structure", id="structure"),
        pytest.param(
            "-t 1 -b 99",
            "SMBIOS structure at offset 0x63: expected 1 bytes, found 0 bytes",
            id="offset",
        ),
        pytest.param(
            "-t 1 -s 8",
            "SMBIOS structure at offset 0x8: expected string 51, found 3 strings",
            id="s",
        ),
    ],
)
def test_what_smbios_does_not_have(args, fault):
    read = grub(f"smbios {args} --set x", smbios=SMBIOS)
    assert read.listing.faults == [f"/boot/grub/grub.cfg: line 1: smbios: {fault}"]


ENTRY = "title F\nlinux /k\noptions root=x $kernelopts $ignition_firstboot end\n"


def block(**values: str) -> bytes:
    return envblock.build(b"", values)


def test_entries_below_boot_where_that_is_no_volume():
    """RHEL 8 with /boot on the root: the default, the time-out and $kernelopts hold for them."""
    files = {
        "/boot/k": "k",
        "/boot/loader/entries/m-1-1.conf": ENTRY,
        "/boot/loader/entries/m-2-2.conf": ENTRY,
    }
    read = grub(
        'load_env\nset default="$saved_entry"\nset timeout=7\nblscfg\n',
        files,
        grubenv=block(saved_entry="m-1-1", kernelopts="ro quiet"),
    )
    assert [(entry.id, entry.cmdline) for entry in read.entries] == [
        ("m-2-2", "root=x ro quiet end"),
        ("m-1-1", "root=x ro quiet end"),
    ]
    assert read.default.id == "m-1-1"
    assert read.default.kernel == FileRef("/boot/k")
    assert read.listing.timeout == 7
    assert read.listing.faults == []


def test_a_first_boot_of_fedora_coreos():
    files = {"/k": "k", "/loader/entries/m-1-1.conf": ENTRY, "/ignition.firstboot": ""}
    read = grub(
        "if [ -f /ignition.firstboot ]; then\n"
        'set ignition_firstboot="ignition.firstboot rd.neednet=1"; fi\nblscfg',
        files,
    )
    assert read.entries[0].cmdline == "root=x ignition.firstboot rd.neednet=1 end"


BLS = {
    "/k": "k",
    "/other/b-1.conf": "title B\nlinux /k\noptions x='a  b' c\n",
    "/other/c-1.conf": "title C\nlinux /k\n",
    "/boot/loader/entries/d.conf": "title D\nlinux /k\n",
}


@pytest.mark.parametrize(
    ("command", "titles"),
    [
        pytest.param("blscfg --path /other", ["C", "B"], id="path"),
        pytest.param("blscfg -p (hd0,gpt2)/other", ["C", "B"], id="path-with-device"),
        pytest.param("blscfg --path /other/b-1.conf", ["B"], id="path-of-a-file"),
        pytest.param("blscfg --path /other --entry b-1", ["B"], id="entry"),
        pytest.param("blscfg --path /none", [], id="no-fallback"),
        pytest.param("blscfg --path /none --enable-fallback", ["D"], id="fallback"),
        pytest.param("default=c-1\nblscfg -p /other -d", ["C"], id="the-default"),
        pytest.param("default=B\nblscfg -p /other -d", ["B"], id="the-default-by-title"),
        pytest.param("default=1\nblscfg -p /other -n", ["C"], id="the-others"),
        pytest.param("blscfg -p /other -n -e c-1", ["C", "B"], id="no-default"),
        pytest.param("default=0\nblscfg -p /other -n -e c-1", ["C", "B"], id="one-more"),
        pytest.param("blscfg -p /other -d", [], id="no-default-to-show"),
        pytest.param("blscfg --other", [], id="unknown-option"),
    ],
)
def test_blscfg_of_gnu_grub(command, titles):
    assert grub(command, BLS).titles() == titles


def test_options_are_split_as_words_of_a_script():
    assert grub("blscfg --path /other --entry b-1", BLS).entries[0].cmdline == '"x=a  b" c'


def test_uki_lists_one_image():
    image = by_struct([(".osrel", b"ID=f\nPRETTY_NAME=F"), (".linux", b"k")])
    files = {"/EFI/Linux/a.efi": image, "/EFI/Linux/b.efi": image}
    assert [entry.id for entry in grub("uki --entry a.efi", files).entries] == ["a.efi"]


def test_uki_lists_images():
    image = by_struct([(".osrel", b"ID=f\nPRETTY_NAME=F"), (".linux", b"k"), (".cmdline", b"own")])
    (entry,) = grub("uki", {"/EFI/Linux/f.efi": image, "/EFI/Linux/x": b""}).entries
    assert (entry.title, entry.kind, entry.cmdline) == ("F", "uki", "own")


OPENSUSE = """
load_env
if [ "${env_block}" ]; then
  set env_block="(${root})${env_block}"
  export env_block
  load_env -f "${env_block}"
fi
set default="$saved_entry"
menuentry A { linux /k; save_env -f "${env_block}" next_entry; }
menuentry B { linux /k b; }
"""


def test_opensuse_keeps_its_block_in_the_header_of_btrfs():
    asked = []

    def read_raw(offset, size):
        asked.append((offset, size))
        return block(saved_entry="B")[:size]

    grubenv = block(env_block="512+1")
    read = grub(OPENSUSE, grubenv=grubenv, read_raw=read_raw)
    assert read.default.title == "B"
    assert asked[0] == (512 * 512, 512)
    sectors = FileRef("", part=(512 * 512, 512))
    assert read.entries[0].saves == [(sectors, "next_entry", None)]
    assert (read.entries[0].notes, read.entries[1].saves) == ([], [])
    assert read.listing.faults == []


def test_several_runs_of_sectors_are_read_only():
    text = "menuentry A { linux /k; save_env -f 1+1,9+1 x; }"
    (entry,) = grub(text, read_raw=lambda offset, size: bytes(size)).entries
    assert entry.saves == []
    assert entry.notes == [
        "line 1: save_env 1+1,9+1: only one run of sectors is written, not several"
    ]


@pytest.mark.parametrize("name", ["(hd0,gpt2)512", "(hd0,gpt2)x+1", "(hd9)1+1", "1+9" + 16 * "9"])
def test_what_is_no_list_of_sectors(name):
    read = grub(f"load_env -f {name}; result=$?\nmenuentry A {{ linux /k $result; }}")
    assert read.entries[0].cmdline == "1"


CENTOS = r"menuentry A { linuxefi /k inst.stage2=hd:LABEL=CentOS\x207\x20x86_64 quiet; }"


def test_escapes_in_labels_stay_as_red_hats_grub_keeps_them():
    (entry,) = grub(CENTOS).entries
    assert entry.cmdline == r"inst.stage2=hd:LABEL=CentOS\x207\x20x86_64 quiet"


@pytest.mark.parametrize(
    ("word", "value"),
    [
        pytest.param(r"a\xfg", "axfg", id="no-digits"),
        pytest.param(r"a\x2", "ax2", id="one-digit"),
        pytest.param(r"a\y20", "ay20", id="other-letter"),
        pytest.param(r'"a\x20"', r"a\x20", id="quoted"),
    ],
)
def test_other_escapes_lose_their_backslash(word, value):
    (entry,) = grub(f"menuentry A {{ linux /k {word}; }}").entries
    assert entry.cmdline == value
