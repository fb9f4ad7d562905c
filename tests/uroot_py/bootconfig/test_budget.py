"""Disks that were made to hold up a boot: each ends within what there is, and says so."""

import pytest

from tests.support.bootfiles import volume
from uroot_py.bootconfig import budget
from uroot_py.bootconfig.find import scan
from uroot_py.bootconfig.volumes import Volumes

ENTRY = "menuentry A { linux /k }\n"


def scanned(*files, disk="hd0"):
    """The listings of volumes with those files, read one after the other, and all of them."""
    homes = [volume({"/k": "k", **each}, f"{disk},gpt{n + 1}") for n, each in enumerate(files)]
    volumes = Volumes(homes)
    return [scan(home, volumes) for home in homes], volumes


def grub(text):
    return {"/boot/grub/grub.cfg": text}


def test_steps_are_shared():
    endless = grub(f"{ENTRY}while true; do true; done")
    count = budget.MAX_STEPS // 50_000
    listings, _ = scanned(*[endless] * (count + 2))
    assert [len(listing.entries) for listing in listings[:3]] == [1, 1, 1]
    assert listings[-1].faults == [
        "/boot/grub/grub.cfg: passed over, the others took all the time there is"
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("while true; do load_env; done", id="load_env"),
        pytest.param("while true; do load_env -f $prefix/x; done", id="file"),
        pytest.param(
            "for i in /*$x*; do true; done; while true; do save_env a; done", id="save_env"
        ),
        pytest.param("while true; do for i in /$x*; do true; done; done", id="wildcards"),
    ],
)
def test_long_names_cost_steps(text):
    (listing,), volumes = scanned(grub(f"x={'[a]' * 20_000}\nset prefix=/$x\n{ENTRY}{text}"))
    assert len(listing.entries) == 1
    assert listing.faults[-1].endswith("expected at most 50000 steps, found more")
    assert volumes.budget.steps == budget.MAX_STEPS - 50_000 - 1  # and the entry's one


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{ENTRY}while true; do true; done", id="steps"),
        pytest.param(
            "".join(f"menuentry {n} {{ linux /k {n} }}\n" for n in range(900)), id="entries"
        ),
    ],
)
def test_one_disk_cannot_take_what_another_needs(text):
    homes = [volume({"/k": "k", **grub(text)}, f"hd0,gpt{n}") for n in range(1, 40)]
    homes.append(volume({"/k": "k", **grub(ENTRY)}, "hd1,gpt1"))
    listings = [scan(home, volumes) for volumes in [Volumes(homes)] for home in homes]
    assert listings[-2].entries == []
    assert "passed over, the others" in listings[-2].faults[0]
    assert [entry.title for entry in listings[-1].entries] == ["A"]


def test_lines_about_faults_are_few_and_short():
    text = "x='eval \"eval \\\"}\\\"\"'\nwhile true; do eval $x; eval '}'; done\n"
    (listing,), _ = scanned(grub(ENTRY + text))
    assert len(listing.faults) <= 50
    assert max(map(len, listing.faults)) <= 500


def test_titles_are_short():
    (listing,), _ = scanned(grub("x=" + "\u4e2d" * 20_000 + "\nmenuentry $x { linux /k }\n"))
    assert len(listing.entries[0].title) == 250


def test_entries_of_all_disks_are_counted():
    many = grub("".join(f"menuentry {n} {{ linux /k {n} }}\n" for n in range(900)))
    listings, _ = scanned(many, many, many)
    assert [len(listing.entries) for listing in listings] == [900, 900, 200]
    assert listings[2].faults == ["more than 2000 entries on all disks, the rest is left out"]


def test_lines_of_syslinux_are_shared():
    text = "label a\nkernel /k\n" + "\n" * 19_000
    listings, _ = scanned(*[{"/syslinux/syslinux.cfg": text}] * 7)
    assert len(listings[0].entries) == 1
    assert listings[-1].entries == []
    why = "the configurations on all disks have too many lines, the rest is left out"
    assert listings[-1].faults == [f"/syslinux/syslinux.cfg: {why}"]


def test_a_pattern_is_not_compared_for_ever():
    files = {f"/loader/entries/{'a' * 200}{n}.conf": "linux /k\n" for n in range(200)}
    files["/loader/loader.conf"] = f"default *[{'b' * 20_000}]*\n"
    (listing,), _ = scanned(files)
    assert len(listing.entries) == 200
    assert listing.faults == [
        "/loader/loader.conf: default: too long to be compared with all entries"
    ]


def test_entries_that_are_read_for_ever():
    files = {f"/loader/entries/{n}.conf": f"title {n}\nlinux /k\n" for n in range(200)}
    (listing,), volumes = scanned(files | grub(f"{ENTRY}while true; do blscfg; done\n"))
    assert len(listing.entries) <= 1000
    assert listing.faults[-1].endswith(
        "menuentry: expected a menu of at most 1000 entries, found more"
    )
    assert len(listing.looked) < 1500
    assert volumes.budget.steps > budget.MAX_STEPS - 25_000


def test_sixty_thousand_entries():
    (listing,), volumes = scanned(grub("menuentry a{b}\n" * 60_000))
    assert len(listing.entries) == 1000
    tokens, entries = listing.faults
    assert tokens == (
        "/boot/grub/grub.cfg: line 25001: script: expected at most 100000 tokens, found more"
    )
    assert entries.endswith("menuentry: expected a menu of at most 1000 entries, found more")
    assert volumes.budget.steps >= budget.MAX_STEPS - 250_000
