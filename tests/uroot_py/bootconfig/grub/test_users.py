"""GRUB's users: who may start and edit what."""

import pytest

from tests.support.bootfiles import grub
from uroot_py.bootconfig.entry import Listing
from uroot_py.bootconfig.grub.users import MAX_USERS, NOTE

ADMIN = "set superusers=admin; password admin a; password guest b; password other c\n"
BODY = "{ linux /k }"
ADMINS, GUESTS = ["plain$a"], ["plain$a", "plain$b"]


@pytest.mark.parametrize(
    ("text", "starters", "editors"),
    [
        pytest.param(f"menuentry x {BODY}", None, None, id="no users"),
        pytest.param(f"password admin a; menuentry x --users admin {BODY}", None, None, id="unset"),
        pytest.param(f"set superusers=; password a a; menuentry x {BODY}", [], [], id="nobody"),
        pytest.param(f"{ADMIN}menuentry x {BODY}", ADMINS, ADMINS, id="superuser"),
        pytest.param(f"{ADMIN}menuentry x --unrestricted {BODY}", None, ADMINS, id="unrestricted"),
        pytest.param(
            f"{ADMIN}menuentry x --unrestricted --users guest {BODY}", None, ADMINS, id="both"
        ),
        pytest.param(f"{ADMIN}menuentry x --users guest {BODY}", GUESTS, ADMINS, id="a user"),
        pytest.param(
            f"{ADMIN}menuentry x --users 'guest;nobody,x|y&z' {BODY}", GUESTS, ADMINS, id="a list"
        ),
        pytest.param(
            f"{ADMIN}submenu s {{ menuentry x --unrestricted {BODY} }}",
            ADMINS,
            ADMINS,
            id="restricted submenu",
        ),
        pytest.param(
            f"{ADMIN}submenu s --unrestricted {{ menuentry x {BODY} }}",
            ADMINS,
            ADMINS,
            id="in a submenu, not exported",
        ),
        pytest.param(
            f"{ADMIN}menuentry x --unrestricted {{ authenticate guest; linux /k }}",
            GUESTS,
            ADMINS,
            id="an entry that asks",
        ),
        pytest.param("menuentry x { authenticate guest; linux /k }", None, None, id="asks nobody"),
        pytest.param(
            f"{ADMIN}password admin new; menuentry x {BODY}", ["plain$new"], ["plain$new"], id="new"
        ),
        pytest.param(
            f"set superusers=a; password_pbkdf2 a grub.pbkdf2.sha512.10.AA.BB; menuentry x {BODY}",
            ["grub.pbkdf2.sha512.10.AA.BB"],
            ["grub.pbkdf2.sha512.10.AA.BB"],
            id="a hash",
        ),
    ],
)
def test_who_may(text, starters, editors):
    read = grub(text)
    assert read.listing.faults == []
    (entry,) = read.entries
    assert (entry.starters, entry.editors) == (starters, editors)
    assert entry.attended == (starters is not None)
    assert entry.notes == ([] if starters is None else [NOTE])
    # As the child that reads configurations sends it.
    read.listing.entries = read.entries
    (sent,) = Listing.of(read.listing.values()).entries
    assert (sent.starters, sent.editors) == (starters, editors)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("password root", "line 1: password: expected a user and a password"),
        ("password_pbkdf2 root", "line 1: password_pbkdf2: expected a user and a hash"),
        (
            "password_pbkdf2 root secret",
            "line 1: password_pbkdf2 root: expected grub.pbkdf2.sha512.ROUNDS.SALT.HASH",
        ),
        (
            "set superusers=root; authenticate",
            "line 1: authenticate: nobody can be asked while the configuration is read",
        ),
        (
            f"for x in {' '.join(map(str, range(MAX_USERS + 1)))}; do password $x $x; done",
            "line 1: password: expected at most 16 users, found more",
        ),
    ],
)
def test_faults(text, fault):
    assert grub(text).listing.faults == [f"/boot/grub/grub.cfg: {fault}"]


def test_what_stands_behind_a_question_stays_hidden():
    read = grub(f"{ADMIN}if authenticate guest; then\nmenuentry x {BODY}\nfi")
    assert read.entries == []


BLS = "title {0}\nlinux /k\noptions {0}\n"


def test_entries_of_blscfg():
    files = {
        "/k": b"x",
        "/loader/entries/c.conf": BLS.format("open"),
        "/loader/entries/b.conf": BLS.format("guest") + "grub_users guest\n",
        "/loader/entries/a.conf": BLS.format("fedora")
        + "grub_users $grub_users\ngrub_arg --unrestricted\n",
    }
    read = grub(f"{ADMIN}blscfg", files)
    assert [(entry.title, entry.starters, entry.editors) for entry in read.entries] == [
        ("open", None, ADMINS),
        ("guest", GUESTS, ADMINS),
        ("fedora", None, ADMINS),
    ]
