"""The numbers and offsets of uroot_py.abi.kvm, against the kernel's own headers."""

import errno
import platform
import subprocess

import pytest

from uroot_py.abi import kvm
from uroot_py.base.errors import KernelError

STRUCTURES = {
    "kvm_regs": kvm.Regs,
    "kvm_segment": kvm.Segment,
    "kvm_sregs": kvm.Sregs,
    "kvm_userspace_memory_region": kvm.MemoryRegion,
    "kvm_pit_config": kvm.PitConfig,
    "kvm_irq_level": kvm.IrqLevel,
    "kvm_mp_state": kvm.MpState,
    "kvm_cpuid_entry2": kvm.CpuidEntry,
}


def compiled(tmp_path, lines):
    """Each C expression of LINES, as the compiler sees it."""
    body = "".join(f'printf("%llx\\n", (unsigned long long)({line}));\n' for line in lines)
    source = tmp_path / "numbers.c"
    source.write_text(
        "#include <linux/kvm.h>\n#include <stddef.h>\n#include <stdio.h>\n"
        f"int main(void) {{ {body} return 0; }}\n"
    )
    program = tmp_path / "numbers"
    subprocess.run(["gcc", "-o", program, source], check=True, timeout=60)
    out = subprocess.run([program], check=True, timeout=10, capture_output=True, text=True).stdout
    return [int(line, 16) for line in out.split()]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="x86-64 structures")
def test_numbers_and_offsets(tmp_path):
    expected = {**kvm.NUMBERS, "KVM_API_VERSION": kvm.KVM_API_VERSION}
    expected |= {name: number for number, name in kvm.EXIT_REASONS.items()}
    for struct, layout in STRUCTURES.items():
        expected[f"sizeof(struct {struct})"] = layout.size
        for field in layout.fields:
            expected[f"offsetof(struct {struct}, {field.name})"] = field.offset
            expected[f"sizeof(((struct {struct} *)0)->{field.name})"] = field.size
    found = dict(zip(expected, compiled(tmp_path, expected), strict=True))
    assert found == expected


def test_a_signal_ends_a_run(monkeypatch):
    def interrupted(*_words):
        raise KernelError("ioctl", errno.EINTR)

    monkeypatch.setattr(kvm, "syscall", interrupted)
    with pytest.raises(InterruptedError):
        kvm.run(3)
