"""The commands that say what an entry loads."""

from scripts.builders.pe import by_struct
from tests.support.bootfiles import grub, volume


def test_other_loaders():
    files = ["/k", "/i", "/m", "/d"]
    read = grub(
        "menuentry A { multiboot2 /k a; module2 --nounzip /m b c; module2 /i; }\n"
        "menuentry B { linuxefi /k; initrdefi /i; devicetree /d; }\n"
        "menuentry C { linux /m first; initrd /m; linux16 /k second; initrd16 /i; }\n",
        files,
    )
    multi, efi, again = read.entries
    assert (multi.kind, multi.cmdline) == ("multiboot2", "a")
    assert [(ref.path, args) for ref, args in multi.modules] == [("/m", "b c"), ("/i", "")]
    assert efi.devicetree is not None
    assert efi.devicetree.path == "/d"
    assert again.cmdline == "second"
    assert [ref.path for ref in again.initrds] == ["/i"]


def test_chainloader_of_a_unified_kernel_image():
    image = by_struct([(".linux", b"k"), (".initrd", b"i"), (".cmdline", b"own")])
    other = volume({"/EFI/Linux/a.efi": image, "/shell.efi": "MZ"}, "hd1,gpt1")
    own, given, broken = grub(
        "set root=hd1,gpt1\nmenuentry A { chainloader /EFI/Linux/a.efi; }\n"
        "menuentry B { chainloader /EFI/Linux/a.efi a 'b c'; }\n"
        "menuentry C { chainloader /shell.efi; }\n",
        others=[other],
    ).entries
    assert (own.kind, own.cmdline, own.why_not) == ("uki", "own", "")
    assert own.kernel
    assert (own.kernel.volume, own.kernel.part) == ("device=hd1,gpt1", (0x200, 1))
    assert given.cmdline == 'a "b c"'
    assert broken.why_not == (
        "/shell.efi: MS-DOS header at offset 0x0: expected 64 bytes, found 2 bytes"
    )
