"""Snapshots as snapper and timeshift leave them; what they write is taken from the tools."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.bootconfig.snapshots import entries, snapshots, with_subvolume
from uroot_py.bootconfig.tree import MemoryTree

# As `snapper create --description ...` writes it.
INFO = b"""<?xml version="1.0"?>
<snapshot>
  <type>single</type>
  <num>1</num>
  <date>2024-03-05 10:11:12</date>
  <description>before &lt;the&gt; update &amp; after</description>
</snapshot>
"""
TIMESHIFT = b"""{
  "created" : "1709633472",
  "sys-uuid" : "11111111-2222-3333-4444-555555555555",
  "app-version" : "22.11.2",
  "comments" : "a good day",
  "tags" : "ondemand",
  "type" : "btrfs"
}"""
SNAPPER = "/@/.snapshots/1"
TIME = "/timeshift-btrfs/snapshots/2024-04-01_09-30-00"


def system(path, *files):
    names = ("/etc/fstab", "/usr/bin/true", *files)
    return {f"{path}{name}": b"x" for name in names}


def pattern(kernel="/boot/vmlinuz-6.1", flags="subvol=@"):
    entry = BootEntry("1", "Debian", source="/grub.cfg")
    entry.kernel, entry.initrds = FileRef(kernel), [FileRef("/boot/initrd.img-6.1")]
    entry.cmdline = f"root=UUID=x ro rootflags={flags} quiet"
    return entry


def test_date_and_description():
    tree = MemoryTree(
        {
            f"{SNAPPER}/info.xml": INFO,
            **system(f"{SNAPPER}/snapshot"),
            f"{TIME}/info.json": TIMESHIFT,
            **system(f"{TIME}/@"),
            "/@/.snapshots/2/info.xml": INFO,  # no system in it: that of /home, say
            "/@/.snapshots/grub-snapshot.cfg": b"",
        }
    )
    assert [(each.path, each.title()) for each in snapshots(tree)] == [
        (f"{TIME}/@", "2024-04-01 09:30:00 a good day"),
        (f"{SNAPPER}/snapshot", "2024-03-05 10:11:12 before <the> update & after"),
    ]


def test_its_own_kernel():
    inside = ("/boot/vmlinuz-6.1", "/boot/initrd.img-6.1", "/boot/vmlinuz-5.10")
    files = {f"{SNAPPER}/info.xml": INFO, **system(f"{SNAPPER}/snapshot", *inside)}
    found = entries(MemoryTree(files), [pattern()])
    assert [number for _, number in found] == [-1, -1]
    first = found[0][0]
    assert first.kernel == FileRef(f"{SNAPPER}/snapshot/boot/vmlinuz-6.1")
    assert first.initrds == [FileRef(f"{SNAPPER}/snapshot/boot/initrd.img-6.1")]
    assert first.cmdline == "root=UUID=x ro rootflags=subvol=@/.snapshots/1/snapshot quiet"
    assert first.title == "2024-03-05 10:11:12 before <the> update & after (vmlinuz-6.1)"
    assert first.parents == ("Snapshots",)
    assert first.attended
    assert first.remark == ""


def test_the_kernel_of_boot_whose_modules_are_in_the_snapshot():
    modules = "/usr/lib/modules/5.10/modules.dep"
    files = {f"{SNAPPER}/info.xml": INFO, **system(f"{SNAPPER}/snapshot", modules)}
    patterns = [pattern("/vmlinuz-6.1"), pattern("/vmlinuz-6.1"), pattern("/vmlinuz-5.10")]
    ((entry, number),) = entries(MemoryTree(files), patterns)
    assert (number, entry.kernel, entry.remark) == (2, FileRef("/vmlinuz-5.10"), "")


def test_a_kernel_without_its_modules_is_said_before():
    files = {f"{SNAPPER}/info.xml": INFO, **system(f"{SNAPPER}/snapshot")}
    ((entry, number),) = entries(MemoryTree(files), [pattern("/vmlinuz-6.1")])
    assert number == 0
    assert entry.remark == "the modules of vmlinuz-6.1 are not in this snapshot"


def test_nothing_without_an_entry_of_the_system():
    files = {f"{SNAPPER}/info.xml": INFO, **system(f"{SNAPPER}/snapshot", "/boot/vmlinuz-6.1")}
    assert entries(MemoryTree(files), []) == []


LINES = [
    pytest.param("ro rootflags=subvol=@ quiet", "ro rootflags=subvol=x/y quiet", id="subvol"),
    pytest.param("rootflags=subvolid=256,ssd ro", "rootflags=ssd,subvol=x/y ro", id="subvolid"),
    pytest.param("rootflags=a rootflags=subvol=@,b", "rootflags=a,b,subvol=x/y", id="two words"),
    pytest.param("ro", "ro rootflags=subvol=x/y", id="none"),
    pytest.param("", "rootflags=subvol=x/y", id="nothing"),
]


@pytest.mark.parametrize(("line", "changed"), LINES)
def test_the_subvolume_of_a_command_line(line, changed):
    assert with_subvolume(line, "/x/y") == changed


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_whatever_the_files_hold(one, other):
    files = {f"{SNAPPER}/info.xml": one, **system(f"{SNAPPER}/snapshot", "/boot/vmlinuz-1")}
    files |= {f"{TIME}/info.json": other, **system(f"{TIME}/@")}
    tree = MemoryTree(files)
    found = entries(tree, [pattern()])
    assert len(found) == 2
    assert all(entry.title.isprintable() for entry, _ in found)
