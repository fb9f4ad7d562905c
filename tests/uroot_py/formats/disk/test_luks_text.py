"""Encrypted volumes in words: made by cryptsetup, read by us, compared with its luksDump."""

import subprocess

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.uroot_py.formats.disk.test_luks2 import reader
from uroot_py.formats.disk import luks, luks_text

SECRET = b"secret"
ROUNDS = "--pbkdf-force-iterations"


def cryptsetup(*words, stdin=SECRET):
    done = subprocess.run(
        ["/usr/sbin/cryptsetup", *map(str, words)], input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def made(path, *words):
    """An image that cryptsetup has formatted as WORDS say."""
    with path.open("wb") as file:
        file.truncate(20 << 20)
    cryptsetup("luksFormat", "-q", *words, path, "-")
    return path


def same_dump(path):
    """Our words for a volume are those of cryptsetup."""
    with path.open("rb") as file:
        ours = "\n".join(luks_text.lines(luks.parse(reader(file)), str(path)))
    assert ours.strip().splitlines() == cryptsetup("luksDump", path).strip().splitlines()


KINDS = st.one_of(
    st.tuples(
        st.just("luks1"),
        st.sampled_from(
            ["aes-xts-plain64 -s 512", "aes-xts-plain64 -s 256", "aes-cbc-essiv:sha256 -s 256"]
        ),
        st.sampled_from(["sha1", "sha256", "sha512"]),
        st.integers(1000, 5000).map(lambda rounds: f"{ROUNDS} {rounds}"),
        st.just(""),
    ),
    st.tuples(
        st.just("luks2"),
        st.sampled_from(
            ["aes-xts-plain64 -s 512", "aes-cbc-essiv:sha256 -s 128", "aes-cbc-plain64 -s 256"]
        ),
        st.sampled_from(["sha256", "sha384", "sha512"]),
        st.one_of(
            st.integers(1000, 5000).map(lambda rounds: f"--pbkdf pbkdf2 {ROUNDS} {rounds}"),
            st.tuples(
                st.sampled_from(["argon2i", "argon2id"]),
                st.integers(4, 6),
                st.integers(32, 256),
                st.integers(1, 4),
            ).map(
                lambda row: (
                    f"--pbkdf {row[0]} {ROUNDS} {row[1]} --pbkdf-memory {row[2]}"
                    f" --pbkdf-parallel {row[3]}"
                )
            ),
        ),
        st.tuples(
            st.sampled_from(["", "--label vault", "--label räume --subsystem home"]),
            st.sampled_from(["--sector-size 512", "--sector-size 4096"]),
            st.sampled_from(["--luks2-metadata-size 16k", "--luks2-metadata-size 128k"]),
            st.sampled_from(["--luks2-keyslots-size 2m", "--luks2-keyslots-size 8m"]),
        ).map(" ".join),
    ),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=KINDS)
def test_agrees_with_luksdump(tmp_path, kind):
    type_, cipher, hash_, kdf, more = kind
    words = f"--type {type_} -c {cipher} --hash {hash_} {kdf} {more}".split()
    same_dump(made(tmp_path / "disk", *words))


def test_agrees_with_luksdump_on_many_keys_and_tokens(tmp_path):
    disk = made(tmp_path / "disk", "--pbkdf", "pbkdf2", ROUNDS, 1000)
    key = tmp_path / "key"
    for number in (1, 5, 7):
        key.write_text(f"key {number}")
        words = ("--key-slot", number, "--pbkdf", "pbkdf2", ROUNDS, 1000 + number)
        cryptsetup("luksAddKey", "-q", "--key-file=-", *words, disk, key)
    key.write_bytes(b"unbound")
    unbound = ("--unbound", "--key-size", 256, "--key-slot", 9, "--pbkdf", "pbkdf2", ROUNDS, 1000)
    cryptsetup("luksAddKey", "-q", "--key-file", key, *unbound, disk)
    cryptsetup("config", "--priority", "prefer", "--key-slot", 5, disk)
    cryptsetup("config", "--priority", "ignore", "--key-slot", 1, disk)
    for kind in ("clevis", "ours"):
        cryptsetup("token", "import", disk, stdin=f'{{"type":"{kind}","keyslots":["7"]}}'.encode())
    same_dump(disk)
    with disk.open("rb") as file:
        volume = luks.parse(reader(file))
    assert [slot.number for slot in volume.candidates()] == [5, 0, 7, 9]
    assert [bool(volume.digest_of(slot)) for slot in volume.candidates()] == [True] * 3 + [False]
    assert [token.kind for token in volume.tokens] == ["clevis", "ours"]
