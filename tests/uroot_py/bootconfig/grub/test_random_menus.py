"""300 random menus: what GRUB itself starts, and with which values, is the default here."""

import random

import pytest

from tests.support import grub_emu
from tests.support.bootfiles import grub
from uroot_py.bootconfig.grub.words import quote_words

TITLES = ("A", "B", "A B", "a > b", "1", "2", "x*", "é", "A")
WORDS = (
    "1",
    "a b",
    "$x$y",
    "'$x'",
    '"$x"',
    "x\\ y",
    "\\$",
    "ab*",
    '"a\\\\b"',
    "${y}z",
    "''",
    "$none",
)
CONDITIONS = [
    "[ $x = 1 ]",
    '[ -z "$none" ]',
    '[ -n "$y" -a 1 -lt 2 ]',
    "! true",
    "false",
    "true",
    'regexp "^a" "$y"',
    "test 3 -gt 10 -o x = x",
    '[ "$x" \'<\' "$y" ]',
]


class Writer:
    """A random configuration; BODY stands where an entry reports what it was started with."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.ids = []

    def statement(self, depth):
        rng = self.rng
        kind = rng.choice(("set", "set", "export", "if", "for", "entry", "entry", "call", "unset"))
        name = rng.choice("xy")
        if kind == "set":
            return f"set {name}={rng.choice(WORDS)}"
        if kind in ("export", "unset"):
            return f"{kind} {name}"
        if kind == "call":
            return f"f {rng.choice(WORDS)} 2"
        if kind == "entry":
            return self.entry(depth)
        inner = self.block(depth + 1) if depth < 3 else "true"
        if kind == "if":
            other = f"else\n{self.statement(3)}\n" if rng.random() < 0.5 else ""
            return f"if {rng.choice(CONDITIONS)}; then\n{inner}\n{other}fi"
        words = " ".join(rng.choices(WORDS[:6], k=2))
        return f"for {name} in {words}; do\n{inner}\ndone"

    def entry(self, depth):
        rng = self.rng
        title = rng.choice(TITLES)
        option = ""
        if rng.random() < 0.4:
            self.ids.append(f"id{len(self.ids)}")
            option = f" --id {self.ids[-1]}"
        if depth < 2 and rng.random() < 0.3:
            inner = "\n".join(self.entry(depth + 1) for _ in range(rng.randint(1, 3)))
            return f"submenu '{title}'{option} {{\n{inner}\n}}"
        before = f"set y={rng.choice(WORDS)}\n" if rng.random() < 0.4 else ""
        return f"menuentry '{title}'{option} arg {{\n{before}BODY\n}}"

    def block(self, depth):
        return "\n".join(self.statement(depth) for _ in range(self.rng.randint(1, 4)))

    def text(self):
        rng = self.rng
        head = 'function f { x="$1$#"; }\nset x=1\nset y=2\n'
        body = self.block(0)
        last = "\n".join(self.entry(0) for _ in range(3))
        names = [*TITLES, *self.ids, "0", "1", "2", "9", "0>1", "1>0", "nothing", "a >> b"]
        default = rng.choice(names)
        if rng.random() < 0.3:
            default += f">{rng.choice(names)}"
        return f"{head}{body}\n{last}\nset default='{default}'\nset timeout=0\n"


REPORT = '"$1|$2|$#|$x|$y|$chosen"'


@pytest.mark.reference
@pytest.mark.parametrize("seed", range(300))
def test_the_default_is_what_grub_starts(seed, tmp_path):
    text = Writer(seed).text()
    shown = grub_emu.run(text.replace("BODY", f'echo "{grub_emu.MARK}"{REPORT}; exit'), tmp_path)
    default = grub(text.replace("BODY", f"linux /k {REPORT}")).default
    assert default is not None
    assert default.cmdline == quote_words([shown[0]])
