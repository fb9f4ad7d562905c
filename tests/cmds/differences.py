"""Where our applets answer in another way than this machine's tools, on purpose.

A line in DIFFERENT must differ, for the reason beside it. CHANGED are answered in another way by
newer tools: our status and that of a tool that differs.
"""

DIFFERENT = {
    "chroot nothere ls": "our own failure is status 1 everywhere, GNU's chroot says 125",
    "kill -l 137": "POSIX: the signal behind an exit status; procps's kill knows only signals",
    "printf '%q\\n' 'a b' \"it's\" plain": "another of the many ways to quote",
    "grep -E -G 'fig|pear' words": "the last one counts, GNU refuses several",
    "grep -o -E 'a|an|ana' words": "of several alternatives the first that fits, not the longest",
    "cmp words numbers": "diffutils says char in the C locale and byte in any other",
    "cmp words unended": "the same",
    "hexdump -s 3 < words": "works on a pipe, too",
    "timeout -s KILL 0.2 sleep 5": "status 137 in place of being killed itself",
    "tar -tf - < p.tgz": "packed archives are unpacked from a pipe, too",
    "tar -cvf new.tar nothere": "two empty blocks end an archive, not a whole record of a tape",
    "gzip text.gz": "a file that is left as it is gives status 2, as with xz",
    "cp -r dir dir/inside": "refused before anything is copied",
    "cp words words emptydir": "one target of two operands is an error, not a warning",
}

_REFUSED, _DIRECTORIES = (0, 1), (0, 0)
CHANGED = {
    # A replacement that is declined is a failure now.
    "cp -i words numbers < empty": _REFUSED,
    "cp -n -i words numbers < empty": _REFUSED,
    "ln -f -i words numbers < empty": _REFUSED,
    "mv -f -i words numbers < empty": _REFUSED,
    "mv -i words numbers < empty": _REFUSED,
    # Directories themselves have no apparent size any more.
    "du -ab dir": _DIRECTORIES,
    "du -sb .": _DIRECTORIES,
    "du --apparent-size -k dir": _DIRECTORIES,
    "du -sbh dir": _DIRECTORIES,
    "du -shb dir": _DIRECTORIES,
}
