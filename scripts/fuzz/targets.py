"""Every parser of bytes that come from outside, as a function of them, with inputs to begin with.

Only the error family may come out of a target (``python -m scripts.fuzz`` sees to it).
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard

from scripts.builders import kernels
from scripts.builders import uefi as made_uefi
from scripts.builders.fdt_bad import BAD
from scripts.builders.pe import by_struct
from scripts.fuzz import bootconfig, device_trees, guest
from uroot_py.abi import mount, netlink
from uroot_py.base import dates, ere, escapes, text
from uroot_py.base.errors import UrootError
from uroot_py.base.ranges import Range
from uroot_py.files import modes
from uroot_py.formats import smbios
from uroot_py.formats.archive import cpio, tar
from uroot_py.formats.compress import lz4, lzo, stream, zstd
from uroot_py.formats.compress.feed import Feed
from uroot_py.formats.disk import luks, luks2, luks_text, lvm, lvm_map, md, partitions, superblock
from uroot_py.formats.kernel import cmdline, fit, initrd, modules_dep, multiboot, pe, uimage, uki
from uroot_py.formats.kernel.elf import Elf
from uroot_py.formats.uefi import hob, image, variables, volume
from uroot_py.formats.uefi.universal import Universal
from uroot_py.memory import devicetree, sources, uefi
from uroot_py.memory.map import RAM, MemoryMap
from uroot_py.net import dhcp, dhcp6, dns, http, icmp, inet, pxe, ra
from uroot_py.net import tftp as tftp_codec
from uroot_py.net.url import Url
from uroot_py.payload import planner
from uroot_py.payload.plan import Memory
from uroot_py.payload.request import KernelFile, Request
from uroot_py.payload.unwrap import unwrap
from uroot_py.shell.arithmetic import Calculation
from uroot_py.shell.lexer import Lexer
from uroot_py.shell.parser import Parser
from uroot_py.streams import sed_script, sort_keys
from uroot_py.streams.regex import compile_posix
from uroot_py.terminal import password
from uroot_py.vmm import symbols

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uroot_py.formats.disk.luks_volume import Volume

    Run = Callable[[bytes], object]

DATA = Path(__file__).resolve().parents[2] / "tests" / "data"
MOST = 1 << 16  # bytes of a seed
UNPACKED = 16 << 20  # bytes that a packed input may become here


class Target:
    """A parser, and bytes that it understands."""

    def __init__(self, run: Run, seeds: Iterable[bytes] = ()) -> None:
        self.run = run
        self.seeds = [seed for seed in seeds if len(seed) <= MOST]


def files(pattern: str) -> list[bytes]:
    """The test data that PATTERN names, unpacked."""
    openers = {".xz": lzma.open, ".gz": gzip.open}
    found = []
    for path in sorted(DATA.glob(pattern)):
        if path.is_file():
            with openers.get(path.suffix, open)(path, "rb") as file:  # type: ignore[operator]
                found.append(file.read(MOST))
    return found


def decoded(run: Callable[[str], object]) -> Run:
    """A parser of text."""
    return lambda data: run(data.decode("utf-8", "surrogateescape"))


def windows(data: bytes) -> Callable[[int, int], bytes]:
    """DATA as the contents of a device."""
    return lambda offset, size: data[offset : offset + size]


def each(*runs: Callable[[], object]) -> None:
    """Call every one of RUNS, whatever the ones before say of their input."""
    for run in runs:
        try:
            run()
        except UrootError:
            continue


# UEFI payloads and what they are told


def uefi_bytes(data: bytes) -> None:
    """DATA as each of them: a volume, a Universal Payload, hand-off blocks, a boot option."""
    each(
        lambda: list(volume.walk(data)),
        lambda: volume.security_core(data),
        lambda: Universal(data).at(0x200000),
        lambda: image.rebased(data, 0x200000),
        lambda: [str(block) for block in hob.parse(data)],
        lambda: variables.LoadOption(data),
    )


def uefi_seeds() -> list[bytes]:
    """One of each, by builders of their own."""
    blocks = [hob.processor(40), hob.serial_port(0x3F8, 115200), hob.table(hob.ACPI_TABLE, 0xF5B00)]
    option = variables.load_option("x", variables.device_path(None, "/EFI/BOOT/BOOTX64.EFI"))
    listed = hob.build(blocks, 0, Range(0, 0x1000))
    return [made_uefi.payload(), made_uefi.universal(), made_uefi.ENTRY, listed, option]


# Encrypted volumes


def described(volume: Volume) -> None:
    """What luksDump prints of VOLUME."""
    list(luks_text.lines(volume, "disk"))


def luks2_metadata(data: bytes) -> None:
    """The metadata behind a header whose checksum is right."""
    head = luks2.Header.new(hdr_size=luks2.SIZES[0])
    described(luks2.volume(head, data))


def encrypted() -> dict[str, Target]:
    """The parsers of encrypted volumes' headers."""
    metadata = files("luks/luks2.xz")[0][luks2.BINARY : luks2.SIZES[0]].rstrip(b"\0")
    return {
        "luks": Target(lambda data: described(luks.parse(windows(data))), files("luks/*.xz")),
        "luks2-metadata": Target(luks2_metadata, [metadata]),
    }


