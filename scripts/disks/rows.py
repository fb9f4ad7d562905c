"""What fills the disks whose configurations have words that each boot loader reads in its own way.

The boot loaders are on the disks, too, installed by their own tools: a machine can be started from
them without `boot`, and must come to the same entry.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from scripts import apt
from scripts.disks import fill
from scripts.tools import command

if TYPE_CHECKING:
    from scripts.disks.disk import Root

# Debian's grub.cfg ends with `source $config_directory/custom.cfg`: an administrator's own entries.
# A volume's variable behind its id; files beside the one that is read; regexp and wildcards; what
# ends an entry before it has loaded anything.
GRUB_CUSTOM = """\
search --fs-uuid {boot} --set boot --no-floppy
regexp --set 1:disk "(.+),.+" $boot
regexp -s 2:kind "(hd[0-9]+),([a-z]+)[0-9]+" ${{boot}}
menuentry "ends itself" --id ended {{
    if true; then exit; fi
    linux /vmlinuz-{release} bad
}}
source $config_directory/custom.d/first.cfg
"""
GRUB_FIRST = "source $config_directory/second.cfg\n"
GRUB_SECOND = """\
for file in ($boot)/vmlinuz-*; do
    menuentry "Own: $file" --id own "$file" {{
        linux $2 root=UUID={root} ro {words} on=$disk table=$kind
        initrd ($boot)/initrd.img-{release}
    }}
done
"""

# As RHEL 8 has it where /boot is on the root file system.
RHEL = "0123456789abcdef0123456789abcdef-4.18.0-553.el8.x86_64"
RHEL_ENTRY = """\
title Red Hat Enterprise Linux ({version}) 8.10 (Ootpa)
version {version}
linux /boot/vmlinuz-{release}
initrd /boot/initrd.img-{release} $tuned_initrd
options $kernelopts $ignition_firstboot {version}
"""

# SYSLINUX: a title is a line, a label is a word; DEFAULT and KERNEL add words.
SYSLINUX = """\
DEFAULT own first
LABEL live
  MENU LABEL Chinese (Simplified)
  LINUX /boot/vmlinuz-{release}
  APPEND root=UUID={root} ro {words} bad
LABEL own
  MENU LABEL Own (of two words)
  KERNEL /boot/vmlinuz-{release} second
  APPEND root=UUID={root} ro {words}
  INITRD /boot/initrd.img-{release}
"""

# As Flatcar takes a slot by its priority, and as openSUSE keeps GRUB's environment on btrfs; no
# tool of Debian writes either.
COUNTED = """\
set timeout=1
load_env -f ($root)512+1
set default="$saved_entry"
menuentry "another one" {{ linux /boot/none }}
menuentry "Counted" --id counted {{
    gptprio.next -d usr -u usr_uuid
    set saved_entry=again
    save_env -f ($root)512+1 saved_entry
    linux /boot/vmlinuz-{release} root=UUID={root} ro {words} slot=$usr
    initrd /boot/initrd.img-{release}
}}
"""
BLOCK = 512 * 512, b"# GRUB Environment Block\nsaved_entry=counted\n".ljust(512, b"#")


def grub_installed(root: Root) -> None:
    """GRUB by grub-install, and an own configuration that grub-mkconfig's output reads."""
    names = {
        "boot": root.nodes["/boot"][1],
        "root": root.nodes["/"][1],
        "release": fill.release(),
        "words": fill.WORDS.format(name=root.name),
    }
    for name, text in {
        "custom.cfg": GRUB_CUSTOM,
        "custom.d/first.cfg": GRUB_FIRST,
        "custom.d/second.cfg": GRUB_SECOND,
    }.items():
        root.write(f"/boot/grub/{name}", text.format_map(names))
    fill.grub_of_this_machine(root, more="GRUB_DEFAULT=own\n")
    root.write("/boot/grub/device.map", f"(hd0) {root.disk}\n")
    packages = apt.unpacked("grub-pc-bin")
    with root.alive(borrowed=True), root.lent(packages) as lent:
        for name in ("custom.cfg", "custom.d/first.cfg", "custom.d/second.cfg"):
            root.chroot("grub-script-check", f"/boot/grub/{name}")
        modules = f"--directory={lent}/usr/lib/grub/i386-pc"
        root.chroot("grub-install", "--target=i386-pc", modules, "--no-floppy", root.disk)
    (root.path / "boot/grub/device.map").unlink()


def rhel(root: Root) -> None:
    """Snippets below /boot/loader of the root file system; the environment is grub-editenv's."""
    text = (fill.FEDORA / "grub.cfg").read_text()
    root.write("/boot/grub2/grub.cfg", text.replace(fill.FEDORA_BOOT, root.nodes["/"][1]))
    version = RHEL.split("-", 1)[1]
    for name in (version, version.replace("553", "80")):
        entry = RHEL_ENTRY.format(version=name, release=fill.release())
        root.write(f"/boot/loader/entries/{RHEL.split('-', 1)[0]}-{name}.conf", entry)
    block = root.path / "boot/grub2/grubenv"
    command(["grub-editenv", block, "create"])
    words = f"root=UUID={root.nodes['/'][1]} ro {fill.WORDS.format(name=root.name)}"
    saved = RHEL.replace("553", "80")
    command(["grub-editenv", block, "set", f"kernelopts={words}", f"saved_entry={saved}"])


def names_without_keys(root: Root) -> None:
    """Three entries and two unified images whose names alone say their order."""
    esp = root.path / fill.ESP[1:]
    line = root.path / "etc/kernel/cmdline"
    words = line.read_text().strip()
    for name in ("arch-linux-fallback", "arch-linux"):
        line.write_text(f"{words} image={name}\n")
        fill.unified_image(root)
        made = esp / f"EFI/Linux/debian-{fill.release()}.efi"
        made.rename(made.with_name(f"{name}.efi"))
    for kind in ("vmlinuz", "initrd.img"):
        shutil.copyfile(root.path / f"boot/{kind}-{fill.release()}", esp / kind)
    for name in ("arch-lts", "arch", "arch-fallback"):
        lines = f"title {name}\nlinux /vmlinuz\ninitrd /initrd.img\noptions {words} entry={name}\n"
        root.write(f"{fill.ESP}/loader/entries/{name}.conf", lines)


def extlinux(root: Root) -> None:
    """SYSLINUX on the file system by its own extlinux, and its boot sector on the disk."""
    words = fill.WORDS.format(name=root.name)
    names = {"root": root.nodes["/"][1], "release": fill.release(), "words": words}
    root.write("/boot/syslinux/syslinux.cfg", SYSLINUX.format_map(names))
    packages = apt.unpacked("extlinux", "syslinux-common")
    command([packages / "usr/bin/extlinux", "--install", root.path / "boot/syslinux"])
    sector = (packages / "usr/lib/syslinux/mbr/gptmbr.bin").read_bytes()
    with open(root.disk, "r+b") as disk:
        disk.write(sector)


def counted(root: Root) -> None:
    """A grub.cfg that counts the tries of a slot and saves into sectors, and those sectors."""
    words = fill.WORDS.format(name=root.name)
    names = {"root": root.nodes["/"][1], "release": fill.release(), "words": words}
    root.write("/boot/grub2/grub.cfg", COUNTED.format_map(names))
    offset, block = BLOCK
    with open(root.nodes["/"][0], "r+b") as device:
        device.seek(offset)
        device.write(block)
