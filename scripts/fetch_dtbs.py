#!/usr/bin/env python3
"""Fetch every device tree blob of Debian's current arm64 and armhf kernels into build/dtbs/.

Needs apt-get, apt-cache and dpkg-deb, not root: apt works in a directory of its own under build/,
with this machine's sources and keys. The metapackage says which kernel is the current one; a
version that is there already is not fetched again.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

BUILD = Path(__file__).resolve().parent.parent / "build"
BLOBS = BUILD / "dtbs"
PACKAGES = (("arm64", "linux-image-arm64"), ("armhf", "linux-image-armmp"))
_SECONDS = 900


def _configure(architecture: str) -> Path:
    """An apt.conf that keeps every state of apt under build/apt/ARCHITECTURE."""
    root = BUILD / "apt" / architecture
    for part in ("lists/partial", "cache/archives/partial"):
        (root / part).mkdir(parents=True, exist_ok=True)
    (root / "status").touch()
    conf = root / "apt.conf"
    conf.write_text(
        f'Dir::State "{root}";\nDir::State::status "{root}/status";\nDir::Cache "{root}/cache";\n'
        f'APT::Architecture "{architecture}";\nAPT::Architectures {{ "{architecture}"; }};\n'
        'APT::Sandbox::User "root";\n'
    )
    return conf


def _run(*command: str, conf: Path, check: bool = True) -> str:
    done = subprocess.run(
        command,
        env={"APT_CONFIG": str(conf), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        cwd=conf.parent,
        stdout=subprocess.PIPE,
        text=True,
        check=check,
        timeout=_SECONDS,
    )
    return done.stdout


def fetch(architecture: str, metapackage: str) -> int:
    """Put the blobs of METAPACKAGE's kernel into build/dtbs/ARCHITECTURE; returns their number."""
    conf = _configure(architecture)
    # One mirror out of step fails an update as a whole; what the others have is enough.
    _run("apt-get", "-qq", "update", conf=conf, check=False)
    depends = _run("apt-cache", "depends", metapackage, conf=conf)
    found = re.search(r"Depends: (linux-image-\S+)", depends)
    if not found:
        raise SystemExit(f"{metapackage}: no kernel package among its dependencies:\n{depends}")
    package = found[1]
    shown = _run("apt-cache", "show", "--no-all-versions", package, conf=conf)
    version = re.search(r"^Version: (\S+)", shown, re.MULTILINE)
    stamp = f"{package} {version[1] if version else '?'}\n"
    target = BLOBS / architecture
    marker = BLOBS / f"{architecture}.package"
    if marker.is_file() and marker.read_text() == stamp:
        return len(list(target.rglob("*.dtb")))
    for old in conf.parent.glob("*.deb"):
        old.unlink()
    _run("apt-get", "-qq", "download", package, conf=conf)
    deb = next(conf.parent.glob("*.deb"))
    _unpack(deb, target)
    deb.unlink()
    marker.write_text(stamp)
    return len(list(target.rglob("*.dtb")))


def _unpack(deb: Path, target: Path) -> None:
    """Only the blobs of DEB, without unpacking its modules to disk."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as packed:
        wanted = "./usr/lib/linux-image-*/*.dtb"
        tar = ["tar", "-x", "--strip-components=4", "-C", str(target), "--wildcards", wanted]
        subprocess.run(tar, stdin=packed.stdout, check=True, timeout=_SECONDS)
        packed.communicate(timeout=_SECONDS)


def main() -> int:
    """Fetch both; say what is there."""
    for architecture, metapackage in PACKAGES:
        number = fetch(architecture, metapackage)
        sys.stdout.write(f"{BLOBS / architecture}: {number} blobs\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
