"""Variables of a shell: exported, read-only, local, quoted so that dash reads them back."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uroot_py.base.errors import UsageError
from uroot_py.shell.variables import Variables, quoted


@settings(max_examples=25)
@given(st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=20))
def test_dash_reads_back_what_is_quoted(text):
    words = ["dash", "-c", f"printf %s {quoted(text)}"]
    assert subprocess.run(words, capture_output=True, check=True).stdout.decode() == text


@pytest.fixture
def variables():
    return Variables({"HOME": "/root"}, "sh", ["1", "2"])


def test_only_what_is_exported_is_inherited(variables):
    variables.set("a", "1")
    variables.set("b", "2")
    variables.export("b")
    variables.export("unset")
    assert variables.environment() == {"HOME": "/root", "b": "2"}
    variables.unset("b")
    variables.set("b", "3")
    assert variables.environment() == {"HOME": "/root"}


def test_allexport(variables):
    variables.options.add("a")
    variables.set("a", "1")
    assert variables.environment() == {"HOME": "/root", "a": "1"}


def test_whoever_made_the_environment_is_told_of_changes(variables):
    variables.stale = False
    variables.set("a", "1")
    assert not variables.stale
    variables.set("HOME", "/")
    assert variables.stale


@pytest.mark.parametrize("work", [lambda v: v.set("a", "2"), lambda v: v.unset("a")])
def test_read_only(variables, work):
    variables.set("a", "1")
    variables.readonly.add("a")
    with pytest.raises(UsageError) as caught:
        work(variables)
    assert (str(caught.value), variables.get("a")) == ("a: is read only", "1")


def test_what_a_function_hides_comes_back(variables):
    variables.set("a", "outer")
    variables.hidden.append({})
    for name in ("a", "HOME", "new"):
        variables.hide(name)
        variables.set(name, "inner")
        variables.hide(name)  # twice is once
    variables.export("a")
    variables.export("HOME", on=False)
    variables.unhide()
    assert (variables.get("a"), variables.get("HOME"), variables.get("new")) == (
        "outer", "/root", None,
    )  # fmt: skip
    assert variables.environment() == {"HOME": "/root"}


def test_getopts_begins_again_with_optind(variables):
    variables.option_offset = 3
    variables.set("OPTIND", "1")
    assert variables.option_offset == 1


def test_letters(variables):
    variables.options |= {"x", "e", "C"}
    assert variables.letters() == "Cex"
