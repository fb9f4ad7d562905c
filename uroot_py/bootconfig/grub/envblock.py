"""GRUB's environment block (grubenv): 1024 bytes of ``name=value`` lines, padded with ``#``.

Ref: GNU GRUB Manual 2.06, 17.2 "The GRUB environment block"; grub-editenv reads what build() makes.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNATURE = b"# GRUB Environment Block\n"
SIZE = 1024  # bytes of a new block; an existing one keeps its size
MAX_SIZE = 1 << 13  # bytes that are read


def parse(data: bytes) -> dict[str, str]:
    """The variables in a block, in order; FormatError if it does not start with the signature."""
    if not data.startswith(SIGNATURE):
        raise FormatError(
            "GRUB environment block",
            0,
            repr(SIGNATURE.decode().strip()),
            repr(data[:24].decode("utf-8", "replace")),
            hint="grub-editenv FILE create makes a new one",
        )
    variables = {}
    for line in _lines(data[len(SIGNATURE) : MAX_SIZE]):
        name, equals, value = line.partition("=")
        if equals and name and not name.startswith("#"):
            variables[name] = value
    return variables


def _lines(data: bytes) -> list[str]:
    """The lines of a block with their escapes (a backslash before a newline or itself) undone."""
    lines, line, escaped = [], "", False
    for char in data.decode("utf-8", "surrogateescape"):
        if escaped or char not in "\\\n":
            line += char
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            lines.append(line)
            line = ""
    return lines


def build(data: bytes, changes: Mapping[str, str | None]) -> bytes:
    """The block DATA (empty: a new one) with CHANGES made; None removes a variable.

    The size stays as it is, because boot loaders write the block in place. FormatError when the
    variables no longer fit, or when DATA is no block.
    """
    variables: dict[str, str | None] = dict(parse(data)) if data else {}
    variables.update(changes)
    text = ""
    for name, value in variables.items():
        if value is not None:
            escaped = value.replace("\\", "\\\\").replace("\n", "\\\n")
            text += f"{name}={escaped}\n"
    block = _comments(data) + text.encode("utf-8", "surrogateescape")
    size = len(data) or SIZE
    if len(block) > size:
        raise FormatError("GRUB environment block", 0, f"at most {size} bytes", f"{len(block)}")
    return block.ljust(size, b"#")


def _comments(data: bytes) -> bytes:
    """The signature and the comment lines under it, which newer tools write as a warning."""
    end = len(SIGNATURE)
    while data[end : end + 2] == b"# " and b"\n" in data[end:]:
        end = data.index(b"\n", end) + 1
    return data[:end] or SIGNATURE
