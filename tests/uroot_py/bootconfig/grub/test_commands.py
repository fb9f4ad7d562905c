"""Commands that read other files."""

from tests.support.bootfiles import grub

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
