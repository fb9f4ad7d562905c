"""Which volume a matcher or a device name means."""

import pytest

from tests.support.bootfiles import volume
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.bootconfig.tree import MemoryTree
from uroot_py.bootconfig.volumes import Volume, Volumes, same_device

ESP = volume({"/EFI/x": ""}, "hd0,gpt1", uuid="ABCD-1234", label="ESP", partuuid="11-AA")
ROOT = volume({"/k": "k", "/x": ""}, "hd0,gpt2", uuid="0123-abcd", label="root", partlabel="Root")
OTHER = volume({"/k": "k"}, "hd1", uuid="0123-ABCD", label="data")


@pytest.mark.parametrize(
    ("matcher", "found"),
    [
        pytest.param("uuid=abcd-1234", [ESP], id="uuid"),
        pytest.param("uuid=0123-ABCD", [ROOT, OTHER], id="uuid-twice"),
        pytest.param("label=root", [ROOT], id="label"),
        pytest.param("label=Root", [], id="label-case"),
        pytest.param("partuuid=11-aa", [ESP], id="partuuid"),
        pytest.param("partlabel=Root", [ROOT], id="partlabel"),
        pytest.param("file=/k", [ROOT, OTHER], id="file"),
        pytest.param("file=/EFI", [], id="directory"),
        pytest.param("device=hd1", [OTHER], id="device"),
        pytest.param("device=hd0,2", [ROOT], id="device-without-scheme"),
        pytest.param("label=", [], id="empty-value"),
        pytest.param("", [], id="empty"),
        pytest.param("serial=1", [], id="unknown"),
    ],
)
def test_find(matcher, found):
    assert Volumes([ESP, ROOT, OTHER]).find(matcher) == found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("hd0,gpt2", "hd0,gpt2", True, id="equal"),
        pytest.param("hd0,gpt2", "hd0,2", True, id="no-scheme"),
        pytest.param("hd0,gpt2", "hd0,msdos2", False, id="other-scheme"),
        pytest.param("hd0,gpt2", "hd0,gpt12", False, id="other-number"),
        pytest.param("hd0", "hd0,gpt1", False, id="disk"),
        pytest.param("hd0,1", "hd1,1", False, id="other-disk"),
    ],
)
def test_same_device(one, other, same):
    assert same_device(one, other) is same
    assert same_device(other, one) is same


def test_names_are_given_to_those_without():
    volumes = Volumes(
        [Volume(MemoryTree({})), Volume(MemoryTree({}), "hd7"), Volume(MemoryTree({}))]
    )
    assert [each.device for each in volumes.all] == ["hd0", "hd7", "hd2"]
    added = volumes.add(MemoryTree({}), name="/dev/sdd")
    assert (added.device, added.name) == ("hd3", "/dev/sdd")
    assert volumes.all[3] is added
    assert volumes.add(MemoryTree({}), "hd9,gpt1").name == "hd9,gpt1"
    assert repr(volumes.all[1]) == "<Volume (hd7)>"


@pytest.mark.parametrize(
    "name", ["lvm/vg-root", "lvmid/a/b", "mduuid/0f", "mduuid/0f,2", "md/pc,gpt2"]
)
def test_layered_volumes_have_several_names(name):
    part = ",2" if "," in name else ""
    found = Volume(MemoryTree({}), f"lvm/vg-root{part}")
    found.aliases = [f"lvmid/a/b{part}", f"mduuid/0f{part}", f"md/pc{part}"]
    assert Volumes([found]).find(f"device={name}") == [found]
    assert Volumes([found]).find("device=lvm/vg-other") == []


def test_volumes_of_a_disk():
    volumes = Volumes([OTHER, ESP, ROOT])
    assert volumes.of_disk(ROOT) == [ESP, ROOT]
    assert volumes.of_disk(OTHER) == [OTHER]


def test_resolve():
    volumes = Volumes([ESP, ROOT])
    assert volumes.resolve(FileRef("/k"), ESP.tree) is ESP.tree
    assert volumes.resolve(FileRef("/k", "label=root"), ESP.tree) is ROOT.tree
    assert volumes.resolve(FileRef("/k", "label=gone"), ESP.tree) is None


def test_images_are_opened_once():
    opened = []

    def open_image(home, path):
        opened.append((home.device, path))
        return MemoryTree({}) if path.endswith(".iso") else None

    volumes = Volumes([ESP], open_image)
    image = volumes.image(ESP, "/a.iso")
    assert image
    assert image.device == "(hd0,gpt1)/a.iso"
    assert volumes.image(ESP, "/a.iso") is image
    assert volumes.image(ESP, "/a.txt") is None
    assert opened == [("hd0,gpt1", "/a.iso"), ("hd0,gpt1", "/a.txt")]
    assert volumes.of_disk(image) == [image]


def test_entries_and_files_are_shown():
    entry = BootEntry("id", "T", source="/x")
    entry.kernel = FileRef("/k", "label=root", (512, 16))
    entry.default = True
    assert repr(entry) == "<BootEntry 'id' 'T' (label=root)/k[0x200+0x10] [] '' default>"
    entry.why_not = "no"
    assert repr(entry).endswith(" default why_not='no'>")
    assert hash(FileRef("/k")) == hash(FileRef("/k"))
    assert FileRef("/k") != FileRef("/k", part=(0, 1))
