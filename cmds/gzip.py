"""gzip - pack files.

``gunzip`` unpacks them, ``zcat`` shows what is in them; bzip2, xz and zstd have the same three.
Whatever packed a file, each of them unpacks it. Ref: gzip(1), bzip2(1), xz(1), zstd(1).
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError, Report
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.files.atomic import Draft
from uroot_py.formats.compress.pack import SUFFIXES, packed
from uroot_py.formats.compress.stream import unpacked
from uroot_py.streams.inputs import chunks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO, TextIO

    from cmds.table import Run
    from uroot_py.base.options import ParsedArgs


class PassedOverError(RefusedError):
    """A file that is left as it is."""

    status = 2


ENDINGS = dict.fromkeys(SUFFIXES.values(), "")
ENDINGS |= dict.fromkeys((".tgz", ".tbz", ".tbz2", ".txz", ".tzst"), ".tar")


ROWS = (
    STDOUT := Option("-c", "--stdout", "--to-stdout", help="to the output; FILE stays"),
    DECOMPRESS := Option("-d", "--decompress", "--uncompress", help="unpack"),
    FORCE := Option("-f", "--force", help="replace a file that is there"),
    KEEP := Option("-k", "--keep", help="FILE stays"),
    REMOVE := Option("--rm", help="FILE goes"),
    TEST := Option("-t", "--test", help="only say whether it can be unpacked"),
    VERBOSE := Option("-v", "--verbose", help="say what is done"),
    Ignored("-q", "--quiet"),
    Ignored("-n", "--no-name"),
    Ignored("-T", "--threads", value="N"),
)
LEVELS = tuple(Option(f"-{n}", help={1: "fast", 9: "small"}.get(n, "")) for n in range(10))


def _command(name: str, kind: str) -> Command:
    return Command(
        name,
        f"{name} [-cdfktv] [-1 ... -9] [FILE]...",
        *ROWS,
        *LEVELS,
        example=f"{name} -c log | {kind} -t" if name == kind else f"{name} log{SUFFIXES[kind]}",
    )


def applet(name: str, kind: str, *always: str) -> Run:
    """The ``run`` of NAME, which packs with KIND unless ALWAYS, its first options, say more."""

    def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
        given = _command(name, kind).parse([*always, *args])
        report = Report(name, stderr)
        stdout.flush()
        for path in given.operands or ["-"]:
            with report:
                if path == "-":
                    stdout.buffer.writelines(worked(stdin.buffer, kind, given, "input"))
                else:
                    one(path, kind, given, stdout, stderr)
        return report.status

    return run


run = applet("gzip", "gzip")
gunzip = applet("gunzip", "gzip", "-d")
zcat = applet("zcat", "gzip", "-dc")
bzip2 = applet("bzip2", "bzip2")
bunzip2 = applet("bunzip2", "bzip2", "-d")
bzcat = applet("bzcat", "bzip2", "-dc")
xz = applet("xz", "xz")
unxz = applet("unxz", "xz", "-d")
xzcat = applet("xzcat", "xz", "-dc")
zstd = applet("zstd", "zstd", "-k")  # unlike the others it keeps what it packed
unzstd = applet("unzstd", "zstd", "-dk")
zstdcat = applet("zstdcat", "zstd", "-dc")


def worked(file: BinaryIO, kind: str, given: ParsedArgs, source: str) -> Iterator[bytes]:
    """FILE packed, or unpacked; nothing when it is only tested."""
    if given.flag(TEST):
        for _ in unpacked(chunks(file), source):
            pass
        return iter(())
    if given.flag(DECOMPRESS):
        return unpacked(chunks(file), source)
    level = given.last(*LEVELS)
    return packed(chunks(file), kind, LEVELS.index(level) if level else None)


def target(path: str, kind: str, given: ParsedArgs) -> str:
    """The name of the new file; RefusedError where there is no good one."""
    unpack = given.flag(DECOMPRESS)
    ending = next((e for e in ENDINGS if path.endswith(e) and len(path) > len(e)), "")
    if unpack and not ending:
        raise PassedOverError(f"{path}: no ending such as {SUFFIXES[kind]}", hint="-c unpacks it")
    if not unpack and ending and not given.flag(FORCE):
        raise PassedOverError(f"{path}: it has the ending {ending} already")
    new = path.removesuffix(ending) + ENDINGS[ending] if unpack else path + SUFFIXES[kind]
    if os.path.lexists(new) and not given.flag(FORCE):
        raise PassedOverError(f"{new}: it is there already", hint="-f replaces it")
    return new


def one(path: str, kind: str, given: ParsedArgs, stdout: TextIO, stderr: TextIO) -> None:
    """Pack or unpack the file PATH; the new one is there when it is complete."""
    if os.path.isdir(path):
        raise PassedOverError(f"{path}: is a directory")
    with open(path, "rb") as file:
        if given.flag(STDOUT) or given.flag(TEST):
            stdout.buffer.writelines(worked(file, kind, given, path))
            return
        new = target(path, kind, given)
        status = os.fstat(file.fileno())
        with Draft(new, like=path) as out:
            out.writelines(worked(file, kind, given, path))
        os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))
    if given.flag(REMOVE) or not given.flag(KEEP):
        os.unlink(path)
    if given.flag(VERBOSE):
        stderr.write(f"{path}: {'kept' if given.flag(KEEP) else 'replaced'}, now {new}\n")
