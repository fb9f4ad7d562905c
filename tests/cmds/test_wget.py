"""wget from a real server: what is complete has its name, what is not has not."""

import io
import os

import pytest

from tests.support.applet import run_applet
from tests.support.http import DATA, SHORT, Server
from tests.support.namespace import BENCH, in_namespace, until_bound


@pytest.fixture(scope="module")
def server():
    server = Server().start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file(server, folder):
    done = run_applet("wget", server.url("/data"))
    assert (done.status, done.out, done.err) == (0, "", "wget: data: 4.0 MiB\n")
    assert os.listdir() == ["data"]
    assert (folder / "data").read_bytes() == DATA


def test_a_second_one_gets_another_name(server):
    for _ in range(2):
        assert run_applet("wget", "-q", server.url("/chunked")).err == ""
    assert sorted(os.listdir()) == ["chunked", "chunked.1"]


def test_what_breaks_off_has_no_name_and_can_be_continued(server, folder):
    done = run_applet("wget", server.url("/short"))
    assert (done.status, done.err) == (
        1,
        (
            f"wget: {server.url('/short')}: HTTP answer at offset 0x0: expected {len(DATA)} bytes,"
            f" found the end after {SHORT}; short.part has what came; wget -c goes on\n"
        ),
    )
    assert os.listdir() == ["short.part"]
    assert run_applet("wget", "-c", server.url("/short")).status == 0
    assert os.listdir() == ["short"]
    assert (folder / "short").read_bytes() == DATA


def test_a_file_that_another_program_began(server, folder):
    (folder / "data").write_bytes(DATA[:1000])
    assert run_applet("wget", "-c", server.url("/data")).status == 0
    assert (folder / "data").read_bytes() == DATA
    assert os.listdir() == ["data"]


def test_nothing_is_left_of_what_is_not_there(server):
    done = run_applet("wget", server.url("/nothere"))
    assert (done.status, done.err) == (
        1,
        f"wget: {server.url('/nothere')}: the server says 404 Not Found\n",
    )
    assert os.listdir() == []


def test_the_file_that_was_there_stays_when_the_new_one_breaks_off(server, folder):
    (folder / "kernel").write_bytes(b"old")
    assert run_applet("wget", "-O", "kernel", server.url("/short")).status == 1
    assert (folder / "kernel").read_bytes() == b"old"


def test_nobody_there(server):
    done = run_applet("wget", "http://127.0.0.1:1/x")
    assert (done.status, done.err) == (
        1,
        (
            "wget: connection to 127.0.0.1 port 1: ECONNREFUSED: connection refused;"
            " the machine is there, the service is not\n"
        ),
    )
    assert os.listdir() == []


@pytest.mark.parametrize("options", [["-O", "-"], ["-qO-"]])
def test_to_the_output(server, options):
    done = run_applet("wget", *options, server.url("/chunked"))
    assert (done.status, done.out, done.err) == (0, "hello" * 5, "")


def test_headers_and_spider(server):
    done = run_applet("wget", "-S", "--spider", server.url("/nothere"))
    lines = io.StringIO(done.err).readlines()
    assert lines[0] == "  501 Unsupported method ('HEAD')\n"
    assert lines[-1].endswith("the server says 501 Unsupported method ('HEAD')\n")


@pytest.mark.host
def test_wget_from_busybox():
    done = in_namespace(
        f"{BENCH}mkdir www; head -c 3000000 /dev/urandom > www/file;"
        f"busybox httpd -f -p 127.0.0.1:80 -h www & server=$!; {until_bound('tcp', 80)}"
        "uroot wget -q http://127.0.0.1/file; kill $server;"
        "sha256sum < file; sha256sum < www/file",
        "--net",
    )
    one, other = done.stdout.splitlines()
    assert one == other
