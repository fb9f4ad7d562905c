"""What scripts offer, in the shapes of those that are in use: each row with what it would start."""

from pathlib import Path

import pytest

from tests.support.ipxe import HOME, Web, machine
from uroot_py.bootconfig.entry import FileRef, Listing
from uroot_py.bootconfig.ipxe import menu

DATA = Path(__file__).parents[3] / "data" / "ipxe" / "shapes"
FILES = {f"/{path.relative_to(DATA)}": path.read_bytes()
         for path in DATA.rglob("*") if path.is_file()}  # fmt: skip
KERNELS = ("/deb/linux", "/deb/initrd.gz", "/fedora/vmlinuz", "/fedora/initrd.img", "/hook/vmlinuz",
           "/hook/initramfs", "/assets/kernel", "/assets/initrd.img", "/ignition.json",
           "/tools/memtest", "/maas/boot-kernel", "/maas/boot-initrd")  # fmt: skip
PLACE = "device=http,10.0.2.2"


def read(script, files=(), facts=None, name="boot"):
    web = Web({**dict.fromkeys(KERNELS, "file"), **FILES, **dict(files)})
    data = script if isinstance(script, bytes) else f"#!ipxe\n{script}\n".encode()
    listing = Listing()
    found = menu.read(data, f"{HOME}/{name}.ipxe", facts or machine(), web, listing)
    return found, listing, web


def shown(entries):
    """Each entry in a line: where it is, what it loads."""
    rows = []
    for entry in entries:
        where = " / ".join((*entry.parents, entry.title))
        files = [entry.kernel, *entry.initrds] if entry.kernel else []
        what = " ".join([*(f"{ref.member}={ref.path}" if ref.member else ref.path for ref in files),
                         *([f"[{entry.cmdline}]"] if entry.cmdline else [])])  # fmt: skip
        marks = ("*" if entry.default else "") + (
            "" if entry.kind == "linux" else f"{entry.kind}: "
        )
        rows.append(f"{where}: {marks}{what or entry.why_not}")
    return rows


@pytest.mark.parametrize("name", ["netboot", "matchbox", "tinkerbell", "foreman", "maas"])
def test_shapes(name):
    """Scripts of the shape that these services give out, in words of our own."""
    entries, listing, web = read(FILES[f"/{name}.ipxe"], name=name)
    expected = (DATA / f"{name}.txt").read_text().splitlines()
    assert [*shown(entries), f"timeout {listing.timeout}"] == expected
    assert web.posted == []
    assert len(set(web.log)) == len(web.log)


def test_files_are_urls():
    script = (
        "kernel /deb/linux quiet\ninitrd /deb/initrd.gz\ninitrd /ignition.json /etc/ign.json\nboot"
    )
    (entry,), listing, _ = read(script)
    assert entry.kernel == FileRef("/deb/linux", PLACE)
    assert entry.initrds == [
        FileRef("/deb/initrd.gz", PLACE),
        FileRef("/ignition.json", PLACE, member="/etc/ign.json"),
    ]
    assert (entry.title, entry.cmdline, entry.default) == ("boot.ipxe", "quiet", True)
    assert listing.looked == [(f"{HOME}/boot.ipxe", "a script for iPXE")]


MENU = """menu Pick
item a A
item --gap -- ---
item b B
item c C
item d D
choose x
goto ${x}
:a
prompt Press a key
boot /deb/linux
:b
params
param mac ${mac}
chain /ask##params
:c
set n:int32 1
chain /boot.ipxe
:d
boot /none
"""


def test_rows_that_need_somebody_are_run_when_they_are_started():
    script = f"#!ipxe\n{MENU}".encode()
    entries, listing, web = read(script, {"/boot.ipxe": script})
    main = "/boot.ipxe"
    assert shown(entries) == [
        f"Pick / A: ipxe: {main} [choose=a]",
        f"Pick / B: ipxe: {main} [choose=b]",
        f"Pick / C: ipxe: {main} [choose=c]",
        f"Pick / D: other: {HOME}{main}: line 21: boot: {HOME}/none: the server says 404 Not Found",
    ]
    assert [entry.remark.partition(": ")[2] for entry in entries[:3]] == [
        "prompt: waits for a key",
        f"{HOME}/ask: posts what it knows about this machine",
        "it comes back to this menu",
    ]
    assert [entry.attended for entry in entries] == [True, False, True, False]
    assert (listing.timeout, web.posted) == (None, [])


def test_resume():
    script = f"#!ipxe\n{MENU}".encode()
    files = {"/deb/linux": "kernel", "/ask": "#!ipxe\nboot /deb/linux asked", "/boot.ipxe": script}
    entries, _, _ = read(script, files)
    web = Web(files, [65])
    done = menu.resume(entries[0], script, machine(), web)
    assert (done.kernel, done.kind, done.why_not) == (FileRef("/deb/linux", PLACE), "linux", "")
    web = Web(files)
    done = menu.resume(entries[1], script, machine(), web)
    assert (done.cmdline, web.posted) == ("asked", [(b"mac=52%3A54%3A00%3A12%3A34%3A56", {})])
    done = menu.resume(entries[2], script, machine(), Web(files, [None]))
    assert done.why_not == f"{HOME}/boot.ipxe: line 8: choose: nothing was chosen"


def test_a_script_that_never_ends_takes_bounded_work():
    rows = "".join(f"item i{n} {n}\n" for n in range(150))
    entries, _, web = read(f"menu\n{rows}choose x\n:a\ngoto a")
    assert len(entries) == 150
    assert sum(entry.kind == "ipxe" for entry in entries) > 100
    assert web.log == []


def test_more_rows_than_a_menu_has():
    rows = "".join(f"item i{n} {n}\n" for n in range(300))
    entries, listing, _ = read(f"menu\n{rows}choose x\nboot /deb/linux")
    assert len(entries) == menu.MAX_ENTRIES
    assert listing.faults == ["boot.ipxe: more than 200 entries, the rest is left out"]
