"""Encrypted volumes: keys, and what is said; devices are opened in tests/vm/crypt.py."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.dmcrypt import Mapper
from tests.uroot_py.formats.disk.test_luks_text import ROUNDS, cryptsetup, made
from uroot_py.abi import keyring
from uroot_py.base.errors import FormatError, KernelError, RefusedError
from uroot_py.disks import crypt
from uroot_py.formats.disk.luks_volume import Kdf, Keyslot, Token, Volume
from uroot_py.machine import child


def split(key, stripes, kind):
    """KEY in STRIPES, as cryptsetup's AF_split does it, with stripes that are no secret."""
    blocks = [hashlib.sha512(bytes([n])).digest()[:1] * len(key) for n in range(stripes - 1)]
    state = bytes(len(key))
    for block in blocks:
        mixed = bytes(a ^ b for a, b in zip(state, block, strict=True))
        size = hashlib.new(kind).digest_size
        state = b"".join(
            hashlib.new(kind, (at // size).to_bytes(4, "big") + mixed[at : at + size]).digest()[
                : len(mixed) - at
            ]
            for at in range(0, len(mixed), size)
        )
    return b"".join(blocks) + bytes(a ^ b for a, b in zip(state, key, strict=True))


@given(
    key=st.binary(min_size=1, max_size=80),
    stripes=st.integers(1, 30),
    kind=st.sampled_from(["sha1", "sha256", "sha512"]),
)
def test_merged(key, stripes, kind):
    assert crypt.merged(split(key, stripes, kind), len(key), stripes, kind) == key


def test_derive_pbkdf2():
    kdf = Kdf("pbkdf2", b"salt", 100, hash_="sha256")
    expected = hashlib.pbkdf2_hmac("sha256", b"secret", b"salt", 100, 80)
    assert crypt.derive(kdf, bytearray(b"secret"), 80) == expected


def test_derive_argon2():
    kdf = Kdf("argon2id", b"somesalt", 2, memory=256 << 10, lanes=1)
    expected = "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"
    assert crypt.derive(kdf, b"password", 32).hex() == expected


def test_memory_is_asked_for_before(monkeypatch):
    monkeypatch.setattr(child, "available", lambda: 412 << 20)
    with pytest.raises(RefusedError) as caught:
        crypt.derive(Kdf("argon2id", b"somesalt", 4, memory=1 << 30, lanes=4), b"secret", 64)
    assert str(caught.value) == "argon2id needs 1.0 GiB, 412.0 MiB are free"


@pytest.mark.parametrize("kind", ["luks1", "luks2"])
def test_the_digest_is_that_of_the_volume_key(tmp_path, kind):
    key = tmp_path / "key"
    key.write_bytes(bytes(range(64)))
    words = ("--type", kind, "-s", 512, "--volume-key-file", key)
    more = ("--pbkdf", "pbkdf2") if kind == "luks2" else ()
    disk = made(tmp_path / "disk", *words, *more, ROUNDS, 1000)
    (known,) = crypt.read(str(disk)).digests
    assert crypt.is_key(known, bytearray(range(64)))
    assert not crypt.is_key(known, bytearray(64))


def test_what_cannot_be_tried():
    volume = Volume(2, "")
    with pytest.raises(RefusedError) as caught:
        crypt.key_of("disk", volume, b"secret")
    assert str(caught.value) == "it has no keyslot for a passphrase"
    slot = Keyslot(3, Kdf("pbkdf2", b"salt", 1), "aes-xts-plain64", key_size=64)
    slot.why_not = "the hash whirlpool is not supported"
    volume.keyslots.append(slot)
    with pytest.raises(RefusedError) as caught:
        crypt.key_of("disk", volume, b"secret")
    assert str(caught.value) == "keyslot 3: the hash whirlpool is not supported"


def test_other_ways_to_a_key_are_named():
    volume = Volume(2, "")
    kinds = ("clevis", "systemd-tpm2", "systemd-fido2", "ours\x1b")
    volume.tokens = [Token(number, kind, [0]) for number, kind in enumerate(kinds)]
    assert crypt.elsewhere(volume) == [
        "clevis (a tang server or a TPM)",
        "the TPM",
        "a FIDO2 key",
        "ours?",
    ]


def test_what_is_no_volume(tmp_path):
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(8192))
    with pytest.raises(FormatError) as caught:
        crypt.unlock(str(disk), b"secret")
    assert str(caught.value).startswith(f"{disk}: LUKS header: magic at offset 0x0: expected ")


def test_a_volume_that_is_not_opened_says_why(tmp_path):
    disk, header = tmp_path / "disk", tmp_path / "header"
    disk.write_bytes(bytes(1 << 20))
    header.write_bytes(bytes(4 << 20))
    cryptsetup("luksFormat", "-q", "--type", "luks1", "--header", header, ROUNDS, 1000, disk, "-")
    with pytest.raises(RefusedError) as caught:
        crypt.unlock(str(header), b"secret")
    assert str(caught.value) == (f"{header}: its header is detached: the data is on another device")


def test_wipe():
    secret = bytearray(b"secret")
    crypt.wipe(secret)
    assert secret == bytes(6)


