"""What the hand tools share: where things lie, running a tool, publishing a result in one step."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from uroot_py.base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"


def command(
    words: Sequence[str | Path],
    *,
    limit: float = 600,
    cwd: Path | None = None,
    feed: str = "",
    environment: Mapping[str, str] | None = None,
) -> str:
    """What the tool prints; a RefusedError with its last words when it fails or passes LIMIT."""
    shown = " ".join(str(word) for word in words)
    try:
        done = subprocess.run(
            [str(word) for word in words],
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C", **(environment or {})},
            input=feed,
            text=True,
            errors="replace",
            capture_output=True,
            timeout=limit,
            check=False,
        )
    except FileNotFoundError as error:
        raise RefusedError(f"{words[0]}: not installed", hint="run `make setup`") from error
    except subprocess.TimeoutExpired as error:
        raise RefusedError(f"{shown}: not finished after {limit:.0f} s") from error
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-4:]
        raise RefusedError(f"{shown}: status {done.returncode}: {' | '.join(last)}")
    return done.stdout


@contextlib.contextmanager
def published(target: Path) -> Iterator[Path]:
    """A new empty directory beside TARGET that takes its place when the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        fresh.chmod(0o755)
        yield fresh
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
