"""Device-mapper's numbers and structures against the kernel's header, and its answers read.

tests/vm/layers.py makes real devices: this machine's kernel need not have device-mapper.
"""

import errno
import fcntl
import os
import subprocess

import pytest

from uroot_py.abi import devmapper
from uroot_py.abi.devmapper import DmIoctl, DmTargetSpec, Target
from uroot_py.base.errors import KernelError

STRUCTURES = {"dm_ioctl": DmIoctl, "dm_target_spec": DmTargetSpec}
FLAGS = [name for name in vars(devmapper) if name.startswith("DM_") and name.endswith("_FLAG")]
CALLS = [name for name in vars(devmapper) if name.startswith("DM_") and name not in FLAGS]


def test_numbers_and_offsets(tmp_path):
    expected = {name: getattr(devmapper, name) for name in FLAGS}
    expected |= {name: 0xC138FD00 | getattr(devmapper, name) for name in CALLS}
    for struct, layout in STRUCTURES.items():
        expected[f"sizeof(struct {struct})"] = layout.size
        for field in layout.fields:
            name = field.name.replace("version_major", "version")
            if not name.startswith("version_"):
                expected[f"offsetof(struct {struct}, {name})"] = field.offset
    body = "".join(f'printf("%llx\\n", (unsigned long long)({line}));\n' for line in expected)
    source = tmp_path / "numbers.c"
    source.write_text(
        "#include <sys/ioctl.h>\n#include <linux/types.h>\n#include <linux/dm-ioctl.h>\n"
        f"#include <stddef.h>\n#include <stdio.h>\nint main(void) {{ {body} return 0; }}\n"
    )
    program = tmp_path / "numbers"
    subprocess.run(["gcc", "-o", program, source], check=True, timeout=60)
    out = subprocess.run([program], check=True, timeout=10, capture_output=True, text=True).stdout
    assert dict(zip(expected, (int(line, 16) for line in out.split()), strict=True)) == expected


@pytest.fixture
def kernel(monkeypatch):
    """Calls that were made, and the data that each shall be answered with."""
    calls: list[tuple[int, bytes]] = []
    answers: list[object] = []

    def ioctl(_fd, number, buffer):
        calls.append((number & 0xFF, bytes(buffer)))
        if answers:
            answer = answers.pop(0)
            if isinstance(answer, OSError):
                raise answer
            assert callable(answer)
            answer(DmIoctl(buffer), buffer)
        return 0

    monkeypatch.setattr(devmapper, "_open", lambda: os.open("/dev/null", os.O_RDWR))
    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    return calls, answers


def test_a_table_is_given_as_the_kernel_reads_it(kernel):
    calls, _ = kernel
    devmapper.load("a", [Target(0, 8, "linear", "8:1 2048"), Target(8, 16, "zero", "")])
    ((number, data),) = calls
    view = DmIoctl(data)
    assert (number, view.target_count, view.flags) == (devmapper.DM_TABLE_LOAD, 2, 1)
    first = DmTargetSpec(data, 312)
    second = DmTargetSpec(data, 312 + first.next)
    assert first.next % 8 == second.next % 8 == 0
    assert data[352:361] == b"8:1 2048\0"
    assert (second.sector_start, second.length, second.target_type[:5]) == (8, 16, b"zero\0")


def test_a_secret_is_wiped_and_never_printed(kernel, monkeypatch):
    buffers = []
    monkeypatch.setattr(fcntl, "ioctl", lambda _fd, _number, buffer: buffers.append(buffer))
    target = Target(0, 8, "crypt", bytearray(b"aes-xts-plain64 6b6579"))
    devmapper.load("a", [target], secure=True)
    assert not any(buffers[0])
    assert "6b6579" not in repr(target)


def test_an_answer_that_needs_more_room_is_asked_for_again(kernel):
    calls, answers = kernel

    def full(view, _buffer):
        view.flags = devmapper.DM_BUFFER_FULL_FLAG

    def table(view, buffer):
        view.target_count, view.data_start = 2, 312
        for at, kind, size, words in ((312, b"linear", 56, b"8:1 0"), (368, b"zero", 96, b"")):
            spec = DmTargetSpec(buffer, at)
            spec.length, spec.target_type, spec.next = 8, kind, size
            buffer[at + 40 : at + 40 + len(words)] = words

    answers += [full, table]
    assert [str(target) for target in devmapper.table("a")] == ["0 8 linear 8:1 0", "0 8 zero"]
    assert len(calls[1][1]) == 4 * len(calls[0][1])


def test_errors_say_which_device_and_why(kernel):
    _, answers = kernel
    answers.append(OSError(errno.ENXIO, "No such device or address"))
    with pytest.raises(KernelError) as caught:
        devmapper.remove("vg-root")
    assert str(caught.value) == "DM_DEV_REMOVE vg-root: ENXIO: no such device"


@pytest.mark.parametrize("name", ["", "a/b", "x" * 128])
def test_names_that_cannot_be(kernel, name):
    with pytest.raises(KernelError, match="no such name can be"):
        devmapper.create(name)
    assert kernel[0] == []