PBKDF2 = f"--pbkdf pbkdf2 {ROUNDS} 1000"
ARGON2 = f"{ROUNDS} 4 --pbkdf-memory 64 --pbkdf-parallel 2"
KINDS = [
    f"--type luks1 --hash sha256 {ROUNDS} 1000",
    f"--type luks1 --hash sha1 -c aes-xts-plain64 -s 256 {ROUNDS} 1000",
    f"--type luks1 --hash sha512 -c aes-cbc-plain64 -s 256 {ROUNDS} 1000",
    f"--type luks2 {PBKDF2}",
    f"--type luks2 --hash sha512 {PBKDF2} --sector-size 4096",
    f"--type luks2 --pbkdf argon2i {ARGON2}",
    f"--type luks2 --pbkdf argon2id {ARGON2}",
]


@pytest.fixture
def mapped(tmp_path, monkeypatch):
    """A stand-in for device-mapper over the image of this test."""
    folder = tmp_path / "mapper"
    folder.mkdir()
    stand_in = Mapper(tmp_path / "disk", folder)
    monkeypatch.setattr(crypt, "mapper", stand_in)
    return stand_in


@pytest.mark.parametrize("words", KINDS)
def test_the_volume_key_is_that_of_cryptsetup(tmp_path, mapped, words):
    disk = made(tmp_path / "disk", *words.split())
    volume = crypt.read(str(disk))
    slot, key = crypt.key_of(str(disk), volume, bytearray(b"secret"))
    file = tmp_path / "volume-key"
    dump = ("luksDump", "-q", "--dump-volume-key", "--volume-key-file", file, "--key-file", "-")
    cryptsetup(*dump, disk)
    assert (slot.number, key) == (0, file.read_bytes())
    with pytest.raises(crypt.WrongPassphraseError) as caught:
        crypt.key_of(str(disk), volume, bytearray(b"wrong"))
    assert str(caught.value) == "no keyslot has this passphrase"
    assert list(mapped.folder.iterdir()) == []


def test_the_preferred_keyslot_is_tried_first_and_one_alone(tmp_path, mapped):
    disk = made(tmp_path / "disk", *f"--type luks2 {PBKDF2}".split())
    key = tmp_path / "key"
    key.write_text("other")
    words = ("--key-slot", 3, "--pbkdf", "pbkdf2", ROUNDS, 1000)
    cryptsetup("luksAddKey", "-q", "--key-file=-", *words, disk, key)
    volume = crypt.read(str(disk))
    assert crypt.key_of(str(disk), volume, b"other")[0].number == 3
    with pytest.raises(crypt.WrongPassphraseError):
        crypt.key_of(str(disk), volume, b"other", volume.keyslots[:1])
    before = len(mapped.tables)
    cryptsetup("config", "--priority", "prefer", "--key-slot", 3, disk)
    assert crypt.key_of(str(disk), crypt.read(str(disk)), b"other")[0].number == 3
    assert len(mapped.tables) == before + 1


def test_a_keyslot_that_cannot_be_tried_does_not_stop_the_others(tmp_path, mapped, monkeypatch):
    disk = made(tmp_path / "disk", *f"--type luks2 --pbkdf argon2id {ARGON2}".split())
    key = tmp_path / "key"
    key.write_text("other")
    words = ("--key-slot", 1, "--pbkdf", "pbkdf2", ROUNDS, 1000)
    cryptsetup("luksAddKey", "-q", "--key-file=-", *words, disk, key)
    volume = crypt.read(str(disk))
    monkeypatch.setattr(child, "available", lambda: 1 << 20)
    assert crypt.key_of(str(disk), volume, b"other")[0].number == 1
    with pytest.raises(crypt.WrongPassphraseError) as caught:
        crypt.key_of(str(disk), volume, b"secret")
    assert str(caught.value) == (
        "no keyslot has this passphrase; keyslot 0: argon2id needs 64.0 KiB, 1.0 MiB are free"
    )


@pytest.mark.parametrize("keyrings", [True, False])
@pytest.mark.parametrize("sector", [512, 4096])
def test_the_data(tmp_path, mapped, monkeypatch, sector, keyrings):
    plain = bytes(range(256)) * 4096
    disk = tmp_path / "disk"
    with disk.open("wb") as file:
        file.write(plain)
        file.truncate(len(plain) + (16 << 20))
    words = f"--type luks2 {PBKDF2} --resilience none --sector-size {sector}".split()
    key = tmp_path / "key"
    key.write_text("secret")
    moved = ("--reduce-device-size", "16M", "--key-file", key)
    cryptsetup("reencrypt", "--encrypt", "-q", *moved, *words, disk)
    added = []

    def add_logon(description, payload):
        added.append(description)
        raise KernelError("add_key", 38)

    if not keyrings:
        monkeypatch.setattr(keyring, "add_logon", add_logon)
    monkeypatch.setattr(crypt, "_size", lambda path: disk.stat().st_size)
    path = crypt.unlock(str(disk), bytearray(b"secret"))
    volume = crypt.read(str(disk))
    assert path.endswith(f"luks-{volume.uuid}")
    with open(path, "rb") as file:
        assert file.read(len(plain)) == plain
    name, _, uuid, readonly = mapped.tables[-1]
    assert readonly
    assert uuid == f"CRYPT-LUKS2-{volume.uuid.replace('-', '')}-{name}"
    assert bool(added) != keyrings