# Volumes on other devices


def lvm_disk(data: bytes) -> None:
    """A physical volume's label, its areas, and the group in the text there."""
    read = windows(data)
    for area in lvm.read_label(read).areas:
        lvm_group(lvm.read_text(read, area))


def lvm_group(data: bytes) -> None:
    """A metadata text, and what each of its volumes is made of."""
    group = lvm.parse(data)
    known: dict[str, lvm_map.DmRaid] = {}
    each(*(partial(lvm_map.pieces, group, name, bool, known.get) for name in group.logical))


def md_member(data: bytes) -> None:
    """A superblock of each version, whatever its checksum."""
    size = max(len(data), 1 << 20)
    each(lambda: md.check(md.gather([md.find(windows(data), len(data))])))
    for version in ("1.1", "0.90"):
        md.check(md.gather([md.parse(data, 0, version, size)]))


def layered() -> dict[str, Target]:
    """The parsers of what lies on several devices."""
    disks = files("lvm/*.xz")
    read = windows(disks[0])
    text = lvm.read_text(read, lvm.read_label(read).areas[0])
    return {
        "lvm-disk": Target(lvm_disk, [disk[: 32 << 10] for disk in disks]),
        "lvm-text": Target(lvm_group, [text]),
        "md-superblock": Target(md_member, [bytes(md.Super1.new(magic=md.MD_SB_MAGIC))]),
    }


# Archives and packed streams


def read_cpio(data: bytes) -> None:
    """An archive member by member, and at once."""
    archive = cpio.Archive(Feed([data]))
    while archive.next():
        for _ in archive.data():
            continue
    cpio.parse(data)


def read_tar(data: bytes) -> None:
    """An archive member by member; what was read can be written."""
    archive = tar.Archive(io.BytesIO(data).read)
    while member := archive.next():
        for _ in archive.data():
            continue
        tar.header(member)


def unpack(data: bytes) -> None:
    """A packed file of any kind: as a stream, and as a kernel."""
    size = 0
    for piece in stream.unpacked([data[:100], data[100:]]):
        size += len(piece)
        if size > UNPACKED:
            break
    stream.unpack(data, UNPACKED)


def decoders(data: bytes) -> None:
    """Our own decoders, which an image without the libraries has."""

    def run(unpacked: Iterable[bytes]) -> None:
        size = 0
        for piece in unpacked:
            size += len(piece)
            if size > UNPACKED:
                break

    each(
        lambda: run(zstd.unpacked(Feed([data]), 8 << 20)),
        lambda: run(lz4.unpacked(Feed([data]))),
        lambda: run(lzo.unpacked(Feed([data]))),
    )


def tars() -> Iterable[bytes]:
    """Archives of each kind by Python's own writer."""
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as archive:
            for name, kind in (("d/" + "a" * 90, tarfile.REGTYPE), ("d/l", tarfile.SYMTYPE)):
                info = tarfile.TarInfo(name)
                info.type, info.mtime, info.linkname = kind, 1e9 + 0.5, "x" * 90
                archive.addfile(info)
        yield out.getvalue()


