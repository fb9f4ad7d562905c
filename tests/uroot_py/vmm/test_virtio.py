"""Virtio devices driven by a guest that was written for these tests, and by a hostile one."""

import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.virtio import NEXT, WRITE, Driver
from uroot_py.base.errors import RefusedError
from uroot_py.vmm.memory import GuestMemory
from uroot_py.vmm.virtio_devices import Block, Entropy, Line

MIB = 1 << 20
CONTENT = bytes(range(256)) * 16  # 8 sectors
READ, WRITE_OUT, FLUSH, ID = 0, 1, 4, 8


@pytest.fixture
def memory():
    made = GuestMemory(4 * MIB)
    yield made
    made.close()


@pytest.fixture
def levels():
    return []


@pytest.fixture
def disk(memory, levels, tmp_path):
    path = tmp_path / "disk"
    path.write_bytes(CONTENT + b"not a whole sector")
    made = Block(memory, levels.append, str(path), "serial-7")
    yield made
    made.close()
    assert path.read_bytes() == CONTENT + b"not a whole sector"


def header(kind, sector):
    return struct.pack("<IIQ", kind, 0, sector)


def test_what_a_disk_says_of_itself(disk, memory):
    driver = Driver(disk, memory)
    assert [driver.get(n) for n in (0, 4, 8)] == [0x74726976, 2, 2]
    assert driver.features() == 1 << 32 | 1 << 2
    assert (disk.read(0x100, 8), disk.read(0x10C, 4), disk.read(0x102, 2)) == (8, 254, 0)
    assert disk.read(0x110, 4) == disk.read(0x900, 8) == 0
    assert driver.get(0x034) == 256
    driver.set(0x030, 1)
    assert (driver.get(0x034), driver.get(0x044)) == (0, 0)


@pytest.mark.parametrize(
    ("accept", "taken"),
    [
        pytest.param(1 << 32, True, id="version 1"),
        pytest.param(1 << 32 | 1 << 2, True, id="and all that is offered"),
        pytest.param(1 << 2, False, id="not version 1"),
        pytest.param(1 << 32 | 1 << 28, False, id="what was not offered"),
        pytest.param(1 << 63 | 1 << 32, False, id="the highest"),
    ],
)
def test_only_features_that_are_offered(disk, memory, accept, taken):
    assert Driver(disk, memory).start(accept) is taken


REQUESTS = [
    pytest.param([header(READ, 1)], [512, 1], CONTENT[512:1024] + b"\0", id="read"),
    pytest.param([header(READ, 0)], [256, 768, 1], CONTENT[:1024] + b"\0", id="into two places"),
    pytest.param(
        [header(READ, 1)[:7], header(READ, 1)[7:]],
        [513],
        CONTENT[512:1024] + b"\0",
        id="header in two",
    ),
    pytest.param([header(READ, 8)], [512, 1], bytes(512) + b"\1", id="behind the end"),
    pytest.param([header(READ, 1 << 63)], [512, 1], bytes(512) + b"\1", id="far behind the end"),
    pytest.param([header(WRITE_OUT, 8), b"x" * 512], [1], b"\1", id="write behind the end"),
    pytest.param([header(FLUSH, 0)], [1], b"\2", id="not offered"),
    pytest.param(
        [header(ID, 0)], [20, 1], b"serial-7".ljust(20, b"\0") + b"\0", id="serial number"
    ),
]


@pytest.mark.parametrize(("sent", "room", "answer"), REQUESTS)
def test_requests(disk, memory, levels, sent, room, answer):
    driver = Driver(disk, memory)
    driver.start()
    levels.clear()
    assert driver.ask(sent, room) == (answer, len(answer))
    assert (levels, driver.get(0x060)) == ([True], 1)
    driver.set(0x064, 1)
    assert (levels, driver.get(0x060), disk.fault) == ([True, False], 0, "")


