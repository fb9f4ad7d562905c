"""Options of GRUB's commands: each form, and what GRUB does not run."""

import pytest

from uroot_py.bootconfig.grub.options import UnknownOptionError, split

KNOWN = "file/f set/s? hint/h: plain"


@pytest.mark.parametrize(
    ("words", "options", "operands"),
    [
        pytest.param("a --plain b", {"plain": [""]}, ["a", "b"], id="anywhere"),
        pytest.param("--set=x a", {"set": ["x"]}, ["a"], id="equals"),
        pytest.param("a --set x", {"set": ["x"]}, ["a"], id="next-word"),
        pytest.param("--set --plain a", {"set": [""], "plain": [""]}, ["a"], id="no-value"),
        pytest.param("a --set", {"set": [""]}, ["a"], id="last"),
        pytest.param("-f -s x a", {"file": [""], "set": ["x"]}, ["a"], id="letters"),
        pytest.param("-fs x a", {"file": [""], "set": ["x"]}, ["a"], id="letters-joined"),
        pytest.param("-s -f a", {"set": [""], "file": [""]}, ["a"], id="letter-no-value"),
        pytest.param("-h -f", {"hint": ["-f"]}, [], id="letter-takes-a-dash"),
        pytest.param("--hint a --hint=b", {"hint": ["a", "b"]}, [], id="twice"),
        pytest.param("-f -- -s", {"file": [""]}, ["-s"], id="end-of-options"),
        pytest.param("-", {}, ["-"], id="dash"),
    ],
)
def test_split(words, options, operands):
    assert split(words.split(), KNOWN) == (options, operands)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param("--other", "unknown argument --other", id="long"),
        pytest.param("-fx", "unknown argument -fx", id="letter"),
        pytest.param("--hint", "--hint needs a value", id="value"),
        pytest.param("--plain=x", "--plain=x takes no value", id="no-value"),
        pytest.param("-hf", "-hf needs a value", id="value-in-letters"),
    ],
)
def test_what_grub_does_not_run(words, message):
    with pytest.raises(UnknownOptionError, match=message):
        split(words.split(), KNOWN)


def test_some_commands_take_unknown_options_for_operands():
    words = ["--other=1", "-sx", "-f", "a"]
    assert split(words, KNOWN, dash=True) == ({"file": [""]}, ["--other=1", "-sx", "a"])
