"""losetup: its own ways."""

import hashlib

import pytest

from tests.support.namespace import in_namespace
from tests.support.volumes import image


@pytest.mark.host
def test_losetup(tmp_path):
    path = image(tmp_path)
    done = in_namespace(
        f"d=$(uroot losetup -f --show -r {path}); uroot losetup $d;"
        "uroot dd if=$d bs=1k count=2 status=none | uroot hexdump -C -s 1080 -n 2;"
        "uroot losetup -d $d; uroot losetup $d; uroot losetup -d $d || true"
    )
    device = done.stdout.partition(":")[0]
    assert done.stdout == f"{device}: {path}\n00000438  53 ef{' ' * 45}|S.|\n0000043a\n"
    assert done.stderr == (f"losetup: LOOP_CLR_FD {device}: ENXIO: it is not attached to a file\n")


@pytest.mark.host
def test_losetup_with_an_offset(tmp_path):
    path = tmp_path / "disk"
    path.write_bytes(b"a" * 4096 + b"b" * 4096 + b"c" * 4096)
    done = in_namespace(
        f"d=$(uroot losetup -f --show -o 4096 --sizelimit 4096 {path}); uroot losetup $d;"
        "uroot md5sum < $d; uroot losetup -d $d"
    )
    device = done.stdout.partition(":")[0]
    assert done.stdout.startswith(f"{device}: {path}, offset 4096\n")
    assert done.stdout.splitlines()[1] == f"{hashlib.md5(b'b' * 4096).hexdigest()}  -"
