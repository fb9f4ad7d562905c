"""The compressions of an image, in the forms that a kernel reads.

The kernel's decompressors are picky: xz needs CRC32 (or no) checks and enough memory for the
whole dictionary, lz4 its legacy frame, zstd a window of at most 128 MiB.

Ref: Documentation/staging/xz.rst, lib/decompress_unlz4.c, lib/decompress_unzstd.c (Linux 6.1).
"""

from __future__ import annotations

import bz2
import lzma
import re
import subprocess
import zlib
from typing import TYPE_CHECKING

from uroot_py.base.errors import FormatError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

# Name -> the end of a file name, and the kernel option that reads it.
SUFFIXES = {
    "none": "",
    "gzip": ".gz",
    "xz": ".xz",
    "zstd": ".zst",
    "lz4": ".lz4",
    "lzo": ".lzo",
    "bzip2": ".bz2",
    "lzma": ".lzma",
}
OPTIONS: dict[str, tuple[str, ...]] = {
    name: (f"RD_{name.upper()}",) for name in SUFFIXES if name != "none"
}
OPTIONS["xz"] += ("XZ_DEC_X86",)
MAGICS = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x02\x21\x4c\x18": "lz4",
    b"\x89LZO\0\r\n\x1a\n": "lzo",
    b"BZh": "bzip2",
    b"\x5d\0\0": "lzma",
}


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)  # no name, no time
    return packer.compress(data) + packer.flush()


# An executable or library for x86-64, not a kernel module: the filter makes one without addresses
# larger. Ref: System V ABI, ELF header (e_type, e_machine).
_X86_CODE = re.compile(rb"\x7fELF\x02\x01.{10}[\x02\x03]\x00\x3e\x00", re.DOTALL)


# The kernel keeps so much of the output in memory while it unpacks, beside the image and all that
# comes out of it. More than 2 MiB saves 0.3 % with xz, 1 % with zstd.
_WINDOW = 21  # bits
_LARGE = 14 << 20  # bytes of an unpacked image that would need more than 90 MiB of memory


def _xz(data: bytes) -> bytes:
    size = min(max(1 << 16, len(data)), 1 << _WINDOW)
    preset = 9 | lzma.PRESET_EXTREME
    chain: list[dict[str, int]] = [
        {"id": lzma.FILTER_LZMA2, "preset": preset, "dict_size": size},
    ]
    if _X86_CODE.search(data):
        chain.insert(0, {"id": lzma.FILTER_X86})  # a twentieth less
    return lzma.compress(data, lzma.FORMAT_XZ, lzma.CHECK_CRC32, filters=chain)


def _zstd(data: bytes, level: int = 19) -> bytes:
    try:
        import zstandard
    except ImportError:
        raise RefusedError("zstandard is not installed", hint="run `make setup`") from None
    # Small images are rather short of flash: 512 KiB cost 2.7 % there, 1.6 % with packed modules.
    window = _WINDOW if len(data) < _LARGE else _WINDOW - 2
    settings = zstandard.ZstdCompressionParameters.from_level(
        level, window_log=window, source_size=len(data)
    )
    return zstandard.ZstdCompressor(compression_params=settings).compress(data)


def _lz4(data: bytes) -> bytes:
    return _tool(["lz4", "-l", "-9", "-c"], data)


def _lzo(data: bytes) -> bytes:
    packed = _tool(["lzop", "-9", "-c"], data)
    # The header has the time of day in it, and a sum of itself behind it.
    header = packed[9:25] + bytes(8) + packed[33:34]
    return packed[:9] + header + zlib.adler32(header).to_bytes(4, "big") + packed[38:]


def _lzma(data: bytes) -> bytes:
    return lzma.compress(data, lzma.FORMAT_ALONE, preset=9 | lzma.PRESET_EXTREME)


def _tool(command: list[str], data: bytes) -> bytes:
    try:
        done = subprocess.run(command, input=data, capture_output=True, check=False)
    except FileNotFoundError:
        raise RefusedError(f"{command[0]} is not installed", hint="run `make setup`") from None
    if done.returncode:
        raise RefusedError(f"{command[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


_PACK: dict[str, Callable[[bytes], bytes]] = {
    "none": bytes,
    "gzip": _gzip,
    "xz": _xz,
    "zstd": _zstd,
    "lz4": _lz4,
    "lzo": _lzo,
    "bzip2": bz2.compress,
    "lzma": _lzma,
}


def compress(data: bytes, name: str) -> bytes:
    """DATA packed as NAME (one of SUFFIXES): the same bytes every time."""
    return _PACK[name](data)


def recognise(data: bytes) -> str:
    """The compression that DATA begins with, or ''."""
    return next((name for magic, name in MAGICS.items() if data.startswith(magic)), "")


def decompress(data: bytes, name: str, *, source: str = "") -> tuple[bytes, bytes]:
    """What one stream at the beginning of DATA holds, and what follows it. FormatError."""
    try:
        if name in ("lz4", "lzo"):
            tool = {"lz4": "lz4", "lzo": "lzop"}[name]
            return _tool([tool, "-d", "-c"], data), b""
        if name == "zstd":
            import zstandard

            unpacker = zstandard.ZstdDecompressor().decompressobj()
        elif name == "gzip":
            unpacker = zlib.decompressobj(31)  # type: ignore[assignment]
        elif name == "bzip2":
            unpacker = bz2.BZ2Decompressor()  # type: ignore[assignment]
        else:
            unpacker = lzma.LZMADecompressor()  # type: ignore[assignment]
        out = unpacker.decompress(data)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, _zstd_error(), RefusedError) as error:
        raise FormatError(f"{name} data", 0, "a whole stream", str(error), source=source) from None
    if not unpacker.eof:
        found = f"{len(data)} bytes, then the end"
        raise FormatError(f"{name} data", 0, "a whole stream", found, source=source)
    return out, unpacker.unused_data


def _zstd_error() -> type[Exception]:
    try:
        import zstandard
    except ImportError:
        raise RefusedError("zstandard is not installed", hint="run `make setup`") from None
    return zstandard.ZstdError
