"""tftp, from tftpd-hpa and dnsmasq in a name space."""

import hashlib

import pytest

from tests.support.applet import run_applet
from tests.support.namespace import BENCH, in_namespace, until_bound

DATA = b"".join(hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(40_000))
SERVERS = {
    "tftpd-hpa": "in.tftpd -L -u root -4 -a :69 -s /mnt/top > log 2>&1 & echo $! > pid;",
    "dnsmasq": (
        "dnsmasq -C /dev/null -p 0 -u root --enable-tftp --tftp-root=/mnt/top"
        " --pid-file=/mnt/pid > log 2>&1;"
    ),
}


@pytest.mark.host
@pytest.mark.parametrize("server", SERVERS)
def test_files_of_real_servers(server, tmp_path):
    (tmp_path / "data").write_bytes(DATA)
    done = in_namespace(
        f"{BENCH} mkdir top; cp {tmp_path}/data top/data; head -c 1428 top/data > top/block;"
        f": > top/empty; {SERVERS[server]} trap 'kill $(cat /mnt/pid)' EXIT;"
        f"{until_bound('udp', 69)}"
        "for name in data block empty; do uroot tftp 127.0.0.1 $name; cmp $name top/$name; done;"
        "uroot tftp -O - tftp://127.0.0.1/block | cmp - top/block;"
        "uroot tftp 127.0.0.1 gone || echo status $?; ls",
        "--net",
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[:3] == [
        "tftp: data: 1.2 MiB",
        "tftp: block: 1.4 KiB",
        "tftp: empty: 0 B",
    ]
    assert "tftp: tftp://127.0.0.1/gone: the server says file not found" in done.stderr
    assert "status 1" in done.stdout


@pytest.mark.parametrize("args", [["http://h/x"], ["ftp://h/x"], ["h"]])
def test_no_tftp(args):
    done = run_applet("tftp", *args)
    assert done.status == 2
    assert done.err.startswith("tftp: ")
