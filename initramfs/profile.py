"""Profiles: which applets an image has, and which optional modules it does without."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from cmds.table import TABLE, Applet
from uroot_py.base.errors import RefusedError
from uroot_py.base.text import nearest

HERE = Path(__file__).parent / "profiles"
# Our code asks for these inside a function and says so when they are missing.
OPTIONAL = ("bz2", "lzma", "zstandard", "uroot_py.boot.network", "uroot_py.net.urltree")
_KEYS = ("applets", "without", "host_without")


@dataclass
class Profile:
    """The rows of the table, in its order, and the names of modules to leave out.

    ``host_without`` is left out as well when the runtime is the host's.
    """

    applets: list[Applet]
    without: list[str]
    host_without: list[str]

    def spared(self, runtime: str) -> list[str]:
        """The modules that an image with RUNTIME does without."""
        return self.without + (self.host_without if runtime == "host" else [])

    def packing(self, runtime: str) -> str:
        """What kernel modules are packed with: every image unpacks gzip, but xz is a fifth less."""
        return "gzip" if "lzma" in self.spared(runtime) else "xz"


def names() -> list[str]:
    """The profiles that come with the workshop."""
    return sorted(file.stem for file in HERE.glob("*.toml"))


def load(name: str, applets: list[str] | None = None) -> Profile:
    """The profile NAME, or of the file NAME.toml; APPLETS replaces its list. RefusedError."""
    file = Path(name) if name.endswith(".toml") else HERE / f"{name}.toml"
    if file.parent == HERE and not file.exists():
        raise RefusedError(f"no profile {name!r}", hint=f"known: {', '.join(names())}, FILE.toml")
    try:
        data = tomllib.loads(file.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RefusedError(f"{file}: {error}") from error
    unknown = sorted(set(data).difference(_KEYS))
    if unknown:
        raise RefusedError(f"{file}: unknown key {unknown[0]!r}", hint=f"known: {', '.join(_KEYS)}")
    listed = applets or data.get("applets", "all")
    if listed == "minimal":
        listed = [row.name for row in TABLE if row.minimal]
    rows = _rows([] if listed == "all" else _words(file, "applets", listed))
    without, host = (_spared(file, key, data.get(key, [])) for key in _KEYS[1:])
    return Profile(rows, without, host)


def _spared(file: Path, key: str, value: object) -> list[str]:
    words = _words(file, key, value)
    for word in words:
        if word not in OPTIONAL:
            raise RefusedError(f"{file}: {key}: {word!r}: only {', '.join(OPTIONAL)} can be spared")
    return words


def _words(file: Path, key: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise RefusedError(f"{file}: {key}: expected a list of names, found {value!r}")
    return value


def _rows(wanted: list[str]) -> list[Applet]:
    rows = {row.name: row for row in TABLE}
    for name in wanted:
        if name not in rows:
            near = nearest(name, rows)
            hint = f"did you mean {' or '.join(near)}?" if near else ""
            raise RefusedError(f"no applet {name!r} in the table", hint=hint)
    return [row for name, row in rows.items() if name in wanted or not wanted]
