"""sed: beside this machine's tool, what it says when it cannot."""

import pytest

from tests.support import applet, reference

LINES = r"""
sed p words
sed -n p words
sed -n 2p words
sed -n '2,4p' words
sed -n '$p' words
sed -n '/fig/p' words
sed -n '/apple/,/banana/p' words
sed 2d words
sed '2,4d' words
sed '/apple/d' words
sed '$d' words
sed '2!d' words
sed 's/a/X/' words
sed 's/a/X/g' words
sed 's/a/X/2' words
sed 's/a/X/2g' words
sed -n 's/a/X/p' words
sed 's/A/x/I' words
sed 's/\(a\)\(p\)/\2\1/' words
sed -E 's/(a)(p)/\2\1/' words
sed 's/a/[&]/g' words
sed 's/a/\&/g' words
sed 's|a|/|g' words
sed 's/p*/-/g' words
sed 's/x*/-/g' words
sed 's/$/ end/' words
sed 's/^/> /' words
sed 's/e/\n/' words
sed -e 's/a/1/' -e 's/p/2/' words
sed 's/a/1/;s/p/2/' words
sed '/fig/s/i/I/' words
sed 'y/abc/xyz/' words
sed = words
sed -n '$=' words
sed '2q' words
sed '2q5' words
sed '2Q' words
sed '2a\text' words
sed '2a text' words
sed '2i\text' words
sed '2c\text' words
sed '2,3c\text' words
sed '$!d' words
sed '1!G;h;$!d' words
sed -n '1~2p' words
sed -n '2~0p' words
sed '0~3d' long
sed '2,+1d' words
sed '2,~4d' long
sed 'N;s/\n/+/' words
sed '$!N;P;D' repeats
sed '$!N;/^\(.*\)\n\1$/!P;D' repeats
sed -n 'x;p' words
sed 'n;d' words
sed '/apple/{s/a/A/;s/e/E/}' words
sed -e ':a' -e '$!{N;ba' -e '}' -e 's/\n/,/g' words
sed ':a;s/^\(.*\)pp/\1P/;ta' words
sed '/pear/,/fig/s/^/# /' words
sed '/nothing/,$d' words
sed '3,/a/d' words
sed '5,2p' words
sed '0,/apple/d' words
sed '1,/apple/d' words
sed -s -n '$p' words numbers
sed -n '$p' words numbers
sed s/a/b/ unended
sed '$a end' unended
sed '1i start' unended
sed -n '/a/=' words
sed 's/[aeiou]//g' words
sed 's/[^a-z]/_/g' words
sed 's/[/]/x/' words
sed -i 's/a/X/' words
sed -i.bak 's/a/X/' words numbers
sed -i '2q' words
sed -n -i 2p words
sed s/a/b/ nothere
sed s/a/b/ nothere words
sed < words
sed s/a
sed 's/a/b/z' words
sed k words
sed '{p' words
sed 'p}' words
sed 'b nolabel' words
sed 's/\(a/b/' words
sed 's/a/\1/' words
sed 'y/ab/c/' words
sed '#n' words
sed -f unended words
sed 'r numbers' unended
sed '2r nothere' words
sed '/x/!s/a/A/' words
sed -n '/fig/{p;q}' words
sed -n '/fig/{=;p}' words
sed G words
sed -n H words
sed 's/a//' words
sed '//d' words
sed '/apple/s//FRUIT/' words
sed -E 's/(^|[^a-z])a/\1X/g' words
sed -E 's/a|b/X/g' words
sed 's/.*/"&"/' words
sed 's/\t/TAB/g' spaced
sed 's/ \+/ /g' spaced
sed -n '/^$/!p' blanks
sed '/^$/d' blanks
sed '/^$/N;/\n$/D' blanks
sed -e 'i\' -e 'text' unended
sed '/a/,/a/d' words
sed '2{h;d};${G}' words
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


MESSAGES = [
    pytest.param(
        r"sed s/.*/\U&/", 2, "sed: \\U is not known here; tr changes capitals\n", id="sed-capitals"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "status", "text"), MESSAGES)
def test_message(line, status, text):
    applet.complains(line, status, text)
