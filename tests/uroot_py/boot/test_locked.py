"""Encrypted volumes of a boot: rows, key files, hand-over; they are opened in tests/vm/crypt.py."""

import pytest

from uroot_py.base.errors import RefusedError
from uroot_py.boot.locked import Locked, called
from uroot_py.boot.survey import Directories, Survey
from uroot_py.disks import crypt
from uroot_py.disks.blockdev import BlockDevice
from uroot_py.disks.layers import Layers
from uroot_py.formats.disk.luks_volume import Volume
from uroot_py.formats.disk.superblock import Superblock
from uroot_py.machine.sysroot import Sysroot
from uroot_py.terminal.console import Terminal


@pytest.fixture
def machine(tmp_path):
    (tmp_path / "proc").mkdir()
    return Sysroot(str(tmp_path))


def device(name="vda3", *, label="vault", use="crypto"):
    made = BlockDevice(name, f"/dev/{name}", 1 << 30, "vda", 3)
    made.superblock = Superblock("crypto_LUKS", uuid="1234", label=label, use=use)
    return made


def rows(survey):
    return [entry.title for entry in survey.entries]


def test_a_row_for_each_that_is_locked(machine, tmp_path):
    survey = Survey()
    source = Locked(Layers(machine), machine)
    survey.devices = [device(), device("vdb", label=""), device("vdc", use="filesystem")]
    assert source.more(survey)
    assert rows(survey) == ["unlock /dev/vda3 (vault)", "unlock /dev/vdb"]
    assert not source.more(survey)
    assert survey.defaults() == []  # nobody but a person starts one
    (tmp_path / "sys/class/block/vda3/holders/dm-0").mkdir(parents=True)
    assert source.more(survey)
    assert rows(survey) == ["unlock /dev/vdb"]
    survey.devices.clear()
    assert source.more(survey)
    assert rows(survey) == []


def test_a_disk_that_does_not_answer_has_no_row(machine):
    survey = Survey()
    survey.devices = [device()]
    survey.devices[0].silent = True
    assert not Locked(Layers(machine), machine).more(survey)


def test_called():
    assert called(device(label="a\x1b")) == "/dev/vda3 (a?)"


@pytest.fixture
def opened(monkeypatch):
    """What was unlocked with which secret; "wrong" opens nothing."""
    found = []

    def unlock(path, secret):
        if secret == b"wrong":
            raise RefusedError("no keyslot has this passphrase")
        found.append((path, bytes(secret)))
        return "/dev/mapper/luks-1234"

    monkeypatch.setattr(crypt, "unlock", unlock)
    monkeypatch.setattr(crypt, "read", lambda path: Volume(2, "1234"))
    return found


def with_key(machine, tmp_path, word, text):
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick/key").write_text(text)
    (tmp_path / "proc/cmdline").write_text(f"uroot.key={word}\n")
    survey = Survey([Directories([(str(tmp_path / "stick"), {"uuid": "AB-CD"})])])
    survey.look()
    survey.devices = [device()]
    return survey


@pytest.mark.parametrize("word", ["UUID=ab-cd:/key", "UUID=AB-CD:key"])
def test_a_key_file_on_another_device(machine, tmp_path, opened, word):
    survey = with_key(machine, tmp_path, word, "secret")
    source = Locked(Layers(machine), machine)
    source.look(survey)
    assert opened == [("/dev/vda3", b"secret")]
    (key,) = source.handed_over()
    assert (key.uuid, bytes(key.secret)) == ("1234", b"secret")
    assert key.fits("/dev/vda3")
    assert key.fits("LABEL=vault")
    kept = key.secret
    ((name, below),) = [(each.name, each.below) for each in source.layers.made]
    assert (name, below) == ("luks-1234", ["vda3"])
    source.close()
    assert kept == bytes(6)
    assert source.handed_over() == []


def test_a_wrong_key_file_is_said_and_tried_once(machine, tmp_path, opened):
    survey = with_key(machine, tmp_path, "UUID=AB-CD:/key", "wrong")
    source = Locked(Layers(machine), machine)
    source.look(survey)
    source.more(survey)
    assert survey.faults == ["uroot.key: no keyslot has this passphrase"]
    assert rows(survey) == ["unlock /dev/vda3 (vault)"]


def test_a_key_file_that_is_not_there_may_come(machine, tmp_path, opened):
    survey = with_key(machine, tmp_path, "UUID=AB-CD:/none", "secret")
    source = Locked(Layers(machine), machine)
    source.look(survey)
    assert (opened, survey.faults, source.tried) == ([], [], set())


def test_no_hand_over(machine, tmp_path, opened):
    survey = with_key(machine, tmp_path, "UUID=AB-CD:/key uroot.handover=no", "secret")
    source = Locked(Layers(machine), machine)
    source.look(survey)
    assert source.keys
    assert source.handed_over() == []


class Keys(Terminal):
    """A terminal at which WORDS are typed."""

    def __init__(self, text):
        super().__init__([])
        self.keys = list(text)
        self.shown = ""

    def key(self, seconds=None, also=()):
        key = self.keys.pop(0)
        return {"\r": "enter", "\x1b": "escape"}.get(key, key)

    def write(self, text):
        self.shown += text

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


@pytest.fixture
def typed(monkeypatch, opened):
    def unlock(path, secret):
        if secret != b"secret":
            raise crypt.WrongPassphraseError(f"{path}: no keyslot has this passphrase")
        opened.append((path, bytes(secret)))
        return "/dev/mapper/luks-1234"

    monkeypatch.setattr(crypt, "unlock", unlock)
    return opened


def test_asked_until_it_is_right(machine, typed):
    terminal = Keys("a\rsecret\r")
    assert Locked(Layers(machine), machine).ask(device(), terminal) == ""
    assert typed == [("/dev/vda3", b"secret")]
    assert terminal.shown == (
        "\nTab hides and shows the stars, Escape gives up.\n"
        "Passphrase for /dev/vda3 (vault), 3 tries left: *\nunlocking ...\n"
        "/dev/vda3: no keyslot has this passphrase\n"
        "Passphrase for /dev/vda3 (vault), 2 tries left: ******\nunlocking ...\n"
    )


def test_three_times_wrong(machine, typed):
    terminal = Keys("a\rb\rc\r")
    assert (
        Locked(Layers(machine), machine).ask(device(), terminal)
        == "/dev/vda3: wrong passphrase, 3 times"
    )
    assert "the last try: *" in terminal.shown
    assert typed == []


def test_given_up(machine, typed):
    assert Locked(Layers(machine), machine).ask(device(), Keys("se\x1b")) == ""
    assert typed == []


def test_what_cannot_be_opened_is_not_asked_again(machine, monkeypatch, opened):
    def unlock(path, secret):
        raise RefusedError("argon2id needs 1.0 GiB, 412.0 MiB are free")

    monkeypatch.setattr(crypt, "unlock", unlock)
    fault = Locked(Layers(machine), machine).ask(device(), Keys("secret\r"))
    assert fault == "argon2id needs 1.0 GiB, 412.0 MiB are free"