def test_what_is_written_can_be_read_and_the_file_stays(disk, memory):
    driver = Driver(disk, memory)
    driver.start()
    assert driver.ask([header(WRITE_OUT, 2), b"a" * 512, b"b" * 512], [1])[0] == b"\0"
    answer = b"a" * 512 + b"b" * 512 + CONTENT[2048:2560] + b"\0"
    assert driver.ask([header(READ, 2)], [1536, 1])[0] == answer


def test_a_queue_goes_round(disk, memory):
    driver = Driver(disk, memory)
    driver.start()
    # The rings count to 65536: as if that many, less 20, had been there already.
    driver.sent = driver.seen = disk.queues[0]._taken = disk.queues[0]._given = 65516
    memory.write(driver.base + 0x2002, struct.pack("<H", 65516))
    for n in range(100):
        sector = n % 8
        data = CONTENT[512 * sector :][:512] + b"\0"
        assert driver.ask([header(READ, sector)], [512, 1], at=n % 5) == (data, 513)


def test_no_interrupt_when_the_guest_wants_none(disk, memory, levels):
    driver = Driver(disk, memory)
    driver.start()
    levels.clear()
    driver.ask([header(READ, 0)], [512, 1], flags=1)
    assert (levels, driver.get(0x060)) == ([], 0)


def test_nothing_happens_before_the_queue_is_ready_or_after_a_reset(disk, memory):
    driver = Driver(disk, memory)
    driver.available(0)
    driver.notify()
    driver.start()
    driver.set(0x070, 0)
    driver.notify()
    driver.set(0x050, 7)
    assert (driver.used(), driver.get(0x070), disk.fault) == ([], 0, "")


def test_random_bytes(memory):
    driver = Driver(Entropy(memory, lambda level: None), memory)
    driver.start()
    first, count = driver.ask([], [64])
    assert count == 64
    assert first != driver.ask([], [64])[0]
    assert driver.ask([], [10000])[1] == 4096


def test_a_console(memory):
    said: list[bytes] = []
    line = Line(memory, lambda level: None, said.append)
    receive, send = Driver(line, memory), Driver(line, memory, 0x80000, number=1)
    receive.start()
    send.queue()
    send.ask([b"hello ", b"world"])
    assert said == [b"hello world"]
    line.type(b"abc")
    receive.descriptor(0, 0x40000, 2, WRITE)
    receive.descriptor(1, 0x41000, 8, WRITE)
    receive.available(0)
    receive.available(1)
    receive.notify()
    assert receive.used() == [(0, 2), (1, 1)]
    assert (memory.read(0x40000, 2), memory.read(0x41000, 1)) == (b"ab", b"c")
    receive.available(0)
    receive.notify()
    assert receive.used() == []
    line.type(b"d")
    assert receive.used() == [(0, 1)]


