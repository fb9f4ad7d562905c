"""A survey over sources that say what they have: order, names, files on other trees, why not."""

import os
import signal
import time

import pytest

from uroot_py.base.errors import RefusedError
from uroot_py.boot import describe
from uroot_py.boot.preference import FILE, order
from uroot_py.boot.survey import Directories, Survey
from uroot_py.bootconfig import kernels
from uroot_py.bootconfig.tree import MemoryTree
from uroot_py.disks.blockdev import BlockDevice
from uroot_py.disks.tree import DirectoryTree
from uroot_py.machine import child
from uroot_py.machine.sysroot import Sysroot

GRUB = "/boot/grub/grub.cfg"


class Trees:
    """A source of trees in memory: (name, tree) each."""

    nothing = "no tree was planted"
    own_limits = False

    def __init__(self, *places):
        self.places = places
        self.closed = False

    def look(self, survey):
        survey.read([survey.volumes.add(tree, name=name) for name, tree in self.places])

    def fileno(self):
        return -1

    def more(self, survey):
        return False

    def waiting(self):
        return ""

    def again(self):
        pass

    def close(self):
        self.closed = True


def disk(text, **names):
    return MemoryTree({GRUB: text.encode(), "/k": b"kernel"}, **names)


def surveyed(*sources):
    survey = Survey(sources)
    survey.look()
    return survey


TWO = disk(
    "set default=1\nset timeout=7\nmenuentry Old --id old { linux /k }\nmenuentry New { linux /k }"
)
OTHER = disk("menuentry Gone { linux /gone }\nmenuentry Newer { linux /k x }", label="other")


def test_defaults_come_first_then_what_else_can_boot():
    survey = surveyed(Trees(("one", TWO)), Trees(("two", OTHER)))
    assert [(entry.title, entry.device) for entry in survey.entries] == [
        ("Old", "one"),
        ("New", "one"),
        ("Gone", "two"),
        ("Newer", "two"),
    ]
    assert [entry.title for entry in survey.defaults()] == ["New", "Old", "Newer"]
    assert survey.timeout == 7
    assert f"one: {GRUB}: {len(TWO.read(GRUB, 999))} bytes" in survey.looked


@pytest.mark.parametrize(
    ("word", "title"),
    [
        pytest.param("1", "Old", id="number"),
        pytest.param("old", "Old", id="id"),
        pytest.param("New", "New", id="title"),
        pytest.param("ewe", "Newer", id="part"),
    ],
)
def test_named(word, title):
    assert surveyed(Trees(("one", TWO), ("two", OTHER))).named(word).title == title


@pytest.mark.parametrize(
    ("word", "why"),
    [
        pytest.param("9", "no entry '9'; boot --list shows what there is", id="number"),
        pytest.param("x", "no entry 'x'; boot --list shows what there is", id="word"),
        pytest.param("Gone", "Gone: kernel /gone is missing", id="cannot boot"),
    ],
)
def test_named_but_not_to_be_had(word, why):
    with pytest.raises(RefusedError) as caught:
        surveyed(Trees(("two", OTHER)), Trees(("none", MemoryTree({})))).named(word)
    assert str(caught.value) == why


def test_a_file_on_a_tree_of_a_later_source():
    """GRUB looks on the disks it sees now; a list of files may name one that is found later."""
    late = MemoryTree({"/vmlinuz": b"k"}, label="late")
    first = disk("menuentry x { search --set=root --label late\nlinux /vmlinuz }")
    survey = surveyed(Trees(("first", first), ("late", late)))
    (entry,) = survey.entries
    assert entry.kernel is not None
    assert entry.kernel.tree is late


def test_nothing_at_all():
    assert str(surveyed(Trees()).nothing()) == "nothing to boot:\n  no tree was planted"


def test_nothing_that_boots():
    survey = surveyed(Trees(("none", disk("menuentry 'A\x1b[2J' { linux /gone }"))))
    assert survey.defaults() == []
    assert str(survey.nothing()).splitlines() == [
        "nothing to boot:",
        f"  none: {GRUB}: 33 bytes",
        "  none: A?[2J: kernel /gone is missing",
    ]


def test_leaving_closes_every_source():
    sources = Trees(), Trees()
    with Survey(sources):
        assert not any(source.closed for source in sources)
    assert all(source.closed for source in sources)


def test_directories_are_let_go(tmp_path):
    (tmp_path / "boot/grub").mkdir(parents=True)
    (tmp_path / "boot/grub/grub.cfg").write_text("menuentry A { linux /boot/grub/grub.cfg }")
    source = Directories([(str(tmp_path), {"label": "x"})])
    with Survey([source]) as survey:
        survey.look()
        assert [entry.device for entry in survey.entries] == [str(tmp_path)]
    assert [tree.root for tree in source.trees] == [-1]


def machine(folder, line, file=""):
    """A captured machine with that command line and that file in its image."""
    for path, text in (("/proc/cmdline", line), (FILE, file)):
        target = folder / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return Sysroot(str(folder))


