"""GUIDs as UEFI stores them: the first three fields little-endian. Ref: UEFI 2.10, appendix A."""

from __future__ import annotations

# Whose variables the UEFI specification defines: Boot0001, BootOrder, SecureBoot.
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"


def text(raw: bytes) -> str:
    """16 bytes as people write them."""
    shown = (raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:16]).hex()
    return f"{shown[:8]}-{shown[8:12]}-{shown[12:16]}-{shown[16:20]}-{shown[20:]}"


def packed(guid: str) -> bytes:
    """The 16 bytes of a GUID in text; ValueError for what is none."""
    raw = bytes.fromhex(guid.replace("-", ""))
    if len(raw) != 16:
        raise ValueError(guid)
    return raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]
