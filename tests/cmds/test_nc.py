"""nc: its own ways."""

import pytest

from tests.support.applet import run_applet
from tests.support.namespace import BENCH, in_namespace, until_bound


@pytest.mark.host
def test_nc_with_busybox():
    done = in_namespace(
        f"{BENCH}busybox nc -l -p 4000 > got & other=$!; {until_bound('tcp', 4000)}"
        "echo over there | uroot nc -N -w 1 127.0.0.1 4000 || true;"
        "kill $other || true; cat got",
        "--net",
    )
    assert done.stdout == "over there\n"


@pytest.mark.host
def test_nc_by_udp():
    done = in_namespace(
        f"{BENCH}uroot nc -u -l -w 1 4000 > got < /dev/null & other=$!; {until_bound('udp', 4000)}"
        "bash -c 'echo hello > /dev/udp/127.0.0.1/4000'; wait $other || true; cat got",
        "--net",
    )
    assert done.stdout == "hello\n"
    assert done.stderr == "nc: nothing came for 1 s\n"


@pytest.mark.host
def test_nc_listens():
    done = in_namespace(
        f"{BENCH}uroot nc -l -w 5 4000 > got < /dev/null & other=$!; {until_bound('tcp', 4000)}"
        "echo hello | busybox nc -w 1 127.0.0.1 4000; wait $other; cat got;"
        "uroot nc -z 127.0.0.1 4000 || echo status $?",
        "--net",
    )
    assert done.stdout == "hello\nstatus 1\n"


def test_nc_usage():
    done = run_applet("nc", "host", "99999")
    assert done.err.startswith("nc: expected a port from 1 to 65535, found 99999; usage: nc ")


def test_nc_asks_no_name_server():
    done = run_applet("nc", "-n", "localhost", "1")
    assert (done.status, done.err.partition(";")[0]) == (
        2,
        "nc: -n: expected an address, found 'localhost'",
    )
