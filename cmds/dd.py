"""dd - copy blocks of a file or a device.

Ref: POSIX.1-2017 XCU dd; dd(1) of GNU coreutils.
"""

from __future__ import annotations

import os
import time

from uroot_py.abi.process import clear_status
from uroot_py.base.door import plain
from uroot_py.base.errors import UsageError, about
from uroot_py.base.options import Command
from uroot_py.base.text import format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "dd",
    "dd [if=FILE] [of=FILE] [bs=N] [count=N] [skip=N] [seek=N] [conv=LIST] [status=LEVEL]",
    example="dd if=/dev/sda of=/mnt/sda.img bs=1M conv=noerror,sync status=progress",
    notes="ibs=N obs=N   block sizes of input and output (512); N may be 4k, 1M, 2G, 512c, 8w, 3b\n"
    "skip= seek=   blocks of input, of output to pass over\n"
    "conv=         notrunc noerror sync fsync fdatasync excl nocreat\n"
    "iflag= oflag= direct fullblock append sync count_bytes skip_bytes seek_bytes\n"
    "status=       none noxfer progress",
)
UNITS = {"c": 1, "w": 2, "b": 512, "kB": 1000, "MB": 1000**2, "GB": 1000**3}
UNITS |= {f"{unit}{tail}": 1024**n for n, unit in enumerate("KMGT", 1) for tail in ("", "iB")}
UNITS["k"] = 1024
CONVERSIONS = {"notrunc", "noerror", "sync", "fsync", "fdatasync", "excl", "nocreat"}
FLAGS = {
    "direct", "fullblock", "append", "sync", "dsync", "count_bytes", "skip_bytes", "seek_bytes",
}  # fmt: skip
SIZES = {"bs", "ibs", "obs", "count", "skip", "seek"}
LISTS = {"conv": CONVERSIONS, "iflag": FLAGS, "oflag": FLAGS}


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Copy, then say how many blocks went in and out."""
    words, sizes, lists = operands(COMMAND.parse(args).operands)
    level = words.get("status", "")
    if level not in ("", "none", "noxfer", "progress"):
        raise UsageError(f"status={level}: expected none, noxfer or progress")
    stdout.flush()
    copy = Copy(sizes, lists, stderr, progress=level == "progress")
    try:
        copy.open(words.get("if"), words.get("of"), stdin, stdout)
        copy.run()
    except KeyboardInterrupt:
        copy.summary(level)
        raise
    except OSError as error:
        copy.summary(level)
        if error.filename is not None:
            raise
        raise about(words.get("if" if copy.reading else "of", "-"), error) from None
    copy.summary(level)
    return 1 if copy.faults else 0


def operands(args: list[str]) -> tuple[dict[str, str], dict[str, int], dict[str, set[str]]]:
    """The ``name=value`` words: texts, sizes in bytes or blocks, and lists."""
    words: dict[str, str] = {}
    sizes: dict[str, int] = {}
    lists: dict[str, set[str]] = {name: set() for name in LISTS}
    for word in args:
        name, equals, value = word.partition("=")
        if not equals or name not in {"if", "of", "status", *SIZES, *LISTS}:
            raise COMMAND.usage_error(f"{word!r}: not an operand of dd")
        if name in SIZES:
            sizes[name] = size(name, value)
        elif name in LISTS:
            lists[name] |= set(value.split(","))
            strange = lists[name] - LISTS[name]
            if strange:
                raise COMMAND.usage_error(f"{name}={sorted(strange)[0]}: not known")
        else:
            words[name] = value
    return words, sizes, lists


def size(name: str, text: str) -> int:
    """``4k``, ``2x1M`` as a number."""
    product = 1
    for factor in text.split("x"):
        digits = factor.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        unit = factor[len(digits) :]
        if not digits.isdecimal() or len(digits) > 20 or (unit and unit not in UNITS):
            raise COMMAND.usage_error(f"{name}={text}: expected a size such as 512, 4k or 1M")
        product *= int(digits) * UNITS.get(unit, 1)
    if not product and name in ("bs", "ibs", "obs"):
        raise COMMAND.usage_error(f"{name}={text}: a block has at least one byte")
    return product


def page(size: int) -> memoryview:
    """Memory for direct reads and writes, which must begin where a page does. Ref: open(2)."""
    import mmap

    return memoryview(mmap.mmap(-1, size))


class Copy:
    """One run: the two files, the blocks counted so far, the time it began."""

    def __init__(
        self, sizes: dict[str, int], lists: dict[str, set[str]], stderr: TextIO, *, progress: bool
    ) -> None:
        self.ibs = sizes.get("bs", sizes.get("ibs", 512))
        self.obs = sizes.get("bs", sizes.get("obs", 512))
        self.regroup = "bs" not in sizes and self.ibs != self.obs
        self.sizes = sizes
        self.conv, self.iflag, self.oflag = lists["conv"], lists["iflag"], lists["oflag"]
        self.stderr = stderr
        self.progress = progress
        self.page = page(max(self.ibs, self.obs)) if "direct" in self.iflag | self.oflag else None
        self.source = self.target = -1
        self.reading = True
        self.full_in = self.part_in = self.full_out = self.part_out = self.bytes = self.faults = 0
        self.began = self.shown = time.monotonic()

    def open(self, source: str | None, target: str | None, stdin: TextIO, stdout: TextIO) -> None:
        """Open both sides; one that has no name is the standard input or output."""
        direct = os.O_DIRECT if "direct" in self.iflag else 0
        self.source = os.open(source, os.O_RDONLY | direct) if source else stdin.fileno()
        self.target = os.open(target, self.write_flags(), 0o666) if target else stdout.fileno()
        if target and "notrunc" not in self.conv and "seek" in self.sizes:
            self.truncate()

    def write_flags(self) -> int:
        """open(2) flags of the output."""
        flags = os.O_WRONLY | (0 if "nocreat" in self.conv else os.O_CREAT)
        if "notrunc" not in self.conv and "seek" not in self.sizes:
            flags |= os.O_TRUNC
        names = {"direct": os.O_DIRECT, "append": os.O_APPEND, "sync": os.O_SYNC}
        names["dsync"] = os.O_DSYNC
        for name, value in names.items():
            flags |= value if name in self.oflag else 0
        return flags | (os.O_EXCL if "excl" in self.conv else 0)

    def offset(self, name: str, block: int, flags: set[str]) -> int:
        """``skip`` or ``seek`` in bytes."""
        return self.sizes.get(name, 0) * (1 if f"{name}_bytes" in flags else block)

    def truncate(self) -> None:
        """Cut the output where the copy begins; a device stays as it is."""
        try:
            os.ftruncate(self.target, self.offset("seek", self.obs, self.oflag))
        except OSError:
            return

    def run(self) -> None:
        """Copy block by block."""
        self.position()
        limit = self.sizes.get("count")
        in_bytes = "count_bytes" in self.iflag
        waiting = bytearray()
        done = 0
        while limit is None or done < limit:
            wanted = self.ibs if limit is None or not in_bytes else min(self.ibs, limit - done)
            block = self.read(wanted)
            if not block:
                break
            done += len(block) if in_bytes else 1
            if not self.regroup:
                self.write(block)
                continue
            waiting += block
            while len(waiting) >= self.obs:
                self.write(bytes(waiting[: self.obs]))
                del waiting[: self.obs]
        if waiting:
            self.write(bytes(waiting))
        self.reading = False
        if "fsync" in self.conv:
            os.fsync(self.target)
        elif "fdatasync" in self.conv:
            os.fdatasync(self.target)

    def position(self) -> None:
        """Pass over ``skip`` and ``seek``; what cannot seek is read."""
        skip = self.offset("skip", self.ibs, self.iflag)
        if skip:
            try:
                os.lseek(self.source, skip, os.SEEK_CUR)
            except OSError:
                while skip and (data := os.read(self.source, min(skip, 1 << 16))):
                    skip -= len(data)
        seek = self.offset("seek", self.obs, self.oflag)
        if seek:
            self.reading = False
            os.lseek(self.target, seek, os.SEEK_CUR)

    def read(self, wanted: int) -> bytes:
        """The next block; with ``noerror`` an unreadable one is passed over (``sync``: zeros)."""
        self.reading = True
        try:
            block = self.take(wanted)
            while "fullblock" in self.iflag and 0 < len(block) < wanted:
                more = self.take(wanted - len(block))
                if not more:
                    break
                block += more
        except OSError as error:
            if "noerror" not in self.conv:
                raise
            self.faults += 1
            at = os.lseek(self.source, wanted, os.SEEK_CUR) - wanted
            self.stderr.write(f"dd: byte {at}: {(error.strerror or str(error)).lower()}\n")
            self.part_in += 1
            return bytes(wanted) if "sync" in self.conv else self.read(wanted)
        if len(block) == self.ibs:
            self.full_in += 1
        elif block:
            self.part_in += 1
        return block.ljust(wanted, b"\0") if block and "sync" in self.conv else block

    def take(self, wanted: int) -> bytes:
        """What one read gives."""
        if self.page is None:
            return os.read(self.source, wanted)
        return bytes(self.page[: os.readv(self.source, [self.page[:wanted]])])

    def write(self, block: bytes) -> None:
        """Write all of BLOCK."""
        self.reading = False
        rest = memoryview(block)
        if self.page is not None:
            self.page[: len(block)] = block
            rest = self.page[: len(block)]
            if len(block) < self.obs:  # the last one: what is no whole sector cannot go directly
                clear_status(self.target, os.O_DIRECT)
        while rest:
            rest = rest[os.write(self.target, rest) :]
        if len(block) == self.obs:
            self.full_out += 1
        else:
            self.part_out += 1
        self.bytes += len(block)
        if self.progress and time.monotonic() - self.shown >= 1:
            self.shown = time.monotonic()
            plain(self.stderr).write(f"\r{self.speed()}   ")
            self.stderr.flush()

    def speed(self) -> str:
        """How much was copied, in which time."""
        seconds = max(time.monotonic() - self.began, 1e-6)
        rate = format_size(int(self.bytes / seconds))
        return f"{self.bytes} bytes ({format_size(self.bytes)}) copied, {seconds:.6g} s, {rate}/s"

    def summary(self, level: str) -> None:
        """The closing lines."""
        if level == "none":
            return
        self.stderr.write("\n" if self.progress and self.shown != self.began else "")
        self.stderr.write(f"{self.full_in}+{self.part_in} records in\n")
        self.stderr.write(f"{self.full_out}+{self.part_out} records out\n")
        if level != "noxfer":
            self.stderr.write(self.speed() + "\n")
