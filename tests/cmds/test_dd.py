"""dd: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
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
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
