"""Which volume a GRUB script means by a device name or a path."""

from __future__ import annotations

from uroot_py.bootconfig.entry import FileRef
from uroot_py.bootconfig.tree import normalise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.grub.environment import Environment
    from uroot_py.bootconfig.volumes import Volume, Volumes


MAX_BLOCKS = 16  # runs of sectors in one name


def _blocks(volume: Volume, text: str, limit: int) -> bytes | None:
    """The sectors that a list such as ``512+1`` names, of 512 bytes each; None if it is none."""
    data = b""
    for run in text.split(",")[:MAX_BLOCKS]:
        start, plus, count = run.partition("+")
        digits = start + count
        if not plus or not (digits.isascii() and digits.isdigit()) or len(digits) > 16:
            return None
        size = min(int(count or "0") * 512, limit - len(data))
        found = volume.read_raw(int(start or "0") * 512, size) if size > 0 else b""
        if found is None:
            return None
        data += found
    return data


class Devices:
    """The volumes as GRUB names them: those of the machine, and the images that were opened.

    ``home`` is the one that the configuration was read from; ``lost`` says what the last search
    did not find.
    """

    def __init__(self, home: Volume, volumes: Volumes, env: Environment) -> None:
        self.home = home
        self.volumes = volumes
        self.env = env
        self.loops: dict[str, Volume] = {}
        self.lost = ""

    def start(self) -> str:
        """What the home volume is called; inside an image that is what its files call loop."""
        if not self.home.device.startswith("("):
            return self.home.device
        self.loops = {"loop": self.home}
        return "loop"

    def copy(self, env: Environment) -> Devices:
        """The same devices for a script that opens images of its own."""
        other = Devices(self.home, self.volumes, env)
        other.loops = dict(self.loops)
        return other

    def find(self, name: str) -> Volume | None:
        """The volume that a device name stands for, with or without its parentheses."""
        bare = name.strip("()")
        if bare in self.loops:
            return self.loops[bare]
        found = self.volumes.find(f"device={bare}")
        return found[0] if found else None

    def locate(self, path: str) -> tuple[Volume | None, str, str]:
        """(volume, absolute path, device name) of ``(device)/path``, or of a path below $root."""
        device, rest = self.env.variables.get("root", ""), path
        if path.startswith("("):
            device, _, rest = path[1:].partition(")")
        return self.find(device), normalise(rest), device

    def read(self, path: str, limit: int) -> bytes | None:
        """At most LIMIT bytes of a file, or of a device's sectors: ``(hd0,gpt2)512+1,520+1``."""
        device, mark, rest = path.rpartition(")")
        if "+" in rest and not rest.startswith("/"):
            volume = self.find(device + mark) if mark else self.locate("/")[0]
            return _blocks(volume, rest, limit) if volume else None
        volume, inside, _ = self.locate(path)
        return volume.tree.read(inside, limit) if volume else None

    def sectors(self, path: str) -> FileRef | None:
        """The reference to the one run of sectors that PATH names: ``(hd0,gpt2)512+1``, or None."""
        device, mark, rest = path.rpartition(")")
        start, plus, count = rest.partition("+")
        digits = start + count
        if not (plus and count and digits.isascii() and digits.isdigit()) or len(digits) > 16:
            return None
        volume = self.find(device + mark) if mark else self.locate("/")[0]
        if volume is None:
            return None
        ref = self.ref(volume, "")
        ref.part = int(start or "0") * 512, int(count) * 512
        return ref

    def name_of(self, path: str) -> str:
        """How messages call the file PATH: with its device when that is not the home volume."""
        volume, inside, device = self.locate(path)
        return inside if volume is self.home else f"({device}){inside}"

    def ref(self, volume: Volume | None, path: str, device: str = "") -> FileRef:
        """The reference to PATH on VOLUME, or on the absent DEVICE."""
        if volume is self.home:
            return FileRef(path)
        return FileRef(path, f"device={volume.device if volume else device}")

    def name(self, volume: Volume) -> str:
        """What scripts call VOLUME."""
        return next((name for name, loop in self.loops.items() if loop is volume), volume.device)
