"""Trees and volumes made of dictionaries, and what a configuration on them lists."""

from pathlib import Path

from uroot_py.bootconfig.entry import Listing
from uroot_py.bootconfig.grub import menu
from uroot_py.bootconfig.tree import MemoryTree
from uroot_py.bootconfig.volumes import Volume, Volumes

DATA = Path(__file__).parents[1] / "data" / "bootconfig"
UUID = "11111111-2222-3333-4444-555555555555"


def data(name: str) -> bytes:
    """A file of tests/data/bootconfig."""
    return (DATA / name).read_bytes()


def volume(files: dict[str, bytes | str], device: str = "hd0,gpt2", **names: str) -> Volume:
    """A volume of FILES; text is encoded."""
    raw = {p: v.encode() if isinstance(v, str) else v for p, v in files.items()}
    return Volume(MemoryTree(raw, **names), device)


class Read:
    """The entries and the listing of one GRUB configuration."""

    def __init__(
        self,
        text: str | bytes,
        files=(),
        *,
        others=(),
        platform="pc",
        grubenv=None,
        smbios=b"",
        read_raw=None,
    ):
        tree = dict(files) if isinstance(files, dict) else dict.fromkeys(files, b"x")
        tree["/boot/grub/grub.cfg"] = text
        if grubenv is not None:
            tree["/boot/grub/grubenv"] = grubenv
        self.home = volume(tree, uuid=UUID, label="root", fstype="ext4")
        self.volumes = Volumes([self.home, *others], read_smbios=lambda: smbios)
        if read_raw:
            self.home.read_raw = read_raw
        self.listing = Listing()
        self.entries = menu.read(
            self.home,
            "/boot/grub/grub.cfg",
            self.volumes,
            self.listing,
            platform=platform,
            cpu="x86_64",
        )

    @property
    def default(self):
        return next((entry for entry in self.entries if entry.default), None)

    def titles(self):
        return [entry.title for entry in self.entries]


def grub(text: str | bytes, files=("/k", "/i"), **more) -> Read:
    """What the grub.cfg TEXT lists on a volume that has FILES."""
    return Read(text, files, **more)


def result(script: str, **more) -> str:
    """The command line that $result makes after SCRIPT."""
    return grub(f'{script}\nmenuentry T {{ linux /k "$result"; }}', **more).entries[0].cmdline
