"""iPXE's tree of settings: blocks inside each other, each with named or numbered values.

``[BLOCK/]NAME[:TYPE]`` names one; ``net0.dhcp/filename`` looks in one block and those below it,
``filename`` in all, the root first, so that what a script sets hides what a server said. A number
is a DHCP option, ``175.3`` one inside of option 175; a name that iPXE knows is the same as its
number.

Ref: iPXE src/core/settings.c; ipxe.org/cfg.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.bootconfig.ipxe import values
from uroot_py.bootconfig.ipxe.faults import ENODEV, ENOENT, ENOTSUP, ENOTTY, Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Key = str | tuple[str, int]

MAX_SETTINGS = 2000
MAX_BLOCKS = 200
MAX_BYTES = 4 << 20  # of all settings together

_ENCAPSULATED = 175  # the option that iPXE's own are in
# name, type, number of the DHCP option
_OPTIONS = """
ip ipv4 175.2,netmask ipv4 1,gateway ipv4 3,dns ipv4 6,syslog ipv4 7,hostname string 12
domain string 15,root-path string 17,mtu int16 26,ntp ipv4 42,dhcp-server ipv4 54
vendor-class string 60,filename string 67,user-class string 77,initiator-iqn string 203
priority int8 175.1,next-server ipv4 175.3,keep-san int8 175.8,skip-san-boot int8 175.9
scriptlet string 175.81,syslogs string 175.85,crosscert string 175.93,no-pxedhcp int8 175.176
bus-id hex 175.177,use-cached uint8 175.178,san-filename string 175.188
username string 175.190,password string 175.191,reverse-username string 175.192
reverse-password string 175.193,version string 175.235
"""
# name, type
_NAMED = """
mac hex,busid hex,bustype string,busloc busdevfn,chip string,ifname string,linktype string
ip6 ipv6,len6 uint8,gateway6 ipv6,uuid uuid,manufacturer string,product string,serial string
asset string,board-serial string,board-manufacturer string,board-product string,errno uint32
buildarch string,platform string,unixtime uint32,cwuri string,cwduri string,memsize int32
cpuvendor string,cpumodel string
"""


def _tag(name: str) -> int:
    """The number that NAME is (``67``, ``0x43``, ``175.3``); 0 when it is none."""
    tag = 0
    rest = name
    while True:
        value, rest = values.strtoul(rest) if rest[:1].isdigit() else (0, rest)
        tag = (tag << 8 | value) & (1 << 64) - 1
        if not rest:
            return tag
        if rest[0] != ".":
            return 0
        rest = rest[1:]


TYPES: dict[str, str] = {}
TAGS: dict[int, str] = {}
for _row in _OPTIONS.replace("\n", ",").strip(",").split(","):
    _name, _type, _number = _row.split()
    TYPES[_name] = _type
    TAGS[_tag(_number)] = _name
for _row in _NAMED.replace("\n", ",").strip(",").split(","):
    _name, _type = _row.split()
    TYPES[_name] = _type


class Setting:
    """A value: its bytes, its type ('': that of its name, or a string), and how it was named."""

    __slots__ = ("data", "kind", "name")

    def __init__(self, name: str, kind: str, data: bytes) -> None:
        self.name = name
        self.kind = kind
        self.data = data


class Block:
    """A block of settings; ``numbers`` looks up what only a number names, such as SMBIOS fields.

    In a block with a ``scope`` a number is no DHCP option. A ``fixed`` one cannot be written to.
    """

    __slots__ = ("children", "fixed", "name", "numbers", "parent", "scope", "values")

    def __init__(self, name: str, *, scope: str = "", fixed: bool = False) -> None:
        self.name = name
        self.scope = scope
        self.fixed = fixed
        self.parent: Block | None = None
        self.children: list[Block] = []
        self.values: dict[Key, Setting] = {}
        self.numbers: Callable[[int], bytes | None] = lambda tag: None

    def key(self, name: str) -> Key:
        """What NAME is kept under in this block."""
        tag = _tag(name)
        if not tag:
            return name
        return (self.scope, tag) if self.scope else TAGS.get(tag, ("", tag))

    def put(self, name: str, data: bytes, kind: str = "") -> None:
        """Set NAME to the bytes DATA, as those who fill the tree do it; none: it is not set."""
        if data:
            self.values[self.key(name)] = Setting(name, kind, data)

    def add(self, child: Block) -> Block:
        """CHILD, among the children, behind those with the same priority or a higher one."""
        child.parent = self
        at = len(self.children)
        while at and self.children[at - 1].priority < child.priority:
            at -= 1
        self.children.insert(at, child)
        return child

    def placed(self) -> None:
        """Its priority has changed: find its new place among its siblings, and so above."""
        block: Block = self
        while block.parent is not None:
            block.parent.children.remove(block)
            block.parent.add(block)
            block = block.parent

    @property
    def priority(self) -> int:
        """Its own, or that of the first block below it that has one; 0."""
        found = self.find("priority")
        try:
            return values.number("int8", found[1].data) if found else 0
        except Failure:
            return 0

    def find(self, key: Key) -> tuple[Block, Setting] | None:
        """The setting KEY here or, by priority, in the blocks below, with its block."""
        blocks = [self]
        while blocks:
            block = blocks.pop()
            if setting := block.values.get(key):
                return block, setting
            if isinstance(key, tuple) and key[0] == block.scope:
                data = block.numbers(key[1])
                if data is not None:
                    return block, Setting("", "", data)
            blocks += reversed(block.children)
        return None

    def path(self) -> str:
        """``net0.dhcp``; empty for the root."""
        names = []
        block: Block | None = self
        while block is not None and block.parent is not None:
            names.append(block.name)
            block = block.parent
        return ".".join(reversed(names))


class Settings:
    """The whole tree, and the four things that a script does with it."""

    def __init__(self) -> None:
        self.root = Block("")
        self.blocks = 0
        self.bytes = 0
        self.count = 0

    def block(self, path: str, *, create: bool = False) -> Block | None:
        """The block PATH; one that is missing is made with CREATE."""
        block = self.root
        for name in path.split("."):
            child = next((child for child in block.children if child.name == name), None)
            if child is None and name == "netX" and block is self.root:
                child = next((net for net in block.children if net.name[:3] == "net"), None)
            if child is None and name:
                if not create:
                    return None
                self.blocks += 1
                if self.blocks > MAX_BLOCKS:
                    raise FormatError("set", 0, f"at most {MAX_BLOCKS} blocks", "more")
                child = block.add(Block(name))
            block = child or block
        return block

    def locate(self, name: str, *, create: bool = False) -> tuple[Block, str, Key, str]:
        """The block, the bare name, the key and the type ('': none) that NAME says; Failure."""
        path, slash, rest = name.partition("/")
        bare, colon, kind = (rest if slash else name).partition(":")
        block = self.block(path, create=create) if slash else self.root
        if block is None:
            raise Failure(ENODEV, f"there are no settings {path[:40]}")
        if colon and kind not in values.TYPES:
            raise Failure(ENOTSUP, f"there is no type of settings {kind[:40]!r}")
        return block, bare, block.key(bare), kind

    def fetch(self, name: str) -> tuple[str, str, str]:
        """The text of a setting, its type, and its full name; Failure when it is not set."""
        block, bare, key, kind = self.locate(name)
        found = block.find(key)
        if found is None:
            raise Failure(ENOENT, f"setting {name[:80]} is not set")
        where, setting = found
        kind = kind or self._kind(key, setting)
        known = key if isinstance(key, str) else bare
        path = where.path()
        return values.show(kind, setting.data), kind, f"{path}/{known}" if path else known

    @staticmethod
    def _kind(key: Key, setting: Setting) -> str:
        known = TYPES.get(key, "") if isinstance(key, str) else ""
        return known or setting.kind or "string"

    def text(self, name: str) -> str:
        """A setting as ``${NAME}`` gives it: empty when it is not set or has no such form."""
        try:
            return self.fetch(name)[0]
        except Failure:
            return ""

    def store(self, name: str, text: str, default: str = "string") -> None:
        """Set NAME to TEXT, an empty one takes it out; Failure, FormatError when there are many."""
        block, bare, key, kind = self.locate(name, create=True)
        kind = kind or (TYPES.get(key, "") if isinstance(key, str) else "") or default
        self._store(block, key, Setting(bare, kind, values.parse(kind, text) if text else b""))

    def add_number(self, name: str, more: int) -> None:
        """Add MORE to NAME, which counts from 0 as an int32 when it is not set; Failure."""
        block, bare, key, kind = self.locate(name, create=True)
        known = TYPES.get(key, "") if isinstance(key, str) else ""
        found = block.find(key)
        value = 0
        if found is not None:
            kind = kind or self._kind(key, found[1])
            try:
                value = values.number(kind, found[1].data)
            except Failure:
                value = 0
        kind = kind or known or "int32"
        self._store(block, key, Setting(bare, kind, values.packed(kind, value + more)))

    def store_number(self, name: str, value: int) -> None:
        """Set NAME to a number, as an uint16 when it has no type; Failure."""
        block, bare, key, kind = self.locate(name, create=True)
        kind = kind or (TYPES.get(key, "") if isinstance(key, str) else "") or "uint16"
        self._store(block, key, Setting(bare, kind, values.packed(kind, value)))

    def _store(self, block: Block, key: Key, setting: Setting) -> None:
        if block.fixed:
            raise Failure(ENOTTY, f"settings {block.name} cannot be changed")
        old = block.values.pop(key, None)
        if old is not None:
            self.bytes -= len(old.data)
            self.count -= 1
        if setting.data:
            self.bytes += len(setting.data)
            self.count += 1
            if self.count > MAX_SETTINGS or self.bytes > MAX_BYTES:
                raise FormatError(
                    "set", 0, f"at most {MAX_SETTINGS} settings, {MAX_BYTES} bytes", "more"
                )
            block.values[key] = setting
        if key == "priority":
            block.placed()
