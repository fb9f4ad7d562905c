"""Lines about the system: see cases.py."""

LINES = """
test
test word
test ''
test -n ''
test -z ''
test -e words
test -e nothere
test -f words
test -f dir
test -d dirlink
test -L link
test -h words
test -s empty
test -s words
test -x dir/one
test -r words -a -w words
test a = a
test a = b
test a == a
test a != b
test 1 -eq 01
test 2 -lt 10
test 10 -le 9
test -5 -gt -6
test 3 -ge 3
test 1 -ne 1
test abc -eq 1
test ! -e nothere
test ! word
test ! ! word
test '(' a = a ')'
test '(' a = b -o c = c ')' -a d = d
test a = b -o c = c
test a = a -a c = d
test ! a = b
test numbers -nt words
test words -ot numbers
test words -ef link
test words -nt nothere
test nothere -ot words
test = = =
test -n = -n
test !
test -d
test '('
test a b
test 1 -eq
test '(' a
test -a = -o
test -b words
test -c /dev/null
test -p words
test -S words
test -k dir
test -t 99
test -G words
test -O words
[ a = a ]
[ a = a
[ -f words ]
[ ]
[ ! -d words ]
lsmod x
chroot
chroot nothere ls
dd if=words
dd if=words of=copy
dd if=words of=copy bs=4 count=2
dd if=words of=copy bs=4 skip=1 count=2
dd if=words of=numbers bs=2 seek=1 count=1 conv=notrunc
dd if=words of=numbers bs=2 seek=3 count=1
dd if=words of=new bs=5 conv=sync
dd if=words of=new bs=5 seek=2
dd bs=8 count=1 < words
dd if=nothere
dd if=words of=new ibs=3 obs=7
dd if=zeros of=new bs=1k count=10
dd if=words bs=2x2 count=1
dd if=words bs=0
dd if=words nonsense=1
dd if=words of=new conv=fsync status=none
dd if=words count=5 iflag=count_bytes
dd if=words skip=5 iflag=skip_bytes status=none
dd if=words of=new oflag=append conv=notrunc
dd if=words of=numbers oflag=append conv=notrunc
dd if=words bs=1c count=1w
dd if=words of=new seek=3 oflag=seek_bytes
dd if=long of=new bs=512 oflag=direct status=none
dd if=long of=new bs=512 iflag=direct status=none
dd if=long of=new bs=1k iflag=direct oflag=direct
dd if=long of=new bs=4k iflag=direct,fullblock count=1
dd status=bad
dd if=dir
true
true --nonsense
false
sleep 0
sleep 0.001s 0
sleep abc
sleep
env -i Z=1
env -i
env -i A=1 B=2
env -u PATH
env -0
env -i A=1 -u A
printenv PATH
printenv PATH NOTHERE HOME
printenv -0 HOME
printf 'plain\\n'
printf '%s|%s|\\n' a b c
printf '%5d|%-5d|%05d|%+d\\n' 1 2 3 4
printf '%x %X %o %#x %#o\\n' 255 255 8 255 8
printf '%s\\n'
printf '%d\\n' 0x10
printf '%d\\n' 010
printf '%d\\n' "'A"
printf '%d\\n' abc
printf '%d\\n' 12abc
printf '%c%c\\n' hello world
printf '%b\\n' 'a\\tb\\0101'
printf '%b|' 'a\\cb' c
printf 'a\\cb\\n'
printf '%%|%5s|%-5s|%.2s\\n' ab cd efg
printf '%*d|\\n' 6 42
printf '%.2f %e %g\\n' 3.14159 1234.5 0.0001
printf '\\101\\x42\\n'
printf '%i %u\\n' -5 5
printf '%u\\n' -1
printf '%x\\n' -1
printf '%q\\n' 'a b' "it's" plain
printf '%s'
printf '%z\\n' 1
printf
printf -- '-%s\\n' a
printf '%s %s %s\\n' 1 2
printf 'no directives' extra
printf '%d %s\\n' 1 a 2 b
printf '%10.3s|\\n' abcdef
printf '%-10s|%10s|\\n' left right
printf '% d\\n' 7
printf '%5c|\\n' x
seq -f x 3
seq 5
seq 2 5
seq 1 2 9
seq 5 1
seq 5 -1 1
seq 5 -2 0
seq -2 2
seq -s , 3
seq -s ', ' 1 4
seq -w 8 11
seq -w 1 100
seq 0.5 2
seq 1 .5 3
seq 1 0.1 1.3
seq -f %03g 3
seq -w -1 1
seq 1 0 5
seq a
seq
seq 1 2 3 4
which sh ls nothere
which -a sh
which nothere
which /bin/sh
sync
sync words
sync -d words nothere
uname
uname -s
uname -r
uname -m
uname -n
uname -v
uname -o
uname -snrvmo
uname -rs
uname x
hostname
hostname -s
id
id -u
id -g
id -G
id -un
id -gn
id -Gn
id root
id -u daemon
id daemon
id -ur
id -ug
id -n
id nosuchuser
kill -l 9
kill -l 137
kill -l KILL
kill -0 1
kill -s 0 1
kill -NOSUCH 1
kill 99999999
kill
kill -0 abc
pidof nosuchprocess
ps -p 99999999 -o pid=
free -x
date -u -d @0
date -u -d @1600000000
date -u -d '2020-09-13 12:26:40'
date -u -d '2020-09-13 12:26:40' +%s
date -u -d '2020-09-13T12:26:40Z' +%s.%N
date -u -d '2020-09-13 12:26:40+02:00' +%s
date -u -d 2000-02-29 +%F
date -u -d 1999-12-31 +%j
date -u -d 2100-02-29
date -u -d nonsense
date -u -d 2020-13-01
date -r words
date -u -r words +%H:%M
date -u -d @1600000000 -R
date -u -d @1600000000 -I
date -u -d @1600000000 -Iseconds
date -u -d @1600000000 -Ihours
date -u -d @1600000000 --iso-8601=minutes
date -u -d @1600000000 '+%Y%%%m %a %A %b %B %y %H %I %p %Z %z %:z %n|%t|%e %T %D'
date -u -d @1600000000.5 +%s.%N
date -d @1600000000
date -d '2020-07-01 12:00' +%s
date -r nothere
date +
"""
