"""chmod: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
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
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
