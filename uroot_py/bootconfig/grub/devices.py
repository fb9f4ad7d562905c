"""Which volume a GRUB script means by a device name or a path."""

from __future__ import annotations

from uroot_py.bootconfig.entry import FileRef
from uroot_py.bootconfig.tree import normalise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.grub.environment import Environment
    from uroot_py.bootconfig.volumes import Volume, Volumes


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
