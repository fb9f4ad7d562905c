"""Entries of the Boot Loader Specification in a script."""

from tests.support.bootfiles import grub


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
