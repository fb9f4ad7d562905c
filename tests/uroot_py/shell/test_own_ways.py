"""Where our shell answers otherwise than dash, or says more: the exact words."""

import os
from typing import ClassVar

import pytest

from tests.support.shell import run_ours

CASES = [
    # (script, output, errors, status)
    pytest.param("x=äß€; echo ${#x}", "3\n", "", 0, id="length-in-characters"),
    pytest.param("echo $(( ))", "0\n", "", 0, id="empty-arithmetic"),
    pytest.param("echo $((echo a); (echo b))", "a b\n", "", 0, id="subshell-after-dollar"),
    pytest.param(
        "wihle true; do :; done",
        "",
        "sh: line 1: syntax: expected a command, found 'do'\n",
        2,
        id="syntax",
    ),
    pytest.param(
        "echo a\n\nif true\nthen echo b\n",
        "a\n",
        "sh: line 5: if of line 3: expected 'fi', found end of file\n",
        2,
        id="syntax-with-the-line-of-the-beginning",
    ),
    pytest.param("pwdd", "", "sh: line 1: pwdd: not found, did you mean pwd?\n", 127, id="nearest"),
    pytest.param("\nxyzzyx", "", "sh: line 2: xyzzyx: not found\n", 127, id="unknown"),
    pytest.param("./x", "", "sh: line 1: ./x: no such file or directory\n", 127, id="path"),
    pytest.param("cat < x", "", "sh: line 1: x: no such file or directory\n", 2, id="redirect"),
    pytest.param(
        "echo >&x", "", "sh: line 1: >&x: expected a descriptor number or -\n", 2, id="fd"
    ),
    pytest.param(
        "cd /x; echo $?", "2\n", "sh: line 1: cd: /x: no such file or directory\n", 0, id="cd"
    ),
    pytest.param("echo ${x?}", "", "sh: line 1: x: parameter not set\n", 2, id="not-set"),
    pytest.param("echo ${x:?why}", "", "sh: line 1: x: why\n", 2, id="not-set-why"),
    pytest.param("set -u\n: $x", "", "sh: line 2: x: parameter not set\n", 2, id="nounset"),
    pytest.param("readonly x; x=1", "", "sh: line 1: x: is read only\n", 2, id="readonly"),
    pytest.param("shift 2", "", "sh: line 1: shift: cannot shift 2 of 0\n", 2, id="shift"),
    pytest.param(
        "break x", "", "sh: line 1: break: expected a number, found 'x'\n", 2, id="number"
    ),
    pytest.param("trap : XY", "", "sh: line 1: no signal 'XY'; kill -l lists them\n", 2, id="trap"),
    pytest.param(
        "echo $((1+))",
        "",
        "sh: line 1: arithmetic: '1+': expected a number, found the end\n",
        2,
        id="arithmetic-end",
    ),
    pytest.param(
        "echo $((2 3))",
        "",
        "sh: line 1: arithmetic: '2 3': expected an operator, found '3'\n",
        2,
        id="arithmetic-operator",
    ),
    pytest.param("echo $((1/0))", "", "sh: line 1: arithmetic: division by zero\n", 2, id="zero"),
    pytest.param(
        "f() { f; }; f",
        "",
        "sh: line 1: f: more than 500 calls inside each other\n",
        2,
        id="endless-recursion",
    ),
    pytest.param(
        "sh -c 'kill -9 $$'; echo $?",
        "137\n",
        "sh: line 1: sh -c kill -9 $$: ended by signal 9, SIGKILL: killed; the kernel does this"
        " when memory is short, see dmesg\n",
        0,
        id="killed",
    ),
    pytest.param(
        "getopts a: o -a; OPTIND=1; getopts a o -z",
        "",
        "sh: line 1: getopts: option -a needs a value\nsh: line 1: getopts: option -z is unknown\n",
        0,
        id="getopts",
    ),
    pytest.param(
        "set -C; : > f; : > f",
        "",
        "sh: line 1: f: file exists; set +C, or use >|\n",
        2,
        id="noclobber",
    ),
    pytest.param(
        "printf '\\177ELF\\0' > f; chmod +x f; ./f; echo $?",
        "126\n",
        "sh: line 1: ./f: not a program of this machine, nor a script\n",
        0,
        id="foreign-program",
    ),
]


@pytest.mark.parametrize(("script", "out", "err", "status"), CASES)
def test_says(script, out, err, status, tmp_path):
    done = run_ours(script, folder=tmp_path)
    assert (done.out, done.err, done.status) == (out, err, status)


def test_deep_recursion_within_the_bound():
    script = "f() { if true; then { case $1 in 0) echo end;; *) f $(($1-1));; esac; }; fi; }; f 450"
    assert run_ours(script).out == "end\n"


def test_source_takes_arguments(tmp_path):
    (tmp_path / "f").write_text("echo $1\n")
    assert run_ours("set -- a; . ./f b; echo $1", folder=tmp_path).out == "b\na\n"


class Applets:
    """Three applets: one that prints its arguments, one that crashes, one that needs no child."""

    names = ("show", "crash", "here")
    sections: ClassVar = {"some": {"show": "print words", "crash": "fail"}}

    def prepare(self, name):
        assert name in self.names

    def quick(self, args):
        return args[0] == "here"

    def run_quick(self, args, *, terminal=False):
        return len(args) - 1, f"here in {os.getpid()} {' '.join(args[1:])}\n".encode(), b""

    def run(self, name, args):
        if name == "crash":
            raise ZeroDivisionError("of an applet")
        os.write(1, (" ".join([name, *args]) + "\n").encode())
        return len(args)


def test_applets_run_in_a_child_without_exec():
    done = run_ours("x=1; show a b; echo $?; show | cat; y=$(show q); echo $y", launcher=Applets())
    assert (done.out, done.err, done.status) == ("show a b\n2\nshow\nshow q\n", "", 0)


def test_applet_comes_before_a_program_but_not_before_a_function():
    assert run_ours("show() { echo function; }; show; command show", launcher=Applets()).out == (
        "function\nshow\n"
    )


def test_quick_applets_run_in_the_shell_itself(tmp_path):
    script = "x=2 here $$ $x; echo $?; command here a $$ > f; cat f"
    done = run_ours(script, folder=tmp_path, launcher=Applets())
    first, status, second = done.out.splitlines()
    pid = first.split()[2]
    assert (first, status) == (f"here in {pid} {pid}", "1")
    assert second == f"here in {pid} a {pid}"


def test_quick_applets_in_pipes_and_without_an_output():
    done = run_ours("here >&-; here a | grep -c here; here() { echo f; }; here", launcher=Applets())
    assert (done.out, done.err) == ("1\nf\n", "sh: line 1: here: bad file descriptor\n")


def test_crash_of_an_applet():
    done = run_ours("crash; echo $?", launcher=Applets())
    assert (done.out, done.err) == ("1\n", "ZeroDivisionError: of an applet\n")
