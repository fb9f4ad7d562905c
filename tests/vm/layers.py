"""Volumes that lie on other devices: put together read-only, by what this image brings."""

from __future__ import annotations

from scripts.vmtest import peers
from scripts.vmtest.case import Case, Prompt, Run, Send, Step
from tests.vm.boot import SLOW, final_os

LVM = (
    "lvm {} --config 'activation{{udev_sync=0 udev_rules=0 monitoring=0}} backup{{backup=0"
    " archive=0}} devices{{use_devicesfile=0 obtain_device_list_from_udev=0}}'"
)
ROOT = r"root=UUID=\S+ ro .*disk=grub-ext4\b"
DROP = "sync; echo 3 > /proc/sys/vm/drop_caches"


def mdadm(words: str) -> Run:
    """Debian's mdadm does it."""
    return Run(f"MDADM_NO_UDEV=1 {peers.STORAGE}mdadm {words}", limit=120, name=words[:40])


def lvm(words: str) -> Run:
    """Debian's LVM does it."""
    verb, _, rest = words.partition(" ")
    return Run(f"{peers.STORAGE}{LVM.format(verb)} {rest}", limit=120, name=words[:40])


def filled(device: str) -> list[Step]:
    """The system of the first disk is moved to DEVICE, with a journal that was not replayed."""
    return [
        Run("mount /dev/vda1 /mnt && echo changed > /mnt/changed && sync", limit=60),
        Run(f"dd if=/dev/vda1 of={device} bs=1M", limit=240),
        Run("umount /mnt && dd if=/dev/zero of=/dev/vda bs=1M count=95", limit=240),
    ]


def boots(members: str, *shows: str) -> list[Step]:
    """It is read and nothing written to MEMBERS; then its system is started."""
    return [
        Run(f"{DROP}; sha256sum {members} > /before", limit=120),
        Run("boot --explain", shows=shows, hides=("^fault: .*busy",), limit=120),
        Run(
            "mkdir -p /dev/mapper && ls /dev/mapper /sys/block",
            hides=("vg--a", "system-root", "md127", "dm-[0-9]"),
        ),
        Run(f"{DROP}; sha256sum {members} > /after; cmp /before /after", limit=120),
        Send("boot\r"),
        *final_os("grub-ext4", ROOT),
    ]


def raid(level: int, members: str, words: str = "") -> list[Step]:
    """An array of MEMBERS that has the system, stopped."""
    count = len(members.split())
    create = f"--create /dev/md0 --run --level {level} --raid-devices {count} --assume-clean"
    return [
        Prompt(),
        mdadm(f"{create} --metadata 1.2 {words} {members}"),
        *filled("/dev/md0"),
        mdadm("--stop /dev/md0"),
    ]


RAID1: list[Step] = [
    *raid(1, "/dev/vdb /dev/vdc", "--bitmap internal"),
    # The second one is lost, and what is written then is not on it.
    mdadm("--assemble --run /dev/md0 /dev/vdb"),
    Run("dd if=/dev/md0 of=/block bs=4k count=1 && dd if=/block of=/dev/md0 bs=4k count=1"),
    mdadm("--stop /dev/md0"),
    Run("mdadm --examine /dev/vdc", shows="Device Role : Active device 1"),
    *boots(
        "/dev/vdb /dev/vdc",
        r"^/dev/md127: raid1 \S+, read-only, on /dev/vdb; degraded, 1 of 2 devices missing"
        r".*/dev/vdc left out: it is out of date",
    ),
]
RAID5: list[Step] = [
    *raid(5, "/dev/vdb /dev/vdc /dev/vdd"),
    *boots(
        "/dev/vdb /dev/vdc /dev/vdd",
        r"^/dev/md127: raid5 \S+, read-only, on /dev/vdb /dev/vdc /dev/vdd$",
    ),
]
RAID10: list[Step] = [
    *raid(10, "/dev/vdb /dev/vdc /dev/vdd /dev/vde"),
    Run("dd if=/dev/zero of=/dev/vdc bs=1M count=1", name="a device is lost"),
    *boots(
        "/dev/vdb /dev/vdc /dev/vdd /dev/vde",
        r"^/dev/md127: raid10 \S+, read-only, on /dev/vdb /dev/vdd /dev/vde; degraded, 1 of 4",
    ),
]
LINEAR: list[Step] = [
    Prompt(),
    lvm("pvcreate /dev/vdb /dev/vdc"),
    lvm("vgcreate vg-a /dev/vdb /dev/vdc"),
    lvm("lvcreate -y -Wn --type striped -i 2 -l 4 -n two vg-a"),
    lvm("lvcreate -y -Wn -l 8 -n pad vg-a"),
    lvm("lvcreate -y -Wn -l 30 -n root vg-a"),
    *filled("/dev/mapper/vg--a-root"),
    Run("dmsetup table | sort > /theirs; cat /theirs", shows="striped 2 128 "),
    lvm("vgchange -an vg-a"),
    Run("vgchange -ay", shows="^  3 logical volume.s. now active$"),
    Run("dmsetup table | sort > /ours; cat /ours; cmp /theirs /ours"),
    Run("lvs", shows=r"^  root +vg-a +active +120.00m linear|striped"),
    Run("vgs", shows=r"^  vg-a +2/2 +3 "),
    Run("pvs", shows=r"^  /dev/vdb +vg-a +"),
    Run("lsblk", shows=r"`-vg--a-root"),
    Run("vgchange -an && dmsetup ls", shows="^No devices found$"),
    *boots("/dev/vdb /dev/vdc", r"^/dev/mapper/vg--a-root: logical volume vg-a/root, read-only$"),
]
STACK: list[Step] = [
    Prompt(),
    mdadm(
        "--create /dev/md0 --run --level 1 --raid-devices 2 --assume-clean --metadata 1.0"
        " --bitmap none /dev/vdb /dev/vdc"
    ),
    lvm("pvcreate /dev/md0"),
    lvm("vgcreate system /dev/md0"),
    lvm("lvcreate -y -Wn -l 24 -n root system"),
    *filled("/dev/mapper/system-root"),
    lvm("vgchange -an system"),
    mdadm("--stop /dev/md0"),
    Run("mdadm --assemble --scan", shows="^mdadm: /dev/md127: raid1 "),
    Run("mdadm --detail /dev/md127", shows=("Raid Level : raid1", "State : readonly$")),
    Run("vgchange -ay system", shows="^  1 logical volume.s. now active$"),
    Run("lsblk", shows=("^`?.*md127", "system-root")),
    Run("vgchange -an && mdadm --stop /dev/md127", shows="^mdadm: stopped /dev/md127$"),
    *boots(
        "/dev/vdb /dev/vdc",
        "^/dev/md127: raid1 .* on /dev/vdb /dev/vdc$",
        "^/dev/mapper/system-root: logical volume system/root, read-only$",
    ),
]

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
    *(
        Case(
            f"layers.{name}",
            append="uroot.shell uroot.timeout=1",
            disks=("grub-ext4", *("blank" for _ in range(count))),
            files=peers.storage_tools,
            memory=1024,
            writes=True,  # it makes its array itself, and compares digests
            steps=steps,
            tags=SLOW,
        )
        for name, count, steps in (
            ("raid1", 2, RAID1),
            ("raid5", 3, RAID5),
            ("raid10", 4, RAID10),
            ("lvm", 2, LINEAR),
            ("lvm-on-raid1", 2, STACK),
        )
    ),
]  # fmt: skip
