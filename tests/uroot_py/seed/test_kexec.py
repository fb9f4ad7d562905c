"""What only the kexec package's own API needs, and where its document is stricter than the call."""

import errno

import pytest

from scripts.builders.kernels import bzimage
from uroot_py.abi import kexec as abi
from uroot_py.base.errors import KernelError, LoadError, PlanError
from uroot_py.base.ranges import Range
from uroot_py.kexec.load import load_file, load_segments
from uroot_py.kexec.plan import Job
from uroot_py.kexec.source import open_source
from uroot_py.payload.plan import Segment, Segments
from uroot_py.seed.kexec import file_load


@pytest.fixture
def calls(monkeypatch):
    """What the system calls were given, buffers as bytes."""
    made = []

    def kexec_load(entry, segments, flags=0):
        made.append((entry, [(bytes(data), start, size) for data, start, size in segments], flags))

    monkeypatch.setattr(abi, "kexec_load", kexec_load)
    monkeypatch.setattr(abi, "kexec_file_load", lambda *args: made.append(args))
    return made


def segments(*rows) -> Segments:
    return Segments(Segment(data, Range.from_size(start, size)) for start, size, data in rows)


def test_load_aligns_and_merges(calls):
    load_segments(0x1010, segments((0x1800, 0x10, b"two"), (0x1010, 5, b"one"), (0x4000, 1, b"x")))
    first = bytes(0x10) + b"one".ljust(0x7F0, b"\0") + b"two"
    assert calls == [(0x1010, [(first, 0x1000, 0x1000), (b"x", 0x4000, 0x1000)], 0)]


def test_load_refuses_what_overlaps(calls):
    with pytest.raises(PlanError, match=r"^two segments overlap: \[0x1000, 0x1010\) segment"):
        load_segments(0x1000, segments((0x1000, 0x10, b"a"), (0x1008, 0x10, b"b")))
    assert calls == []


def test_the_error_shows_entry_flags_errno_and_layout(monkeypatch):
    def refuse(entry, segments, flags=0):
        raise KernelError("kexec_load", errno.EINVAL)

    monkeypatch.setattr(abi, "kexec_load", refuse)
    with pytest.raises(LoadError) as caught:
        load_segments(0x1010, segments((0x1800, 0x10, b"two"), (0x1010, 5, b"one")), 1)
    assert caught.value.errno == errno.EINVAL
    assert caught.value.text() == (
        "kexec_load entry 0x1010, flags 0x1, segments [0x1800, 0x1810), [0x1010, 0x1015): EINVAL:"
        " the kernel refused the plan"
    )


@pytest.mark.parametrize("ramfs", [False, True])
def test_file_load(tmp_path, calls, ramfs):
    (tmp_path / "k").write_bytes(bzimage())
    (tmp_path / "i").write_bytes(b"initrd")
    kernel, initrd = open_source(str(tmp_path / "k")), open_source(str(tmp_path / "i"))
    file_load(kernel, initrd if ramfs else None, "a b")
    assert calls == [(kernel.fd, initrd.fd if ramfs else -1, b"a b", 0)]


FLAGS = [
    pytest.param({}, 0, id="none"),
    pytest.param({"no_cma": True}, 0x10, id="--no-cma"),
    pytest.param({"force_dtb": True}, 0x20, id="--force-dtb"),
    pytest.param({"crash": True, "debug": True}, 0xA, id="-p -d"),
]


@pytest.mark.parametrize(("options", "flags"), FLAGS)
def test_flags_of_kexec_file_load(tmp_path, calls, options, flags):
    (tmp_path / "k").write_bytes(bzimage())
    job = Job(open_source(str(tmp_path / "k")))
    for name, value in options.items():
        setattr(job, name, value)
    load_file(job)
    assert calls == [(job.kernel.fd, -1, b"", flags)]
