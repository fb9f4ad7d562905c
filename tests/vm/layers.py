"""Volumes that lie on other devices: put together read-only, by what this image brings."""

from __future__ import annotations

from scripts.vmtest import peers
from scripts.vmtest.case import Case, Expect, Prompt, Run, Send, Step
from scripts.vmtest.untouched import Seal, Unchanged
from tests.vm.boot import SLOW, final_os

LVM = (
    "lvm {} --config 'activation{{udev_sync=0 udev_rules=0 monitoring=0}} backup{{backup=0"
    " archive=0}} devices{{use_devicesfile=0 obtain_device_list_from_udev=0}}'"
)
LEFT = ("vg--a", "system-root", "vault", "luks-", "md127", "dm-[0-9]")
ROOT = r"root=UUID=\S+ ro .*disk=grub-ext4\b"
SECRET = "open sesame"
ASKED = r"^Passphrase for {}, 3 tries left: "


def mdadm(words: str) -> Run:
    """Debian's mdadm does it."""
    return Run(f"MDADM_NO_UDEV=1 {peers.STORAGE}mdadm {words}", limit=120, name=words[:40])


def lvm(words: str) -> Run:
    """Debian's LVM does it."""
    verb, _, rest = words.partition(" ")
    return Run(f"{peers.STORAGE}{LVM.format(verb)} {rest}", limit=120, name=words[:40])


def cryptsetup(words: str) -> Run:
    """Debian's cryptsetup does it, with the passphrase."""
    line = f"printf '{SECRET}' | DM_DISABLE_UDEV=1 {peers.STORAGE}cryptsetup {words}"
    return Run(line, limit=240, name=words[:40])


def encrypted(device: str) -> list[Step]:
    """DEVICE becomes LUKS2 as Debian's installer makes it, and is open as /dev/mapper/vault."""
    words = "--pbkdf-memory 32768 --pbkdf-parallel 1 --pbkdf-force-iterations 4"
    return [
        cryptsetup(f"luksFormat -q --type luks2 --pbkdf argon2id {words} -d - {device}"),
        cryptsetup(f"open -d - {device} vault"),
    ]


def filled(device: str) -> list[Step]:
    """The system of the first disk is moved to DEVICE, with a journal that was not replayed."""
    return [
        Run("mount /dev/vda1 /mnt && echo changed > /mnt/changed && sync", limit=60),
        Run(f"dd if=/dev/vda1 of={device} bs=1M", limit=240),
        Run("umount /mnt && dd if=/dev/zero of=/dev/vda bs=1M count=95", limit=240),
    ]


def boots(*shows: str, asked: str = "") -> list[Step]:
    """It is read, and its system started; ASKED is the device with a passphrase."""
    unlocked: list[Step] = []
    if asked:
        unlocked = [Expect(ASKED.format(asked), limit=120, name="asked"), Send(f"{SECRET}\r")]
    return [
        Run("sync", limit=120),
        Seal(),
        Run("boot --explain", shows=shows, hides=("^fault: .*busy",), status=None, limit=120)
        if asked
        else Run("boot --explain", shows=shows, hides=("^fault: .*busy",), limit=120),
        Run("mkdir -p /dev/mapper && ls /dev/mapper /sys/block", hides=LEFT),
        Unchanged(),
        Send("boot\r"),
        *unlocked,
        *final_os("grub-ext4", ROOT),
        Unchanged(),
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
        r"^/dev/md127: raid1 \S+, read-only, on /dev/vdb; degraded, 1 of 2 devices missing"
        r".*/dev/vdc left out: it is out of date",
    ),
]
RAID5: list[Step] = [
    *raid(5, "/dev/vdb /dev/vdc /dev/vdd"),
    *boots(
        r"^/dev/md127: raid5 \S+, read-only, on /dev/vdb /dev/vdc /dev/vdd$",
    ),
]
RAID10: list[Step] = [
    *raid(10, "/dev/vdb /dev/vdc /dev/vdd /dev/vde"),
    Run("dd if=/dev/zero of=/dev/vdc bs=1M count=1", name="a device is lost"),
    *boots(
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
    *boots(r"^/dev/mapper/vg--a-root: logical volume vg-a/root, read-only$"),
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
        "^/dev/md127: raid1 .* on /dev/vdb /dev/vdc$",
        "^/dev/mapper/system-root: logical volume system/root, read-only$",
    ),
]

