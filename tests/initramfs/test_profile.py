"""Profiles of images."""

import pytest

from cmds.table import TABLE
from initramfs import profile
from uroot_py.base.errors import RefusedError


def test_the_profiles_are_steps():
    found = {name: profile.load(name) for name in profile.names()}
    assert set(found) == {"minimal", "core", "full"}
    minimal, core, full = (found[name] for name in ("minimal", "core", "full"))
    assert {"init", "sh", "kexec", "boot"} < {row.name for row in minimal.applets}
    assert list(minimal.applets) == [row for row in TABLE if row.minimal]
    assert list(core.applets) == list(full.applets) == list(TABLE)
    assert set(minimal.without) > set(core.without) == set(full.without) == set()
    assert core.spared("host") == ["zstandard"]
    assert core.spared("lean") == full.spared("host") == []
    assert {each.packing("host") for each in (core, full)} == {"xz"}
    assert minimal.packing("lean") == "gzip"


def test_applets_can_be_named():
    assert [row.name for row in profile.load("core", ["sh", "cat"]).applets] == ["cat", "sh"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "x = 1", "{file}: unknown key 'x'; known: applets, without, host_without", id="key"
        ),
        pytest.param(
            "applets = 5", "{file}: applets: expected a list of names, found 5", id="number"
        ),
        pytest.param(
            "applets = ['lsblkk']",
            "no applet 'lsblkk' in the table; did you mean lsblk?",
            id="applet",
        ),
        pytest.param(
            "without = ['os']",
            "{file}: without: 'os': only bz2, lzma, zstandard, uroot_py.boot.network,"
            " uroot_py.net.urltree can be spared",
            id="without",
        ),
        pytest.param("applets =", "{file}: Invalid value (at end of document)", id="no value"),
    ],
)
def test_refusals(tmp_path, text, message):
    file = tmp_path / "my.toml"
    file.write_text(text)
    with pytest.raises(RefusedError) as caught:
        profile.load(str(file))
    assert str(caught.value) == message.format(file=file)


def test_a_profile_that_does_not_exist():
    with pytest.raises(RefusedError) as caught:
        profile.load("tiny")
    assert str(caught.value) == "no profile 'tiny'; known: core, full, minimal, FILE.toml"
