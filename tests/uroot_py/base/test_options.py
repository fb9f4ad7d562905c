"""Option rows: getopt_long's habits, compared with getopt itself."""

import getopt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import HelpRequested, UsageError
from uroot_py.base.options import Command, Ignored, Option

SAMPLE = Command(
    "sample",
    "sample [-l] [--append TEXT] FILE",
    LOAD := Option("-l", "--load", help="load it"),
    APPEND := Option("-a", "--append", value="TEXT", help="add text"),
    APPLE := Option("--apple", help="a fruit"),
    MEM := Option("-m", "--mem", value="SIZE", help="memory"),
    COLOR := Option("--color", value="WHEN", optional=True, help="colour"),
    Ignored("-q", "--quiet"),
    example="sample -l x",
)


def said(parsed):
    return {row.name.lstrip("-"): texts for row, texts in parsed.values.items() if texts}


@pytest.mark.parametrize(
    ("args", "values", "operands"),
    [
        pytest.param(["-l", "k"], {"load": [""]}, ["k"], id="flag"),
        pytest.param(["-lax", "k"], {"load": [""], "append": ["x"]}, ["k"], id="joined"),
        pytest.param(["k", "-a", "x"], {"append": ["x"]}, ["k"], id="operand first"),
        pytest.param(["--append=x y"], {"append": ["x y"]}, [], id="equals"),
        pytest.param(["--append", "-l"], {"append": ["-l"]}, [], id="value like an option"),
        pytest.param(["--appe=1", "--appe", "2"], {"append": ["1", "2"]}, [], id="abbreviated"),
        pytest.param(["--", "-l"], {}, ["-l"], id="end of options"),
        pytest.param(["-"], {}, ["-"], id="dash alone"),
        pytest.param(["--color", "k"], {"color": [""]}, ["k"], id="optional left out"),
        pytest.param(["--color=never"], {"color": ["never"]}, [], id="optional given"),
        pytest.param(["--append="], {"append": [""]}, [], id="empty value"),
    ],
)
def test_parse(args, values, operands):
    given_ = SAMPLE.parse(args)
    assert (said(given_), given_.operands) == (values, operands)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--app"], "--app could be any of --append, --apple"),
        (["--loda"], "unknown option --loda, did you mean --load?"),
        (["-z"], "unknown option -z"),
        (["--append"], "--append needs a value (TEXT)"),
        (["-a"], "-a needs a value (TEXT)"),
        (["--load=1"], "--load takes no value"),
    ],
)
def test_wrong_usage(args, message):
    with pytest.raises(UsageError) as caught:
        SAMPLE.parse(args)
    assert str(caught.value) == f"{message}; usage: {SAMPLE.synopsis}"
    assert caught.value.status == 2


def test_operand_bounds():
    with pytest.raises(UsageError, match="an operand is missing"):
        SAMPLE.parse([], min_operands=1)
    with pytest.raises(UsageError, match="unexpected operand 'b'"):
        SAMPLE.parse(["a", "b"], max_operands=1)


def test_typed_values():
    given_ = SAMPLE.parse(["-m", "16M", "-l", "-l", "-a", "0x10"])
    assert (given_.size(MEM), given_.count(LOAD), given_.number(APPEND)) == (16 << 20, 2, 16)
    assert (given_.size(COLOR), given_.text(APPLE), given_.all(APPEND)) == (
        None,
        None,
        ["0x10"],
    )
    with pytest.raises(UsageError, match="--mem: expected a number"):
        SAMPLE.parse(["-m", "many"]).size(MEM)


@pytest.mark.parametrize(
    ("args", "last"),
    [([], None), (["-l"], LOAD), (["-l", "--apple"], APPLE), (["--apple", "-ll", "-m1"], LOAD)],
)
def test_the_last_of_several(args, last):
    assert SAMPLE.parse(args).last(LOAD, APPLE) is last


def test_a_row_of_another_command_cannot_be_asked_for():
    strange = Option("-l", "--load", help="the same spelling is not the same row")
    with pytest.raises(KeyError, match=r"Option\('-l', '--load'\)"):
        SAMPLE.parse(["-l"]).flag(strange)


def test_a_spelling_is_declared_once():
    with pytest.raises(ValueError, match="bad: an option is declared twice"):
        Command("bad", "bad", Option("-l", help="one"), Option("-l", "--load", help="two"))


def test_help():
    for args in (["--help"], ["-h"], ["-lh"]):
        with pytest.raises(HelpRequested) as caught:
            SAMPLE.parse(args)
        assert caught.value.message.startswith("usage: sample [-l]")
        assert "  -a, --append TEXT           add text" in caught.value.message
        assert "quiet" not in caught.value.message
        assert caught.value.message.endswith("example: sample -l x")


def test_posix_stops_at_the_first_operand():
    command = Command("env", "env [-i] NAME", Option("-i", help="empty"), posix=True)
    assert command.parse(["-i", "ls", "-l"]).operands == ["ls", "-l"]


WORDS = st.lists(
    st.sampled_from(
        ["-l", "-a", "x", "--load", "--append", "--append=y", "--apple", "--", "-la", "-lav", "-"]
    )
)


@given(WORDS)
def test_agrees_with_getopt(words):
    try:
        pairs, operands = getopt.gnu_getopt(words, "la:", ["load", "append=", "apple"])
    except getopt.GetoptError:
        with pytest.raises(UsageError):
            SAMPLE.parse(words)
        return
    expected: dict[str, list[str]] = {}
    for name, value in pairs:
        key = {"-l": "load", "-a": "append"}.get(name, name.lstrip("-"))
        expected.setdefault(key, []).append(value)
    given_ = SAMPLE.parse(words)
    assert (said(given_), given_.operands) == (expected, operands)
