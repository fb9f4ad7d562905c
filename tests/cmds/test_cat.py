"""cat: beside this machine's tool, what it says when it cannot."""

import pytest

from tests.support import applet, reference

LINES = """
cat words
cat words numbers unended empty
cat -n words unended words
cat -b blanks words
cat -s blanks
cat -ns blanks
cat -A binary
cat -v latin
cat -e spaced
cat -t spaced
cat -ET spaced
cat - words < numbers
cat < words
cat nothere words
cat dir
cat -u words
cat --number --squeeze-blank blanks blanks
cat --no-such-option
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


MESSAGES = [
    pytest.param("cat /nothere", 1, "cat: /nothere: no such file or directory\n", id="cat"),
    pytest.param("cat /proc", 1, "cat: /proc: is a directory\n", id="cat-directory"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "status", "text"), MESSAGES)
def test_message(line, status, text):
    applet.complains(line, status, text)
