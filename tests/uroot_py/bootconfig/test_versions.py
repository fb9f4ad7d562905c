"""The order of versions: the specification's examples, and systemd-analyze on any strings."""

import subprocess
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uroot_py.bootconfig.versions import compare

SIGNS = {"<": -1, "==": 0, ">": 1}
EXAMPLES = """
11 == 11 | systemd-123 == systemd-123 | bar-123 < foo-123 | 123a > 123 | 123.a > 123
123.a < 123.b | 123a > 123.a | 11ä == 11ö | A < a | '' < 0 | 0. > 0 | 0.0 > 0 | 0 > ~ | '' > ~
1_ == 1 | _1 == 1 | 1_ < 1.2 | 1_2_3 > 1.3.3 | 1+ == 1 | +1 == 1 | 1+ < 1.2 | 1+2+3 > 1.3.3
6.1.0-40-amd64 > 6.1.0-9-amd64 | 5.10 > 5.9.1 | 5.10.0 > 5.9.1 | 1.0~rc1 < 1.0 | 1.0^git < 1.0.1
0 > A | 1.0^git > 1.0 | 007 == 7 | 1-1 < 1.1 | 1^1 > 1-1 | 99999999999999999999999 > 9 | ab12 > ab9
~0 > ~+0 | ~+0 == ~_0
"""
ROWS = [row.split() for line in EXAMPLES.strip().splitlines() for row in line.split(" | ")]
ROWS = [[word.replace("''", "") for word in row] for row in ROWS]

CHAIN = "122.1 123~rc1-1 123 123-a 123-a.1 123-1 123-1.1 123^post1 123.a-1 123.1-1 123a-1 124-1"
ROWS += [[one, "<", other] for one, other in pairwise(CHAIN.split())]


@pytest.mark.parametrize(
    ("one", "sign", "other"), [pytest.param(*row, id="".join(row)) for row in ROWS]
)
def test_examples(one, sign, other):
    assert compare(one, other) == SIGNS[sign]
    assert compare(other, one) == -SIGNS[sign]


VERSIONS = st.text(alphabet="0019aAbZ.-~^_+ ä", max_size=12)


@given(VERSIONS, VERSIONS, VERSIONS)
def test_it_is_an_order(one, two, three):
    assert compare(one, one) == 0
    assert compare(one, two) == -compare(two, one)
    if compare(one, two) <= 0 and compare(two, three) <= 0:
        assert compare(one, three) <= 0


def analyzed(one, other):
    done = subprocess.run(
        ["systemd-analyze", "compare-versions", "--", one, other],
        capture_output=True,
        text=True,
        timeout=20,
    )
    return {0: 0, 11: 1, 12: -1}[done.returncode]


@pytest.mark.reference
@pytest.mark.parametrize(
    ("one", "sign", "other"), [pytest.param(*row, id="".join(row)) for row in ROWS]
)
def test_examples_on_systemd(one, sign, other):
    assert analyzed(one, other) == SIGNS[sign]


@pytest.mark.reference
@settings(max_examples=200)
@given(VERSIONS, VERSIONS)
def test_systemd_agrees(one, other):
    assert compare(one, other) == analyzed(one, other)
