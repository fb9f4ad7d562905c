"""The UEFI payload of an image, by which `boot` starts EFI programs (docs/uefi.md)."""

from __future__ import annotations

import functools
import lzma
from typing import TYPE_CHECKING

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.boot.efi import PAYLOAD
from uroot_py.formats.compress import stream
from uroot_py.formats.uefi import volume
from uroot_py.formats.uefi.universal import Universal
from uroot_py.payload.request import HEAD_SIZE, identify

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("PAYLOAD", "packed")
MAX_SIZE = 64 << 20  # bytes of a payload


@functools.cache
def packed(source: Path) -> bytes:
    """The payload in SOURCE, as it is when it is packed, else packed by xz.

    RefusedError for a file that is none, FormatError for one that is damaged.
    """
    data = source.read_bytes()
    try:
        whole = stream.unpack(data, MAX_SIZE)
        kind = identify(whole[:HEAD_SIZE])
        if kind.name == "uefi-volume":
            volume.security_core(whole)
        elif kind.name == "uefi-universal":
            Universal(whole)
        else:
            raise RefusedError(f"{source}: expected a UEFI payload, found {kind.text}")
    except FormatError as error:
        raise error.within(str(source)) from None
    return data if whole != data else lzma.compress(data, check=lzma.CHECK_CRC32, preset=9)
