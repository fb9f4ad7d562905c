"""tr: beside this machine's tool."""

import pytest

from tests.support import reference
from tests.support.applet import run_applet

LINES = r"""
tr a-z A-Z < words
tr abc xyz < words
tr -d aeiou < words
tr -s p < words
tr -cd 'a-z\n' < words
tr -d '\n' < words
tr -s ' \t' '\n' < spaced
tr '[:lower:]' '[:upper:]' < words
tr '[:space:]' _ < spaced
tr -d '[:punct:]' < table
tr 'a-c' 'x' < words
tr abcdef xy < words
tr -t abcdef xy < words
tr '\141' '\132' < words
tr -c 'a-z' '[#*]' < words
tr a '[b*3]' < words
tr -s '[:alpha:]' < repeats
tr -ds a p < words
tr a
tr -d
tr -d a b
tr z-a x < words
tr a-z- A-Z_ < words
tr '\000' x < zeros
tr ':' '\t' < table
tr -C 'a-z\n' . < words
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


def test_how_often_a_byte_is_repeated():
    done = run_applet("tr", "a", "[x*09]")
    assert done.err.startswith("tr: [x*09]: expected an octal number behind 0;")
    assert run_applet("tr", "ab", "[x*99999999999999]y", stdin=b"ab").out == "xx"
