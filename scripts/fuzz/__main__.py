"""Fuzz every parser: only the error family may come out, in a second, in 64 MiB.

    pip install atheris
    python -m scripts.fuzz [--seconds N] [NAME...]      (no NAME: all, one after the other)
    python -m scripts.fuzz --again NAME FILE...         (what a finding does, without the fuzzer)

Each parser runs in a process of its own, from its seeds and from what earlier runs kept below
build/fuzz/NAME, at most MOST_KEPT small inputs. A finding is kept as build/fuzz/NAME-crash-...
"""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uroot_py.base.errors import UrootError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.fuzz.targets import Target

TOP = Path(__file__).resolve().parents[2] / "build" / "fuzz"
MOST_KEPT = 400  # inputs of a parser
MOST_BYTES = 8192  # of an input that the fuzzer makes
SECONDS = 1.0
MEMORY = 64 << 10  # KiB
SLOWER = 6  # so many times slower is a program that the fuzzer watches


def attempt(target: Target, data: bytes, seconds: float = SECONDS) -> None:
    """Hand DATA to TARGET; AssertionError when it took too long or too much memory."""
    begun = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        target.run(data)
    except UrootError as error:
        str(error)
    took = time.process_time() - begun
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    if took > seconds:
        raise AssertionError(f"it took {took:.1f} s")
    if more > MEMORY:
        raise AssertionError(f"it took {more >> 10} MiB of memory")


def one(name: str, seconds: int) -> None:
    """Fuzz the parser NAME in this process, which ends with it, for SECONDS of processor time."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["uroot_py"]):
        from scripts.fuzz.targets import targets

        target = targets()[name]
    corpus = TOP / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number:03}").write_bytes(seed)
    options = [
        f"-max_len={MOST_BYTES}",
        f"-artifact_prefix={TOP}/{name}-",
        "-timeout=30",
        "-rss_limit_mb=1500",
        "-verbosity=0",
    ]
    runs = 0
    end = time.process_time() + seconds

    def next_input(data: bytes) -> None:
        nonlocal runs
        attempt(target, data, SECONDS * SLOWER)
        runs += 1
        if time.process_time() > end:
            print(f"runs: {runs}", flush=True)
            os._exit(0)  # the fuzzer's own limit is a time of day, which other programs use up

    atheris.Setup(["fuzz", *options, str(corpus)], next_input)
    atheris.Fuzz()


def prune(corpus: Path) -> None:
    """Keep the smallest inputs of CORPUS; its seeds are made anew."""
    found = sorted(corpus.iterdir(), key=lambda path: (path.stat().st_size, path.name))
    for path in found[MOST_KEPT:]:
        path.unlink()


def run(name: str, seconds: int) -> bool:
    """Fuzz the parser NAME in a child; whether nothing was found."""
    before = set(TOP.glob(f"{name}-*"))
    command = [sys.executable, "-m", "scripts.fuzz", "--one", "--seconds", str(seconds), name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = set(TOP.glob(f"{name}-*")) - before
    runs = done.stdout.rpartition("runs: ")[2].strip() or "?"
    print(f"{name:14} {runs:>9} runs  {'FOUND' if found or done.returncode else 'nothing'}")
    if found or done.returncode:
        print("\n".join(done.stderr.splitlines()[-25:]))
    if (TOP / name).is_dir():
        prune(TOP / name)
    return not found and not done.returncode


def again(name: str, paths: Sequence[str]) -> None:
    """Hand files to the parser NAME, without the fuzzer."""
    from scripts.fuzz.targets import targets

    target = targets()[name]
    for path in paths:
        attempt(target, Path(path).read_bytes())
        print(f"{path}: as it must be")


def main() -> int:
    """Status 1 when there is a finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=120, help="processor time of each")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--again", action="store_true", help="hand FILEs to NAME once")
    parser.add_argument("names", nargs="*", metavar="NAME")
    given = parser.parse_args()
    if given.one:
        one(given.names[0], given.seconds)
    if given.again:
        again(given.names[0], given.names[1:])
        return 0
    from scripts.fuzz.targets import targets

    known = targets()
    strange = set(given.names) - set(known)
    if strange:
        parser.error(f"no parser {', '.join(sorted(strange))}; there are {', '.join(known)}")
    good = [run(name, given.seconds) for name in given.names or known]
    return 0 if all(good) else 1


if __name__ == "__main__":
    raise SystemExit(main())
