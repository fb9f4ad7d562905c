"""gzip - pack files.

``gunzip`` unpacks them, ``zcat`` shows what is in them; xz and zstd have the same three. Whatever
packed a file, each of them unpacks it. Ref: gzip(1), xz(1), zstd(1).
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError, Report
from uroot_py.base.options import Command, Option
from uroot_py.streams.inputs import chunks
from uroot_py.streams.packing import SUFFIXES, packed, unpacked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO, TextIO

    from uroot_py.base.options import Given


class PassedOverError(RefusedError):
    """A file that is left as it is."""

    status = 2


ENDINGS = {".gz": "", ".xz": "", ".zst": "", ".tgz": ".tar", ".txz": ".tar", ".tzst": ".tar"}


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Pack with gzip."""
    return _run("gzip", "gzip", args, stdin, stdout, stderr)


def gunzip(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Unpack."""
    return _run("gunzip", "gzip", ["-d", *args], stdin, stdout, stderr)


def zcat(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Unpack to the output."""
    return _run("zcat", "gzip", ["-dc", *args], stdin, stdout, stderr)


def xz(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Pack with xz."""
    return _run("xz", "xz", args, stdin, stdout, stderr)


def unxz(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Unpack."""
    return _run("unxz", "xz", ["-d", *args], stdin, stdout, stderr)


def xzcat(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Unpack to the output."""
    return _run("xzcat", "xz", ["-dc", *args], stdin, stdout, stderr)


def zstd(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Pack with zstd; unlike the others it keeps what it packed."""
    return _run("zstd", "zstd", ["-k", *args], stdin, stdout, stderr)


def unzstd(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Unpack."""
    return _run("unzstd", "zstd", ["-dk", *args], stdin, stdout, stderr)


def zstdcat(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Unpack to the output."""
    return _run("zstdcat", "zstd", ["-dc", *args], stdin, stdout, stderr)


def _command(name: str, kind: str) -> Command:
    return Command(
        name,
        f"{name} [-cdfktv] [-1 ... -9] [FILE]...",
        Option("-c", "--stdout", "--to-stdout", help="to the output; FILE stays"),
        Option("-d", "--decompress", "--uncompress", help="unpack"),
        Option("-f", "--force", help="replace a file that is there"),
        Option("-k", "--keep", help="FILE stays"),
        Option("--rm", help="FILE goes"),
        Option("-t", "--test", help="only say whether it can be unpacked"),
        Option("-v", "--verbose", help="say what is done"),
        Option("-q", "--quiet", hidden=True),
        Option("-n", "--no-name", hidden=True),
        Option("-T", "--threads", value="N", hidden=True),
        *(Option(f"-{n}", hidden=n not in (1, 9), help=LEVELS.get(n, "")) for n in range(10)),
        example=f"{name} -c log | {kind} -t" if name == kind else f"{name} log{SUFFIXES[kind]}",
    )


LEVELS = {1: "fast", 9: "small"}


def _run(
    name: str, kind: str, args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO
) -> int:
    given = _command(name, kind).parse(args)
    report = Report(name, stderr)
    stdout.flush()
    for path in given.operands or ["-"]:
        with report:
            if path == "-":
                stdout.buffer.writelines(worked(stdin.buffer, kind, given, "input"))
            else:
                one(path, kind, given, stdout, stderr)
    return report.status


def worked(file: BinaryIO, kind: str, given: Given, source: str) -> Iterator[bytes]:
    """FILE packed, or unpacked; nothing when it is only tested."""
    if given.flag("test"):
        for _ in unpacked(chunks(file), source):
            pass
        return iter(())
    if given.flag("decompress"):
        return unpacked(chunks(file), source)
    levels = [n for n in range(10) if given.flag(str(n))]
    return packed(chunks(file), kind, levels[-1] if levels else None)


def target(path: str, kind: str, given: Given) -> str:
    """The name of the new file; RefusedError where there is no good one."""
    unpack = given.flag("decompress")
    ending = next((e for e in ENDINGS if path.endswith(e) and len(path) > len(e)), "")
    if unpack and not ending:
        raise PassedOverError(f"{path}: no ending such as {SUFFIXES[kind]}", hint="-c unpacks it")
    if not unpack and ending and not given.flag("force"):
        raise PassedOverError(f"{path}: it has the ending {ending} already")
    new = path.removesuffix(ending) + ENDINGS[ending] if unpack else path + SUFFIXES[kind]
    if os.path.lexists(new) and not given.flag("force"):
        raise PassedOverError(f"{new}: it is there already", hint="-f replaces it")
    return new


def one(path: str, kind: str, given: Given, stdout: TextIO, stderr: TextIO) -> None:
    """Pack or unpack the file PATH; the new one is there when it is complete."""
    if os.path.isdir(path):
        raise PassedOverError(f"{path}: is a directory")
    with open(path, "rb") as file:
        if given.flag("stdout") or given.flag("test"):
            stdout.buffer.writelines(worked(file, kind, given, path))
            return
        new = target(path, kind, given)
        status = os.fstat(file.fileno())
        try:
            with open(f"{new}.part", "wb") as out:
                out.writelines(worked(file, kind, given, path))
                os.fchmod(out.fileno(), status.st_mode & 0o7777)
            os.utime(f"{new}.part", ns=(status.st_atime_ns, status.st_mtime_ns))
            os.replace(f"{new}.part", new)
        finally:
            if os.path.exists(f"{new}.part"):
                os.unlink(f"{new}.part")
    if given.flag("rm") or not given.flag("keep"):
        os.unlink(path)
    if given.flag("verbose"):
        stderr.write(f"{path}: {'kept' if given.flag('keep') else 'replaced'}, now {new}\n")
