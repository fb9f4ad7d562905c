"""Lines about grep and sed: see cases.py."""

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
grep -rI hello .
grep -2 banana words
grep -I hello binary words
grep -r --exclude-dir=sub . dir
sed -n '/^$/!p' blanks
sed '/^$/d' blanks
sed '/^$/N;/\n$/D' blanks
sed -e 'i\' -e 'text' unended
sed '/a/,/a/d' words
sed '2{h;d};${G}' words
"""
