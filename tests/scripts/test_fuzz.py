"""The fuzzer's targets take what they begin with, and any bytes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.fuzz import __main__ as fuzz
from scripts.fuzz.targets import Target, targets
from uroot_py.base.errors import FormatError

TARGETS = targets()


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name):
    for seed in TARGETS[name].seeds:
        fuzz.attempt(TARGETS[name], seed, seconds=60)
        fuzz.attempt(TARGETS[name], seed[: len(seed) // 2], seconds=60)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300))
def test_any_bytes(name, data):
    fuzz.attempt(TARGETS[name], data, seconds=60)


def broken(data):
    raise ZeroDivisionError


def refuses(data):
    raise FormatError("it", 0, "bytes", "none")


def test_only_the_error_family_may_come_out():
    fuzz.attempt(Target(refuses), b"")
    with pytest.raises(ZeroDivisionError):
        fuzz.attempt(Target(broken), b"")


def test_time_and_memory_are_bounded():
    with pytest.raises(AssertionError, match=r"it took [0-9.]+ s"):
        fuzz.attempt(Target(lambda data: sum(range(10**5))), b"", seconds=0)
    with pytest.raises(AssertionError, match=r"it took [0-9]+ MiB of memory"):
        fuzz.attempt(Target(lambda data: bytes(1) * (1 << 30)), b"", seconds=60)


def test_a_corpus_stays_small(tmp_path):
    for number in range(fuzz.MOST_KEPT + 5):
        (tmp_path / str(number)).write_bytes(bytes(number))
    fuzz.prune(tmp_path)
    kept = [path.stat().st_size for path in tmp_path.iterdir()]
    assert sorted(kept) == list(range(fuzz.MOST_KEPT))
