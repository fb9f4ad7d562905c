"""What stands on an ESP for a UEFI firmware to start: GRUB's EFI image, a script of its shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts import apt
from scripts.disks import fill
from scripts.tools import command

if TYPE_CHECKING:
    from scripts.disks.disk import Root

_GRUB_MODULES = """
    normal serial terminal echo linux part_gpt fat ext2 search search_fs_uuid efi_gop all_video
"""
_GRUB = """\
serial --speed=115200
terminal_input serial console
terminal_output serial console
set timeout=2
search --no-floppy --fs-uuid --set=root {uuid}
menuentry "the final OS, by GRUB on $grub_platform" {{
    linux /boot/vmlinuz-{release} root=UUID={uuid} ro {words}
    initrd /boot/initrd.img-{release}
}}
"""
SHELL_SCRIPT = """\
echo marker: written by a shell of UEFI > fs0:\\marker.txt
type fs0:\\marker.txt
echo the script is done
reset -s
"""


def grub(root: Root) -> None:
    """GRUB as EFI/BOOT/BOOTX64.EFI, its grub.cfg beside it: a menu with the final OS."""
    modules = apt.unpacked("grub-efi-amd64-bin") / "usr/lib/grub/x86_64-efi"
    folder = root.path / fill.ESP[1:] / "EFI/BOOT"
    folder.mkdir(parents=True)
    image = folder / "BOOTX64.EFI"
    files = ("-d", modules, "-o", image, "-p", "/EFI/BOOT")
    command(["grub-mkimage", "-O", "x86_64-efi", *files, *_GRUB_MODULES.split()])
    words = fill.WORDS.format(name=root.name)
    text = _GRUB.format(uuid=root.nodes["/"][1], release=fill.release(), words=words)
    (folder / "grub.cfg").write_text(text)


def other_system(root: Root) -> None:
    """GRUB where Windows has its boot manager, its menu inside: nothing else names a system."""
    modules = apt.unpacked("grub-efi-amd64-bin") / "usr/lib/grub/x86_64-efi"
    folder = root.path / fill.ESP[1:] / "EFI/Microsoft/Boot"
    folder.mkdir(parents=True)
    words = fill.WORDS.format(name=root.name)
    text = _GRUB.format(uuid=root.nodes["/"][1], release=fill.release(), words=words)
    config = root.path / "menu.cfg"
    config.write_text(text)
    image = folder / "bootmgfw.efi"
    names = ("--modules", _GRUB_MODULES, "--install-modules", _GRUB_MODULES)
    files = ("-d", modules, "-o", image, *names, f"boot/grub/grub.cfg={config}")
    command(["grub-mkstandalone", "-O", "x86_64-efi", *files])
    config.unlink()


def shell_script(root: Root) -> None:
    """startup.nsh, which writes a marker beside itself."""
    root.write(f"{fill.ESP}/startup.nsh", SHELL_SCRIPT)
