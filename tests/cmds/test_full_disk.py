"""A full disk: whoever writes says which file it was that did not fit."""

import pytest

from tests.support.namespace import in_namespace

pytestmark = pytest.mark.host
FULL = ": no space left on device\n"


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("tar -cf /mnt/a.tar -C {0} big", 2, "tar: /mnt/a.tar"),
        ("tar -xf {0}/big.tar -C /mnt", 2, "tar: /mnt/big"),
        ("cpio -i -D /mnt < {0}/big.cpio", 2, "cpio: /mnt/big"),
        ("cp {0}/big /mnt", 1, "cp: /mnt/big"),
        ("sort -o /mnt/s {0}/big", 1, "sort: /mnt/s"),
        ("sed -i s/a/b/ /mnt/old", 4, "sed: /mnt/old"),
        ("gzip -c {0}/big > /mnt/z", 1, "gzip: standard output"),
        ("head -c 200000 {0}/big > /mnt/h", 1, "head: standard output"),
    ],
)
def test_the_file_is_named(line, status, said, tmp_path):
    prepare = (
        f"cd {tmp_path}; head -c 300000 /dev/urandom > big; tar cf big.tar big;"
        " ls big | cpio --quiet -oH newc > big.cpio; mount -t tmpfs -o size=64k none /mnt;"
        " head -c 40000 big > /mnt/old; set +e;"
    )
    done = in_namespace(f"{prepare} uroot {line.format(tmp_path)}")
    assert (done.returncode, done.stderr) == (status, said + FULL)
