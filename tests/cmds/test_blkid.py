"""blkid: its own ways."""

import subprocess

import pytest

from tests.support.applet import run_applet
from tests.support.volumes import image


@pytest.mark.host
def test_blkid_of_an_image(tmp_path):
    path = image(tmp_path)
    line = ["blkid", "-p", "-o", "value", "-s", "UUID", path]
    uuid = subprocess.run(line, capture_output=True, text=True, timeout=30).stdout.strip()
    done = run_applet("blkid", str(path))
    assert done.out == f'{path}: LABEL="data" UUID="{uuid}" TYPE="ext4"\n'
    assert run_applet("blkid", "-o", "export", "-s", "TYPE", str(path)).out == (
        f"DEVNAME={path}\nTYPE=ext4\n"
    )