def packed() -> Iterable[bytes]:
    """The same text packed in each way that the standard library and zstandard have."""
    plain = b"what there is to unpack, " * 20
    yield from (gzip.compress(plain), bz2.compress(plain), lzma.compress(plain))
    yield lzma.compress(plain, lzma.FORMAT_ALONE)
    yield zstandard.compress(plain)
    # The frame that ended a boot with ZeroDivisionError.
    yield bytes.fromhex("28b52ffd2000080000613c0000000154000100034500000862015401000001")
    yield from files("fuzz/text.*")


# Kernels


def plan(data: bytes) -> None:
    """What boot and kexec do with a file that is said to be a kernel."""
    kernel = unwrap(KernelFile("kernel", data))
    place, _ = planner.find_planner(kernel)
    memory = Memory(MemoryMap.from_entries([(0x1000, 1 << 32, RAM)]))
    made = place(Request(kernel, b"root=/dev/sda1", b"initrd"), memory)
    made.describe()


def headers(data: bytes) -> None:
    """Headers of programs and images, each whatever DATA may be."""
    each(*(lambda run=run: run(data) for run in (Elf, pe.parse, multiboot.parse, smbios.parse)))
    uimage.contents(data, uimage.KERNELS)


def images() -> list[bytes]:
    """Kernels by the offsets of their specifications."""
    return [
        kernels.bzimage(b"\x90" * 64),
        kernels.elf([(0x100000, b"text", 64)]),
        kernels.arm64_image(),
        kernels.multiboot1(),
        kernels.multiboot2(),
        kernels.aout(0o413, 0x1020, b"text", b"data", 64),
        kernels.zboot(gzip.compress(kernels.arm64_image()), b"gzip"),
        by_struct(
            [(".linux", kernels.bzimage(b"\x90" * 64)), (".cmdline", b"a"), (".osrel", b"ID=a")]
        ),
        *packed(),
        *files("fuzz/*.itb"),
    ]


def shell(data: bytes) -> None:
    """A script of the recovery shell, without running it."""
    parser = Parser(Lexer(data.decode("utf-8", "surrogateescape")))
    while parser.command() is not None:
        continue


def response(data: bytes) -> None:
    """A server's answer, in pieces."""
    answer = http.Answer("http://h/")
    for at in range(0, len(data), 7):
        answer.feed(data[at : at + 7])
        answer.take()
    answer.feed(b"")


def expressions(data: bytes) -> None:
    """A pattern and a text, for grep and sed and for GRUB."""
    pattern, _, rest = data[:2000].partition(b"\n")
    compile_posix(pattern, extended=True).search(rest)
    compile_posix(pattern, fold=True).search(rest)
    ere.search(ere.compile_ere(pattern.decode("latin-1")), rest.decode("latin-1"))


def leases(data: bytes) -> None:
    """What servers of addresses and routers say: read, explained, and as steps of an exchange."""
    exchange = dhcp.Exchange(7, b"\2" * 6, boot=True)
    six = dhcp6.Exchange(7, b"\0\3\0\1" + b"\2" * 6, boot=True)
    for _ in range(2):
        exchange.receive(data)
        six.receive(data)
    each(
        lambda: pxe.explained(dhcp.parse(data)[1]),
        lambda: pxe.items(dhcp.parse(data)[1]),
        lambda: pxe.boot_url(dhcp.parse(data)[1]),
        lambda: pxe.Vendor(data),
        lambda: pxe.answer(data, 7),
        lambda: dhcp6.Lease(data),
        lambda: ra.Advertisement(data),
    )