LUKS_ON_LVM: list[Step] = [
    Prompt(),
    mdadm(
        "--create /dev/md0 --run --level 1 --raid-devices 2 --assume-clean --metadata 1.2"
        " --bitmap none /dev/vdb /dev/vdc"
    ),
    lvm("pvcreate /dev/md0"),
    lvm("vgcreate system /dev/md0"),
    lvm("lvcreate -y -Wn -l 47 -n root system"),
    *encrypted("/dev/mapper/system-root"),
    *filled("/dev/mapper/vault"),
    cryptsetup("close vault"),
    lvm("vgchange -an system"),
    mdadm("--stop /dev/md0"),
    *boots(
        "^/dev/mapper/system-root: logical volume system/root, read-only$",
        r"^/dev/mapper/system-root \(.*\): holds crypto_LUKS, which is encrypted",
        asked="/dev/mapper/system-root",
    ),
]
LVM_ON_LUKS: list[Step] = [
    Prompt(),
    *encrypted("/dev/vdb"),
    lvm("pvcreate /dev/mapper/vault"),
    lvm("vgcreate vg-a /dev/mapper/vault"),
    lvm("lvcreate -y -Wn -l 30 -n root vg-a"),
    *filled("/dev/mapper/vg--a-root"),
    lvm("vgchange -an vg-a"),
    cryptsetup("close vault"),
    *boots("^/dev/vdb .*: holds crypto_LUKS, which is encrypted", asked="/dev/vdb"),
]
CLONES: list[Step] = [
    *raid(1, "/dev/vdb /dev/vdc"),
    Run("dd if=/dev/vdb of=/dev/vdd bs=1M", limit=120, name="a copy of a disk"),
    *boots(
        r"^/dev/md127: raid1 \S+, read-only, on /dev/vdb /dev/vdc"
        "; /dev/vdd left out: it is a copy: slot 0 is taken$",
    ),
]
LVM_CLONES: list[Step] = [
    Prompt(),
    lvm("pvcreate /dev/vdb"),
    lvm("vgcreate vg-a /dev/vdb"),
    lvm("lvcreate -y -Wn -l 24 -n root vg-a"),
    *filled("/dev/mapper/vg--a-root"),
    lvm("vgchange -an vg-a"),
    Run("dd if=/dev/vdb of=/dev/vdc bs=1M", limit=120, name="a copy of a disk"),
    *boots(
        "^/dev/mapper/vg--a-root: logical volume vg-a/root, read-only$",
        "^/dev/vdc: a copy of /dev/vdb, with the same UUID; not used$",
    ),
]
GONE = "echo 1 > /sys/class/block/vdc/device/../remove"
LATE: list[Step] = [
    Prompt(),
    lvm("pvcreate /dev/vdb /dev/vdc"),
    lvm("vgcreate vg-a /dev/vdb /dev/vdc"),
    lvm("lvcreate -y -Wn -l 30 -n root vg-a"),
    *filled("/dev/mapper/vg--a-root"),
    lvm("vgchange -an vg-a"),
    Run(f"sync; {GONE}; ls /dev", hides=("vdc",)),
    Seal(),
    Send("(sleep 8; echo 1 > /sys/bus/pci/rescan) & boot\r"),
    Expect("waiting for disks: 3 s", limit=60, name="3 s without the second one"),
    *final_os("grub-ext4", ROOT),
    Unchanged(),
]
GOES: list[Step] = [
    *raid(1, "/dev/vdb /dev/vdc"),
    Run("sync"),
    Seal(),
    Send(f"(sleep 10; {GONE}) & boot --timeout 600\r"),
    Expect("starts in [0-9]+ s; any key", limit=60, name="menu"),
    Send("\x1b[B", name="a key"),
    Expect("is gone\\.", limit=60, name="its rows go"),
    Expect("Debian GNU/Linux", limit=60, name="and come, without that disk"),
    Send("\x1b[H\r", name="the first row"),
    *final_os("grub-ext4", ROOT),
    Unchanged(),
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
            append="uroot.shell uroot.timeout=1 uroot.wait=30",
            disks=("grub-ext4", *(disk for _ in range(count))),
            files=peers.storage_tools,
            memory=1024,
            writes=True,  # until it has made its volumes itself
            steps=steps,
            tags=SLOW,
        )
        for name, count, disk, steps in (
            ("raid1", 2, "blank", RAID1),
            ("raid5", 3, "blank", RAID5),
            ("raid10", 4, "blank", RAID10),
            ("lvm", 2, "blank", LINEAR),
            ("lvm-on-raid1", 2, "blank", STACK),
            ("luks-on-lvm-on-raid1", 2, "blank-large", LUKS_ON_LVM),
            ("md-copy", 3, "blank", CLONES),
            ("lvm-copy", 2, "blank", LVM_CLONES),
            ("late", 2, "blank", LATE),
            ("goes", 2, "blank", GOES),
            ("lvm-on-luks", 1, "blank-large", LVM_ON_LUKS),
        )
    ),
]  # fmt: skip
