"""Lines about text and bytes: see cases.py."""

LINES = r"""
head long
head -q -v words numbers
head -v -q words numbers
tail -q -v words
tail -v -q words numbers
head -n 3 long
head -3 long
head -n -35 long
head -c 20 long
head -c -600 long
head -n 2 words numbers
head -q -n 1 words numbers
head -v -n 1 words
head -n 0 words
head -n 2 < words
head nothere words
head -c 1k long
head -n 5 unended
head dir
tail long
tail -n 3 long
tail -3 long
tail -n +38 long
tail -c 20 long
tail -c +690 long
tail -n 2 words numbers
tail -q -n 1 words numbers
tail -v -n 1 words
tail -n 0 words
tail -n 2 < words
tail -n +3 < words
tail -c 5 < words
tail nothere words
tail -n 1 unended
tail -n 5 empty
tail -n 100 words
tail -n 3 blanks
tail -n 2 binary
wc nothere nowhere
wc words
wc words numbers
wc -l words
wc -w words
wc -c words
wc -m words
wc -L words
wc -lw spaced
wc -cl words numbers
wc < words
wc -l < words
wc -l - < words
wc empty
wc unended
wc nothere words
wc -l nothere
wc spaced blanks long
wc -L spaced
wc -w blanks
sort words
sort -r words
sort -f words
sort -u repeats
sort -n numbers
sort -rn numbers
sort -g numbers
sort -k 2 spaced
sort -k 2,2 spaced
sort -t : -k 3 table
sort -t : -k 3n table
sort -t : -k 3,3nr -k 1,1 table
sort -t : -k 2,2 table
sort -b spaced
sort -d words
sort -c words
sort -c long
sort -C words
sort -cu repeats
sort -u words numbers
sort words numbers unended
sort -o sorted words
sort -o words words
sort < words
sort -s -f words
sort -uf words
sort -nu numbers
sort -k 1.2 words
sort -k 1.2,1.3 words
sort -k 2b spaced
sort nothere
sort -k 0 words
sort -t ab words
sort -k x words
sort -V long
sort -h numbers
sort -M words
sort -fr words
sort -k1,1f -k2,2 words
sort empty
sort latin
uniq repeats
uniq -c repeats
uniq -d repeats
uniq -u repeats
uniq -i repeats
uniq -ci repeats
uniq -f 1 repeats
uniq -s 1 repeats
uniq -w 1 repeats
uniq < repeats
uniq repeats out
uniq nothere
uniq unended
uniq blanks
uniq a b c
cut -c 1-3 words
cut -c 2 words
cut -c 2- words
cut -c -2 words
cut -c 1,3,5-6 words
cut -b 1-2 latin
cut -d : -f 1 table
cut -d : -f 1,3 table
cut -d : -f 2- table
cut -d : -f 3 -s table
cut -d : -f 1,2 --output-delimiter=' - ' table
cut -d : --complement -f 2 table
cut -c 3- --complement words
cut -f 2 spaced
cut -d ' ' -f 2 spaced
cut -c 3,1-2 words
cut -c 5,1 words
cut -d : -f 4 nothere table
cut -f 0 table
cut -f 3-1 table
cut table
cut -d xx -f 1 table
cut -c 1-2,2-4,9 words
cut -c 1-2,4-5 --output-delimiter=+ words
cut -d : -f 1 < table
cut -f 1 unended
tr a-z A-Z < words
tr abc xyz < words
tr -d aeiou < words
tr -s p < words
tr -cd 'a-z\n' < words
tr -d '\n' < words
tr -s ' \t' '\n' < spaced
tr '[:lower:]' '[:upper:]' < words
tr '[:space:]' _ < spaced
tr -d '[:punct:]' < table
tr 'a-c' 'x' < words
tr abcdef xy < words
tr -t abcdef xy < words
tr '\141' '\132' < words
tr -c 'a-z' '[#*]' < words
tr a '[b*3]' < words
tr -s '[:alpha:]' < repeats
tr -ds a p < words
tr a
tr -d
tr -d a b
tr z-a x < words
tr a-z- A-Z_ < words
tr '\000' x < zeros
tr ':' '\t' < table
tr -C 'a-z\n' . < words
tee copy < words
tee -a words < numbers
tee copy other < words
tee nothere/x copy < words
tee < words
basename /a/b/c
basename /a/b/c.txt .txt
basename c.txt .txt
basename /
basename a/
basename ''
basename -a /a/b /c/d
basename -s .txt /a/b.txt c.txt
basename .txt .txt
basename a b c
basename
dirname /a/b/c
dirname c
dirname /a
dirname /
dirname a/b/
dirname /a/b c/d
dirname //a
dirname ''
readlink link
readlink words
readlink dangling link
readlink -n link
readlink -f dir/up
readlink -f nothere
readlink -f nothere/x
readlink -e dangling
readlink -m nothere/x
readlink
realpath --canonicalize-missing /nothere/../x/./y
realpath /usr/./bin/..
realpath nothere/x
strings binary
strings -n 6 binary
strings -t d binary
strings -t x binary
strings -n 3 words numbers
strings < binary
strings -a words
strings nothere
strings -n 0 words
cmp words words
cmp words numbers
cmp words unended
cmp -l words numbers
cmp -s words numbers
cmp -s words words
cmp -n 0 words numbers
cmp words nothere
cmp - words < words
cmp -i 3 words words
cmp empty words
cmp -l zeros binary
hexdump words
hexdump -C words
hexdump -C zeros
hexdump -v -C zeros
hexdump -n 10 words
hexdump -C -s 5 -n 20 words
hexdump -s 5 words
hexdump empty
hexdump -C empty
hexdump words numbers
hexdump < words
hexdump -C binary
hexdump -C -s 1000 words
hexdump -s 3 < words
hexdump zeros
hexdump -n 0 words
md5sum words numbers
md5sum < words
md5sum -b words
md5sum nothere words
md5sum dir
sha1sum words
sha1sum empty binary
sha256sum words
sha256sum - < words
sha512sum words
sha512sum empty
md5sum -c nothere
md5sum -c words
xargs < words
xargs -n 2 < words
xargs -I X echo '[X]' < words
xargs -0 < binary
xargs -d '\n' < spaced
xargs -n1 echo a < numbers
xargs -r < empty
xargs < empty
xargs false < words
xargs nosuchcommand < words
xargs -t -n 4 < words
timeout 5 true
timeout 5 false
timeout 0.2 sleep 5
timeout -s KILL 0.2 sleep 5
timeout 5 sh -c 'exit 7'
timeout -k 1 0.2 sleep 5
timeout 5 nosuchcommand
timeout x true
timeout 5
"""
