"""A guest's RAM: where it is, and a dictionary of bytes as model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import PlanError
from uroot_py.vmm.memory import GuestMemory

SIZE = 64 << 10
GIB = 1 << 30
STEPS = st.lists(
    st.tuples(st.booleans(), st.integers(0, SIZE), st.integers(0, 3 * 4096), st.binary(max_size=9)),
    max_size=8,
)


@given(STEPS)
def test_like_one_string(steps):
    memory, model = GuestMemory(SIZE), bytearray(b"x" * SIZE)
    memory.write(0, bytes(model))
    for clear, at, size, data in steps:
        if clear and at + size <= SIZE:
            memory.clear(at, size)
            model[at : at + size] = bytes(size)
        elif not clear and at + len(data) <= SIZE:
            memory.write(at, data)
            model[at : at + len(data)] = data
    assert memory.read(0, SIZE) == model
    memory.close()


def test_what_is_above_3_gib_begins_at_4_gib():
    memory = GuestMemory(3 * GIB + 4096)
    assert [(start, len(held)) for start, held in memory.slots] == [(0, 3 * GIB), (4 * GIB, 4096)]
    memory.write(4 * GIB + 4090, b"behind")
    assert memory.read(4 * GIB + 4090, 6) == b"behind"
    for address, size in ((3 * GIB - 1, 2), (3 * GIB, 1), (4 * GIB - 1, 2), (4 * GIB + 4096, 1)):
        with pytest.raises(PlanError) as caught:
            memory.read(address, size)
        assert str(caught.value) == (
            f"[{address:#x}, {address + size:#x}) is not in the guest's RAM"
        )
    memory.close()


def test_more_than_there_can_be():
    with pytest.raises(PlanError, match=r"^no memory of 0x1000000000000000 bytes for a guest: "):
        GuestMemory(1 << 60)
