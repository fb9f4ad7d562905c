"""A server's files as a tree."""

import os
import socket

from tests.uroot_py.net.test_transfer import DATA, web
from uroot_py.net.urltree import UrlTree

__all__ = ["web"]  # a fixture


def test_a_server_as_a_tree(web):
    tree = UrlTree(web)
    assert tree.size("/data") == len(DATA)
    assert tree.read("/data", 10, 5) == DATA[5:15]
    assert tree.read("/data", 100, 200_000) == DATA[200_000:200_100]
    assert (tree.size("/gone"), tree.read("/gone", 9)) == (None, None)
    assert (tree.names("/"), tree.is_directory("/"), tree.is_directory("/data")) == (
        [],
        True,
        False,
    )
    assert tree.asked == {"/data": f"{len(DATA)} bytes", "/gone": "absent"}
    first, second = tree.open("/data"), tree.open("/data")
    assert os.pread(first, 9, 0) == os.pread(second, 9, 0) == DATA[:9]
    os.close(first)
    os.close(second)


def test_a_server_that_is_not_there_is_asked_once():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        tree = UrlTree(f"http://127.0.0.1:{unused.getsockname()[1]}")
        assert tree.size("/a") is None
        assert "connection refused" in tree.fault
        assert tree.size("/b") is None
        assert list(tree.asked) == ["/a"]
