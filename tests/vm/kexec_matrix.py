"""From each kernel to each, by each way, with and without 5-level paging (`make test-matrix`).

Debian's kernels of four suites are the oldest and the newest that people meet, and two between.
A load by our own plan is tried in TRIES machines, as what dies of a plan dies by chance
(kexec_between.py says why). A diagonal of it is in `make test-vm`.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from itertools import product
from typing import TYPE_CHECKING

from initramfs import target
from scripts import make_final_os
from scripts.vmtest.case import Case, End, Expect
from tests.support.payloads import GIVEN, kernel
from tests.vm.kexec import LOAD, SLOW, srv

if TYPE_CHECKING:
    from scripts.vmtest.image import Files

TRIES = 10
OLD = "bullseye/cloud-amd64"
STABLE = "bookworm/cloud-amd64"
NEXT = "trixie/cloud-amd64"
NEWEST = "trixie-backports/cloud-amd64"
NAMES = {OLD: "5.10", STABLE: "6.1", NEXT: "6.12", NEWEST: "newest"}
# Way -> the words of `kexec`, and how many machines.
WAYS = {
    "file_load": ("-s", 1),
    "load": ("-c", TRIES),
    "32bit": ("-c --entry-32bit", TRIES),
}
PAGING = {"4level": ",la57=off", "5level": ""}
LEAVES = (OLD,)  # Debian builds its cloud kernel without 5 levels: by file it would die, often
DIAGONAL = (
    (STABLE, NEXT, "load", "4level"),
    (NEXT, NEWEST, "32bit", "5level"),
    (NEWEST, OLD, "load", "5level"),
)


def files(words: str, flavour: str, *, refused: bool) -> Files:
    """The kernel of FLAVOUR, and a script that loads and starts it; another way where REFUSED."""
    start = f"kexec {words} -l {LOAD} '{GIVEN}' && kexec -e\n"
    if refused:
        start = f"kexec {words} -l {LOAD} '{GIVEN}' || kexec -l {LOAD} '{GIVEN}' && kexec -e\n"
    return srv(vmlinuz=kernel(flavour), start=start.encode())


def cell(origin: str, goal: str, way: str, paging: str) -> Case:
    """One place of the matrix, in as many machines as its way needs."""
    words, tries = WAYS[way]
    processor = target.emulated("max") + PAGING[paging]
    refused = way == "file_load" and paging == "5level" and goal in LEAVES
    said = [Expect("^kexec: .*after kexec_file_load it would reset the machine", limit=180)]
    return Case(
        f"matrix.{NAMES[origin]}-to-{NAMES[goal]}.{way}.{paging}",
        append='uroot.uinit="sh /srv/start"',
        kernel=origin,
        files=functools.partial(files, words, goal, refused=refused),
        devices=("-cpu", processor),
        steps=[
            *(said if refused else []),
            Expect(f"^{make_final_os.UP}$", limit=180, name="to the second kernel's init"),
            Expect(f"^cmdline: {re.escape(GIVEN)}$", name="its cmdline"),
            Expect(f"^payload: {re.escape(make_final_os.PAYLOAD_SHA256)}", name="its initrd"),
            Expect(f"^{make_final_os.DONE}$"),
            End(),
        ],
        times=tries,
        tags=frozenset({"matrix"}),
    )


def of_diagonal(case: Case) -> Case:
    """The same among the slow cases of kexec, in two machines."""
    name = case.name.replace("matrix.", "kexec.", 1)
    return dataclasses.replace(case, name=name, times=2, tags=SLOW)


CASES = [
    *(of_diagonal(cell(*each)) for each in DIAGONAL),
    *(cell(*each) for each in product((STABLE, NEXT, NEWEST), NAMES, WAYS, PAGING)),
]