BAD = [
    pytest.param(
        lambda driver: driver.available(8),
        "virtio chain at offset 0x8: expected an end within 8 parts, found none",
        id="no such descriptor",
    ),
    pytest.param(
        lambda driver: (driver.descriptor(3, 0, 1, NEXT, 3), driver.available(3)),
        "virtio chain at offset 0x3: expected an end within 8 parts, found none",
        id="a loop",
    ),
    pytest.param(
        lambda driver: (driver.descriptor(0, 0, 1, NEXT, 9), driver.available(0)),
        "virtio chain at offset 0x0: expected an end within 8 parts, found none",
        id="next outside",
    ),
    pytest.param(
        lambda driver: (driver.descriptor(0, 16 * MIB, 16, 0), driver.available(0)),
        "[0x1000000, 0x1000010) is not in the guest's RAM",
        id="no RAM",
    ),
    pytest.param(
        lambda driver: (driver.descriptor(0, (1 << 64) - 8, 16, 0), driver.available(0)),
        "[0xfffffffffffffff8, 0x10000000000000008) is not in the guest's RAM",
        id="over the end of addresses",
    ),
    pytest.param(
        lambda driver: (driver.descriptor(0, 0, 0xFFFFFFFF, WRITE), driver.available(0)),
        "virtio chain: data at offset 0x0: expected 4 MiB at most, found more",
        id="too much",
    ),
    pytest.param(
        lambda driver: (driver.descriptor(0, 0, 16, 4), driver.available(0)),
        "virtio descriptor: flags at offset 0xc: expected 0 to 3, found 0x4",
        id="indirect, which was not offered",
    ),
    pytest.param(
        lambda driver: (
            driver.descriptor(0, 0, 16, NEXT | WRITE, 1),
            driver.descriptor(1, 0, 16, 0),
            driver.available(0),
        ),
        "virtio chain: part at offset 0x0: expected one to write to, found one to read",
        id="to read behind to write",
    ),
    pytest.param(
        lambda driver: (driver.descriptor(0, 0, 15, 0), driver.available(0)),
        "virtio-blk request at offset 0x0: expected a header, a status, found less",
        id="short header",
    ),
    pytest.param(
        lambda driver: driver.memory.write(driver.base + 0x1002, b"\x09\0"),
        "virtio queue: idx at offset 0x2: expected 8 chains at most, found 9",
        id="more chains than parts",
    ),
    pytest.param(
        lambda driver: driver.set(0x90, 64 * MIB),
        "[0x4000002, 0x4000004) is not in the guest's RAM",
        id="ring outside",
    ),
    pytest.param(
        lambda driver: (driver.set(0x38, 3), driver.set(0x44, 1)),
        "virtio QueueNum at offset 0x38: expected a power of 2 up to 256, found 3",
        id="size",
    ),
    pytest.param(
        lambda driver: (driver.set(0x38, 512), driver.set(0x44, 1)),
        "virtio QueueNum at offset 0x38: expected a power of 2 up to 256, found 512",
        id="larger than offered",
    ),
]


@pytest.mark.parametrize(("spoil", "fault"), BAD)
def test_nonsense_asks_for_a_reset_and_a_reset_helps(disk, memory, levels, spoil, fault):
    driver = Driver(disk, memory)
    driver.start()
    levels.clear()
    spoil(driver)
    driver.notify()
    assert disk.fault == fault
    assert (driver.get(0x070), driver.get(0x060), levels) == (15 | 64, 2, [True])
    driver.notify()
    driver.set(0x070, 15)
    assert (driver.get(0x070), driver.used()) == (15 | 64, [])
    driver.set(0x070, 0)
    memory.write(driver.base, bytes(0x3000))
    again = Driver(disk, memory)
    again.start()
    assert again.ask([header(READ, 0)], [512, 1])[0] == CONTENT[:512] + b"\0"


OPERATIONS = st.one_of(
    st.tuples(
        st.sampled_from(
            [0x14, 0x20, 0x24, 0x30, 0x38, 0x44, 0x50, 0x64, 0x70, 0x80, 0x84, 0x90, 0xA0, 0x100]
        ),
        st.sampled_from([1, 2, 4, 8]),
        st.one_of(st.integers(0, 16), st.integers(0, 2**32 - 1)),
    ),
    st.tuples(st.integers(0, 0x3FFF), st.just(0), st.integers(0, 2**64 - 1)),
)


@settings(max_examples=60)
@given(st.lists(OPERATIONS, max_size=40), st.binary(max_size=512))
def test_no_guest_can_do_harm(operations, noise):
    memory = GuestMemory(2 * MIB)
    said: list[bytes] = []
    line = Line(memory, lambda level: None, said.append)
    for device in (line, Entropy(memory, lambda level: None)):
        driver = Driver(device, memory)
        driver.start()
        memory.write(driver.base, noise)
        for at, size, value in operations:
            if size:
                device.write(at, size, value)
            else:
                memory.write(driver.base + at, value.to_bytes(8, "little"))
            assert 0 <= device.read(at, size or 4) < 1 << 64
        driver.notify()
        line.type(b"x")
    memory.close()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param("none", "{}: no such file or directory", id="none"),
        pytest.param("empty", "{}: a disk needs 512 bytes at least", id="empty"),
        pytest.param(".", "{}: is a directory", id="a directory"),
    ],
)
def test_no_disk(memory, tmp_path, name, why):
    (tmp_path / "empty").touch()
    path = str(tmp_path / name)
    with pytest.raises(RefusedError) as caught:
        Block(memory, lambda level: None, path)
    assert str(caught.value) == why.format(path)


