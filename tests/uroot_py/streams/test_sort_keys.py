import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uroot_py.base.errors import UsageError
from uroot_py.streams.sort_keys import Key, Order, human, numeric, version

LINES = st.lists(st.text("ab AB:\t19.-K", max_size=8).map(str.encode), max_size=8)
OPTIONS = ["", "-n", "-f", "-r", "-b", "-d", "-u", "-k2", "-k2,2n", "-k1.2,1.3", "-t:", "-t: -k2"]


@settings(max_examples=60)
@given(LINES, st.lists(st.sampled_from(OPTIONS), max_size=3))
def test_same_as_sort(lines, options):
    from tests.support.applet import run_applet

    args = [word for option in options for word in option.split()]
    text = b"".join(line + b"\n" for line in lines)
    line = ["sort", *args]
    done = subprocess.run(line, input=text, capture_output=True, env={"LC_ALL": "C"}, timeout=10)
    if done.returncode == 0:
        assert run_applet("sort", *args, stdin=text).raw == done.stdout


def test_numbers_of_any_length():
    assert numeric(b"9" * 10000) < numeric(b"1" + b"0" * 10000)
    assert numeric(b"-2") < numeric(b"-1.5") < numeric(b"x") < numeric(b".001") < numeric(b"1")


def test_sizes_with_units():
    sizes = [b"-1G", b"-2K", b"0", b"512", b"1.5K", b"2K", b"1M", b"1G"]
    backwards = sizes[::-1]
    assert sorted(backwards, key=human) == sizes


def test_versions():
    names = [b"linux-5.9", b"linux-5.10~rc1", b"linux-5.10", b"linux-5.10.1", b"linux-6"]
    backwards = names[::-1]
    assert sorted(backwards, key=version) == names


@pytest.mark.parametrize("text", ["", "x", "0", "1,0", "1.x", "1,", "1q"])
def test_no_key(text):
    with pytest.raises(UsageError):
        Key(text, "", None)


def test_two_kinds_of_number():
    with pytest.raises(UsageError, match="only one of -n, -g, -h, -V, -M can be meant"):
        Order([], "nh", None, unique=False, stable=False)
