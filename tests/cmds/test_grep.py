"""grep: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = r"""
grep a words
grep -c a words
grep -n a words
grep -v a words
grep -i APPLE words
grep -w apple words
grep -x apple words
grep -l apple words numbers
grep -L apple words numbers
grep -o p words
grep -o 'p*' words
grep -q apple words
grep -q nothing words
grep nothing words
grep -e fig -e pear words
grep -f unended words
grep -F a.b words
grep -F apple words
grep -E 'fig|pear' words
grep -E -G 'fig|pear' words
grep 'fig\|pear' words
grep -E '^a' words
grep 'e$' words
grep '^$' words
grep -E 'p{2}' words
grep 'p\{2\}' words
grep -E '(p)\1' words
grep '\(p\)\1' words
grep '[[:upper:]]' words
grep '[^a-z]' words
grep '[]]' words
grep 'a.p' words
grep -E 'ap+l' words
grep 'ap\+l' words
grep -E 'ap?p' words
grep '\<pie' words
grep 'pie\>' words
grep '\bpie\b' words
grep -E '\w+ \w+' words
grep -m 1 a words
grep -A 1 fig words
grep -B 1 fig words
grep -C 1 banana words
grep -A1 a long
grep -n -A 1 -B 1 '5 line' long
grep -c a words numbers
grep -H a words
grep -h a words numbers
grep -r apple dir words
grep -r 1 dir
grep -r 3 .
grep -rl 3 dir
grep -r --include='*.txt' 3 dir
grep -r --exclude='*.txt' . dir
grep a nothere
grep -s a nothere
grep -s a nothere words
grep hello binary
grep -a hello binary
grep -c hello binary
grep -n line unended
grep a < words
grep -H a < words
grep
grep -E 'a**' words
grep -E '*a' words
grep '*a' words
grep -E 'a{,2}b' words
grep -E '()' words
grep -E 'a|' words
grep '[' words
grep '\(' words
grep -E '(' words
grep -E ')' words
grep -E 'a{1' words
grep -vc a words
grep -on a words
grep -e words -- words
grep -w p words
grep -ow 'apple' words
grep -xv apple words
grep -E '^(a|b).*(e|a)$' words
grep -i 'PIE$' words
grep -E '[0-9]{2,}' numbers
grep -m 2 -A 1 . words
grep -nv . blanks
grep '' empty
grep '' unended
grep -F '' words
grep -F -x '' words
grep -F -w apple words
grep -F -i FIG words
grep -e '' words
grep 'x*' words
egrep 'fig|pear' words
egrep -c 'a+' words
fgrep a.p words
fgrep apple words
grep -E '[[:digit:]]+' numbers
grep '[a-c[:digit:]]' words
grep -E 'b?anana' words
grep -o -E 'a|an|ana' words
grep -E '^.{4}$' words
grep '\.5' numbers
grep -- -3 numbers
grep -c '' words
grep -rI hello .
grep -2 banana words
grep -I hello binary words
grep -r --exclude-dir=sub . dir
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
