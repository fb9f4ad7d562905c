"""Write what the documents have of the tables: `make docs`. tests/project/test_docs.py compares."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from cmds.dispatch import list_applets  # noqa: E402
from cmds.table import TABLE  # noqa: E402

COMMANDS = ROOT / "docs/commands.md"


def with_list(text: str) -> str:
    """TEXT of docs/commands.md with the list of today: its first block of indented lines."""
    lines = text.splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("    "))
    end = next(at for at in range(first, len(lines)) if not lines[at].startswith("    "))
    own = [f"    {line}".rstrip() for line in list_applets().splitlines()]
    return "\n".join([*lines[:first], *own, *lines[end:]]) + "\n"


def main() -> int:
    """Rewrite the document."""
    COMMANDS.write_text(with_list(COMMANDS.read_text()))
    print(f"{COMMANDS.relative_to(ROOT)}: {len(TABLE)} applets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
