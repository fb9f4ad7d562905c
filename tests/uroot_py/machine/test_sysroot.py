"""This machine, or a captured one: what is there, what is absent, what is too much."""

import tracemalloc

import pytest

from uroot_py.base.errors import RefusedError
from uroot_py.machine.sysroot import HERE, MAX_SIZE, Sysroot


@pytest.fixture
def machine(tmp_path):
    for name, data in {
        "sys/size": b"12\n",
        "sys/word": b"none\n",
        "sys/odd": b"a\xff\n",
        "sys/map/1/start": b"0x10",
        "sys/map/0/start": b"0x0",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return Sysroot(f"{tmp_path}/")


def test_what_is_there(machine, tmp_path):
    assert machine.path("/sys/size") == f"{tmp_path}/sys/size"
    assert machine.text("/sys/size") == machine.required("/sys/size") == "12\n"
    assert machine.bytes("/sys/odd") == machine.text("/sys/odd").encode("utf-8", "surrogateescape")
    assert machine.number("/sys/size") == 12
    assert machine.names("/sys") == ["map", "odd", "size", "word"]
    assert machine.table("/sys/map") == {"0": {"start": "0x0"}, "1": {"start": "0x10"}}


def test_numbered_directories_come_in_order(tmp_path):
    for number in ("10", "2", "0"):
        (tmp_path / "map" / number).mkdir(parents=True)
    assert list(Sysroot(str(tmp_path)).table("/map")) == ["0", "2", "10"]


def test_what_is_absent(machine):
    assert machine.text("/sys/gone") == machine.text("/sys") == ""
    assert machine.number("/sys/gone") == machine.number("/sys/word") == 0
    assert machine.names("/sys/gone") == machine.names("/sys/size") == []


@pytest.mark.parametrize("read", [Sysroot.bytes, Sysroot.required, Sysroot.table])
def test_what_must_be_there_is_named(read, machine):
    with pytest.raises(FileNotFoundError) as caught:
        read(machine, "/sys/gone")
    assert caught.value.filename == machine.path("/sys/gone")


def test_a_file_that_never_ends(tmp_path):
    (tmp_path / "zero").symlink_to("/dev/zero")
    with pytest.raises(RefusedError) as caught:
        Sysroot(str(tmp_path)).text("/zero")
    assert str(caught.value) == f"{tmp_path}/zero: more than {MAX_SIZE >> 20} MiB"


def test_here():
    assert HERE.here
    assert HERE.path("/proc/cmdline") == "/proc/cmdline"
    assert not Sysroot("/captured").here


def test_a_small_file_reserves_little(tmp_path):
    (tmp_path / "small").write_text("a\n")
    root = Sysroot(str(tmp_path))
    tracemalloc.start()
    try:
        assert root.text("/small") == "a\n"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20
