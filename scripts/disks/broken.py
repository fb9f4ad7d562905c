"""What fills the disk ``broken`` of scripts/make_disk.py: every fault beside something that works.

The partitions, in order: none, a spoilt ext4, entries with faulty files, a configuration that
includes itself, one that is garbage. Each but the first two has an entry that boots, too.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from scripts.disks import fill
from scripts.disks.disk import MIB, Part

if TYPE_CHECKING:
    from scripts.disks.disk import Root

PARTS = (
    Part("", size=8),
    Part("ext4", "/spoilt", size=8),
    Part("ext4", "/", size=40, label="files"),
    Part("ext4", "/loop", size=8, label="loop"),
    Part("ext4", "/garbage", label="garbage"),
)
SPOIL = (9 * MIB + 1024 + 0x40, bytes(range(256)))  # the superblock of the second one

_BOOTS = """\
search --set=root --label files
menuentry '{title}' {{
  linux /vmlinuz root=/dev/ram0 console=ttyS0,115200 disk={name}
  initrd /initrd.img
}}
"""
_FAULTY = """\
set timeout=3
menuentry 'Cut initrd' { linux /vmlinuz cut; initrd /cut.img }
menuentry 'Empty initrd' { linux /vmlinuz empty; initrd /empty.img }
menuentry 'Missing kernel' { linux /gone }
menuentry 'Kernel is a loop' { linux /circle }
menuentry 'Kernel is a directory' { linux /boot }
menuentry 'Kernel is no kernel' { linux /boot/grub/grub.cfg }
"""


def files(root: Root) -> None:
    """Entries whose files are cut, missing, or go round in circles."""
    fill.final_os(root)
    release = fill.release()
    for name in ("vmlinuz", "initrd.img"):
        (root.path / f"boot/{name}-{release}").rename(root.path / name)
    whole = (root.path / "initrd.img").read_bytes()
    (root.path / "cut.img").write_bytes(whole[: len(whole) // 2])
    (root.path / "empty.img").touch()
    (root.path / "circle").symlink_to("round")
    (root.path / "round").symlink_to("circle")
    title = "Title \x1b[2J\x1b]0;evil\x07 with control characters"
    root.write("/boot/grub/grub.cfg", _FAULTY + _BOOTS.format(title=title, name=root.name))


def loops(root: Root) -> None:
    """Configurations and directories that lead back to themselves."""
    text = "source /boot/grub/grub.cfg\nsource /boot/grub/more.cfg\n"
    root.write("/loop/boot/grub/grub.cfg", text + _BOOTS.format(title="After", name=root.name))
    root.write("/loop/boot/grub/more.cfg", "configfile /boot/grub/more.cfg\n")
    (root.path / "loop/loader").symlink_to("loader")
    (root.path / "loop/EFI").symlink_to("/EFI/.")


def garbage(root: Root) -> None:
    """Ten megabytes of noise as grub.cfg, some as every other configuration."""
    noise = random.Random(1)
    (root.path / "garbage/boot/grub").mkdir(parents=True)
    (root.path / "garbage/boot/grub/grub.cfg").write_bytes(noise.randbytes(10 * MIB))
    for name in ("boot/grub/grubenv", "extlinux/extlinux.conf", "loader/entries/noise.conf"):
        path = root.path / "garbage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(noise.randbytes(5000))
    root.write("/garbage/grub/grub.cfg", _BOOTS.format(title="Beside noise", name=root.name))
