"""The bill of materials of an image: everything in it, with versions, licences and digests.

Ref: CycloneDX 1.6 (ECMA-424).
"""

from __future__ import annotations

import hashlib
import platform
import re
import subprocess
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion

from initramfs.lean import LIBRARIES
from uroot_py import VERSION
from uroot_py.formats.archive import cpio
from uroot_py.formats.compress import stream as compression
from uroot_py.machine import modules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from initramfs.tree import ImageTree

_OURS = "BSD-3-Clause"
_PYTHON = "PSF-2.0"
# Library (the beginning of its file's name, or Debian's source package) -> licence.
_LICENCES = {
    "ld-linux": "LGPL-2.1-or-later",
    "libc.": "LGPL-2.1-or-later",
    "libdl.": "LGPL-2.1-or-later",
    "libm.": "LGPL-2.1-or-later",
    "libpthread.": "LGPL-2.1-or-later",
    "libargon2.": "CC0-1.0 OR Apache-2.0",
    "libbz2.": "bzip2-1.0.6",
    "libffi.": "MIT",
    "libgcc_s.": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "liblzma.": "LicenseRef-public-domain",
    "libz.": "Zlib",
    "argon2": "CC0-1.0 OR Apache-2.0",
    "bzip2": "bzip2-1.0.6",
    "libzstd": "BSD-3-Clause",
    "musl": "MIT",
    "xz-utils": "LicenseRef-public-domain",
    "zlib": "Zlib",
}


def bill(tree: ImageTree, packed: bytes, *, runtime: Path | None) -> str:
    """The JSON text for TREE, which became the image PACKED; RUNTIME is the lean one's folder.

    The same image gives the same text.
    """
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256(packed).hexdigest()))
    bom.metadata.timestamp = datetime.fromtimestamp(tree.mtime, UTC)
    bom.metadata.component = _component(
        "uroot-py initramfs", _OURS, VERSION, digest=packed, type_=ComponentType.FIRMWARE
    )
    groups: dict[str, list[Component]] = {}
    for path in sorted(tree.members):
        member = tree.members[path]
        if member.kind == cpio.S_IFREG:
            owner, component = _file(path, member.data, tree.origins.get(path))
            groups.setdefault(owner, []).append(component)
    for name, files in groups.items():
        for component in [_owner(name, files)] if name else files:
            bom.components.add(component)
    for component in _linked(runtime, tree.linked) if runtime else []:
        bom.components.add(component)
    bom.register_dependency(bom.metadata.component, bom.components)
    text = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=1)
    return f"{text}\n"


def _component(
    name: str,
    licence: str,
    version: str = "",
    *,
    digest: bytes | None = None,
    type_: ComponentType = ComponentType.LIBRARY,
    inner: Iterable[Component] = (),
) -> Component:
    sums = [] if digest is None else [hashlib.sha256(digest).hexdigest()]
    return Component(
        name=name,
        version=version or None,
        type=type_,
        licenses=[LicenseFactory().make_from_string(licence)] if licence else [],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in sums],
        components=inner,
        bom_ref=f"{type_.value}:{name}",
    )


def _file(path: str, data: bytes, origin: Path | None) -> tuple[str, Component]:
    """The owner of a file of the image ('' for one of its own), and the file as a component."""

    def made(licence: str, version: str = "") -> Component:
        return _component(path, licence, version, digest=data, type_=ComponentType.FILE)

    name = path.rpartition("/")[2]
    if path.startswith("lib/modules/"):
        return f"linux {path.split('/')[2]}", made(_module_licence(data))
    if path == "uroot/uroot":
        return "PyInstaller bootloader", made("")
    if name.startswith("libpython") or "/lib-dynload/" in path or "/encodings/" in path:
        return "CPython", made("")
    if path.startswith("uroot/_internal/zstandard/"):
        return "python-zstandard", made("")
    if origin is None or path.startswith("uroot/"):
        return "uroot-py", made("")
    package, version = _package(origin)
    licence = next((each for start, each in _LICENCES.items() if name.startswith(start)), "")
    return "", made(licence or _debian_licence(package), version)


def _owner(name: str, files: list[Component]) -> Component:
    licence, version = {
        "uroot-py": (_OURS, VERSION),
        "CPython": (_PYTHON, platform.python_version()),
        "python-zstandard": ("BSD-3-Clause", _installed("zstandard")),
        "PyInstaller bootloader": (
            "GPL-2.0-or-later WITH Bootloader-exception",
            _installed("pyinstaller"),
        ),
    }.get(name, ("GPL-2.0-only", name.removeprefix("linux ")))
    return _component(name.split(" 6.")[0], licence, version, inner=files)


def _linked(runtime: Path, libraries: set[str]) -> list[Component]:
    """What the lean program consists of, besides our own code."""
    found = []
    for line in (runtime / "versions").read_text().splitlines():
        name, version = line.split()
        if name in libraries or name not in LIBRARIES:
            found.append(_component(name, _LICENCES.get(name, _PYTHON), version))
    return found


def _installed(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _module_licence(data: bytes) -> str:
    """What a kernel module says in its modinfo, as SPDX has it."""
    match = re.search(rb"\0license=([^\0]+)\0", compression.unpack(data, modules.MAX_SIZE))
    text = match[1].decode("ascii", "replace") if match else ""
    known = {
        "GPL": "GPL-2.0-or-later",
        "GPL v2": "GPL-2.0-only",
        "Dual BSD/GPL": "BSD-3-Clause OR GPL-2.0-only",
        "Dual MIT/GPL": "MIT OR GPL-2.0-only",
    }
    return known.get(text, "")


def _package(file: Path) -> tuple[str, str]:
    """Debian's package and version of a file of this machine; empty where dpkg does not know."""
    # dpkg knows a file by the path in its package, which may be older than the merge of /usr.
    names = [str(file), str(file).removeprefix("/usr")]
    try:
        found = [_dpkg("--search", name).split(": ")[0] for name in names]
        package = next((name for name in found if name), "")
        return package, _dpkg("--show", "--showformat=${Version}", package) if package else ""
    except FileNotFoundError:
        return "", ""


def _dpkg(*words: str) -> str:
    done = subprocess.run(["dpkg-query", *words], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def _debian_licence(package: str) -> str:
    """The licence of the most files of a package, from its machine-readable copyright file."""
    file = Path("/usr/share/doc") / package.partition(":")[0] / "copyright"
    text = file.read_text(errors="replace") if package and file.is_file() else ""
    match = re.search(r"(?m)^Files: \*\n(?:.*\n)*?License: (\S+)$", text)
    return _spdx(match[1]) if match else ""


def _spdx(name: str) -> str:
    """Debian's short name of a licence as SPDX has it: GPL-2+ is GPL-2.0-or-later."""
    match = re.fullmatch(r"(A?GPL|LGPL)-(\d)(\.\d)?(\+?)", name)
    if match is None:
        return name
    family, major, minor, later = match.groups()
    return f"{family}-{major}{minor or '.0'}-{'or-later' if later else 'only'}"
