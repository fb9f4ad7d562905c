"""The language: each script gives on our shell what it gives on dash."""

import pytest

from tests.support.shell import run_dash, run_ours

CASES = [
    pytest.param("echo hello world", id="words"),
    pytest.param("echo 'a  b' \"c  d\" e\\ \\ f", id="quotes"),
    pytest.param("x=5; echo $x ${x} ${y:-def} ${#x}", id="variables"),
    pytest.param("false; echo $?; true; echo $?", id="status"),
    pytest.param("true && echo a || echo b; false && echo c || echo d", id="and-or"),
    pytest.param("for i in 1 2 3; do echo $i; done | tac", id="pipe-from-loop"),
    pytest.param("echo one > f; echo two >> f; cat < f; rm f", id="redirections"),
    pytest.param("exit 7", id="exit"),
    pytest.param("nosuchcommand", id="unknown-command"),
    pytest.param("echo a | cat | cat; echo $?", id="pipeline-status"),
    pytest.param('f() { echo "f $@"; return 3; }; f a b; echo $?', id="function"),
    pytest.param("cat <<E\ndoc $HOME\nE", id="here-document"),
    pytest.param("kill -SEGV $$", id="killed"),
    pytest.param("sh -c 'kill -SEGV $$'; echo $?", id="child-killed"),
]


@pytest.mark.parametrize("script", CASES)
def test_same_as_dash(script, tmp_path):
    ours, dash = run_ours(script, folder=tmp_path), run_dash(script, folder=tmp_path)
    assert (ours.out, ours.status) == (dash.out, dash.status)
