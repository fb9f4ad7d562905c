"""find: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
find
find dir
find dir -type f
find dir -type d
find . -type l
find . -name '*.txt'
find . -name 'o*' -o -name 't*'
find . -iname 'ONE'
find dir -maxdepth 1
find dir -mindepth 2
find dir -maxdepth 0
find . -size +100c
find . -size -2
find . -size 1
find . -empty
find . -path './dir/*' -type f
find dir -print0
find . -perm 640
find . -perm -u+x -type f
find . -perm /111 -type f
find . -newer words -type f
find . ! -name '*e*'
find . -not -type f -not -type d
find dir -name sub -prune -o -print
find dir '(' -name one -o -name two.txt ')' -print
find dir -type f -delete
find dir -delete
find dir -depth
find . -name words -exec echo found {} ';'
find dir -type f -exec echo {} +
find . -name words -exec false ';' -print
find . -links 1 -name words
find -L dirlink -type f
find dirlink
find dirlink/
find nothere
find dir words -name one
find dir -name one -quit
find dir -type f,l
find . -mtime +100 -name words
find . -mtime -1 -name words
find dir -user root -name one
find dir -user nosuchuser
find dir -xdev -name three.txt
find dir -true -name one
find dir -false
find dir -nosuch
find dir -name
find dir '('
find dir -type q
find dir -name one -a -type f -print -print
find . -name words -exec cat {} ';'
find emptydir words numbers -maxdepth 0 -empty
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
