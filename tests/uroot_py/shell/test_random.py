"""Random scripts: the same output and status on our shell as on dash."""

import random

import pytest

from cmds.sh import Applets
from tests.support.shell import run_dash, run_ours

WORDS = (
    *("a", "b", "''", '"b c"', "'*'", "[ab]*", "$?", '"$?"', "$#", '"$@"', "$*", '"$*"', "~/a"),
    *("$x", '"$x"', "${x}b", "${#y}", "$y", '"$y$x"', "$1", '"${2-}"', "$z$z", "$@b"),
)
OPERATORS = (":-", "-", ":+", "+", ":=", "=", "?", "%", "%%", "#", "##")
SIGNS = ("+", "-", "*", "<", "==", "&&", "||", "%", "=", "+=")
JOINTS = ("; ", "; ", "\n", " && ", " || ")
REDIRECTS = ("> f", "< f", ">> f", "2> /dev/null", ">&-", "< nosuch", "3> f >&3", "> nosuch/f")
SIMPLE = (
    *("true", "false", ":", "f a", "g", "f $? b", "f", "g > f", "f 2>> f a", "x=5 f", "(g)"),
    *("set -e", "set +e", "set -u", "set -f", "set +f", "set --", "set -- a 'b c'", "set +u"),
    *("shift", "unset x", "cat d", "exit", "return", "return 4", "break", "continue", "break 2"),
    *("continue 2", "readonly z", "eval fi", "IFS=' b'", "unset IFS", "wait", "exit 3", "local x"),
    *("trap 'echo t $?' EXIT", "trap false EXIT", "trap - EXIT", "trap '(exit 3); exit' EXIT"),
    *("[ a = b ]", "test -n b", "nosuch", "command shift 9", "command eval fi", "export x=e y"),
    *("command -v cd", "printf '%s,' \"$@\"", "echo", "pwd > /dev/null", "cd .", ". ./d", ". ./e"),
    *("trap 'echo usr $?' USR1", "x=$(false)", "y=$? x=$(exit 5)", "echo $?"),
    *("echo $(false) $?", "shift 5", "command exit 2", "exec 3>&1", "echo 3 >&3"),
)
# Every loop ends, and every function does; there are names for patterns to find.
HEAD = """n=0; count() { n=$((n+1)); [ $n -lt 6 ]; }; : > a; : > ab; echo 'x=d' > d
echo 'return 6' > e; f() { echo f$?$1; }; g() { return 3; }
"""


class Writer:
    """Makes scripts; the same seed, the same script."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def script(self) -> str:
        lines = [self.command(4) for _ in range(self.random.randint(2, 8))]
        signal = "trap 'echo usr $?; false' USR1; kill -USR1 $$; echo $?"
        return HEAD + "\n".join([*lines, self.random.choice(("", signal)), self.command(2)])

    def some(self, depth: int) -> str:
        text = self.command(depth)
        for _ in range(self.random.randint(0, 2)):
            text += self.random.choice(JOINTS) + self.command(depth)
        return text

    def word(self, depth: int) -> str:
        kind = self.random.randint(0, 9) if depth > 0 else 0
        if kind < 5:
            return self.random.choice(WORDS)
        name = self.random.choice("xyz1")
        if kind < 7:
            text = f"${{{name}{self.random.choice(OPERATORS)}{self.word(depth - 1)}}}"
        elif kind == 7:
            text = f"$(({name.replace('1', 'x')} {self.random.choice(SIGNS)} {depth}))"
        else:
            text = f"$( {self.some(depth - 1)}\n)"
        return f'"{text}"' if self.random.random() < 0.4 and '"' not in text else text

    def command(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.35:
            return self.random.choice(SIMPLE)
        text = self.random.choice(_COMPOUND)(self, depth - 1)
        if self.random.random() < 0.2 and text[-1] in "e}ic)" and "\n" not in text[-9:]:
            text += " " + self.random.choice(REDIRECTS)
        return text

    def _echo(self, depth: int) -> str:
        return " ".join(["echo", *(self.word(depth) for _ in range(self.random.randint(0, 3)))])

    def _assign(self, depth: int) -> str:
        text = f"{self.random.choice('xyz')}={self.word(depth)}"
        return text + " " + self.random.choice(("", "", "f b", "true", "g", ":", "eval 'echo $x'"))

    def _group(self, depth: int) -> str:
        return self.random.choice(("{{ {}; }}", "({})")).format(self.some(depth))

    def _pipe(self, depth: int) -> str:
        return f"{self._group(depth)} | {self._group(depth)}"

    def _not(self, depth: int) -> str:
        return f"! {self._group(depth)}"

    def _if(self, depth: int) -> str:
        text = f"if {self.some(depth)}; then {self.some(depth)}; "
        if self.random.random() < 0.5:
            text += f"elif {self.some(depth)}; then {self.some(depth)}; "
        return text + (f"else {self.some(depth)}; fi" if self.random.random() < 0.5 else "fi")

    def _for(self, depth: int) -> str:
        words = " ".join(self.word(depth) for _ in range(self.random.randint(0, 3)))
        over = self.random.choice(("", f" in {words}", f" in {words}"))
        return f"for {self.random.choice('xyw')}{over}\ndo {self.some(depth)}; done"

    def _while(self, depth: int) -> str:
        head = self.random.choice(
            ("while count", "until ! count", f"while count && {self._group(depth)}")
        )
        return f"{head}; do {self.some(depth)}; done"

    def _case(self, depth: int) -> str:
        arms = f"{self.word(0)}|a) {self.some(depth)};; [bc]*) ;; *) {self.some(depth)}"
        return f"case {self.word(depth)} in {arms}\n esac"

    def _function(self, depth: int) -> str:
        # A function that called itself would never end.
        body = self.some(depth).replace("f ", "g ").replace("f\n", "g\n").replace("f;", "g;")
        return f"f() {{ {body}; }}"

    def _eval(self, depth: int) -> str:
        return "eval '" + self.some(depth).replace("'", "'\\''") + "'"

    def _read(self, depth: int) -> str:
        return f"read {self.random.choice('xyz')} w <<E\n{self.word(0)} b c\nE\n"


_COMPOUND = (
    *(Writer._echo, Writer._echo, Writer._assign, Writer._group, Writer._pipe, Writer._not),
    *(Writer._if, Writer._for, Writer._while, Writer._case, Writer._function, Writer._eval),
    *(Writer._read, Writer._group),
)


def check(seed, folder):
    script = Writer(seed).script()
    done = []
    for run in (run_dash, lambda *args, **more: run_ours(*args, **more, launcher=Applets())):
        for path in folder.iterdir():
            path.unlink()
        done.append(run(script, "a", "c b", folder=folder))
    dash, ours = done
    assert (ours.out, ours.status) == (dash.out, dash.status), f"{script}\n{ours.err}{dash.err}"


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_same_as_dash(first, tmp_path):
    for seed in range(first, first + 10):
        check(seed, tmp_path)
