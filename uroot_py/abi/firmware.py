"""The files in which a kernel shows what its firmware told it, below a root directory.

ROOT is ``/`` for this machine, or a directory with the same files from another one. Errors are
those of the files: OSError with the path.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError

MAX_SIZE = 64 << 20


def below(root: str, path: str) -> str:
    """The absolute PATH below ROOT."""
    return root.rstrip("/") + path


def read_bytes(root: str, path: str) -> bytes:
    """The contents of a file; RefusedError when there are more than MAX_SIZE bytes."""
    with open(below(root, path), "rb") as file:
        data = file.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise RefusedError(f"{below(root, path)}: more than {MAX_SIZE >> 20} MiB")
    return data


def read_text(root: str, path: str) -> str:
    """As ``read_bytes``, decoded; bytes that are no text are kept as surrogates."""
    return read_bytes(root, path).decode("utf-8", "surrogateescape")


def read_table(root: str, path: str) -> dict[str, dict[str, str]]:
    """The texts in a directory of directories: number -> name of the file -> contents."""
    table = {}
    for number in os.listdir(below(root, path)):
        place = f"{path}/{number}"
        names = os.listdir(below(root, place))
        table[number] = {name: read_text(root, f"{place}/{name}") for name in names}
    return table


def setup_data(root: str, kind: int) -> list[bytes]:
    """The contents of each setup_data of type KIND that this kernel was given, in order.

    Ref: Linux, Documentation/ABI/testing/sysfs-kernel-boot_params.
    """
    path = "/sys/kernel/boot_params/setup_data"
    try:
        numbers = sorted(os.listdir(below(root, path)), key=lambda name: (len(name), name))
    except FileNotFoundError:
        return []
    return [
        read_bytes(root, f"{path}/{number}/data")
        for number in numbers
        if read_text(root, f"{path}/{number}/type").strip() == f"{kind:#x}"
    ]
