"""The table of cases: one command line each, run on this machine's tool and on our applet.

The tree they run in is tests/support/reference.py's. ``< NAME`` is the standard input. A line in
DIFFERENT must differ, for the reason beside it.
"""

FILES = """
cat words
cat words numbers unended empty
cat -n words unended words
cat -b blanks words
cat -s blanks
cat -ns blanks
cat -A binary
cat -v latin
cat -e spaced
cat -t spaced
cat -ET spaced
cat - words < numbers
cat < words
cat nothere words
cat dir
cat -u words
cat --number --squeeze-blank blanks blanks
cat --no-such-option
echo
echo one two
echo -n one
echo -e 'a\\tb\\0101\\x41\\n\\\\'
echo -e 'stop\\chere' more
echo -e '\\101\\q\\'
echo -E 'a\\tb'
echo -nE 'a\\tb'
echo -ne 'a\\tb'
echo -neX a
echo -- -n
echo - a
ls
ls -a
ls -A dir
ls -1 dir
ls -l dir/one dir/two.txt
ls -ld dir dirlink
ls -lR dir
ls -R dir
ls -r
ls -S
ls -lS dir
ls -t words numbers
ls -tr words numbers
ls -F
ls -p
ls -lF
ls -d dir
ls -ln words
ls -lh binary
ls -la dir
ls dirlink
ls -l dirlink
ls -lL link
ls dir words emptydir
ls emptydir
ls nothere words
ls -L
ls --all --reverse
ls -1F dir/sub
"""

SYSTEM = """
"""

NETWORK = """
"""

DIFFERENT = {
    "cat --no-such-option": "a usage error is status 2 everywhere here; GNU's cat says 1",
}
