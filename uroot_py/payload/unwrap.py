"""Kernels inside other files: compressed, EFI zboot, unified kernel images, FIT images.

Ref: drivers/firmware/efi/libstub/zboot-header.S; UAPI.5, Unified Kernel Image.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, PlanError
from uroot_py.base.layout import Layout, raw, u32
from uroot_py.base.text import printable
from uroot_py.formats.compress import stream as compression
from uroot_py.formats.compress.detect import kind
from uroot_py.formats.kernel import pe, uimage, uki
from uroot_py.payload.request import KernelFile

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


def unwrap(
    file: KernelFile,
    configuration: str = "",
    machine: Sequence[str] = (),
    watch: Watch | None = None,
    *,
    profile: int | None = None,
) -> KernelFile:
    """The kernel inside FILE with all its parts; FILE itself where it is one already.

    In a FIT image it is that of CONFIGURATION, or of the one that MACHINE is compatible with; in a
    unified kernel image that of PROFILE, or of the first one.
    WATCH is told how many packed bytes are through. FormatError, PlanError or RefusedError when it
    cannot be taken out.
    """
    for _ in range(_LAYERS):
        found, before = file.kind, file
        if found.packed:
            data: Buffer = compression.unpack(bytes(file.data), MAX_SIZE, watch)
            file = KernelFile(file.name, data)
        elif found.name == "zboot":
            file = KernelFile(file.name, _zboot(file.data, watch))
        elif found.name == "uki":
            file = _uki(file, profile or 0)
            profile = None
        elif found.name == "fit":
            file = _fit(file, configuration, machine)
            configuration = ""
        elif found.name == "uImage":
            file = KernelFile(file.name, uimage.contents(file.data, uimage.KERNELS))
        elif configuration:
            raise PlanError(f"expected a FIT image, found {found.text}")
        elif profile is not None:
            raise PlanError(f"expected a unified kernel image, found {found.text}")
        else:
            return file
        file.initrds = [*before.initrds, *file.initrds]
        file.cmdline = file.cmdline or before.cmdline
        file.dtb = file.dtb or before.dtb
        file.steps = [*before.steps, *(file.steps or [found.text])]
    raise PlanError(f"wrapped more than {_LAYERS} times: {', '.join(file.steps)}")


def _zboot(data: Buffer, watch: Watch | None) -> bytes:
    header = ZbootHeader(data)
    end = header.payload_offset + header.payload_size
    if end > len(data):
        raise FormatError(
            "EFI zboot header: payload_size", 0x0C, f"at most {len(data):#x}", f"{end:#x}"
        )
    payload = bytes(data[header.payload_offset : end])
    # How the file that was packed is called (zstd22, xzkern), as old Makefiles write it: a hint.
    named = header.compression_type.partition(b"\0")[0].decode("ascii", "replace")
    if not kind(payload):
        what, expected = "EFI zboot header: payload", f"{printable(named)} data"
        raise FormatError(what, header.payload_offset, expected, "none")
    return compression.unpack(payload, MAX_SIZE, watch)


def _fit(file: KernelFile, configuration: str, machine: Sequence[str]) -> KernelFile:
    from uroot_py.formats.fdt import build as fdt_build
    from uroot_py.formats.fdt import overlay as fdt_overlay
    from uroot_py.formats.fdt import tree as fdt
    from uroot_py.formats.kernel import fit

    image = fit.parse(file.data)
    chosen, why = image.choose(configuration, machine)
    fit.check_unsigned(chosen.node)
    trees = [image.contents(name, "flat_dt") for name in chosen.trees]
    if len(trees) > 1:
        tree = fdt.parse(trees[0])
        for overlay in trees[1:]:
            tree = fdt_overlay.apply(tree, fdt.parse(overlay))
        trees = [fdt_build.build(tree)]
    found = KernelFile(file.name, image.contents(chosen.kernel, *fit.KERNELS))
    found.dtb = trees[0] if trees else b""
    if chosen.ramdisk:
        found.initrds.append(image.contents(chosen.ramdisk, "ramdisk"))
    found.steps = [f"configuration {chosen.name}, {why}, of a FIT image"]
    return found


def _uki(file: KernelFile, profile: int) -> KernelFile:
    image = pe.parse(file.data)
    rows = uki.profiles(image)
    if profile >= len(rows):
        raise PlanError(f"no profile {profile} in it", hint=f"there are 0 to {len(rows) - 1}")
    parts = {name: pe.contents(file.data, section) for name, section in rows[profile].items()}
    if ".linux" not in parts:
        raise FormatError("unified kernel image", 0, f"a .linux in profile {profile}", "none")
    found = KernelFile(file.name, parts[".linux"])
    found.initrds += [parts[name] for name in (".ucode", ".initrd") if parts.get(name)]
    line = uki.command_line(parts.get(".cmdline", b""))
    found.cmdline = line.encode("utf-8", "surrogateescape")
    found.dtb = parts.get(".dtb", b"")
    named = f"profile {profile} of " if len(rows) > 1 else ""
    found.steps = [f"{named}a unified kernel image"]
    return found
