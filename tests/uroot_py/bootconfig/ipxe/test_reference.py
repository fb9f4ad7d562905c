"""iPXE itself: the recorded table again, and 200 random scripts; one virtual machine for each."""

import random
import shutil

import pytest

from tests.support import real_ipxe
from tests.support.ipxe import HOME, Web, run
from tests.support.ipxe_scripts import program
from tests.uroot_py.bootconfig.ipxe.test_shell import RECORDED

pytestmark = pytest.mark.reference
SCRIPTS = 200


@pytest.fixture(autouse=True)
def tools():
    if not shutil.which("qemu-system-x86_64"):
        pytest.skip("qemu-system-x86_64 is missing")


def test_recorded(tmp_path):
    files = real_ipxe.files()
    found = real_ipxe.run([f"/{name}.ipxe" for name in RECORDED], files, tmp_path, 200)
    for name, (said, asked) in zip(RECORDED, found, strict=True):
        text = "\n".join([*said, "", *asked, ""])
        assert text == (real_ipxe.WEB / f"{name}.txt").read_text(), "write this into the file"


def test_random_scripts(tmp_path):
    """The same requests in the same order, the same lines, the same kernel and command line."""
    files: dict[str, bytes] = {}
    paths = []
    for number in range(SCRIPTS):
        folder = f"/{number}"
        files |= program(random.Random(number), folder)
        paths.append(f"{folder}/main.ipxe")
    wrong = []
    for path, (said, asked) in zip(paths, real_ipxe.run(paths, files, tmp_path), strict=True):
        web = Web(files)
        run(f"chain --autofree {HOME}{path} ||", web=web)
        ours = real_ipxe.counted(web.said.split("\n"))
        requests = real_ipxe.plain(web.log)
        if (ours, requests) != (said, asked):
            wrong.append((files[path].decode(), ours, said, requests, asked))
    assert wrong == []
