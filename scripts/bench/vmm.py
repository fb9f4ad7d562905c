#!/usr/bin/env python3
"""bench/vmm - our machine monitor beside QEMU: time to our init, and bytes of serial output.

usage: scripts/bench/vmm.py [--runs N]

Where KVM is good all run on this machine. Elsewhere ours and QEMU with KVM run in one guest of
QEMU's TCG, which emulates KVM's hardware, and QEMU's TCG without KVM on this machine, for
comparison. Kernel, image and memory are the same. Times are from the start of the program, by this
machine's clock, the least of N runs; build/bench/vmm.json has all.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts import fetch_kernel
from scripts.tools import BUILD
from scripts.vmtest import image, nested
from scripts.vmtest.case import PROMPT, Session
from scripts.vmtest.failure import StepFailedError
from scripts.vmtest.guest import running
from scripts.vmtest.machine import ENGINES, Machine
from uroot_py.base.errors import UrootError
from uroot_py.vmm.probe import probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.vmtest.console import Console
    from scripts.vmtest.image import Files

KERNEL = "cloud-amd64"
FOLDER = BUILD / "vm/bench-vmm"
LIMIT = 600
UP = "INIT-IS-UP"
# init runs this before anything else; norandmaps: TCG translates again for each address.
APPEND = f'uroot.uinit="echo {UP}" norandmaps'
TEXT = b"".join(b"%07d %s\n" % (n, b"x" * 56) for n in range(512))  # lines of 65 bytes
QEMU = (
    *("qemu-system-x86_64", "-nodefaults", "-no-reboot", "-display", "none", "-accel", "kvm"),
    *("-cpu", "host", "-m", "256", "-chardev", "stdio,id=s,signal=off", "-serial", "chardev:s"),
)


def measure(console: Console, line: str = "") -> tuple[float, float]:
    """Seconds to our init, and bytes a second of serial output, of the guest that LINE starts."""
    begun = time.monotonic()
    console.send(line)
    console.expect(rf"^{UP}$", LIMIT)
    up = time.monotonic() - begun
    console.expect(PROMPT, LIMIT)
    console.send("cat /srv/text; cat /srv/text\r")  # translated, in the cache, by the second time
    console.expect(r"^0000511 x+$", LIMIT)
    begun = time.monotonic()
    console.expect(r"^0000511 x+$", LIMIT)
    rate = len(TEXT) / (time.monotonic() - begun)
    console.expect(PROMPT, LIMIT)
    console.send("poweroff\r")
    return up, rate


def here(name: str, initrd: Path) -> tuple[float, float]:
    """On this machine, with the engine NAME."""
    kernel = fetch_kernel.fetch(KERNEL) / "vmlinuz"
    machine = Machine(kernel, initrd, APPEND, 256)
    begun = time.monotonic()
    with running(machine, ENGINES[name], FOLDER / name) as console:
        lost = time.monotonic() - begun
        up, rate = measure(console)
        console.wait_end(LIMIT)
    return up + lost, rate


def outer_files(initrd: Path) -> Files:
    """Both monitors with what they need, kernel and image."""
    return {
        **nested.python(),
        **nested.modules(KERNEL)[0],
        **nested.qemu(),
        f"/srv/{KERNEL}": fetch_kernel.fetch(KERNEL) / "vmlinuz",
        "/srv/image": initrd,
    }


@contextlib.contextmanager
def outside(initrd: Path) -> Iterator[Console]:
    """The console of a guest that has KVM."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    whole = image.joined(image.built(), image.packed(outer_files(initrd), FOLDER), FOLDER)
    kernel = fetch_kernel.fetch(KERNEL) / "vmlinuz"
    machine = Machine(kernel, whole, f"{nested.APPEND} uroot.shell", 1400)
    with running(machine, ENGINES["qemu-tcg"], FOLDER / "outer") as console:
        console.expect(PROMPT, LIMIT)
        nested.load_kvm(Session(console))
        yield console


def inside(initrd: Path, runs: int) -> dict[str, list[tuple[float, float]]]:
    """Ours and QEMU's in one guest, in turns."""
    told = f"console=ttyS0 quiet panic=-1 reboot=k pci=off {APPEND}"
    kernel, guest_image = f"/srv/{KERNEL}", "/srv/image"
    programs = {
        "vmm in TCG": [*nested.START.split(), kernel, guest_image, "--append", APPEND],
        "qemu-kvm in TCG": [*QEMU, "-kernel", kernel, "-initrd", guest_image, "-append", told],
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    with outside(initrd) as console:
        for _ in range(runs):
            for name, words in programs.items():
                found[name].append(measure(console, f"{shlex.join(words)}\r"))
                console.expect(PROMPT, LIMIT)
    return found


def table(found: dict[str, list[tuple[float, float]]]) -> str:
    """A line each, and how many times the first one takes."""
    best = {
        name: (min(up for up, _ in each), max(rate for _, rate in each))
        for name, each in found.items()
    }
    first_up, first_rate = next(iter(best.values()))
    return "\n".join(
        f"{name:<16} to our init {up:7.2f} s ({first_up / up:5.2f} times)"
        f"   serial output {rate:9.0f} bytes/s ({first_rate / rate:5.2f} times)"
        for name, (up, rate) in best.items()
    )


def main() -> int:
    """Measure; errors are one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=2)
    given = parser.parse_args()
    verdict = probe()
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        initrd = FOLDER / "image"
        initrd.write_bytes(image.archive({"/srv/text": TEXT}, behind=image.built()))
        if verdict.good:
            found = {
                name: [here(name, initrd) for _ in range(given.runs)]
                for name in ("vmm", "qemu-kvm", "qemu-tcg")
            }
        else:
            print(f"no usable KVM here ({verdict}): inside QEMU's TCG", flush=True)
            found = inside(initrd, given.runs)
            found["qemu-tcg here"] = [here("qemu-tcg", initrd) for _ in range(given.runs)]
    except (UrootError, StepFailedError) as error:
        print(f"bench/vmm: {error}", file=sys.stderr)
        return 1
    print(table(found))
    (BUILD / "bench/vmm.json").write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
