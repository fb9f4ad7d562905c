"""test: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
test
test word
test ''
test -n ''
test -z ''
test -e words
test -e nothere
test -f words
test -f dir
test -d dirlink
test -L link
test -h words
test -s empty
test -s words
test -x dir/one
test -r words -a -w words
test a = a
test a = b
test a == a
test a != b
test 1 -eq 01
test 2 -lt 10
test 10 -le 9
test -5 -gt -6
test 3 -ge 3
test 1 -ne 1
test abc -eq 1
test ! -e nothere
test ! word
test ! ! word
test '(' a = a ')'
test '(' a = b -o c = c ')' -a d = d
test a = b -o c = c
test a = a -a c = d
test ! a = b
test numbers -nt words
test words -ot numbers
test words -ef link
test words -nt nothere
test nothere -ot words
test = = =
test -n = -n
test !
test -d
test '('
test a b
test 1 -eq
test '(' a
test -a = -o
test -b words
test -c /dev/null
test -p words
test -S words
test -k dir
test -t 99
test -G words
test -O words
[ a = a ]
[ a = a
[ -f words ]
[ ]
[ ! -d words ]
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
