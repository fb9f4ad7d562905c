"""Machines whose disks come and go: loop devices with real file systems. Needs root."""

import contextlib
import select

from tests.support.volumes import attached, machine, make
from uroot_py.boot.disks import Disks
from uroot_py.boot.survey import Survey

LIMIT = 60  # seconds: a bound against waiting for ever


def system(path, text, **files):
    """An ext4 image with the grub.cfg TEXT and a kernel."""
    tree = path.with_suffix(".tree")
    (tree / "boot/grub").mkdir(parents=True)
    (tree / "boot/grub/grub.cfg").write_text(text)
    for name, content in {"k": "kernel", **files}.items():
        (tree / name).write_text(content)
    make(path, 16, "mkfs.ext4", "-q", "-d", tree)
    return path


class Machine:
    """Disks by name that come and go; what BOOT sees of them."""

    def __init__(self, top):
        self.top = top
        self.sysroot = machine(top / "machine")

    def comes(self, name, volume, disk=""):
        place = self.top / f"machine/sys/devices/{disk}/{name}"
        place.mkdir(parents=True, exist_ok=True)
        (place / "size").write_text(f"{volume.size // 512}\n")
        (self.top / "machine/dev" / name).unlink(missing_ok=True)
        (self.top / "machine/dev" / name).symlink_to(volume.path)
        (self.top / "machine/sys/class/block" / name).symlink_to(place)

    def goes(self, name):
        """Its node stays: what was made read-only here is still there on this machine."""
        (self.top / "machine/sys/class/block" / name).unlink()

    @contextlib.contextmanager
    def survey(self):
        disks = Disks(top=str(self.top / "mnt"), machine=self.sysroot)
        with Survey([disks]) as survey:
            survey.look()
            yield survey
        assert list((self.top / "mnt").glob("*")) == []


def settle(survey, changes=1, until=None):
    """Take what comes until there were so many CHANGES and nothing is at work, or UNTIL is true."""
    while not until() if until else changes or survey.waiting():
        changes -= survey.more()
        if survey.waiting() and not (until and until()):
            assert select.select(survey.filenos(), [], [], LIMIT)[0], "nothing has come"


def titles(survey):
    return [(entry.title, entry.device.rpartition("/")[2]) for entry in survey.entries]


SYSTEMS = {
    "first": "menuentry First { linux /k }\n",
    "late": "set timeout=3\nmenuentry Late { linux /k root=/dev/x }\n",
}


@contextlib.contextmanager
def systems(top):
    """The volumes of SYSTEMS, made below TOP."""
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(attached(system(top / name, text)))
            for name, text in SYSTEMS.items()
        }
