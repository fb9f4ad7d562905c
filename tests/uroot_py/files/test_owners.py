"""Names of users and groups, from files that other programs wrote and people broke."""

import pytest

from uroot_py.base.errors import RefusedError
from uroot_py.files import owners

PASSWD = """root:x:0:0:root:/root:/bin/sh
toor:x:0:0:again:/root:/bin/sh
anna:x:1000:100:Anna,,,:/home/anna:/bin/bash
broken:x:many:100::/:/bin/sh
short:x:7
bob:x:1001:x::/home/bob:/bin/sh

"""
GROUPS = "root:x:0:\nusers:x:100:anna,bob\nwheel:x:10:anna\nempty:x:11:\n"


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setattr(owners, "USERS", str(tmp_path / "passwd"))
    monkeypatch.setattr(owners, "GROUPS", str(tmp_path / "group"))
    monkeypatch.setattr(owners, "_names", {})
    (tmp_path / "passwd").write_text(PASSWD)
    (tmp_path / "group").write_text(GROUPS)
    return tmp_path


@pytest.mark.parametrize(
    ("number", "name"), [(0, "root"), (1000, "anna"), (7, "7"), (65534, "65534")]
)
def test_name_of(places, number, name):
    assert owners.name_of(owners.USERS, number) == name


@pytest.mark.parametrize(
    ("text", "number"), [("anna", 1000), ("toor", 0), ("0", 0), ("4294967295", 0xFFFFFFFF)]
)
def test_number_of(places, text, number):
    assert owners.number_of(owners.USERS, text) == number


@pytest.mark.parametrize("text", ["nobody", "broken", "short", "4294967296", "-1", "1.5"])
def test_no_such_name(places, text):
    with pytest.raises(RefusedError) as caught:
        owners.number_of(owners.USERS, text)
    assert str(caught.value) == (f"{text!r} is not in {owners.USERS}; a number is taken as it is")


def test_groups(places):
    assert owners.main_group(1000) == 100
    assert owners.main_group(1001) is None
    assert owners.main_group(4) is None
    assert owners.groups_of("anna") == [100, 10]
    assert owners.groups_of("an") == []


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("anna", (1000, -1)),
        ("anna:", (1000, -1)),
        (":wheel", (-1, 10)),
        ("0:users", (0, 100)),
        ("12:13", (12, 13)),
    ],
)
def test_owner_ids(places, text, ids):
    assert owners.owner_ids(text) == ids


def test_without_the_files(places):
    (places / "passwd").unlink()
    (places / "group").unlink()
    assert owners.name_of(owners.USERS, 0) == "0"
    assert owners.groups_of("anna") == []
    assert owners.owner_ids("5:6") == (5, 6)
