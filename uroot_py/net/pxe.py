"""What a machine says of itself to be given a boot file, and what the servers of such files say.

Ref: PXE 2.1 (Intel, 1999), 2.2 and 3; RFC 4578 (93, 94, 97), RFC 3004 (77); UEFI 2.10, 24.7 "HTTP
Boot"; iPXE, src/include/ipxe/dhcp.h (175).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.reader import Reader, as_bytes, number_at
from uroot_py.base.text import printable
from uroot_py.net import dhcp
from uroot_py.net.inet import address_bytes, address_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.net.dhcp import Lease

PORT = 4011  # of a server that gives boot files and no addresses
USER_CLASS, ARCH, INTERFACE, MACHINE_ID, IPXE = 77, 93, 94, 97, 175
# Ref: IANA, "Processor Architecture Types": as a BIOS or EFI starts its files, and by HTTP.
ARCHITECTURES = {"x86_64": (0, 16), "aarch64": (11, 19), "riscv64": (27, 28)}
_CONTROL, _SERVERS, _MENU, _PROMPT, _ITEM, _END = 6, 8, 9, 10, 71, 255
_MAX_SIZE = 1472  # bytes of a message on a cable
_LOCAL = 0  # the type of a server that means: start from the disk
# Features that we have. Ref: iPXE, DHCP_EB_FEATURE_HTTP, _TFTP, _MENU.
_FEATURES = b"\x13\1\1\x15\1\1\x27\1\1"


def identity(
    machine: str, uuid: bytes, *, arch: int | None = None, http: bool = False, ipxe: bool = False
) -> dict[int, bytes]:
    """The options of a client on MACHINE, as uname calls it, with the UUID of its SMBIOS.

    ARCH is said in place of the machine's own; HTTP asks for a URL instead of a file by TFTP; IPXE
    says that iPXE's scripts are understood.
    """
    bios, web = ARCHITECTURES.get(machine, (0, 16))
    if arch is None:
        arch = web if http else bios
    name = "HTTPClient" if http else "PXEClient"
    found = {
        dhcp.MAX_SIZE: as_bytes(_MAX_SIZE, 2, "big"),
        dhcp.CLASS: f"{name}:Arch:{arch:05}:UNDI:003016".encode(),
        ARCH: as_bytes(arch, 2, "big"),
        INTERFACE: b"\1\3\x10",  # UNDI 3.16
        USER_CLASS: b"iPXE" if ipxe else user_class([b"LinuxBoot"]),
    }
    if len(uuid) == 16:
        found[MACHINE_ID] = b"\0" + uuid
    if ipxe:
        found[IPXE] = _FEATURES
    return found


def user_class(names: list[bytes]) -> bytes:
    """Option 77 with NAMES of at most 255 bytes; iPXE sends its own one without the length."""
    return b"".join(bytes([len(name)]) + name for name in names)


class Vendor:
    """Option 43 of a PXE server; FormatError.

    ``control`` is its discovery control, ``servers`` the addresses for each type of boot server,
    ``menu`` the (type, text) of each, ``seconds`` how long the menu waits (255: for ever).
    """

    def __init__(self, data: bytes) -> None:
        self.control = 0
        self.servers: dict[int, list[str]] = {}
        self.menu: list[tuple[int, str]] = []
        self.seconds, self.prompt = 255, ""
        reader = Reader(data, "DHCP option 43", order="big")
        while reader.left:
            tag = reader.u8()
            if tag == _END:
                break
            if not tag:
                continue
            value = Reader(reader.take(reader.u8()), f"DHCP option 43.{tag}", order="big")
            if tag == _CONTROL:
                self.control = value.u8()
            elif tag == _PROMPT:
                self.seconds = value.u8()
                self.prompt = _words(value.take(value.left))
            while value.left and tag in (_SERVERS, _MENU):
                kind, count = value.u16(), value.u8()
                if tag == _MENU:
                    self.menu.append((kind, _words(value.take(count))))
                else:
                    found = self.servers.setdefault(kind, [])
                    found += [address_text(value.take(4)) for _ in range(count)]


def _words(data: bytes) -> str:
    return data.decode("utf-8", "replace").rstrip("\0")


def vendor(lease: Lease) -> Vendor | None:
    """Option 43 of LEASE as PXE has it; None when it is of somebody else, or damaged."""
    data = lease.options.get(dhcp.VENDOR)
    if not data or not lease.vendor_class.startswith("PXEClient"):
        return None
    try:
        return Vendor(data)
    except FormatError:
        return None


def items(lease: Lease) -> list[tuple[int, str, str]]:
    """(type, text, server) of the boot servers in the menu of LEASE, without the local disk.

    A server that names no address for a type is meant itself.
    """
    found = vendor(lease)
    if found is None:
        return []
    return [
        (kind, text, next(iter(found.servers.get(kind, [])), "") or lease.server)
        for kind, text in found.menu
        if kind != _LOCAL
    ]


def request(lease: Lease, kind: int | None, xid: int, mac: bytes, asks: dict[int, bytes]) -> bytes:
    """The question to port 4011 for the boot file of type KIND (None: of whatever there is)."""
    options = dict(asks)
    if kind is not None:
        options[dhcp.VENDOR] = bytes([_ITEM, 4]) + as_bytes(kind, 2, "big") + b"\0\0\xff"
    return dhcp.build(dhcp.REQUEST, xid, mac, options, own=address_bytes(lease.address))


def answer(payload: bytes, xid: int) -> Lease | None:
    """What a boot server answered to XID; None for what is no such answer, or names no file."""
    try:
        if dhcp.head(payload).xid != xid:
            return None
        _, found = dhcp.parse(payload)
    except FormatError:
        return None
    return found if found.kind == dhcp.ACK and found.boot_file else None


def boot_url(lease: Lease) -> str:
    """Where the boot file of LEASE is, as a URL; '' when it names none."""
    name = lease.boot_file
    if not name or "://" in name:
        return name
    server = lease.boot_server or lease.server
    if ":" in server:
        server = f"[{server}]"
    return f"tftp://{server}/{name.replace(chr(92), '/').lstrip('/')}"


# Names for people, of the options that matter here.
_NAMES = {
    1: "network mask", 3: "routers", 6: "name servers", 12: "host name", 15: "domain",
    17: "root path", 26: "MTU", 28: "broadcast", 42: "time servers", 43: "vendor", 51: "lease time",
    52: "overload", 53: "kind", 54: "server", 58: "renewal", 59: "rebinding", 60: "vendor class",
    66: "boot server", 67: "boot file", 97: "machine", 121: "routes", 175: "iPXE",
    209: "configuration", 210: "path prefix",
}  # fmt: skip
_ADDRESSES = (1, 3, 6, 28, 42, 54)
_TEXTS = (12, 15, 17, 60, 66, 67, 209, 210)
_NUMBERS = (26, 51, 52, 53, 58, 59)


def explained(lease: Lease) -> list[str]:
    """Every option of LEASE as a line: number, name, value; what is not known in hexadecimal."""
    lines = []
    for option, data in sorted(lease.options.items()):
        shown = data.hex(" ", 1)
        if option in _ADDRESSES and len(data) % 4 == 0:
            shown = " ".join(address_text(data[at : at + 4]) for at in range(0, len(data), 4))
        elif option in _TEXTS:
            shown = printable(_words(data))
        elif option in _NUMBERS and len(data) <= 4:
            shown = str(number_at(data, 0, len(data), "big"))
        elif option == dhcp.ROUTES:
            shown = ", ".join(f"{network} by {gateway}" for network, gateway in lease.routes)
        lines.append(f"{option:>3} {_NAMES.get(option, ''):<13} {shown}".rstrip())
    found = vendor(lease)
    for kind, text in found.menu if found else []:
        servers = ", ".join(found.servers.get(kind, [])) if found else ""
        lines.append(f"    {'boot server':<13} {kind} {printable(text)} {servers}".rstrip())
    return lines
