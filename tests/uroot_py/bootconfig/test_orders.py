"""The order of entries: 300 random ESPs on bootctl, and Fedora's order of all pairs of 34 names."""

import itertools
import random

import pytest

from scripts.builders.pe import by_struct
from tests.support import bootctl
from tests.support.bootfiles import grub, volume
from uroot_py.bootconfig import loader
from uroot_py.bootconfig.entry import Listing
from uroot_py.bootconfig.versions import compare_packages
from uroot_py.bootconfig.volumes import Volumes

STEMS = (
    *("arch", "arch-lts", "arch-fallback", "a", "A", "b-1", "a.1", "fedora_2", "fedora.2"),
    *("linux-6.1.0-40", "linux-6.1.0-9", "6a98-6.11.4-301.fc41.x86_64", "6a98-6.5.6-300.fc39"),
)
VERSIONS = ("1", "1.2", "1.10", "1-2", "1~rc1", "2^git", "6.1.0-40-amd64", "10", "09")


def profiled(rng, sections):
    """SECTIONS of an image, and up to three profiles."""
    for number in range(rng.randint(0, 3)):
        lines = [f"ID=p{rng.choice('xyz')}{number}\n"] * rng.randint(0, 1)
        lines += ["TITLE=T\n"] * rng.randint(0, 1)
        sections.append((".profile", "".join(lines).encode()))
    return sections


@pytest.fixture(scope="module")
def knows_profiles(tmp_path_factory):
    """Whether this bootctl lists the profiles of an image: older ones have never heard of them."""
    image = by_struct([(".osrel", b"ID=a\n"), (".linux", b"k"), (".profile", b"ID=p\n")])
    files = {"/EFI/Linux/a.efi": image}
    listed, default = bootctl.listed(tmp_path_factory.mktemp("profiles"), files)
    assert [entry["id"] for entry in listed] == [default]
    return default == "a.efi@p"


def random_files(rng, *, profiles):
    """The files of an ESP with some entries of both types; PROFILES in some images."""
    files = {"/k": b"k"}
    for stem in rng.sample(STEMS, rng.randint(2, 8)):
        counter = rng.choice(("", "", "+3", "+0-3", "+2-1"))
        if rng.random() < 0.25:
            release = f"ID={rng.choice('ab')}\nPRETTY_NAME=U\nVERSION_ID={rng.choice(VERSIONS)}\n"
            sections = [(".osrel", release.encode()), (".linux", b"k")]
            image = by_struct(profiled(rng, sections) if profiles else sections)
            files[f"/EFI/Linux/{stem}.efi"] = image
            continue
        lines = ["title T", "linux /k"]
        lines += [f"sort-key {rng.choice('ab')}"] * rng.randint(0, 1)
        lines += [f"machine-id {rng.choice(('1' * 32, '2' * 32))}"] * rng.randint(0, 1)
        lines += [f"version {rng.choice(VERSIONS)}"] * rng.randint(0, 1)
        files[f"/loader/entries/{stem}{counter}.conf"] = "\n".join(lines).encode()
    return files


@pytest.mark.reference
@pytest.mark.parametrize("seed", range(300))
def test_random_entries_stand_as_on_bootctl(seed, tmp_path, knows_profiles):
    files = random_files(random.Random(seed), profiles=knows_profiles)
    listed, default = bootctl.listed(tmp_path, files)
    home = volume(files, "hd0,gpt1")
    entries = loader.read(home, Volumes([home]), Listing(), "x86_64")
    wanted = [str(entry["id"]).lower() for entry in listed if entry.get("type") != "auto"]
    assert [entry.id.lower() for entry in entries] == wanted
    assert [entry.id.lower() for entry in entries if entry.default] == [default.lower()]


# As the menu of Fedora's GRUB has them. Names are compared as packages, NAME-VERSION-RELEASE, split
# at the last two dashes, each part as RPM compares versions, the release with the suffix .conf. So
# the machine's id comes first (letters are older than digits, 0 is rescue's version); versions;
# then releases, where "+" is older than anything that follows the plain name.
MACHINE = "0123456789abcdef0123456789abcdef"
FEDORA = [
    f"{MACHINE}-{version}-{release}.x86_64{variant}"
    for version, release in (
        ("6.12.0", "0.rc7.59.fc42"),
        ("6.11.10", "300.fc41"),
        ("6.11.4", "301.fc41"),
        ("6.11.4", "201.fc40"),
        ("6.5.6", "300.fc39"),
        ("5.14.0", "503.el9"),
        ("5.14.0", "70.13.1.el9_0"),
        ("4.18.0", "553.el8"),
    )
    for variant in ("", "+64k", "+rt", "+debug")
]
FEDORA += [f"{MACHINE}-0-rescue", "ostree-1-fedora"]


def test_fedoras_order_of_561_pairs():
    pairs = list(itertools.combinations([f"{name}.conf" for name in FEDORA], 2))
    assert len(pairs) == 561
    wrong = [
        pair
        for pair in pairs
        if compare_packages(*pair) != 1 or compare_packages(*pair[::-1]) != -1
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        pytest.param("a-1-2.conf", "a-1-2.conf", 0, id="same"),
        pytest.param("a-1-10", "a-1-9", 1, id="numbers"),
        pytest.param("a-1.1-1", "a-1-9", 1, id="version-before-release"),
        pytest.param("b-1-1", "a-2-2", 1, id="name-before-version"),
        pytest.param("a-1~rc1-1", "a-1-1", -1, id="tilde"),
        pytest.param("a-1-x86_64+debug", "a-1-x86_64", 1, id="plus-at-the-end"),
        pytest.param("a-1-x86_64+debug.conf", "a-1-x86_64.conf", -1, id="plus-before-a-suffix"),
        pytest.param("a-1-2a", "a-1-2", 1, id="more"),
        pytest.param("a-1-b", "a-1-1", -1, id="letters-are-older"),
        pytest.param("a-1-01", "a-1-1", 0, id="zeros"),
        pytest.param("1", "a", 1, id="names-alone"),
    ],
)
def test_packages(one, other, result):
    assert compare_packages(one, other) == result
    assert compare_packages(other, one) == -result


def test_blscfg_lists_plain_kernels_first():
    names = ["a-6.1-1.x86_64", "a-6.1-1.x86_64+debug", "a-6.2-1.x86_64+rt"]
    files = {f"/loader/entries/{name}.conf": f"title {name}\nlinux /k\n" for name in names}
    assert grub("blscfg", {"/k": "k", **files}).titles() == [names[2], names[0], names[1]]
