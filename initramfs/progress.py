"""What is being done, for a person who waits."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say on a terminal what is being done, and how long it took."""
    shown = sys.stderr.isatty()
    start = time.monotonic()
    if shown:
        print(f"  {what} ...", end="", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        if shown:
            print(f"\r  {what}: {time.monotonic() - start:.1f} s", file=sys.stderr)
