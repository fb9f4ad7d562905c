"""Cut values and path names, beside bash's."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.shell.pattern import glob, trim


@given(st.text("ab.", max_size=10), st.sampled_from(["#", "##", "%", "%%"]))
def test_trim_leaves_a_part(value, op):
    left = trim(value, op, "*." if op[0] == "#" else ".*")
    assert value.endswith(left) if op[0] == "#" else value.startswith(left)


@given(
    st.text("ab.", max_size=10),
    st.sampled_from(["#", "##", "%", "%%"]),
    st.sampled_from(["a*", "*a", "?", "[ab]*", "*.*", "", "*", "b"]),
)
def test_trim_by_its_definition(value, op, pattern):
    """The shortest or longest part at that end which is matched, tried one by one."""
    import fnmatch

    parts = [value[:n] if op[0] == "#" else value[len(value) - n :] for n in range(len(value) + 1)]
    fits = [part for part in parts if fnmatch.fnmatchcase(part, pattern)]
    if not fits:
        assert trim(value, op, pattern) == value
        return
    cut = len(fits[-1] if len(op) == 2 else fits[0])
    assert trim(value, op, pattern) == (value[cut:] if op[0] == "#" else value[: len(value) - cut])


PATTERNS = ["*", "a*", "*/", "*/*", ".*", "?", "[ab]", "sub/../a*", "nothere*", "*/x", "\\*", "s*/"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_paths_as_bash_finds_them(pattern, tmp_path, monkeypatch):
    for name in ("a", "b", "ab", ".hidden", "*", "sub/x", "sub/.y", "other/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    words = ["bash", "-c", f"shopt -s nullglob; LC_ALL=C; printf '%s\\n' {pattern}"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=20)
    expected = [line for line in done.stdout.splitlines() if line]
    assert [name for name in glob(pattern) if name not in (".", "..")] == [
        name for name in expected if name not in (".", "..")
    ]
