"""Kernels inside other files: compressed, EFI zboot, unified kernel images, FIT images.

Ref: drivers/firmware/efi/libstub/zboot-header.S; UAPI.5, Unified Kernel Image.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, PlanError
from uroot_py.base.layout import Layout, raw, u32
from uroot_py.formats.compress import stream as compression
from uroot_py.formats.kernel import pe
from uroot_py.payload.detect import HEAD_SIZE, identify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uroot_py.base.layout import Buffer
    from uroot_py.base.watch import Watch

MAX_SIZE = 1 << 30  # bytes of an unpacked kernel
_LAYERS = 4  # compressed, a UKI, a zboot, compressed again


class ZbootHeader(Layout, size=0x40, title="EFI zboot header"):
    """struct linux_efi_zboot_header."""

    mz_magic = raw(0x00, 2)
    image_type = raw(0x04, 4)
    payload_offset = u32(0x08)
    payload_size = u32(0x0C)
    compression_type = raw(0x18, 0x20)


class Unwrapped:
    """A kernel and what came with it: parts of the initrd, command line, device tree.

    ``steps`` say what was taken off.
    """

    def __init__(self, kernel: Buffer) -> None:
        self.kernel = kernel
        self.initrds: list[bytes] = []
        self.cmdline = b""
        self.dtb = b""
        self.steps: list[str] = []


def is_wrapped(head: bytes) -> bool:
    """Whether a file that begins with HEAD has to be unwrapped."""
    kind = identify(head)
    return kind.packed or kind.name in ("zboot", "uki", "fit")


def unwrap(
    data: Buffer, configuration: str = "", machine: Sequence[str] = (), watch: Watch | None = None
) -> Unwrapped:
    """The kernel in DATA; FormatError, PlanError or RefusedError when it cannot be taken out.

    In a FIT image it is that of CONFIGURATION, or of the one that MACHINE is compatible with.
    WATCH is told how many packed bytes are through.
    """
    found = Unwrapped(data)
    for _ in range(_LAYERS):
        kind = identify(bytes(found.kernel[:HEAD_SIZE]))
        if kind.packed:
            found.kernel = compression.unpack(bytes(found.kernel), MAX_SIZE, watch)
        elif kind.name == "zboot":
            found.kernel = _zboot(found.kernel, watch)
        elif kind.name == "uki":
            _uki(found)
        elif kind.name == "fit":
            found.steps.append(_fit(found, configuration, machine))
            configuration = ""
            continue
        elif configuration:
            raise PlanError(f"expected a FIT image, found {kind.text}")
        else:
            return found
        found.steps.append(kind.text)
    raise PlanError(f"wrapped more than {_LAYERS} times: {', '.join(found.steps)}")


def _zboot(data: Buffer, watch: Watch | None) -> bytes:
    header = ZbootHeader(data)
    end = header.payload_offset + header.payload_size
    if end > len(data):
        raise FormatError(
            "EFI zboot header: payload_size", 0x0C, f"at most {len(data):#x}", f"{end:#x}"
        )
    payload = bytes(data[header.payload_offset : end])
    named = header.compression_type.partition(b"\0")[0].decode("ascii", "replace")
    what = "EFI zboot header: payload"
    return compression.unpack_named(payload, named, MAX_SIZE, what, header.payload_offset, watch)


def _fit(found: Unwrapped, configuration: str, machine: Sequence[str]) -> str:
    from uroot_py.formats.fdt import build as fdt_build
    from uroot_py.formats.fdt import overlay as fdt_overlay
    from uroot_py.formats.fdt import tree as fdt
    from uroot_py.formats.kernel import fit

    image = fit.parse(found.kernel)
    chosen, why = image.choose(configuration, machine)
    fit.check_unsigned(chosen.node)
    trees = [image.contents(name, "flat_dt") for name in chosen.trees]
    if len(trees) > 1:
        tree = fdt.parse(trees[0])
        for overlay in trees[1:]:
            tree = fdt_overlay.apply(tree, fdt.parse(overlay))
        trees = [fdt_build.build(tree)]
    found.dtb = trees[0] if trees else found.dtb
    if chosen.ramdisk:
        found.initrds.append(image.contents(chosen.ramdisk, "ramdisk"))
    found.kernel = image.contents(chosen.kernel, *fit.KERNELS)
    return f"configuration {chosen.name}, {why}, of a FIT image"


def _uki(found: Unwrapped) -> None:
    data = found.kernel
    image = pe.parse(data)
    # With several profiles the sections in front of the first .profile are the common ones.
    parts: dict[str, bytes] = {}
    for section in image.sections:
        parts.setdefault(section.name, pe.contents(data, section))
    found.kernel = parts[".linux"]
    found.initrds += [parts[name] for name in (".ucode", ".initrd") if parts.get(name)]
    found.cmdline = parts.get(".cmdline", b"").rstrip(b"\0 \n\t")
    found.dtb = parts.get(".dtb", b"")
