"""A person repairs a complete Debian that our shell found on a disk, and starts it."""

from __future__ import annotations

from scripts.disks import fill
from scripts.vmtest.case import Case, Expect, Prompt, Run, Send, Step

SLOW = frozenset({"slow"})
MOUNT: list[Step] = [
    Prompt(),
    Run("blkid", shows='^/dev/vda1: .*LABEL="debian"'),
    Run("lsblk -f", shows="vda1 .*ext4 .*debian"),
    Run("mount -o ro LABEL=debian /mnt", limit=60),
    Run("echo x > /mnt/x", status=None, shows="[Rr]ead-only"),
    Run("mount -o remount,rw /mnt && mount", shows=r"^/dev/vda1 on /mnt type ext4 \(rw"),
]
# The editor as a person uses it: to the end of the word, a new name, save, leave.
EDIT: list[Step] = [
    Run("cat /mnt/etc/hostname", shows="^debian-disk$"),
    Send("vi /mnt/etc/hostname\r"),
    Expect("line 1 of 1: /mnt/etc/hostname"),
    Expect("go to line"),
    Send("\x05-repaired"),
    Expect("1 of 1, changed"),
    Send("\x0f", name="Ctrl-O"),
    Expect("saved: 1 lines"),
    Send("\x18", name="Ctrl-X"),
    Prompt(limit=30),
    Run("cat /mnt/etc/hostname", shows="^debian-disk-repaired$"),
    Run("sed -i 's/errors=remount-ro/defaults/' /mnt/etc/fstab && cat /mnt/etc/fstab",
        shows="ext4 defaults 0 1"),
]  # fmt: skip
CHROOT: list[Step] = [
    Run("chroot -b /mnt dpkg --audit", limit=120),
    Run("chroot -b /mnt sh -c 'stat -c %t /dev/null; readlink /proc/self/root; ls /sys/block'",
        shows=("^1$", "^/$", "^vda$"), limit=60),
    Run("chroot -b /mnt findmnt -no SOURCE /", shows="^/dev/vda1$", limit=60),
    Run("chroot -b /mnt nosuch", status=127, shows="^nosuch: no such command"),
    Run("chroot -b /mnt sh -c 'exit 7'", status=7, limit=60),
    Send("chroot -b /mnt\r", name="a shell in it"),
    Expect("# ", limit=60),
    Send("grep CODENAME= /etc/os-release; exit\r"),
    Expect(f"^VERSION_CODENAME={fill.SUITE}$", limit=60),
    Prompt(limit=60),
    Run("mount | grep -c /mnt", shows="^1$"),
    Run("mount | grep -c ' /dev/pts '", shows="^1$"),
]  # fmt: skip
SWITCH: list[Step] = [
    Run("switch_root /mnt /sbin/nosuch", status=1, shows="^switch_root: /mnt/sbin/nosuch: no such"),
    Run("ln -s /nowhere /mnt/dangling"),
    Run("switch_root /mnt /dangling", status=1, shows="^switch_root: /mnt/dangling: no such file"),
    Run("switch_root /tmp /sbin/init", status=1, shows="^switch_root: /tmp/sbin/init: no such"),
    Send("switch_root /mnt /sbin/init\r"),
    Expect("^debian-disk-repaired login: ", limit=480, name="switch_root to Debian's login"),
    Send("root\r"),
    Expect(r"^root@debian-disk-repaired:~# ", limit=120, name="logged in"),
    Send("systemctl is-system-running --wait; cat /proc/1/comm /proc/sys/kernel/modprobe\r"),
    Expect("^running$", limit=240, name="all units run"),
    Expect("^systemd$"),
    Expect("^/sbin/modprobe$"),
]
CASES = [
    Case(
        "repair.debian",
        writes=True,
        append="uroot.shell",
        disks=("debian",),
        memory=1024,
        cpus=2,
        steps=[*MOUNT, *EDIT, *CHROOT, *SWITCH],
        tags=SLOW,
    ),
]
