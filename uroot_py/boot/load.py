"""From a boot entry to a loaded kernel."""

from __future__ import annotations

import os

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.disks.tree import DirectoryTree
from uroot_py.kexec.load import load
from uroot_py.kexec.plan import Job, make_plan
from uroot_py.kexec.source import Source, in_memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from uroot_py.base.layout import Buffer
    from uroot_py.boot.handover import Key
    from uroot_py.bootconfig.entry import BootEntry, FileRef
    from uroot_py.kexec.source import Watch
    from uroot_py.payload.plan import Plan

    T = TypeVar("T")


def load_entry(
    entry: BootEntry,
    line: str,
    say: Callable[[str], None],
    watch: Watch | None = None,
    keys: Sequence[Key] = (),
) -> None:
    """Load the kernel of ENTRY with the command line LINE; SAY gets what is worth a line.

    WATCH follows the reading of each file; without one, kexec_file_load does all of it unseen.
    KEYS of encrypted volumes are handed on in an initrd of their own.

    RefusedError, PlanError or KernelError say why not; then nothing has changed.
    """
    _with_job(entry, line, lambda job: load(job, say), watch, say, keys)


def plan_entry(entry: BootEntry, line: str) -> Plan:
    """The plan for the kernel of ENTRY; nothing is loaded. Errors as for load_entry."""
    return _with_job(entry, line, make_plan, None, str)


def _with_job(
    entry: BootEntry,
    line: str,
    work: Callable[[Job], T],
    watch: Watch | None,
    say: Callable[[str], object],
    keys: Sequence[Key] = (),
) -> T:
    """What WORK gives for the job that ENTRY describes, whose files are open meanwhile."""
    if entry.why_not or entry.kernel is None:
        raise RefusedError(entry.why_not or "the entry names no kernel")
    opened: list[Source] = []

    def source(ref: FileRef) -> Source:
        opened.append(_open(entry, ref, watch, say))
        opened[-1].watch = watch
        return opened[-1]

    try:
        if entry.kind == "efi":
            return work(_program_job(entry, opened, watch))
        job = Job(source(entry.kernel), [source(ref) for ref in entry.initrds], line)
        job.configuration = entry.configuration
        for initrd in job.initrds if entry.kind == "linux" else ():
            _check_initrd(initrd)
        if keys and entry.linux and job.initrds:
            opened.append(_handed_over(job, keys, line))
            job.initrds.append(opened[-1])
        for ref, text in entry.modules:
            job.add_module(source(ref), text)
        if entry.devicetree:
            job.request.dtb = source(entry.devicetree).map()
        if entry.overlays:
            overlays = [source(ref) for ref in entry.overlays]
            job.request.dtb = _overlaid(job.request.dtb, overlays)
        return work(job)
    finally:
        for each in opened:
            os.close(each.fd)


def _program_job(entry: BootEntry, opened: list[Source], watch: Watch | None) -> Job:
    """The job for the image's UEFI payload, which is told to start the program of ENTRY."""
    from uroot_py.boot import efi

    opened.append(efi.payload())
    opened[-1].watch = watch
    job = Job(opened[-1])
    job.start = efi.start_of(entry)
    return job


def _handed_over(job: Job, keys: Sequence[Key], line: str) -> Source:
    """The initrd that has KEYS where the system of JOB looks for them."""
    from uroot_py.boot import handover

    data = handover.archive(keys, [initrd.map() for initrd in job.initrds], line)
    return in_memory(data, "the keys that are handed over")


def _check_initrd(source: Source) -> None:
    from uroot_py.formats.kernel import initrd, uimage
    from uroot_py.machine.room import memory

    try:
        data = source.map()
        if bytes(data[:4]) == uimage.MAGIC:
            data = uimage.contents(data, uimage.RAMDISK)
        initrd.check(data, memory())
    except FormatError as error:
        raise error.within(source.name) from None


def _overlaid(base: Buffer, overlays: list[Source]) -> bytes:
    """The device tree BASE, or this machine's, with OVERLAYS put in."""
    from uroot_py.formats.fdt import build as fdt_build
    from uroot_py.formats.fdt import overlay as fdt_overlay
    from uroot_py.formats.fdt import tree as fdt
    from uroot_py.machine.devicetree import running

    tree = fdt.parse(base or running()[0])
    for source in overlays:
        try:
            tree = fdt_overlay.apply(tree, fdt.parse(source.read()))
        except FormatError as error:
            raise error.within(source.name) from None
    return fdt_build.build(tree)


def _open(
    entry: BootEntry,
    ref: FileRef,
    watch: Watch | None = None,
    say: Callable[[str], object] = str,
) -> Source:
    """The file, or the part of it, that REF means, open; from a server it is fetched first."""
    tree = ref.tree
    if tree is None or not (isinstance(tree, DirectoryTree) or tree.fstype == "net"):
        raise RefusedError(f"{ref}: no volume here has {ref.volume}")
    if isinstance(tree, DirectoryTree):
        whole = Source(tree.open(ref.path), f"{entry.device}{ref.path}")
    else:
        from uroot_py.net.urltree import UrlTree

        assert isinstance(tree, UrlTree)
        whole = Source(tree.open(ref.path, watch, say), tree.url(ref.path).text)
    if ref.member:
        return _packed(whole, ref.member)
    if not ref.part:
        return whole
    offset, size = ref.part
    with open(whole.fd, "rb") as file:
        file.seek(offset)
        return in_memory(file.read(size), whole.name)


def _packed(whole: Source, name: str) -> Source:
    """An archive with the file as NAME and the directories above it; WHOLE is closed."""
    from uroot_py.formats.archive import cpio

    try:
        data = bytes(whole.read())
    finally:
        os.close(whole.fd)
    parts = [part for part in name.split("/") if part]
    above = ["/".join(parts[:count]) for count in range(1, len(parts))]
    members = [cpio.Member(folder, cpio.S_IFDIR | 0o777) for folder in above]
    members.append(cpio.Member("/".join(parts), cpio.S_IFREG | 0o777, data))
    return in_memory(cpio.build(members), whole.name)
