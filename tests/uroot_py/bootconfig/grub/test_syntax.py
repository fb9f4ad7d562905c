"""GRUB's language against grub-script-check, and faults to the letter."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.grub_scripts import BAD, GOOD
from uroot_py.bootconfig.grub.syntax import MAX_FAULTS, MAX_NESTING, If, Loop, SimpleCommand, parse


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in GOOD.items()])
def test_accepted(text):
    assert parse(text + "\necho z\n").faults == []


@pytest.mark.parametrize(
    ("text", "fault"), [pytest.param(*row, id=name) for name, row in BAD.items()]
)
def test_refused(text, fault):
    faults = [str(fault) for fault in parse(text + "\necho z\n").faults]
    assert faults[0].startswith(fault)


def script_check(text: str) -> bool:
    """Whether GRUB's own parser accepts TEXT; a last command, because it wants at least one."""
    done = subprocess.run(
        ["grub-script-check"], input=(text + "\necho z\n").encode(), capture_output=True, timeout=20
    )
    return done.returncode == 0


def test_the_table_says_what_grub_says():
    wrong = [name for name, text in GOOD.items() if not script_check(text)]
    wrong += [name for name, (text, _) in BAD.items() if script_check(text)]
    assert wrong == []


WORDS = ["echo", "a", '"b c"', "$x", '"$x"', "'q'", "if", "then", "else", "elif", "fi", "for", "in"]
WORDS += ["do", "done", "while", "until", "function", "f", "{", "}", ";", "\n", "true", "!", "#c\n"]
WORDS += ["menuentry", "\\\n", "x=1", "[", "]", "|"]


@pytest.mark.reference
@given(st.lists(st.sampled_from(WORDS), max_size=14))
def test_random_scripts_are_judged_as_grub_does(words):
    text = " ".join(words)
    assert (parse(text + "\necho z\n").faults == []) == script_check(text)


@given(st.text(alphabet="if then;fo rdneach{}$'\"\\\n#xy01@?*=[]|&<>\t\0\r", max_size=60))
def test_any_text_is_parsed_or_refused(text):
    script = parse(text)
    assert len(script.faults) <= MAX_FAULTS


def test_what_statements_become():
    script = parse("if a; then b 'c d'; fi\nfor x in 1 2; do echo $x; done\nm t { n\n }\n")
    condition, loop, entry = script.body
    assert isinstance(condition, If)
    assert isinstance(loop, Loop)
    assert isinstance(entry, SimpleCommand)
    assert (condition.line, loop.line, entry.line) == (1, 2, 3)
    (inner,) = condition.arms[0][1]
    assert isinstance(inner, SimpleCommand)
    assert inner.words == [[("text", "b", False)], [("text", "c d", True)]]
    assert loop.name == "x"
    assert isinstance(loop.body[0], SimpleCommand)
    assert loop.body[0].words[1] == [("name", "x", False)]
    assert entry.block is not None
    assert entry.block[0].line == 3


def test_lines_are_counted_through_quotes_and_continuations():
    script = parse('echo "a\nb" \\\nc\necho d\n\n# x\necho e')
    assert [node.line for node in script.body] == [1, 4, 7]


def test_a_fault_drops_its_statement_only():
    script = parse("echo a\nif x; then fi\necho b\nmenuentry 'c' { | }\necho d\n")
    assert [node.line for node in script.body] == [1, 3, 5]
    assert [fault.offset for fault in script.faults] == [2, 4]


def test_nesting_is_bounded():
    deep = "if a; then " * (MAX_NESTING + 5) + "b; " + "fi; " * (MAX_NESTING + 5)
    (first, *_) = parse(deep).faults
    assert str(first) == f"line 1: if: expected at most {MAX_NESTING} levels, found more"
    fits = "if a; then " * MAX_NESTING + "b; " + "fi; " * (MAX_NESTING - 1) + "fi"
    assert parse(fits).faults == []


def test_garbage_ends_after_so_many_faults():
    assert len(parse("}\n" * 100_000).faults) == MAX_FAULTS


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("a " * 5000, "line 1: a: expected at most 4096 words, found 'a'", id="words"),
        pytest.param(
            "for i in " + "a " * 5000,
            "line 1: for: expected at most 4096 words, found 'a'",
            id="for",
        ),
        pytest.param(
            "a\n" * 60_000,
            "line 50001: script: expected at most 100000 tokens, found more",
            id="all",
        ),
    ],
)
def test_size_is_bounded(text, fault):
    assert [str(fault) for fault in parse(text).faults] == [fault]
