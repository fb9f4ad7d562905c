#!/usr/bin/env python3
"""fetch_kernel - Debian's current kernel of each FLAVOUR, unpacked below build/kernels/.

usage: scripts/fetch_kernel.py [--refresh] FLAVOUR...
       scripts/fetch_kernel.py --deb FILE FLAVOUR          from a package that is already here

A FLAVOUR is Debian's (cloud-amd64, amd64, cloud-arm64, arm64, riscv64), of this machine's Debian,
or with a suite before it (bullseye/cloud-amd64); backports-cloud-amd64 is of this Debian's
backports. Debian 12 has no riscv64: there it is Debian 13's.

build/kernels/FLAVOUR/ gets ``vmlinuz``, ``config``, ``release`` (the text of ``uname -r``),
``version`` (of the package) and ``modules/`` (what belongs in /lib/modules/RELEASE, with depmod's
tables). It appears whole or not at all and is kept until --refresh.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts import apt
from scripts.tools import BUILD, command, published
from uroot_py.base.errors import RefusedError, UrootError

FLAVOURS = ("cloud-amd64", "amd64", "cloud-arm64", "arm64", "riscv64", "backports-cloud-amd64")
# By Debian's architectures the kernel that tests boot: the cloud flavour, where there is one.
USUAL = {"amd64": "cloud-amd64", "arm64": "cloud-arm64", "riscv64": "riscv64"}
BACKPORTS = "backports-"  # the newer kernel of that flavour
SUITES = ("bullseye", "bookworm", "trixie", "trixie-backports")  # SUITE/FLAVOUR
# Flavour -> the one whose kernel is given in its place (scripts/test_kvm.py --kernel).
STAND_INS: dict[str, str] = {}


def fetch(flavour: str, *, refresh: bool = False, deb: Path | None = None) -> Path:
    """The directory of FLAVOUR's kernel; made when it is missing, REFRESH is asked, or from DEB.

    For a flavour that has a stand-in, the directory of that one.
    """
    flavour = STAND_INS.get(flavour, flavour)
    suite, _, plain = flavour.rpartition("/")
    if plain not in FLAVOURS or suite not in ("", *SUITES):
        raise RefusedError(
            f"no kernel flavour {flavour!r}",
            hint=f"known: {', '.join(FLAVOURS)}, or SUITE/FLAVOUR of {', '.join(SUITES)}",
        )
    target = BUILD / "kernels" / flavour
    if refresh or deb or not (target / "release").is_file():
        with published(target) as fresh:
            tree = fresh / "tree"
            tree.mkdir()
            if deb:
                command(["dpkg-deb", "-x", deb, tree])
                version = command(["dpkg-deb", "-f", deb, "Version"])
            else:
                version = _download(flavour, tree, refresh=refresh)
            _lay_out(flavour, tree, fresh)
            (fresh / "version").write_text(f"{version.strip()}\n")
    return target


def usual(arch: str) -> Path:
    """The directory of the kernel that tests boot on Debian's ARCH."""
    return fetch(USUAL[arch])


def _download(flavour: str, tree: Path, *, refresh: bool) -> str:
    suite, _, flavour = flavour.rpartition("/")
    arch = flavour.rpartition("-")[2]
    if flavour.startswith(BACKPORTS):
        suite, flavour = apt.BACKPORTS, flavour.removeprefix(BACKPORTS)
    meta = apt.show(f"linux-image-{flavour}", arch, suite, fresh=refresh)
    match = re.search(rf"linux-image-\S+-{flavour}\b", meta.get("Depends", ""))
    if match is None:
        raise RefusedError(f"linux-image-{flavour} does not depend on a kernel of that flavour")
    needs = apt.show(match[0], arch, suite).get("Depends", "")
    # Since Linux 7 a kernel is several packages.
    for package in (match[0], *re.findall(r"\blinux-(?:base|binary|modules)-\d[^\s,]+", needs)):
        apt.unpack(package, arch, tree, suite)
    return meta["Version"]


def _lay_out(flavour: str, tree: Path, fresh: Path) -> None:
    merged = tree / "usr/lib/modules"  # where packages since Debian 13 have them
    if merged.is_dir():
        (tree / "lib").mkdir(exist_ok=True)
        merged.rename(tree / "lib/modules")
    endings = f"*-{flavour.rpartition('/')[2].removeprefix(BACKPORTS)}"
    release = next((path.name for path in (tree / "lib/modules").glob(endings)), "")
    if not release:
        raise RefusedError(f"the package holds no modules of flavour {flavour}")
    command(["depmod", "-b", tree, release])
    modules = tree / "lib/modules" / release
    # Beside the modules since Linux 7, before that in /boot; riscv64's Image is called vmlinux.
    for target, *names in (("vmlinuz", "vmlinuz", "vmlinux"), ("config", "config")):
        places = [(modules / name, tree / "boot" / f"{name}-{release}") for name in names]
        found = [place for pair in places for place in pair if place.exists()]
        if not found:
            raise RefusedError(f"the package holds no {target} of {release}")
        found[0].rename(fresh / target)
    modules.rename(fresh / "modules")
    shutil.rmtree(tree)
    (fresh / "release").write_text(f"{release}\n")


def main() -> int:
    """Fetch what was asked for; one line each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--refresh", action="store_true", help="ask apt again, replace the old")
    parser.add_argument("--deb", type=Path, help="unpack this kernel package, download nothing")
    parser.add_argument("flavours", nargs="+", metavar="FLAVOUR", help=", ".join(FLAVOURS))
    given = parser.parse_args()
    try:
        for flavour in given.flavours:
            target = fetch(flavour, refresh=given.refresh, deb=given.deb)
            print(f"{flavour}: {(target / 'release').read_text().strip()} in {target}")
    except UrootError as error:
        print(f"fetch_kernel: {error}", file=sys.stderr)
        return error.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
