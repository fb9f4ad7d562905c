"""cryptsetup: what needs no device; devices are opened in tests/vm/crypt.py."""

import pytest

from tests.support.applet import complains, run_applet
from tests.uroot_py.formats.disk.test_luks_text import ROUNDS, cryptsetup, made


@pytest.fixture
def disk(tmp_path):
    words = ("--uuid", "11111111-2222-3333-4444-555555555555", "--pbkdf", "pbkdf2", ROUNDS, 1000)
    return made(tmp_path / "disk", *words)


def test_luksdump(disk):
    done = run_applet("cryptsetup", "luksDump", str(disk))
    assert (done.status, done.err) == (0, "")
    assert done.out.strip().splitlines() == cryptsetup("luksDump", disk).strip().splitlines()


def test_luksdump_of_what_cannot_be_opened(tmp_path):
    disk, header = tmp_path / "disk", tmp_path / "header"
    disk.write_bytes(bytes(1 << 20))
    header.write_bytes(bytes(4 << 20))
    cryptsetup("luksFormat", "-q", "--type", "luks1", "--header", header, ROUNDS, 1000, disk, "-")
    done = run_applet("cryptsetup", "luksDump", str(header))
    assert done.status == 0
    assert done.err == (
        f"cryptsetup: {header}: cannot be opened: its header is detached: the data is on another"
        " device\n"
    )


def test_isluks(disk, tmp_path):
    none = tmp_path / "none"
    none.write_bytes(bytes(4096))
    for words, status, out in (
        ((disk,), 0, ""),
        (("-v", disk), 0, "Command successful.\n"),
        (("--type", "luks2", disk), 0, ""),
        (("--type", "luks1", disk), 1, ""),
        (("-v", none), 1, "Command failed with code 1.\n"),
    ):
        done = run_applet("cryptsetup", "isLuks", *map(str, words))
        assert (done.status, done.out, done.err) == (status, out, "")


def test_luksuuid(disk):
    done = run_applet("cryptsetup", "luksUUID", str(disk))
    assert (done.status, done.out) == (0, "11111111-2222-3333-4444-555555555555\n")


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        ("", 2, "expected open, luksOpen, close, luksClose, status, luksDump, luksUUID, isLuks"),
        ("luksFormat x", 2, "isLuks, found 'luksFormat'"),
        ("open x", 2, "open: expected DEVICE NAME;"),
        ("close", 2, "close: expected one operand;"),
        ("luksDump --header y x", 1, "cryptsetup: --header: a detached header is not supported\n"),
    ],
)
def test_what_it_refuses(words, status, text):
    done = run_applet("cryptsetup", *words.split())
    assert (done.status, done.out) == (status, "")
    assert text in done.err


def test_a_volume_of_another_version(disk):
    text = f"cryptsetup: {disk}: is a LUKS2 volume, and no luks1\n"
    complains(f"cryptsetup luksDump --type luks1 {disk}", 1, text)
