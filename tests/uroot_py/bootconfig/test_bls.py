"""Type 1 entries: keys, counters, order, Fedora's variables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bootfiles import data
from uroot_py.bootconfig import bls
from uroot_py.bootconfig.entry import FileRef
from uroot_py.bootconfig.tree import MemoryTree

PATH = "/loader/entries/a.conf"
FILES = {"/k": b"k", "/i": b"i", "/j": b"j", "/d.dtb": b"d", "/o1": b"1", "/o2": b"2"}


def load(text, path=PATH, **more):
    row = bls.load(MemoryTree({**FILES, path: text.encode()}), path, "x86_64", **more)
    assert row
    return row


def test_an_entry_that_kernel_install_wrote():
    name = "6a9857a393724b7a981ebb5b8495b9ea-6.1.0-40-amd64+3.conf"
    folder = "/6a9857a393724b7a981ebb5b8495b9ea/6.1.0-40-amd64"
    path = f"/loader/entries/{name}"
    tree = MemoryTree(
        {
            path: data(f"kernel-install/{name}"),
            f"{folder}/linux": b"k",
            f"{folder}/initrd": b"i",
        }
    )
    row = bls.load(tree, path, "x86_64")
    assert row
    entry = row.entry
    assert entry.id == "6a9857a393724b7a981ebb5b8495b9ea-6.1.0-40-amd64.conf"
    assert entry.title == "Debian GNU/Linux 12 (bookworm)"
    assert entry.kernel == FileRef(f"{folder}/linux")
    assert entry.initrds == [FileRef(f"{folder}/initrd")]
    assert entry.cmdline == (
        "root=UUID=11111111-2222-3333-4444-555555555555 ro console=ttyS0"
        " systemd.machine_id=6a9857a393724b7a981ebb5b8495b9ea"
    )
    assert (row.sort_key, row.version) == ("debian", "6.1.0-40-amd64")
    assert (row.left, row.done, entry.why_not) == (3, 0, "")
    assert entry.rename == (
        FileRef(path),
        "/loader/entries/6a9857a393724b7a981ebb5b8495b9ea-6.1.0-40-amd64+2-1.conf",
    )


def test_all_keys():
    row = load(
        "# comment\n\n  title\tA  title \nversion 1\nmachine-id 0123\nsort-key s\nlinux k\n"
        "initrd /i\ninitrd /j\noptions a  b\noptions c\ndevicetree /d.dtb\n"
        "devicetree-overlay /o1 /o2\narchitecture X64\r\n"
    )
    entry = row.entry
    assert (entry.title, entry.cmdline, entry.why_not) == ("A  title", "a  b c", "")
    assert entry.kernel == FileRef("/k")
    assert entry.initrds == [FileRef("/i"), FileRef("/j")]
    assert entry.devicetree == FileRef("/d.dtb")
    assert entry.overlays == [FileRef("/o1"), FileRef("/o2")]
    assert (row.machine_id, row.sort_key, row.version) == ("0123", "s", "1")
    assert entry.notes == []


@pytest.mark.parametrize(
    ("text", "why", "notes"),
    [
        pytest.param("", "neither linux, uki nor efi is given", [], id="empty"),
        pytest.param("linux /none", "kernel /none is missing", [], id="kernel"),
        pytest.param("linux /k\ninitrd /none", "initrd /none is missing", [], id="initrd"),
        pytest.param("linux /k\ninitrd /i /none", "initrd /none is missing", [], id="fedora-list"),
        pytest.param("efi /no.efi", "EFI program /no.efi is missing", [], id="efi"),
        pytest.param("uki-url http://x/", "uki-url: images are not fetched", [], id="url"),
        pytest.param(
            "linux /k\narchitecture aa64",
            "for the architecture aa64, this is x86_64",
            [],
            id="architecture",
        ),
        pytest.param(
            "linux /k\ntitle\nlinuks /k",
            "",
            ["line 2: title: expected a value, found end of line", "unknown key 'linuks'"],
            id="faults",
        ),
        pytest.param(
            "linux /k\ndevicetree-overlay /o1",
            "",
            ["devicetree-overlay without devicetree: not used"],
            id="overlay",
        ),
        pytest.param("linux /../../k", "", [], id="path-stays-inside"),
    ],
)
def test_faults(text, why, notes):
    entry = load(text).entry
    assert (entry.why_not, entry.notes) == (why, notes)


def test_control_characters_are_not_shown():
    entry = load("title \x1b[2Jx\nlinux /k").entry
    assert entry.title == "?[2Jx"


def test_an_entry_may_be_too_large():
    entry = load("#" * 70_000).entry
    assert entry.why_not == "/loader/entries/a.conf: more than 32768 bytes"


def test_paths_below_boot_when_that_is_no_volume():
    path = "/boot/loader/entries/a.conf"
    tree = MemoryTree({"/boot/only": b"k", "/i": b"i", path: b"linux /only\ninitrd /i"})
    row = bls.load(tree, path, "x86_64")
    assert row
    assert (row.entry.kernel, row.entry.initrds) == (FileRef("/boot/only"), [FileRef("/i")])


def test_variables_are_replaced_in_values_only():
    values = {"opts": "a b"}
    row = load(
        "linux /k\noptions $opts end", prepare=lambda _, text: bls.expanded(text, values.get)
    )
    assert row.entry.cmdline == "a b end"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("rw $a root=x", "rw 1 root=x", id="set"),
        pytest.param("rw $none root=x", "rw root=x", id="not-set"),
        pytest.param("$none $a", "1 ", id="first"),
        pytest.param("x=$a-$none", "x=1 -", id="inside-a-word"),
        pytest.param("$a_b $a1", "", id="longest-name"),
        pytest.param("$", "", id="alone"),
    ],
)
def test_expanded_as_blscfg_does(text, value):
    assert bls.expanded(text, {"a": "1"}.get) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('"a b"', "a b", id="double"),
        pytest.param("'a b'", "a b", id="single"),
        pytest.param('"a" "b"', 'a" "b', id="the-outer-ones"),
        pytest.param('"a', '"a', id="no-pair"),
        pytest.param('"', "", id="alone"),
        pytest.param("a", "a", id="none"),
    ],
)
def test_unquoted_as_systemd_boot_does(text, value):
    assert bls.unquoted(text) == value


@pytest.mark.parametrize(
    ("name", "parts", "following"),
    [
        pytest.param("a.conf", ("a.conf", None, 0), None, id="not-counted"),
        pytest.param("a+3.conf", ("a.conf", 3, 0), "a+2-1.conf", id="fresh"),
        pytest.param("a+2-1.conf", ("a.conf", 2, 1), "a+1-2.conf", id="tried"),
        pytest.param("a+0-3.conf", ("a.conf", 0, 3), None, id="bad"),
        pytest.param("a+0.conf", ("a.conf", 0, 0), None, id="bad-untried"),
        pytest.param("a+03-009.efi", ("a.efi", 3, 9), "a+02-010.efi", id="digits-are-kept"),
        pytest.param("a+10.conf", ("a.conf", 10, 0), "a+09-1.conf", id="digits-shrink"),
        pytest.param("a+b+1-9.conf", ("a+b.conf", 1, 9), "a+b+0-10.conf", id="plus-in-name"),
        pytest.param("a+3-.conf", ("a+3-.conf", None, 0), None, id="no-number"),
        pytest.param("a+x.conf", ("a+x.conf", None, 0), None, id="letters"),
        pytest.param("+3.conf", ("+3.conf", None, 0), None, id="no-name"),
        pytest.param("a+-3.conf", ("a+-3.conf", None, 0), None, id="sign"),
        pytest.param("a+3", ("a+3", None, 0), None, id="no-suffix"),
        pytest.param(
            "a+2147483647.conf", ("a.conf", 2147483647, 0), "a+2147483646-1.conf", id="max"
        ),
        pytest.param("a+2147483648.conf", ("a+2147483648.conf", None, 0), None, id="too-large"),
        pytest.param("a+٣.conf", ("a+٣.conf", None, 0), None, id="other-digits"),
    ],
)
def test_boot_counting(name, parts, following):
    assert bls.counted(name) == parts
    assert bls.next_name(name) == following


def rows(*specs):
    """Rows of (file name, keys)."""
    made = []
    for name, text in specs:
        made.append(load(text + "\nlinux /k", f"/loader/entries/{name}"))
    return made


@pytest.mark.parametrize(
    ("specs", "names"),
    [
        pytest.param(
            [("a-5.conf", ""), ("a-10.conf", ""), ("b-1.conf", "")],
            ["b-1.conf", "a-10.conf", "a-5.conf"],
            id="file-names-newest-first",
        ),
        pytest.param(
            [("arch-lts.conf", ""), ("arch-fallback.conf", ""), ("arch.conf", "")],
            ["arch.conf", "arch-lts.conf", "arch-fallback.conf"],
            id="names-with-their-suffix",
        ),
        pytest.param(
            [("z.conf", ""), ("a.conf", "sort-key x")], ["a.conf", "z.conf"], id="sort-key-first"
        ),
        pytest.param(
            [("a.conf", "sort-key b"), ("b.conf", "sort-key a")],
            ["b.conf", "a.conf"],
            id="sort-keys",
        ),
        pytest.param(
            [
                ("a.conf", "sort-key x\nversion 9"),
                ("b.conf", "sort-key x\nversion 10"),
                ("c.conf", "sort-key x"),
            ],
            ["b.conf", "a.conf", "c.conf"],
            id="versions-newest-first",
        ),
        pytest.param(
            [
                ("a.conf", "sort-key x\nmachine-id b\nversion 2"),
                ("b.conf", "sort-key x\nmachine-id a\nversion 1"),
            ],
            ["b.conf", "a.conf"],
            id="machine-before-version",
        ),
        pytest.param(
            [("new+0-3.conf", "sort-key a"), ("old.conf", ""), ("mid+1.conf", "")],
            ["old.conf", "mid+1.conf", "new+0-3.conf"],
            id="bad-ones-last",
        ),
        pytest.param(
            [("a+1-2.conf", ""), ("a+2-1.conf", ""), ("a+1-1.conf", "")],
            ["a+2-1.conf", "a+1-1.conf", "a+1-2.conf"],
            id="more-tries-left-first",
        ),
    ],
)
def test_order(specs, names):
    shown = bls.order(rows(*specs))
    assert [entry.source.rpartition("/")[2] for entry in shown] == names


def test_titles_are_told_apart():
    shown = bls.order(
        rows(
            ("a.conf", "title T\nversion 1"),
            ("b.conf", "title T\nversion 2"),
            ("c.conf", "title U\nmachine-id 1"),
            ("d.conf", "title U\nmachine-id 2"),
            ("e.conf", "title V"),
            ("f.conf", "title V"),
            ("g.conf", "title W"),
        )
    )
    assert sorted(entry.title for entry in shown) == [
        "T (1)",
        "T (2)",
        "U (1)",
        "U (2)",
        "V (e.conf)",
        "V (f.conf)",
        "W",
    ]


@given(st.text(alphabet="title linuxops/k\t\n#$-", max_size=80), st.binary(max_size=30))
def test_any_entry_is_a_row(text, tail):
    tree = MemoryTree({PATH: text.encode() + tail})
    row = bls.load(tree, PATH, "x86_64")
    assert row
    assert row.entry.why_not


@given(st.text(alphabet="a+-.019", max_size=12))
def test_counters_are_read_as_they_are_written(name):
    following = bls.next_name(name)
    base, left, done = bls.counted(name)
    if following:
        assert left
        assert bls.counted(following) == (base, left - 1, done + 1)
