"""Entries and listings as plain values and back: nothing is lost on the way from a child."""

import marshal

from uroot_py.bootconfig.entry import BootEntry, FileRef, Listing


def shown(listing):
    rows = [{name: getattr(entry, name) for name in entry.__slots__} for entry in listing.entries]
    rest = {name: getattr(listing, name) for name in listing.__slots__ if name != "entries"}
    return rows, rest


def test_plain_values_and_back():
    entry = BootEntry("id", "Title \udcff", source="/boot/grub/grub.cfg", line=3)
    entry.kind = "multiboot2"
    entry.kernel = FileRef("/k", "uuid=1-2", (512, 1 << 40))
    entry.initrds = [FileRef("/a"), FileRef("/b", "label=x")]
    entry.modules = [(FileRef("/m"), "text")]
    entry.devicetree, entry.overlays = FileRef("/dtb"), [FileRef("/o")]
    entry.parents, entry.notes = ("One", "Two"), ["note"]
    entry.saves = [(FileRef("/grubenv"), "a", "1"), (FileRef("/grubenv"), "b", None)]
    entry.rename = FileRef("/e+3.conf"), "/e+2-1.conf"
    entry.default, entry.editable = True, False
    listing = Listing()
    listing.entries = [entry, BootEntry("2", "Other", source="/x")]
    listing.timeout, listing.looked, listing.faults = 2.5, [("/x", "1 byte")], ["fault"]
    again = Listing.of(marshal.loads(marshal.dumps(listing.values())))
    assert shown(again) == shown(listing)
