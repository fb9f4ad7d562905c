"""The hand-over of keys: what the next system finds where it looks."""

import gzip
import subprocess

import pytest

from uroot_py.boot import handover
from uroot_py.formats.archive import cpio

UUID = "11111111-2222-3333-4444-555555555555"
KEYS = handover.KEYS


def key(secret=b"secret"):
    return handover.Key(UUID, bytearray(secret), ["/dev/vda3", "PARTUUID=ABC"])


def packed(**files):
    """An initrd as mkinitramfs makes it: microcode first, then a packed archive by cpio."""
    early = cpio.build([cpio.Member("kernel", cpio.S_IFDIR | 0o755)])
    members = [cpio.Member("conf", cpio.S_IFDIR | 0o755)]
    members += [
        cpio.Member(name.replace("__", "/"), cpio.S_IFREG | 0o644, text.encode())
        for name, text in files.items()
    ]
    return memoryview(early + gzip.compress(cpio.build(members)))


def made(initrd, cmdline=""):
    """Name -> (mode, text) of the files that are handed over."""
    members, _ = cpio.parse(handover.archive([key()], [initrd], cmdline))
    return {
        member.name: (member.mode & 0o7777, member.data.decode())
        for member in members
        if member.kind == cpio.S_IFREG
    }


@pytest.mark.parametrize(
    ("cmdline", "names"),
    [
        ("", [f"luks-{UUID}"]),
        (f"rd.luks.uuid={UUID}", [f"luks-{UUID}"]),
        (f"rd.luks.name={UUID}=root", ["root", f"luks-{UUID}"]),
        (f"luks.name={UUID.upper()}=a luks.name=other=b", ["a", f"luks-{UUID}"]),
        (f"cryptdevice=UUID={UUID}:cryptroot", ["cryptroot", f"luks-{UUID}"]),
        ("cryptdevice=/dev/vda3:cryptroot", ["cryptroot", f"luks-{UUID}"]),
        (f"rd.luks.name={UUID}=../../x", [f"luks-{UUID}"]),
    ],
)
def test_names(cmdline, names):
    assert handover.names(key(), {}, cmdline) == names


def test_systemd():
    files = made(packed(etc__crypttab=f"root UUID={UUID} - tpm2-device=auto,discard\n"))
    assert files == {
        f"{KEYS}/root.key": (0o400, "secret"),
        f"{KEYS}/luks-{UUID}.key": (0o400, "secret"),
        "etc/crypttab": (0o644, f"root UUID={UUID} /{KEYS}/root.key discard\n"),
    }


def test_initramfs_tools():
    table = f"# mine\nvault UUID={UUID} none luks,initramfs\nother UUID=9 none luks\n"
    files = made(packed(cryptroot__crypttab=table))
    assert files["cryptroot/crypttab"] == (
        0o644,
        f"# mine\nvault UUID={UUID} /{KEYS}/vault.key luks,initramfs\nother UUID=9 none luks\n",
    )
    assert files[f"{KEYS}/vault.key"] == (0o400, "secret")


def test_mkinitcpio():
    files = made(packed(), f"cryptdevice=UUID={UUID}:root root=/dev/mapper/root")
    assert files["crypto_keyfile.bin"] == (0o400, "secret")
    given = made(packed(), f"cryptdevice=UUID={UUID}:root cryptkey=rootfs:/x")
    assert "crypto_keyfile.bin" not in given


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("a /dev/vda3", "a /dev/vda3 F luks"),
        ("a PARTUUID=abc none", "a PARTUUID=abc F luks"),
        (f'a UUID="{UUID}" x keyscript=/a,tries=1', f'a UUID="{UUID}" F luks'),
        ("a /dev/vda4 none luks", "a /dev/vda4 none luks"),
        ("a", "a"),
    ],
)
def test_rewritten(row, expected):
    assert handover.rewritten(f"{row}\n", key(), "F") == f"{expected}\n"


def test_a_damaged_initrd_has_no_table():
    whole = bytes(packed(etc__crypttab="root UUID=1 none\n"))
    assert handover.tables([memoryview(whole)]) == {"etc/crypttab": "root UUID=1 none\n"}
    for end in range(0, len(whole), 37):
        handover.tables([memoryview(whole[:end])])
    assert handover.tables([memoryview(b"\x00" * 600), memoryview(b"?")]) == {}


def test_a_table_far_behind_is_not_looked_for():
    large = "x" * (handover.MAX_UNPACKED + (1 << 20))
    assert handover.tables([packed(bin__a=large, etc__crypttab="a b c\n")]) == {}


def test_the_kernel_and_cpio_unpack_it(tmp_path):
    table = f"vault UUID={UUID} none luks\n"
    data = handover.archive([key()], [packed(cryptroot__crypttab=table)], "")
    subprocess.run(["cpio", "-i", "--quiet"], input=data, cwd=tmp_path, check=True)
    file = tmp_path / f"{KEYS}/vault.key"
    assert file.read_bytes() == b"secret"
    assert file.stat().st_mode & 0o777 == 0o400
    assert (tmp_path / KEYS).stat().st_mode & 0o777 == 0o700