def offers() -> list[bytes]:
    """An offer with a menu, an ADVERTISE, a router's advertisement."""
    address = b"\x0a\0\0\7"
    head = bytes(dhcp.Message.new(op=2, htype=1, hlen=6, xid=7, yiaddr=address, magic=dhcp.MAGIC))
    menu = b"\x06\1\7\x09\5\0\1\2Go\x08\7\0\1\1\x0a\0\2\6\xff"
    routes = b"\x79\x08\x18\x0a\7\7\x0a\0\2\1\x34\1\3"
    offer = head + b"\x35\1\2\x36\4\x0a\0\0\1\x3c\x09PXEClient\x2b" + bytes([len(menu)]) + menu
    six = b"\2\0\0\7\0\1\0\x0a\0\3\0\1" + b"\2" * 6 + b"\0\2\0\2ab\0\3\0\x28" + bytes(12)
    six += b"\0\5\0\x18" + b"\xfd" * 24 + b"\0\x18\0\3\1a\0\0\x3b\0\x0ahttp://h/k"
    router = b"\x86\0\0\0\x40\xc0\7\x08" + bytes(8) + b"\x19\3\0\0\0\0\2\x58" + b"\xfd" * 16
    return [offer + b"\xff", offer + routes + b"\xff", six, router + b"\3\4\x40\xc0" + bytes(28)]


def tftp(data: bytes) -> None:
    """What a TFTP server sends, in packets of 24 bytes."""
    reading = tftp_codec.Reading("f", block=16, window=4, limit=200)
    reading.request()
    for at in range(0, len(data), 24):
        reading.receive(data[at : at + 24])
        reading.again()


def network(data: bytes) -> None:
    """What arrives from a network, each whatever it may be."""
    each(
        lambda: dhcp.parse(data),
        lambda: dns.parse(data, 0x1234),
        lambda: icmp.parse(data, 1, six=False),
        lambda: icmp.parse(data, 1, six=True),
        lambda: inet.udp_payload(data, 67, 68),
        lambda: Url(data.decode("utf-8", "surrogateescape")),
    )


def from_kernel(data: bytes) -> None:
    """What the kernel says of interfaces, addresses, routes and neighbours."""
    for _ in netlink.messages(data):
        continue
    for kind in (netlink.Link, netlink.Address, netlink.Route, netlink.Neighbour):
        kind(data)


def tables(data: bytes) -> None:
    """Memory as /proc/iomem, memblock, a zero page, UEFI and sysfs list it."""
    words = data.decode("utf-8", "surrogateescape")
    one, _, other = words.partition("\n\n")
    row = dict(zip(("start", "end", "type"), one.split("\n"), strict=False))
    efi = dict(
        zip(
            ("phys_addr", "num_pages", "type", "attribute", "virt_addr"),
            one.split("\n"),
            strict=False,
        )
    )
    each(
        lambda: sources.from_iomem(words),
        lambda: sources.from_memblock(one, other),
        lambda: sources.from_boot_params(data),
        lambda: uefi.to_map(uefi.parse(data)),
        lambda: sources.from_sysfs_memmap({"0": row}),
        lambda: sources.from_efi_runtime({"0": efi}),
    )


def words(data: bytes) -> None:
    """Short texts of people, kernels and disks."""
    line = data.decode("utf-8", "surrogateescape")
    each(
        lambda: text.parse_size(line),
        lambda: text.parse_duration(line),
        lambda: password.check(line[:60], ""),
        lambda: symbols.from_system_map(line),
        lambda: sed_script.parse(line, extended=True),
        lambda: modules_dep.parse_softdep(line),
        lambda: modules_dep.parse_alias(line),
        lambda: cmdline.module_parameters(line),
        lambda: cmdline.next_cmdline(line, line),
        lambda: mount.parse_mounts(line),
        lambda: mount.parse_options(line),
        lambda: uki.command_line(data),
        lambda: dates.parse_date(line, utc=True),
        lambda: dates.parse_stamp(line, century_first=False, utc=True),
        lambda: escapes.unescape(line),
        lambda: modes.parse_mode(line, 0o644, 0o022),
        lambda: modules_dep.parse_builtin(line),
        lambda: text.printable(text.utf16le(data)),
    )
    symbols.clear_symbol_cache()


def image_tree(data: bytes) -> None:
    """A FIT image: each configuration, each of its parts."""
    found = fit.parse(data)
    for name in [*found.configurations][:8]:
        chosen, _ = found.choose(name)
        each(*(lambda part=part: found.contents(part, "kernel", "ramdisk") for part in found.parts))
        str(chosen.name)


