import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uroot_py.base.errors import UsageError
from uroot_py.files.modes import parse_mode

CLAUSES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "u", "g", "o", "a", "ug", "go", "ugo"]),
        st.sampled_from("+-="),
        st.sampled_from(["", "r", "w", "x", "X", "rw", "rx", "rwx", "s", "t", "u", "g", "o"]),
    ),
)


@given(st.integers(0, 0o7777), st.integers(0, 0o7777))
def test_octal(new, old):
    assert parse_mode(f"{new:o}", old, 0) == new


@settings(max_examples=40)
@given(st.lists(CLAUSES, min_size=1, max_size=3), st.integers(0, 0o7777), st.booleans())
def test_same_as_chmod(tmp_path_factory, clauses, old, directory):
    text = ",".join(clauses)
    path = tmp_path_factory.mktemp("mode") / "x"
    path.mkdir() if directory else path.touch()
    path.chmod(old)
    line = ["sh", "-c", 'umask 022; exec chmod -- "$@"', "sh", text, str(path)]
    subprocess.run(line, check=False, stderr=subprocess.DEVNULL, timeout=10)
    found = path.stat().st_mode & 0o7777
    assert oct(parse_mode(text, old, 0o22, directory=directory)) == oct(found), (text, oct(old))


@pytest.mark.parametrize("text", ["", "u", "8", "77777", "u+q", "+,", "u=x,", "a?x"])
def test_no_mode(text):
    with pytest.raises(UsageError) as caught:
        parse_mode(text, 0, 0)
    assert str(caught.value) == f"expected a mode such as 644, u+x or go=rX, found {text!r}"