@pytest.mark.parametrize(
    ("line", "file", "first"),
    [
        pytest.param("", "", "New", id="nothing-said"),
        pytest.param("uroot.disk=two", "", "New", id="no-such-path"),
        pytest.param("uroot.disk=/two", "", "Newer", id="path"),
        pytest.param("uroot.disk=LABEL=other", "", "Newer", id="label"),
        pytest.param("uroot.entry=old", "", "Old", id="id"),
        pytest.param("", "uroot.entry=Newer\n", "Newer", id="file"),
        pytest.param("uroot.entry=Old", "uroot.entry=Newer", "Old", id="command-line-first"),
        pytest.param("uroot.disk=LABEL=other uroot.entry=nope", "", "Newer", id="no-such-entry"),
    ],
)
def test_what_goes_first(line, file, first, tmp_path):
    survey = surveyed(Trees(("/one", TWO)), Trees(("/two", OTHER)))
    entries = order(survey, machine(tmp_path, line, file))
    assert entries[0].title == first
    assert len(entries) == 3


def test_what_fits_nothing_is_said(tmp_path):
    survey = surveyed(Trees(("/one", TWO)))
    order(survey, machine(tmp_path, "uroot.disk=LABEL=x uroot.entry=nope"))
    assert survey.faults == [
        "uroot.disk=LABEL=x: nothing to boot there",
        "uroot.entry=nope: no entry 'nope'; boot --list shows what there is",
    ]


def test_an_installer_never_wins_over_a_system():
    onie = disk("menuentry Install { linux /k }", label="ONIE-BOOT")
    survey = surveyed(Trees(("/sda", onie)), Trees(("/sdb", TWO)))
    assert [entry.title for entry in survey.defaults()] == ["New", "Install", "Old"]


def test_kernels_are_found_where_nothing_else_can_boot():
    cut = MemoryTree({GRUB: b"menuentry A {\nlinux /k\n", "/boot/vmlinuz-1": b"k"}, uuid="u")
    survey = surveyed(Trees(("/one", cut)))
    (entry,) = survey.entries
    assert (entry.title, entry.device) == ("found: 1", "/one")
    assert survey.defaults() == []  # never without a person
    assert survey.named("1") is entry


def test_complete_entries_before_a_fault_are_offered():
    text = "menuentry A { linux /k }\nmenuentry B {\nlinux /k\n"
    survey = surveyed(Trees(("/one", disk(text))))
    assert [entry.title for entry in survey.defaults()] == ["A"]


def test_what_grub_falls_back_to_is_next():
    text = "".join(f"menuentry {name} {{ linux /k {name} }}\n" for name in "ABCD")
    survey = surveyed(Trees(("/one", disk(f"set fallback='3 1'\n{text}"))))
    assert [entry.title for entry in survey.defaults()] == ["A", "D", "B", "C"]


def test_a_root_that_is_nowhere_is_remarked():
    here = BlockDevice("sda1", "/dev/sda1", 1, "sda", 1)
    tree = disk(
        "menuentry A { linux /k root=UUID=gone }\nmenuentry B { linux /k root=/dev/sda1 }\n"
    )
    survey = Survey([Trees(("/one", tree))])
    survey.devices.append(here)
    survey.look()
    remark = "root=UUID=gone is on no disk of this machine"
    assert [entry.remark for entry in survey.entries] == [remark, ""]
    assert f"      remark: {remark}" in describe.rows(survey)
    assert f"remark   {remark}" in describe.details(survey.entries[0], "")
    assert survey.entries[0].bootable


class Hostile(MemoryTree):
    """A tree that does something else when it is read."""

    def __init__(self, act):
        super().__init__({GRUB: b"menuentry bad { linux /k }"})
        self.act = act

    def read(self, path, limit, offset=0):
        self.act()
        return super().read(path, limit, offset)


def defect():
    raise ZeroDivisionError("division by zero")


HOSTILE = [
    pytest.param(defect, "internal error: uroot_py/boot/test_survey.py line ", id="a defect"),
    pytest.param(lambda: time.sleep(600), "it has not answered for 2 s: left out", id="silence"),
    pytest.param(
        lambda: [bytearray(1 << 20) for _ in range(1 << 20)],
        "it needs more than the 64.0 MiB of memory that are left",
        id="memory",
    ),
    pytest.param(lambda: os.kill(os.getpid(), signal.SIGKILL), "SIGKILL: killed", id="killed"),
]


@pytest.mark.parametrize(("act", "fault"), HOSTILE)
def test_a_bad_disk_does_not_keep_the_good_ones_from_being_read(act, fault, monkeypatch):
    monkeypatch.setattr(child, "available", lambda: 0)
    monkeypatch.setattr("uroot_py.boot.survey.SECONDS", 2 if "answered" in fault else 60)
    places = ("first", TWO), ("bad", Hostile(act)), ("last", OTHER)
    survey = surveyed(Trees(*places))
    assert [(entry.title, entry.device) for entry in survey.entries] == [
        ("Old", "first"),
        ("New", "first"),
        ("Gone", "last"),
        ("Newer", "last"),
    ]
    (said,) = survey.faults
    assert said.startswith(f"bad: {fault}")


