"""Option rows: getopt_long's habits, compared with getopt itself."""

import getopt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import HelpRequested, UsageError
from uroot_py.base.options import Command, Option

SAMPLE = Command(
    "sample",
    "sample [-l] [--append TEXT] FILE",
    Option("-l", "--load", help="load it"),
    Option("-a", "--append", value="TEXT", help="add text"),
    Option("--apple", help="a fruit"),
    Option("-m", "--mem", value="SIZE", help="memory"),
    Option("--color", value="WHEN", optional=True, help="colour"),
    example="sample -l x",
)


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
    assert (given_.values, given_.operands) == (values, operands)


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
    assert (given_.size("mem"), given_.count("load"), given_.number("append")) == (16 << 20, 2, 16)
    assert (given_.size("color"), given_.text("apple"), given_.all("append")) == (
        None,
        None,
        ["0x10"],
    )
    with pytest.raises(UsageError, match="--mem: expected a number"):
        SAMPLE.parse(["-m", "many"]).size("mem")


def test_help():
    for args in (["--help"], ["-h"], ["-lh"]):
        with pytest.raises(HelpRequested) as caught:
            SAMPLE.parse(args)
        assert caught.value.message.startswith("usage: sample [-l]")
        assert "  -a, --append TEXT           add text" in caught.value.message
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
    assert (given_.values, given_.operands) == (expected, operands)