def sums(data: bytes) -> None:
    """Arithmetic of the shell, and lines in the order of keys."""
    line, _, rest = data.partition(b"\n")
    words = line.decode("utf-8", "surrogateescape")
    held = {"x": "3", "y": "x + 1"}
    keys, _, _ = words.partition(" ")

    def ordered() -> None:
        order = sort_keys.Order(
            [sort_keys.Key(keys, "", None)], "", None, unique=False, stable=False
        )
        order.first_disorder(order.sorted(rest.split(b"\n")[:200]))

    each(lambda: Calculation(words, lambda n: held.get(n, ""), held.__setitem__).value(), ordered)


def archives(trees: list[bytes]) -> dict[str, Target]:
    """Archives, packed streams, and what tells of memory."""
    return {
        "cpio": Target(read_cpio, [cpio.build([])]),
        "tar": Target(read_tar, tars()),
        "unpack": Target(unpack, packed()),
        "decoders": Target(decoders, packed()),
        "uefi": Target(uefi_bytes, uefi_seeds()),
        "fit": Target(image_tree, files("fuzz/*.itb")),
        "regions": Target(devicetree.from_fdt, trees),
        "guest": Target(guest.memory, [bytes(4096), bytes(range(256)) * 16]),
        "sums": Target(sums, [b"x += (y << 2) ? 0x1f : ~7 % 3", b"2.3,4n\n1 b 2\n0 a 10"]),
    }


def targets() -> dict[str, Target]:
    """A parser for each name."""
    trees = [*files("fdt/*"), *BAD.values()]
    configurations = files("bootconfig/**/*")
    found = {
        name: Target(bootconfig.found_by_scan(path), configurations)
        for name, path in bootconfig.PATHS.items()
    }
    found |= encrypted()
    found |= layered()
    found |= {
        name: Target(getattr(device_trees, name), trees)
        for name in ("reader", "salvage", "texts", "values")
    }
    found |= archives(trees)
    found |= {
        "ipxe": Target(bootconfig.ipxe_script, files("ipxe/**/*.ipxe")),
        "envblock": Target(bootconfig.block, [bootconfig.ENV]),
        "versions": Target(bootconfig.versions, [b"6.1.0-40\n6.1.0-9~rc1"]),
        "typed": Target(bootconfig.typed, [b"\x1b[A\x1b[1~a\x7f\x17"]),
        "pe": Target(pe.parse, images()),
        "initrd": Target(
            lambda data: initrd.check(memoryview(data), 32 << 20), [cpio.build([]), *packed()]
        ),
        "superblock": Target(
            lambda data: superblock.identify(windows(data), len(data)), files("superblocks/*.xz")
        ),
        "partitions": Target(
            lambda data: partitions.parse(windows(data), len(data)), files("fuzz/*.gz")
        ),
        "plan": Target(plan, images()),
        "headers": Target(headers, images()),
        "shell": Target(
            shell, [b"for i in a b; do echo ${i%x} $((1+2)) `a` >&2; done <<E\nx\nE\n"]
        ),
        "http": Target(
            response,
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"],
        ),
        "expressions": Target(
            expressions, [b"(a*)*b\naaab", rb"^\(a\)\1[[:alpha:]]{2,3}$" + b"\nab"]
        ),
        "network": Target(
            network, [bytes(dhcp.build(1, 7, b"\2" * 6, {})), dns.build("a.b", 1, 0x1234)]
        ),
        "leases": Target(leases, offers()),
        "tftp": Target(
            tftp,
            [
                b"\0\6blksize\x0016\0tsize\x0020\0" + b"\0\3\0\1" + b"x" * 16 + b"\0\3\0\2end",
                b"\0\5\0\1File not found\0",
            ],
        ),
        "netlink": Target(from_kernel, [bytes(netlink.Header.new(length=16)) * 3]),
        "memory": Target(tables, files("memory/**/*")),
        "words": Target(
            words, [b"1.5G", b"/dev/sda1 /a\\040b ext4 ro 0 0", b"s/a\\(b\\)/\\1/;y/a/b/"]
        ),
    }
    return found
