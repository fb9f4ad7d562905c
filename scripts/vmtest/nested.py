"""What a guest needs to be a machine with guests of its own: this tree's VMM, a Python, KVM."""

from __future__ import annotations

import re
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import fetch_kernel
from scripts.tools import ROOT, command
from scripts.vmtest import image
from scripts.vmtest.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.vmtest.case import Session
    from scripts.vmtest.image import Files

PYTHON = Path("/usr/bin/python3")  # Debian's: few libraries, not this project's environment
# What the VMM loads only when it is needed.
_LATER = (
    "uroot_py.payload.guest_x86, uroot_py.payload.linux_x86, uroot_py.payload.objects,"
    " uroot_py.payload.purgatory, uroot_py.formats.kernel.aout, uroot_py.formats.kernel.elf,"
    " uroot_py.vmm.postmortem, uroot_py.vmm.symbols,"
    " select, signal, heapq, bisect, locale, copy, shutil"
)
_LOADED = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import scripts.vmm, {_LATER}
for module in list(sys.modules.values()):
    print(getattr(module, "__file__", None) or "")
"""
_COMPILER = """
import py_compile, sys
for number, line in enumerate(sys.stdin):
    py_compile.compile(line.strip(), f"{sys.argv[1]}/{number}")
"""
START = "python3 -I -S /vmm/scripts/vmm.pyc"
KERNEL = "cloud-amd64"  # of the machine that carries guests
# What its kernel is told. QEMU's emulation of SVM (7.2) now and then holds back an interrupt that
# is due while a guest runs: it is pending in the carrier's APIC, and nothing leaves the guest until
# another one comes. A timer that each interrupt sets anew then stands still for ever, and with it
# a guest that spins until another of its processors has worked. A periodic one comes again.
APPEND = "highres=off nohz=off"
# What its guests are told: QEMU translates code again for each address, and their clock goes on
# while a busy machine does not let them work.
GUESTS = "norandmaps nosoftlockup"
_MODULES = ("irqbypass", "ccp", "kvm", "kvm-amd", "kvm-intel")  # one of the two fits


def _libraries(program: Path) -> Iterator[Path]:
    for path in re.findall(r"(/\S+) \(0x", command(["ldd", program])):
        yield Path(path)


def _place(path: Path) -> str:
    """Where a file that was imported from PATH lies in the guest, without its ending."""
    if path.is_relative_to(ROOT):
        return f"/vmm/{path.relative_to(ROOT)}"
    return str(path)


def python() -> Files:
    """A Python that can run ``START``, compiled, and scripts/vmm.py with all it imports."""
    files: dict[str, Path | bytes] = {"/usr/bin/python3": PYTHON.resolve()}
    found = {Path(line) for line in command([PYTHON, "-I", "-S", "-c", _LOADED]).split()}
    for path in (PYTHON.resolve(), *(path for path in found if path.suffix == ".so")):
        files |= {str(library): library.resolve() for library in _libraries(path)}
    sources = sorted(path for path in found if path.suffix != ".so")
    files |= {str(path): path for path in found if path.suffix == ".so"}
    with tempfile.TemporaryDirectory() as folder:
        feed = "".join(f"{path}\n" for path in sources)
        command([PYTHON, "-I", "-c", _COMPILER, folder], feed=feed)
        for number, path in enumerate(sources):
            target = str(Path(_place(path)).with_suffix(".pyc"))
            files[target] = (Path(folder) / str(number)).read_bytes()
    return files


def modules(flavour: str, names: tuple[str, ...] = _MODULES) -> tuple[Files, str]:
    """Modules for the kernel FLAVOUR (KVM's), and the shell commands that load them."""
    tree = fetch_kernel.fetch(flavour) / "modules"
    files: dict[str, Path | bytes] = {}
    for name in names:
        # Newer kernels have them packed: NAME.ko.xz.
        files |= {f"/vmm/{path.name}": path for path in tree.rglob(f"{name}.ko*")}
    return files, "; ".join(f"insmod {path}" for path in files)


def load_kvm(session: Session) -> None:
    """Load KVM's modules in a guest that has them."""
    session.run(modules(KERNEL)[1], limit=60)


def qemu() -> Files:
    """This machine's QEMU, its libraries, and the firmware that starts a kernel."""
    program = Path("/usr/bin/qemu-system-x86_64")
    files: dict[str, Path | bytes] = {str(program): program}
    files |= {str(library): library.resolve() for library in _libraries(program)}
    for name in ("bios-256k.bin", "kvmvapic.bin", "linuxboot_dma.bin"):
        places = (Path("/usr/share") / package / name for package in ("seabios", "qemu"))
        files[f"/usr/share/qemu/{name}"] = next(path for path in places if path.exists()).resolve()
    return files


def carrier(machine: Machine, folder: Path) -> Machine:
    """A machine of QEMU's that carries MACHINE as a guest of ours, and ends with it."""
    folder.mkdir(parents=True, exist_ok=True)
    loaded, commands = modules(KERNEL)
    files: dict[str, Path | bytes] = {**python(), **loaded, "/srv/kernel": machine.kernel}
    words = [*START.split(), "/srv/kernel"]
    if machine.initrd:
        files["/srv/initrd"] = machine.initrd
        words.append("/srv/initrd")
    words += [f"--memory={machine.memory}", f"--cpus={machine.cpus}"]
    words += [f"--append={GUESTS} {machine.append}"]
    words += [f"--disk=/dev/vd{chr(ord('a') + n)}" for n in range(len(machine.disks))]
    files["/srv/start"] = f"{commands}\n{shlex.join(words)}\npoweroff -f\n".encode()
    sizes = (
        len(each) if isinstance(each, bytes) else each.stat().st_size for each in files.values()
    )
    return Machine(
        kernel=fetch_kernel.fetch(KERNEL) / "vmlinuz",
        initrd=image.joined(image.built(), image.packed(files, folder), folder),
        append=f'{APPEND} uroot.uinit="sh /srv/start"',
        memory=machine.memory + 384 + (2 * sum(sizes) >> 20),
        disks=machine.disks,
    )
