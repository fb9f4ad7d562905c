"""Lines about files and directories: see cases.py."""

LINES = """
cp words copy
cp words emptydir
cp words numbers emptydir
cp words numbers nothere
cp words numbers copy
cp nothere copy
cp words words
cp words link
cp link copy
cp -d link copy
cp -P link emptydir
cp dir copy
cp -r dir copy
cp -r dir emptydir
cp -R dir/ copy
cp -a dir copy
cp -a dir link dangling emptydir
cp -rp dir copy
cp -p words copy
cp -L link copy
cp -rL dir copy
cp dangling copy
cp -r dangling copy
cp -n words numbers
cp -u words numbers
cp -u numbers words
cp -f words numbers
cp -v words copy
cp -rv dir copy
cp -t emptydir words numbers
cp -T words copy
cp -T words emptydir
cp -l words copy
cp -s words copy
cp -r dir dir/inside
cp words dir/one numbers/x
cp dir/one words emptydir/
cp words words emptydir
cp
cp words
cp -i words numbers < empty
cp -a empty copy
cp --preserve words copy
cp --preserve=mode,timestamps words copy
mv words moved
mv words emptydir
mv words numbers emptydir
mv words numbers
mv nothere x
mv words words
mv dir moved
mv dir emptydir
mv dir words
mv words dir/one
mv -n words numbers
mv -f -n words numbers
mv -n -f words numbers
mv -f -u words numbers
mv -f -i words numbers < empty
cp -n -i words numbers < empty
cp -i -n words numbers
rm -f -i words < empty
rm -i -f words
ln -f -i words numbers < empty
ln -i -f words numbers
ls -F link
ls -F dirlink
ls -p dirlink
mv -u words numbers
mv -u numbers words
mv -v words moved
mv -T words emptydir
mv -t emptydir words link
mv link moved
mv dangling moved
mv dir dir/sub/x
mv -i words numbers < empty
mv emptydir dir
mv dir/sub emptydir
mv words nothere/x
mv -f words numbers
rm words
rm words nothere
rm -f nothere words
rm -f
rm
rm dir
rm -r dir
rm -rf dir nothere
rm -d emptydir
rm -d dir
rm emptydir
rm -r emptydir words
rm link
rm -r dirlink
rm dangling
rm -v words
rm -rv dir
rm -i words < empty
rm .
rm -rf ..
rm -r dirlink/
mkdir new
mkdir new other
mkdir new/deep
mkdir -p new/deep/er
mkdir -p dir/sub
mkdir dir
mkdir words
mkdir -p words
mkdir -m 700 new
mkdir -m u=rwx,go= new
mkdir -m a=rx new
mkdir -pm 711 new/deep
mkdir -v new
mkdir -pv new/deep
mkdir -m 1777 new
mkdir
rmdir emptydir
rmdir dir
rmdir nothere
rmdir -p emptydir
rmdir words
rmdir -v emptydir
rmdir --ignore-fail-on-non-empty dir
ln words hard
ln words emptydir
ln -s words soft
ln -s words
ln -s dir/one
ln -s nowhere soft
ln -s words numbers
ln -sf words numbers
ln words numbers
ln -f words numbers
ln nothere hard
ln -s words numbers emptydir
ln -sn dir dirlink
ln -sfn emptydir dirlink
ln -sf emptydir dirlink
ln -sT words dirlink
ln -sr dir/one emptydir/rel
ln -sr words dir/sub/rel
ln -v words hard
ln -sv words soft
ln words numbers nothere
ln dir hard
ln link hard
ln
touch new
touch words
touch -c nothere
touch -d '2001-02-03 04:05:06' words
touch -d @1000000000 words numbers
touch -t 200102030405.06 words
touch -t 0102030405 words
touch -r numbers words
touch -a -d @1000000000 words
touch -m -d @1000000000 words
touch nothere/x
touch -t 20 words
touch -d nonsense words
touch -h -d @1000000000 link
touch -d @1000000000 link
touch dir
touch
chmod 600 words
chmod 0755 words numbers
chmod u+x words
chmod go-r words
chmod a=r words
chmod +x words
chmod -w words
chmod -r words
chmod -x dir/one
chmod u=rw,g=r,o= words
chmod g=u words
chmod o+g words
chmod u+s words
chmod g+s dir
chmod +t dir
chmod 4755 words
chmod 755 dir
chmod -R go= dir
chmod -R a+X dir
chmod -R 700 dir
chmod a-x,u+w dir/one
chmod --reference=dir/one words
chmod -v 600 words
chmod -v 640 words
chmod ugo+rw words
chmod u+rwx-w words
chmod xyz words
chmod 999 words
chmod 600 nothere
chmod -f 600 nothere
chmod 600 link
chmod 600 dangling
chmod 600
chmod = words
chmod u= words
chmod +s words
chmod u+w,a-r words
chmod 02755 dir
chmod =rx dir
chown root words
chown root:root words
chown :root words
chown 0:0 words nothere
chown nosuchuser words
chown -R 0 dir
chown -h 0 link
chown --reference=words numbers
chown 12:34 words
chgrp root words
chgrp 12 words
chgrp nosuchgroup words
chgrp
stat -c %s words
stat -c '%a %A %n' words dir link
stat -c '%u %U %g %G' words
stat -c '%h %F' words dir link empty
stat -c '%Y %X' words
stat -c '%y' words
stat -c '%N' words
stat -c '%t %T' /dev/null
stat -c '%F' /dev/null
stat -Lc %F link
stat -c '%b %B' empty
stat -c '%10s|%-10s|%010s' words words
stat -c 'a%%b%n' words
stat -c %s nothere words
stat nothere
stat -c %i nothere
stat
find
find dir
find dir -type f
find dir -type d
find . -type l
find . -name '*.txt'
find . -name 'o*' -o -name 't*'
find . -iname 'ONE'
find dir -maxdepth 1
find dir -mindepth 2
find dir -maxdepth 0
find . -size +100c
find . -size -2
find . -size 1
find . -empty
find . -path './dir/*' -type f
find dir -print0
find . -perm 640
find . -perm -u+x -type f
find . -perm /111 -type f
find . -newer words -type f
find . ! -name '*e*'
find . -not -type f -not -type d
find dir -name sub -prune -o -print
find dir '(' -name one -o -name two.txt ')' -print
find dir -type f -delete
find dir -delete
find dir -depth
find . -name words -exec echo found {} ';'
find dir -type f -exec echo {} +
find . -name words -exec false ';' -print
find . -links 1 -name words
find -L dirlink -type f
find dirlink
find dirlink/
find nothere
find dir words -name one
find dir -name one -quit
find dir -type f,l
find . -mtime +100 -name words
find . -mtime -1 -name words
find dir -user root -name one
find dir -user nosuchuser
find dir -xdev -name three.txt
find dir -true -name one
find dir -false
find dir -nosuch
find dir -name
find dir '('
find dir -type q
find dir -name one -a -type f -print -print
find . -name words -exec cat {} ';'
find emptydir words numbers -maxdepth 0 -empty
du dir
du -s dir
du -a dir
du -d 1 dir
du -sk dir words
du -h dir
du -c words numbers
du -b words
du -ab dir
du -sb .
du --apparent-size -k dir
du nothere
du words
du -sm dir
du -smk dir
du -skm dir
du -sbh dir
du -shb dir
du -s dir/ emptydir
df /proc
df -T /proc
df -P /proc
df -hk /proc
df -lk /proc
df -a nothere
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