def test_what_was_read_through_one_volume_is_not_read_again_after_a_failure():
    """The second child knows what the first one has read."""
    text = "search --set=root --label late\nconfigfile /boot/grub/grub.cfg"
    late = MemoryTree({GRUB: b"menuentry once { linux /k }", "/k": b"kernel"}, label="late")
    survey = surveyed(Trees(("first", disk(text)), ("bad", Hostile(defect)), ("late", late)))
    assert [entry.title for entry in survey.entries] == ["once"]
    assert f"late: {GRUB}: already read" in survey.looked


class Silent(DirectoryTree):
    """A file system whose disk has stopped to answer."""

    def size(self, path):
        self.touch()
        time.sleep(600)


class Places(Trees):
    """The same with directories as trees, on a disk each."""

    def look(self, survey):
        homes = [
            survey.volumes.add(tree, f"hd{number},gpt1", name)
            for number, (name, tree) in enumerate(self.places)
        ]
        survey.read(homes)


@pytest.fixture
def folders(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "boot/grub").mkdir(parents=True)
        (tmp_path / name / "k").write_text("kernel")
    return tmp_path


def test_a_volume_whose_configuration_asks_a_dead_disk_is_not_left_out(folders, monkeypatch):
    monkeypatch.setattr("uroot_py.boot.survey.SECONDS", 2)
    text = "search --set=x --file /no\nmenuentry Good { linux /k }\n"
    (folders / "one/boot/grub/grub.cfg").write_text(text)
    good, dead = DirectoryTree(str(folders / "one")), Silent(str(folders / "two"))
    survey = surveyed(Places(("/dev/sda1", good), ("/dev/sdb1", dead)))
    assert [entry.title for entry in survey.defaults()] == ["Good"]
    assert survey.faults == [
        "/dev/sdb1: it has not answered for 2 s: left out",
        "/dev/sda1: /boot/grub/grub.cfg: line 1: search: no volume with file /no",
    ]


def test_a_volume_that_computes_for_ever_blames_nobody_else(folders, monkeypatch):
    monkeypatch.setattr("uroot_py.boot.survey.SECONDS", 2)

    class Busy(DirectoryTree):
        def read(self, path, limit, offset=0):
            good.size("/k")  # the last that was touched
            while True:
                pass

    for name in ("one", "two"):
        (folders / name / "boot/grub/grub.cfg").write_text("menuentry Good { linux /k }\n")
    good, busy = DirectoryTree(str(folders / "one")), Busy(str(folders / "two"))
    survey = surveyed(Places(("/dev/sda1", busy), ("/dev/sdb1", good)))
    assert [entry.title for entry in survey.defaults()] == ["Good"]
    assert survey.faults == ["/dev/sda1: it has not answered for 2 s: left out"]


def test_a_volume_that_computes_for_ever_costs_its_disk_nothing_else(folders, monkeypatch):
    monkeypatch.setattr("uroot_py.boot.survey.SECONDS", 2)

    class Busy(DirectoryTree):
        def read(self, path, limit, offset=0):
            while True:
                pass

    class OneDisk(Trees):
        def look(self, survey):
            homes = [
                survey.volumes.add(tree, f"hd0,gpt{number}", name)
                for number, (name, tree) in enumerate(self.places, 1)
            ]
            survey.read(homes)

    for name in ("one", "two"):
        (folders / name / "boot/grub/grub.cfg").write_text("menuentry Good { linux /k }\n")
    good, busy = DirectoryTree(str(folders / "one")), Busy(str(folders / "two"))
    survey = surveyed(OneDisk(("/dev/sda1", busy), ("/dev/sda2", good)))
    assert [entry.title for entry in survey.defaults()] == ["Good"]
    assert survey.faults == ["/dev/sda1: it has not answered for 2 s: left out"]


def test_a_bad_directory_ends_the_search_for_kernels_there_only(monkeypatch):
    """The kernels that no configuration names are looked for in a child, too."""

    def found(tree):
        if tree.label == "bad":
            raise ZeroDivisionError("division by zero")
        return search(tree)

    search = kernels.found
    monkeypatch.setattr(kernels, "found", found)
    bad = MemoryTree({"/boot/vmlinuz-1": b"k"}, label="bad")
    good = MemoryTree({"/boot/vmlinuz-1": b"k"}, uuid="u")
    survey = surveyed(Trees(("bad", bad), ("good", good)))
    assert [entry.device for entry in survey.entries] == ["good"]
    (fault,) = survey.faults
    assert fault.startswith("bad: internal error: ")
