"""From words to a command line."""

import pytest

from tests.support.bootfiles import grub


@pytest.mark.parametrize(
    ("args", "line"),
    [
        pytest.param("a b=c", "a b=c", id="plain"),
        pytest.param("'a b'", '"a b"', id="blank"),
        pytest.param("a\\\\b", "a\\\\b", id="backslash"),
        pytest.param("'a\\x20b'", "a\\x20b", id="hexadecimal-stays"),
        pytest.param('"a\'b"', "a\\'b", id="quote"),
        pytest.param("'x=\"1 2\"'", '"x=\\"1 2\\""', id="quote-and-blank"),
    ],
)
def test_command_lines_are_quoted_as_grub_does(args, line):
    (entry,) = grub(f"menuentry T {{ linux /k {args}; }}").entries
    assert entry.cmdline == line
