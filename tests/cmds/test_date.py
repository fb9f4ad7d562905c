"""date: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
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


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
