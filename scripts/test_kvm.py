#!/usr/bin/env python3
"""test_kvm - boot kernels with our image in virtual machines and see what they do.

usage: scripts/test_kvm.py [--all|--slow] [--arch x86_64|arm64|riscv64] [-k TEXT] [--list]
                           [--jobs N] [--slower N] [--kernel FLAVOUR]
                           [--engine auto|vmm|vmm-tcg|qemu-kvm|qemu-tcg]
       scripts/test_kvm.py run KERNEL [INITRD] [--append TEXT] [--disk FILE] [--memory MIB]
       scripts/test_kvm.py probe

`make test-kvm` runs the cases tagged ``quick``, `make test-vm` (--all) every case; --arch arm64 or
riscv64, ARCH= for make, those for that machine. ``run`` gives a person the console of such a
machine (Ctrl-A X ends it); KERNEL may be a flavour of scripts/fetch_kernel.py. ``probe`` says what
this machine's KVM can do. ``auto`` runs a guest with a limit to find that out, and says what it
chose; the existence of /dev/kvm means nothing. Where KVM is good it takes ``vmm``, and ``qemu-kvm``
for the cases that need what our own machine has not. ``vmm-tcg`` is ``vmm`` inside QEMU, for
machines without KVM. --kernel takes the kernel of FLAVOUR wherever a case has Debian's cloud
kernel; the image must have its modules, too: `make initramfs test-kvm
KERNEL=build/kernels/backports-cloud-amd64`.

Unless a case says that it writes, the SHA-256 of each of its disks must be the same afterwards.
Each case keeps its serial line, command line, digests, QEMU's own words in build/vm/CASE/, and in
post-mortem.txt what a guest that failed was doing, if it had not ended (x86-64); build/vm/junit.xml
has all results. Status: 0 all passed, 1 a case failed or something is missing, 2 wrong usage, 130
Ctrl-C. Whatever happens, no guest runs on.

``--slower 5 --jobs 5`` shows that cases hold on a machine that is five times slower.
scripts/vmtest/README.md tells how a case is written.
"""

from __future__ import annotations

import argparse
import importlib
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from initramfs import check, contents, target
from scripts import fetch_kernel, make_disk
from scripts.tools import BUILD, ROOT
from scripts.vmtest import image, report
from scripts.vmtest.case import Case, Session, title
from scripts.vmtest.failure import StarvedError, StepFailedError
from scripts.vmtest.guest import POST_MORTEM, choose, end_all, running, words
from scripts.vmtest.machine import ENGINES, Engine, Machine
from scripts.vmtest.untouched import copied
from uroot_py.base.errors import RefusedError, UrootError
from uroot_py.vmm.probe import probe

if TYPE_CHECKING:
    from types import FrameType

KEPT = BUILD / "vm"
LAST_LINES = 25
STARTS = 4  # of a machine whose host is so busy that its emulated timer stands still
PREPARING = threading.Lock()  # two cases may need the same disk, image or package


def collect() -> list[Case]:
    """The cases of every module in tests/vm, in the order of their names."""
    cases: list[Case] = []
    for path in sorted((ROOT / "tests/vm").glob("[a-z]*.py")):
        cases += importlib.import_module(f"tests.vm.{path.stem}").CASES
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise RefusedError(f"tests/vm: two cases are named {name!r}")
    return cases


def machine_of(case: Case, folder: Path, kernel: Path | None) -> Machine:
    """Everything CASE needs, made or fetched, around its own KERNEL if it has one."""
    initrd = case.image(folder) if case.image else image.built(case.arch)
    if case.files:
        initrd = image.joined(initrd, image.packed(case.files(), folder), folder)
    volume = (image.volume(case.volume(), folder),) if case.volume else ()
    return Machine(
        kernel=kernel or fetch_kernel.fetch(case.kernel) / "vmlinuz",
        initrd=initrd,
        append=case.append,
        memory=case.memory,
        cpus=case.cpus,
        disks=(*volume, *(make_disk.make(name) for name in case.disks)),
        silent=tuple((make_disk.make(name), answers) for name, answers in case.silent),
        cds=tuple(make_disk.make(name) for name in case.cds),
        later=tuple(make_disk.make(name) for name in case.later),
        devices=case.devices,
        arch=case.arch,
        loader=case.loader(folder) if case.loader else (),
    )


