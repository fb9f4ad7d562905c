"""`boot` starts what is no Linux as Debian's packages configured it, and it does its job.

The menu is by grub-mkconfig and the scripts of Debian's packages; Linux has driven the disk.
"""

from __future__ import annotations

from initramfs import target
from scripts import make_final_os
from scripts.vmtest.case import Case, End, Expect, Prompt, Send
from tests.vm.boot import SLOW
from tests.vm.kexec_plan import NO_SMAP

DISK = ("grub-others",)
XEN = (
    Prompt(),
    Send("boot --entry 'Debian GNU/Linux, with Xen hypervisor'\r"),
    Expect(r"^\(XEN\) Xen version \d", limit=120, name="Xen's banner"),
    Expect(f"^{make_final_os.UP}$", limit=180, name="its dom0's init"),
    Expect("^cmdline: .*root=UUID=.* console=hvc0 earlyprintk=xen", name="the command line"),
    Expect(f"^payload: {make_final_os.PAYLOAD_SHA256}", name="and the initrd of the entry"),
    End(),
)
CASES = [
    Case(
        f"boot.xen{name}",
        append="uroot.shell",
        disks=DISK,
        memory=1024,
        devices=devices,
        steps=XEN,
        tags=SLOW,
    )
    for name, devices in {
        "": ("-cpu", target.emulated("qemu64")),
        "-q35": ("-M", "q35", *NO_SMAP),
    }.items()
]
