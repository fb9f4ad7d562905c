"""bootctl as a second opinion: what it lists for an ESP, on a tmpfs in a mount namespace."""

import json
import os
import subprocess
from pathlib import Path

SCRIPT = """
mount -t tmpfs esp "$1/esp" && cp -r "$1/files/." "$1/esp/" || exit 9
bootctl --esp-path="$1/esp" list --json=short
echo ===
bootctl --esp-path="$1/esp" list --no-pager
"""


def listed(folder: Path, files: dict[str, bytes]) -> tuple[list[dict[str, object]], str]:
    """(entries in menu order, id of the default) that bootctl sees on an ESP with FILES."""
    (folder / "esp").mkdir()
    for path, data in files.items():
        target = folder / "files" / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", SCRIPT, "sh", str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "SYSTEMD_RELAX_ESP_CHECKS": "1", "SYSTEMD_RELAX_XBOOTLDR_CHECKS": "1"},
    )
    found, _, shown = done.stdout.partition("===")
    assert done.returncode == 0, done.stderr
    decoder, entries, at = json.JSONDecoder(), [], 0
    while at < len(found.strip()):
        entry, at = decoder.raw_decode(found, at)
        at += len(found[at:]) - len(found[at:].lstrip())
        entries += entry if isinstance(entry, list) else [entry]
    default = shown.partition("(default)")[2].partition("id: ")[2].split("\n")[0]
    return entries, default.partition(" (")[0]  # behind it: the id without its profile