def play(case: Case, engine: Engine) -> report.Result:
    """Run CASE as often as it says; what it did is in the result and in build/vm/NAME."""
    folder = KEPT / case.name
    if case.times == 1:
        return play_fed(case, engine, folder)
    return report.joined(
        [play_fed(case, engine, folder / f"try-{n}") for n in range(1, case.times + 1)]
    )


def play_fed(case: Case, engine: Engine, folder: Path) -> report.Result:
    """Run CASE in one machine; a machine that was starved at its start is started again, said."""
    result = play_once(case, engine, folder)
    begun = result.steps
    for _ in range(STARTS - 1):
        if not result.starved:
            break
        result = play_once(case, engine, folder)
        begun = [("starved, started again", sum(seconds for _, seconds in begun)), *result.steps]
        result.steps = begun
    return result


def play_once(case: Case, engine: Engine, folder: Path) -> report.Result:
    """Run CASE in one machine; FOLDER keeps what it said."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / POST_MORTEM).unlink(missing_ok=True)
    result = report.Result(case.name)
    console = None
    try:
        # Outside of the lock: to build a kernel takes longer than many cases together.
        kernel = case.own_kernel(folder) if case.own_kernel else None
        with PREPARING:
            machine = machine_of(case, folder, kernel)
        files = [machine.kernel, *([machine.initrd] if machine.initrd else [])]
        (folder / "digests.txt").write_text("".join(f"{image.digest(p)}  {p}\n" for p in files))
        with (
            copied(machine, folder, writes=case.writes) as machine,
            running(machine, engine, folder) as console,
        ):
            session = Session(console, engine.name)
            for step in case.steps:
                start = time.monotonic()
                try:
                    step(session)
                finally:
                    result.steps.append((title(step), time.monotonic() - start))
    except (StepFailedError, UrootError, OSError, subprocess.SubprocessError) as error:
        name = result.steps[-1][0] if result.steps else "preparation"
        result.failure = str(error) if name in str(error) else f"{name}: {error}"
        result.starved = isinstance(error, StarvedError)
        result.tail = console.last_lines(LAST_LINES) if console else ""
        if (folder / POST_MORTEM).is_file():
            result.tail += f"\n{POST_MORTEM}:\n{(folder / POST_MORTEM).read_text()}"
    if case.fails:
        expected = re.search(case.fails, result.failure)
        found = f"it failed with {result.failure!r}" if result.failure else "it passed"
        result.failure = "" if expected else f"must fail with {case.fails!r}; {found}"
    return result


def able(case: Case, engine: Engine, asked: str) -> Engine | None:
    """Where CASE is run: on ENGINE; when that cannot, on QEMU if ``auto`` was ASKED, or nowhere."""
    missing = case.missing(engine)
    if not missing:
        return engine
    other = ENGINES["qemu-kvm"] if asked == "auto" else None
    verdict = f"on {other.name}" if other else "not run"
    print(f"{verdict}  {case.name}: {engine.name} has {missing}")
    return other


def run_cases(cases: list[tuple[Case, Engine]], jobs: int) -> list[report.Result]:
    """Play CASES, JOBS at a time, a line each in their order; all end when one of them cannot."""
    results = []
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(play, case, engine) for case, engine in cases]
        try:
            for future in futures:
                result = future.result()
                results.append(result)
                print(f"{'FAILED' if result.failure else 'passed'}  {result.name}", flush=True)
                if result.failure:
                    print(f"  {result.failure}\n  the last lines in {KEPT / result.name}:")
                    print("\n".join(f"  | {line}" for line in result.tail.splitlines()), flush=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise
    return results


def release(kernel: Path) -> str:
    """The release of the kernel in a directory of fetch_kernel's."""
    return (kernel.parent / "release").read_text().strip()


def fits(built: Path, kernel: Path) -> None:
    """Refuse an image whose modules are not those of KERNEL."""
    for problem in check.against_kernel(contents.open_image(built), kernel):
        directory = f"build/kernels/{kernel.parent.name}"
        raise RefusedError(problem, hint=f"run `make initramfs KERNEL={directory}`")


