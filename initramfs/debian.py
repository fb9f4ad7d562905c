"""Debian packages and their sources, unpacked into a folder: nothing is installed, nobody is root.

apt runs with a state of its own and with the sources and keys of this machine; the packages may be
of another architecture.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

from uroot_py.base.errors import RefusedError

_SOURCES = (Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d"))
_SETTINGS = """\
Dir::State "{top}/state";
Dir::State::status "/dev/null";
Dir::Cache "{top}/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{top}/sources";
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
"""
# Architectures that Debian has since a suite: where this machine's is older, theirs come from it.
_SINCE = {"riscv64": ("trixie", ("bullseye", "bookworm"))}
_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


def suite_for(architecture: str) -> str:
    """The suite with packages of ARCHITECTURE; '' where this machine's own sources have them."""
    suite, before = _SINCE.get(architecture, ("", ()))
    return suite if platform.freedesktop_os_release().get("VERSION_CODENAME") in before else ""


def source_of(suite: str) -> str:
    """The line of sources.list for the binary packages of SUITE."""
    return f"deb [signed-by={_KEYS}] http://deb.debian.org/debian {suite} main\n"


def run(words: list[str], *, cwd: Path, environment: dict[str, str] | None = None) -> str:
    """What a tool prints; RefusedError with its last words when it fails or is missing."""
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C", **(environment or {})},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise RefusedError(
            f"{words[0]} is not installed", hint="run `make setup`, with ARCH= for another machine"
        ) from None
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-3:]
        raise RefusedError(f"{' '.join(words[:3])}: status {done.returncode}: {' | '.join(last)}")
    return done.stdout


class Apt:
    """apt with its state in the folder TOP, for packages of ARCHITECTURE.

    Sources are this machine's, also where the packages come from another suite (suite_for).
    """

    def __init__(self, top: Path, architecture: str) -> None:
        self.top = top
        for part in ("state/lists/partial", "cache/archives/partial", "sources"):
            (top / part).mkdir(parents=True, exist_ok=True)
        (top / "apt.conf").write_text(_SETTINGS.format(top=top, architecture=architecture))
        files = [file for source in _SOURCES for file in ([source] if source.is_file() else [])]
        files += sorted(_SOURCES[1].glob("*")) if _SOURCES[1].is_dir() else []
        for file in files:
            text = file.read_text()
            if file.suffix == ".sources":
                text = re.sub(r"(?m)^Types:.*$", "Types: deb deb-src", text)
            else:
                text += re.sub(r"(?m)^deb\b", "deb-src", text)
            (top / "sources" / file.name).write_text(text)
        if suite := suite_for(architecture):
            (top / "sources" / f"{suite}.list").write_text(source_of(suite))
        self._run("apt-get", "-q", "update")

    def _run(self, *words: str, cwd: Path | None = None) -> str:
        environment = {"APT_CONFIG": str(self.top / "apt.conf")}
        return run(list(words), cwd=cwd or self.top, environment=environment)

    def package(self, name: str, into: Path) -> None:
        """Unpack the newest binary package NAME into INTO."""
        folder = self.top / "packages" / name
        folder.mkdir(parents=True, exist_ok=True)
        self._run("apt-get", "-q", "download", name, cwd=folder)
        into.mkdir(parents=True, exist_ok=True)
        for file in folder.glob("*.deb"):
            run(["dpkg-deb", "-x", str(file), str(into)], cwd=folder)

    def version(self, name: str) -> str:
        """The newest version of the binary package NAME."""
        text = self._run("apt-cache", "show", "--no-all-versions", name)
        return str(re.findall(r"(?m)^Version: (\S+)$", text)[0])

    def source(self, name: str, into: Path) -> str:
        """Unpack the newest source of NAME that the archive still has; returns its version."""
        text = self._run("apt-cache", "showsrc", "--only-source", name)
        versions = list(dict.fromkeys(re.findall(r"(?m)^Version: (\S+)$", text)))
        if not versions:
            raise RefusedError(f"no source package {name}", hint="is this Debian or Ubuntu?")
        refusal: RefusedError | None = None
        for version in reversed(versions):
            folder = self.top / "packages" / f"{name}-{version}"
            folder.mkdir(parents=True, exist_ok=True)
            words = ["apt-get", "-q", "source", "--download-only", f"{name}={version}"]
            try:
                self._run(*words, cwd=folder)
            except RefusedError as error:  # the list is newer than the mirror
                refusal = error
                continue
            (dsc,) = folder.glob("*.dsc")
            run(["dpkg-source", "--no-check", "-x", str(dsc), str(into)], cwd=folder)
            return str(version)
        raise refusal or RefusedError(f"no source of {name}")
