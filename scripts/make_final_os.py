#!/usr/bin/env python3
"""make_final_os - the smallest system one can boot into: an initrd that proves what it was given.

Its init prints a marker, its kernel's release and command line, the uptime, the SHA-256 of a
payload inside the initrd (so a damaged initrd shows), the number of processors, and what the
kernel was given: on x86 the SHA-256 of ACPI's MADT and the memory map, elsewhere those of MADT and
of EFI's tables, or the device tree's /chosen and model; then it switches the machine off.
It is written for busybox and knows nothing of uroot-py.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts import apt
from scripts.tools import BUILD, command, published
from scripts.vmtest import image
from uroot_py.base.errors import RefusedError, UrootError

UP = "FINAL-OS-UP"
DONE = "FINAL-OS-DONE"

_INIT = f"""\
#!/bin/busybox sh
PATH=/bin
/bin/busybox mkdir -p /proc /sys
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
echo; echo {UP}
echo "kernel: $(uname -r)"
echo "cmdline: $(cat /proc/cmdline)"
read seconds idle < /proc/uptime
echo "uptime: $seconds"
echo "payload: $(sha256sum < /payload)"
echo "cpus: $(grep -c ^processor /proc/cpuinfo)"
@GIVEN@echo {DONE}
poweroff -f
"""
_GIVEN_X86 = """\
echo "madt: $(sha256sum < /sys/firmware/acpi/tables/APIC)"
for entry in /sys/firmware/memmap/*; do
    read start < $entry/start
    read end < $entry/end
    read type < $entry/type
    echo "memory: $start $end $type"
done
"""
_GIVEN = """\
cd /sys/firmware
for file in acpi/tables/APIC efi/systab; do
    if [ -f $file ]; then echo "firmware: $file $(sha256sum < $file)"; fi
done
[ -d devicetree/base ] && cd devicetree/base
for file in model compatible chosen/*; do
    if [ -f $file ]; then echo "fdt: $file = $(hexdump -ve '1/1 "%02x"' $file)"; fi
done
"""


def payload() -> bytes:
    """A quarter of a megabyte that no compression makes small."""
    return b"".join(hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(8192))


PAYLOAD_SHA256 = hashlib.sha256(payload()).hexdigest()


def init(arch: str) -> str:
    """The text of /init."""
    return _INIT.replace("@GIVEN@", _GIVEN_X86 if arch == "amd64" else _GIVEN)


def busybox(arch: str = "amd64") -> Path:
    """A static busybox: this machine's, or Debian's for ARCH."""
    if arch != "amd64":
        files = apt.unpacked("busybox-static", arch=arch)
        return next(
            path for path in (files / "usr/bin/busybox", files / "bin/busybox") if path.exists()
        )
    found = shutil.which("busybox")
    if not found or b"/ld-linux" in Path(found).read_bytes()[:65536]:
        raise RefusedError("no static busybox", hint="apt-get install busybox-static")
    return Path(found)


def initrd(arch: str = "amd64") -> Path:
    """The initrd for Debian's ARCH, made when it is missing or another /init is asked for."""
    folder = BUILD / ("final-os" if arch == "amd64" else f"final-os-{arch}")
    target = folder / hashlib.sha256(init(arch).encode()).hexdigest()[:12]
    if not target.is_dir():
        shutil.rmtree(target.parent, ignore_errors=True)
        with published(target) as fresh:
            files: image.Files = {
                "/init": init(arch).encode(),
                "/bin/busybox": busybox(arch),
                "/payload": payload(),
            }
            archive = image.packed(files, fresh)
            command(["gzip", "-n", archive])
            (fresh / "files.cpio.gz").rename(fresh / "initrd.img")
    return target / "initrd.img"


if __name__ == "__main__":
    try:
        print(initrd(*sys.argv[1:2]))
    except UrootError as error:
        sys.exit(f"make_final_os: {error}")
