"""LUKS2: copies of the header, bounded metadata."""

import json
import lzma
import struct
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.formats.disk import luks, luks2, luks_text

DATA = Path(__file__).resolve().parents[3] / "data" / "luks"
TWO = lzma.decompress((DATA / "luks2.xz").read_bytes())
SIZE = 0x4000
METADATA = json.loads(TWO[4096:SIZE].split(b"\0")[0])


def reader(file):
    def read(offset, size):
        file.seek(offset)
        return file.read(size)

    return read


def windows(data):
    return lambda offset, size: bytes(data[offset : offset + size])


def sealed(text, *, copy=False, sequence=9):
    """A header with the metadata TEXT and the checksum that they have."""
    head = bytearray(TWO[:4096])
    struct.pack_into(">6sHQQ", head, 0, luks2.COPY if copy else luks2.MAGIC, 2, SIZE, sequence)
    struct.pack_into(">Q", head, 256, SIZE if copy else 0)
    head[448:512] = bytes(64)
    area = text.encode("utf-8", "surrogateescape").ljust(SIZE - 4096, b"\0")
    head[448:480] = sha256(bytes(head) + area).digest()
    return bytes(head) + area


def changed(path, value):
    """The metadata with VALUE at PATH; a header with them."""
    metadata = json.loads(json.dumps(METADATA))
    *parents, last = path.split(".")
    node = metadata
    for name in parents:
        node = node[name]
    node[last] = value
    return windows(sealed(json.dumps(metadata)))


def test_what_cryptsetup_made():
    volume = luks.parse(windows(TWO))
    assert (volume.label, volume.subsystem, volume.why_not) == ("vault", "tests", "")
    assert volume.uuid == "11111111-2222-3333-4444-555555555555"
    assert [token.kind for token in volume.tokens] == ["clevis"]


def test_the_newer_sound_copy_holds():
    old = json.dumps({**METADATA, "tokens": {}})
    new = json.dumps(METADATA)
    for first, second, tokens in (
        (sealed(old), sealed(new, copy=True, sequence=10), 1),
        (sealed(new), sealed(old, copy=True, sequence=8), 1),
        (bytes(SIZE), sealed(new, copy=True), 1),  # the first was overwritten
        (sealed(new)[:-1] + b"x", sealed(old, copy=True, sequence=8), 0),  # and damaged
        (sealed(new), sealed(old, copy=True, sequence=10)[:-1] + b"x", 1),
    ):
        assert len(luks.parse(windows(first + second)).tokens) == tokens


def test_a_wrong_checksum():
    with pytest.raises(FormatError) as caught:
        luks.parse(windows(TWO[: SIZE - 1] + b"x"))
    assert str(caught.value).startswith("LUKS2 header: csum at offset 0x1c0: expected ")


