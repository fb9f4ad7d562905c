"""Encrypted volumes as values: which keyslots are tried, what a cipher may be called."""

import pytest

from tests.uroot_py.formats.disk.test_luks import changed
from uroot_py.base.errors import FormatError
from uroot_py.formats.disk import luks
from uroot_py.formats.disk.luks_volume import Digest, Kdf, Keyslot, Volume, cipher


def slot(number, priority):
    made = Keyslot(number, Kdf("pbkdf2", b"salt", 1000), "aes-xts-plain64", key_size=64)
    made.priority = priority
    return made


def test_the_preferred_keyslots_come_first():
    volume = Volume(2, "")
    volume.keyslots = [slot(0, 1), slot(1, 0), slot(2, 2), slot(3, 1), slot(4, 2)]
    volume.keyslots[3].why_not = "the hash whirlpool is not supported"
    assert [each.number for each in volume.candidates()] == [2, 4, 0]


def test_the_digest_of_a_keyslot():
    volume = Volume(2, "")
    for number, segments in ((0, []), (1, [0])):
        digest = Digest(number, Kdf("pbkdf2", b"salt", 1000), b"digest")
        digest.keyslots, digest.segments = [number], segments
        volume.digests.append(digest)
    found = [volume.digest_of(slot(number, 1)) for number in (0, 1, 2)]
    assert found == [None, volume.digests[1], None]  # a key without a segment is not the volume's


@pytest.mark.parametrize("words", ["", "aes", "aes-xts-plain64 0 8:0 0", "a-" + "b" * 63, "a-\n"])
def test_what_is_no_cipher(words):
    with pytest.raises(FormatError) as caught:
        cipher(words, "area", 7)
    assert str(caught.value) == (
        f"area at offset 0x7: expected a cipher such as aes-xts-plain64, found {words[:64]!r}"
    )


def test_an_unknown_hash_is_named():
    volume = luks.parse(changed((72, b"whirlpool\0")))
    assert [slot.why_not for slot in volume.keyslots] == ["the hash whirlpool is not supported"]
    assert list(volume.candidates()) == []
