"""The language of LVM's metadata."""

from uroot_py.formats.disk.lvm_text import parse_text


def test_the_language():
    text = b'# a\n a = [1, "b\\"c", -2]\n s { t = 0.5 } # end'
    assert parse_text(text) == {"a": [1, 'b"c', -2], "s": {"t": "0.5"}}
