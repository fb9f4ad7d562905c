"""Volumes that lie on other devices: put together read-only, by what this image brings."""

from __future__ import annotations

from scripts.vmtest.case import Case, Prompt, Run
from tests.vm.boot import SLOW

CASES = [
    Case(
        "layers.dmsetup",
        append="uroot.shell",
        disks=("grub-ext4",),
        steps=[
            Prompt(),
            Run("dmsetup ls", shows="^No devices found$"),
            Run("dmsetup create -r -u TEST-1 half --table '0 65536 linear /dev/vda 2048'"),
            Run("dmsetup create -r half --table '0 8 zero'", status=1,
                shows="^dmsetup: DM_DEV_CREATE half: EBUSY: there is a device with this name"),
            Run("dmsetup table", shows=r"^half: 0 65536 linear 25[0-9]:0 2048$"),
            Run("dmsetup table /dev/mapper/half", shows=r"^0 65536 linear 25[0-9]:0 2048$"),
            Run("dmsetup status half", shows="^0 65536 linear"),
            Run("dmsetup deps half", shows=r"^1 dependencies\t: \(25[0-9], 0\)$"),
            Run("dmsetup info half", shows=(r"^State: +ACTIVE \(READ-ONLY\)$", "^UUID: +TEST-1$")),
            Run("blkid /dev/mapper/half", shows='LABEL="root"'),
            Run("dd if=/dev/zero of=/dev/dm-0 count=1", status=None),
            Run("dd if=/dev/vda bs=1M skip=1 count=1 | sha256sum > a;"
                "dd if=/dev/mapper/half bs=1M count=1 | sha256sum > b; cmp a b", limit=60),
            Run("echo '0 8 error' | dmsetup create err && dmsetup ls",
                shows=r"^err\t\(25[0-9]:1\)$"),
            Run("dmsetup create -r bad --table '0 8 linear /dev/nosuch 0'", status=1,
                shows="^dmsetup: DM_TABLE_LOAD bad: "),
            Run("dmsetup remove half err && dmsetup ls", shows="^No devices found$"),
            Run("ls /dev/mapper", shows="^control$", hides=("half", "bad")),
            Run("dmsetup remove half", status=1,
                shows="^dmsetup: DM_DEV_REMOVE half: ENXIO: no such device$"),
        ],
        tags=SLOW,
    ),
]  # fmt: skip
