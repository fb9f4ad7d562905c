"""printf: beside this machine's tool."""

import pytest

from tests.support import reference
from tests.support.applet import run_applet

LINES = r"""
printf 'plain\n'
printf '%s|%s|\n' a b c
printf '%5d|%-5d|%05d|%+d\n' 1 2 3 4
printf '%x %X %o %#x %#o\n' 255 255 8 255 8
printf '%s\n'
printf '%d\n' 0x10
printf '%d\n' 010
printf '%d\n' "'A"
printf '%d\n' abc
printf '%d\n' 12abc
printf '%c%c\n' hello world
printf '%b\n' 'a\tb\0101'
printf '%b|' 'a\cb' c
printf 'a\cb\n'
printf '%%|%5s|%-5s|%.2s\n' ab cd efg
printf '%*d|\n' 6 42
printf '%.2f %e %g\n' 3.14159 1234.5 0.0001
printf '\101\x42\n'
printf '%i %u\n' -5 5
printf '%u\n' -1
printf '%x\n' -1
printf '%q\n' 'a b' "it's" plain
printf '%s'
printf '%z\n' 1
printf
printf -- '-%s\n' a
printf '%s %s %s\n' 1 2
printf 'no directives' extra
printf '%d %s\n' 1 a 2 b
printf '%10.3s|\n' abcdef
printf '%-10s|%10s|\n' left right
printf '% d\n' 7
printf '%5c|\n' x
printf '%.*d|%*d|\n' -3 7 -4 7
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("directive", "fault"),
    [
        ("%.2.3d", "%.2.3d: not a directive"),
        ("%99999999999d", "%99999999999d: expected a field of at most 1048576 bytes"),
        ("%.2147483646s", "%.2147483646s: expected a field of at most 1048576 bytes"),
    ],
)
def test_refused(directive, fault):
    done = run_applet("printf", directive, "1")
    assert done.status == 1 or done.status == 2
    assert done.err.splitlines()[0] == f"printf: {fault}"
