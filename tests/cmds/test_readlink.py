"""readlink: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
readlink link
readlink words
readlink dangling link
readlink -n link
readlink -f dir/up
readlink -f nothere
readlink -f nothere/x
readlink -e dangling
readlink -m nothere/x
readlink
realpath --canonicalize-missing /nothere/../x/./y
realpath /usr/./bin/..
realpath nothere/x
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