@pytest.mark.parametrize(
    ("path", "value", "expected", "found"),
    [
        ("keyslots.0.kdf.memory", 1 << 23, "a number from 8 to 4194304", "8388608"),
        ("keyslots.0.kdf.time", True, "a number from 1 to 4294967295", "True"),
        ("keyslots.0.kdf.salt", "???", "1 to 512 bytes", "0 bytes"),
        ("keyslots.0.kdf.salt", "ab", "base64", "Incorrect padding"),
        (
            "keyslots.0.area.offset",
            "512",
            "whole sectors between 0x8000 and 0x88000",
            "0x3f000 bytes at 0x200",
        ),
        ("keyslots.0.area.offset", "1e9", "digits of a number below 2^64", "'1e9'"),
        (
            "keyslots.0.area.encryption",
            "aes-xts-plain64 0 /dev/sda",
            "a cipher such as aes-xts-plain64",
            "'aes-xts-plain64 0 /dev/sda'",
        ),
        ("keyslots.0.area.size", "4096", "at least 256000 bytes", "4096"),
        ("keyslots.x", {}, "numbers as names", "'x'"),
        ("keyslots", [], "an object", "list"),
        ("tokens", {str(n): {"type": "a", "keyslots": []} for n in range(33)}, "at most 32", "33"),
        ("segments.0.sector_size", 513, "512 to 4096", "513"),
        ("segments.0.offset", "1", "whole sectors", "0x0 bytes at 0x1"),
        ("digests.0.keyslots", [0], "a list of numbers", "[0]"),
        ("config.flags", "none", "a list of words", "'none'"),
    ],
)
def test_wrong_metadata(path, value, expected, found):
    with pytest.raises(FormatError) as caught:
        luks.parse(changed(path, value))
    assert f": expected {expected}, found {found}" in str(caught.value)
    assert caught.value.what.startswith("LUKS2 metadata: ")
    assert path.startswith(caught.value.what.removeprefix("LUKS2 metadata: "))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[" * 17, "at most 16 values inside of one another, found more"),
        ('"' + "[" * 100 + '\\""', "an object, found str"),
        ("[" + "," * 8192, "at most 8192 values, found 8193"),
        ("nul", "JSON, found Expecting value: line 1 column 1 (char 0)"),
        ("\udcff", "UTF-8, found byte 0xff"),
    ],
)
def test_what_is_no_metadata(text, fault):
    with pytest.raises(FormatError) as caught:
        luks.parse(windows(sealed(text)))
    assert str(caught.value) == f"LUKS2 metadata at offset 0x1000: expected {fault}"


@pytest.mark.parametrize(
    ("path", "value", "why_not"),
    [
        (
            "config.requirements",
            {"mandatory": ["online-reencrypt-v2"]},
            (
                "it requires online-reencrypt-v2, which is not supported:"
                " finish it with cryptsetup first"
            ),
        ),
        (
            "segments.0.integrity",
            {"type": "hmac(sha256)"},
            "it has integrity protection (hmac(sha256)), which is not supported",
        ),
        ("segments.0.type", "opal", "its segment is of the kind opal, which is not supported"),
        ("segments.1", METADATA["segments"]["0"], "it has 2 segments, where one is supported"),
        ("segments.0.offset", "0", "its header is detached: the data is on another device"),
    ],
)
def test_what_is_not_opened_says_why(path, value, why_not):
    assert luks.parse(changed(path, value)).why_not == why_not


@pytest.mark.parametrize(
    ("path", "value", "why_not"),
    [
        ("type", "reencrypt", "it is of the kind reencrypt"),
        ("area.type", "journal", "its area is of the kind journal, luks1"),
        ("kdf.type", "scrypt", "its key derivation is scrypt"),
        ("af.hash", "blake2b-512", "the hash blake2b-512 is not supported"),
    ],
)
def test_a_keyslot_that_is_not_used_says_why(path, value, why_not):
    volume = luks.parse(changed(f"keyslots.0.{path}", value))
    assert [slot.why_not for slot in volume.keyslots] == [why_not]
    assert list(volume.candidates()) == []


LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text()))


@given(
    path=st.sampled_from(
        [
            f"{top}.0.{name}"
            for top in ("keyslots", "segments", "digests", "tokens")
            for name in METADATA[top]["0"]
        ]
    ),
    value=st.one_of(LEAVES, st.dictionaries(st.text(), LEAVES)),
)
def test_only_format_errors(path, value):
    try:
        list(luks_text.lines(luks.parse(changed(path, value)), "disk"))
    except FormatError:
        return


@given(at=st.integers(0, SIZE - 1), byte=st.integers(1, 255))
def test_every_changed_byte_is_noticed(at, byte):
    data = bytearray(TWO[:SIZE])
    data[at] ^= byte
    if 448 + 32 <= at < 512:  # a checksum of SHA-256 leaves half of its field free
        data[at], data[0] = data[at] ^ byte, data[0] ^ byte
    with pytest.raises(FormatError):
        luks.parse(windows(data))