# What these tests drive the devices with, by the names of the kernel's headers.
NUMBERS = {
    "VIRTIO_MMIO_MAGIC_VALUE": 0,
    "VIRTIO_MMIO_VERSION": 4,
    "VIRTIO_MMIO_DEVICE_ID": 8,
    "VIRTIO_MMIO_DEVICE_FEATURES": 0x10,
    "VIRTIO_MMIO_DEVICE_FEATURES_SEL": 0x14,
    "VIRTIO_MMIO_DRIVER_FEATURES": 0x20,
    "VIRTIO_MMIO_DRIVER_FEATURES_SEL": 0x24,
    "VIRTIO_MMIO_QUEUE_SEL": 0x30,
    "VIRTIO_MMIO_QUEUE_NUM_MAX": 0x34,
    "VIRTIO_MMIO_QUEUE_NUM": 0x38,
    "VIRTIO_MMIO_QUEUE_READY": 0x44,
    "VIRTIO_MMIO_QUEUE_NOTIFY": 0x50,
    "VIRTIO_MMIO_INTERRUPT_STATUS": 0x60,
    "VIRTIO_MMIO_INTERRUPT_ACK": 0x64,
    "VIRTIO_MMIO_STATUS": 0x70,
    "VIRTIO_MMIO_QUEUE_DESC_LOW": 0x80,
    "VIRTIO_MMIO_QUEUE_AVAIL_LOW": 0x90,
    "VIRTIO_MMIO_QUEUE_USED_LOW": 0xA0,
    "VIRTIO_MMIO_CONFIG": 0x100,
    "VIRTIO_MMIO_INT_VRING": 1,
    "VIRTIO_MMIO_INT_CONFIG": 2,
    "VIRTIO_CONFIG_S_FEATURES_OK": 8,
    "VIRTIO_CONFIG_S_NEEDS_RESET": 64,
    "VIRTIO_F_VERSION_1": 32,
    "VIRTIO_BLK_F_SEG_MAX": 2,
    "VIRTIO_BLK_T_OUT": WRITE_OUT,
    "VIRTIO_BLK_T_FLUSH": FLUSH,
    "VIRTIO_BLK_T_GET_ID": ID,
    "VIRTIO_BLK_S_IOERR": 1,
    "VIRTIO_BLK_S_UNSUPP": 2,
    "VIRTIO_ID_BLOCK": Block.kind,
    "VIRTIO_ID_CONSOLE": Line.kind,
    "VIRTIO_ID_RNG": Entropy.kind,
    "VRING_DESC_F_NEXT": NEXT,
    "VRING_DESC_F_WRITE": WRITE,
    "offsetof(struct virtio_blk_config, seg_max)": 12,
    "sizeof(struct virtio_blk_outhdr)": len(header(0, 0)),
    "offsetof(struct virtio_blk_outhdr, sector)": 8,
    "sizeof(struct vring_desc)": 16,
}


def test_the_numbers_are_those_of_the_kernels_headers(tmp_path):
    names = ("mmio", "blk", "config", "ids", "ring")
    lines = ["#include <stddef.h>", *(f"#include <linux/virtio_{name}.h>" for name in names)]
    lines += [f'_Static_assert(({n}) == {v}, "{n}");' for n, v in NUMBERS.items()]
    (tmp_path / "numbers.c").write_text("\n".join([*lines, ""]))
    line = ["gcc", "-fsyntax-only", tmp_path / "numbers.c"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
