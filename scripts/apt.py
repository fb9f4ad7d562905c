"""Debian packages, downloaded and unpacked below build/: nothing is installed, no root is needed.

The lists are kept in a state of their own for each architecture, so that another architecture
needs no change of this machine, and a running apt elsewhere does not matter. The sources and their
keys are those of this machine; a suite that it does not use gets a state of its own, and so does
an architecture that its suite does not have.
"""

from __future__ import annotations

import platform
import re
from typing import TYPE_CHECKING

from initramfs.debian import source_of, suite_for
from scripts.tools import BUILD, command, published
from uroot_py.base.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

_SETTINGS = """\
Dir::State "{state}/state";
Dir::State::status "/dev/null";
Dir::Cache "{state}/cache";
APT::Architecture "{arch}";
APT::Architectures {{ "{arch}"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
"""


BACKPORTS = f"{platform.freedesktop_os_release().get('VERSION_CODENAME', '')}-backports"
_SUITE = """\
Dir::Etc::SourceList "{state}/sources.list";
Dir::Etc::SourceParts "/dev/null";
"""


def _apt(arch: str, suite: str, *words: str, cwd: Path | None = None) -> str:
    suite = suite or suite_for(arch)
    state = BUILD / "apt" / f"{arch}-{suite}".rstrip("-")
    settings = state / "apt.conf"
    if not settings.exists():
        for part in ("state/lists/partial", "cache/archives/partial"):
            (state / part).mkdir(parents=True, exist_ok=True)
        (state / "sources.list").write_text(source_of(suite))
        text = _SETTINGS + (_SUITE if suite else "")
        settings.write_text(text.format(state=state, arch=arch))
    return command(words, cwd=cwd, environment={"APT_CONFIG": str(settings)})


def show(package: str, arch: str, suite: str = "", *, fresh: bool = False) -> dict[str, str]:
    """The fields of the newest PACKAGE (of SUITE); the lists are fetched when FRESH or unknown."""
    try:
        if fresh:
            _apt(arch, suite, "apt-get", "-q", "update")
        text = _apt(arch, suite, "apt-cache", "show", "--no-all-versions", package)
    except RefusedError as error:
        if not fresh:
            return show(package, arch, suite, fresh=True)
        raise RefusedError(
            f"{package}: apt finds no such package for {arch}",
            hint="check the network and /etc/apt/sources.list (apt-get update)",
        ) from error
    return dict(re.findall(r"^([A-Za-z-]+): (.*)$", text, re.MULTILINE))


def unpack(package: str, arch: str, into: Path, suite: str = "") -> None:
    """Download the newest PACKAGE (of SUITE) and put its files below INTO."""
    show(package, arch, suite)
    try:
        _apt(arch, suite, "apt-get", "-q", "download", package, cwd=into)
    except RefusedError:  # the lists are older than the archive
        show(package, arch, suite, fresh=True)
        _apt(arch, suite, "apt-get", "-q", "download", package, cwd=into)
    for archive in into.glob("*.deb"):
        command(["dpkg-deb", "-x", archive, into])
        archive.unlink()


def unpacked(*packages: str, arch: str = "amd64") -> Path:
    """The directory with the files of PACKAGES; downloaded once."""
    target = BUILD / "packages" / arch / "+".join(packages)
    if not target.is_dir():
        with published(target) as fresh:
            for package in packages:
                unpack(package, arch, fresh)
    return target


def file(package: str, path: str) -> Path:
    """A file of PACKAGE, the first that the pattern PATH finds."""
    found = next(iter(sorted(unpacked(package).glob(path))), None)
    if found is None:
        raise RefusedError(f"{package}: no {path}")
    return found