def test(given: argparse.Namespace) -> int:
    """The cases that were asked for; status 1 when one fails."""
    arch = target.choose(given.arch).debian
    cases = [case for case in collect() if given.k in case.name and case.arch == arch]
    if not given.k.startswith("matrix."):
        cases = [case for case in cases if "matrix" not in case.tags]
    if given.slow or not (given.all or given.k):
        cases = [case for case in cases if ("quick" in case.tags) != given.slow]
    if given.list:
        print("\n".join(f"{case.name:<48}{' '.join(sorted(case.tags))}" for case in cases))
        return 0
    if not cases:
        raise RefusedError(f"no case has {given.k!r} in its name", hint="--all --list shows them")
    if given.flavour:
        fetch_kernel.STAND_INS[fetch_kernel.USUAL[arch]] = given.flavour
    kernel = fetch_kernel.usual(arch) / "vmlinuz"
    fits(image.built(arch), kernel)
    engine, why = choose(given.engine, kernel, KEPT, arch)
    print(f"engine: {engine.name} ({why}), kernel {release(kernel)}", flush=True)
    start = time.monotonic()
    chosen = [(case, able(case, engine, given.engine)) for case in cases]
    slower = [(case, replace(each, slower=given.slower)) for case, each in chosen if each]
    results = run_cases(slower, given.jobs)
    about = image.describe(arch)
    report.write_junit(results, KEPT / "junit.xml", {"engine": engine.name, "image": about})
    print(f"\n{report.table(results)}\n\nimage: {about}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processors = f"{used.ru_utime + used.ru_stime:.0f} s of processor time"
    print(f"{report.summary(results)} in {time.monotonic() - start:.0f} s, {processors}")
    return 1 if any(result.failure for result in results) else 0


def interactive(given: argparse.Namespace) -> int:
    """The console of a machine, for a person."""
    kernel, arch = Path(given.kernel), target.choose(given.arch).debian
    if given.kernel in fetch_kernel.FLAVOURS:
        kernel = fetch_kernel.fetch(given.kernel) / "vmlinuz"
        arch = given.kernel.rpartition("-")[2]
    machine = Machine(
        kernel=kernel,
        initrd=given.initrd,
        append=given.append,
        memory=given.memory,
        cpus=given.cpus,
        disks=tuple(given.disk),
        arch=arch,
    )
    for path in (machine.kernel, *([machine.initrd] if machine.initrd else []), *machine.disks):
        if not path.is_file():
            raise RefusedError(f"{path}: no such file")
    engine, why = choose(given.engine, kernel, KEPT, arch)
    print(f"engine: {engine.name} ({why}); Ctrl-A X ends the machine", flush=True)
    return subprocess.run(words(machine, engine, KEPT, interactive=True), check=False).returncode


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engine", choices=("auto", *ENGINES), default="auto")
    parser.add_argument("--arch", metavar="NAME", help=f"{', '.join(target.TARGETS)} (x86_64)")
    parser.add_argument(
        "--kernel", metavar="FLAVOUR", dest="flavour", help="instead of Debian's cloud kernel"
    )
    parser.add_argument("--all", action="store_true", help="slow cases, too")
    parser.add_argument("--slow", action="store_true", help="only what is not quick")
    parser.add_argument("--list", action="store_true", help="print the cases and their tags")
    parser.add_argument("--jobs", type=int, default=1, help="so many cases at a time")
    parser.add_argument(
        "--slower", type=int, default=1, metavar="N", help="guests are made N times slower"
    )
    parser.add_argument("-k", metavar="TEXT", default="", help="only cases with TEXT in the name")
    commands = parser.add_subparsers(dest="what")
    run = commands.add_parser("run", help="the console of a machine")
    run.add_argument("kernel", metavar="KERNEL")
    run.add_argument("initrd", metavar="INITRD", nargs="?", type=Path)
    run.add_argument("--append", default="")
    run.add_argument("--disk", action="append", default=[], type=Path)
    run.add_argument("--memory", type=int, default=512, metavar="MIB")
    run.add_argument("--cpus", type=int, default=1)
    commands.add_parser("probe", help="what this machine's KVM can do")
    return parser


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Do what was asked; errors are one line."""
    given = options().parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        if given.what == "probe":
            print(probe())
            return 0
        return interactive(given) if given.what == "run" else test(given)
    except UrootError as error:
        print(f"test_kvm: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print("test_kvm: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
