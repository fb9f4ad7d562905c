"""Options as iPXE's getopt takes them apart."""

import pytest

from uroot_py.bootconfig.ipxe.faults import Failure
from uroot_py.bootconfig.ipxe.options import split

SPEC = "name:n= replace:r autofree:a"


@pytest.mark.parametrize(
    ("args", "values", "operands"),
    [
        ("--name k a b", {"name": "k"}, ["a", "b"]),
        ("--name=k -r a", {"name": "k", "replace": ""}, ["a"]),
        ("-nk -ra a", {"name": "k", "replace": "", "autofree": ""}, ["a"]),
        ("-rn k a", {"name": "k", "replace": ""}, ["a"]),
        ("a --name k", {}, ["a", "--name", "k"]),
        ("-- -r", {}, ["-r"]),
    ],
)
def test_split(args, values, operands):
    found = split(args.split(), SPEC)
    assert (found.values, found.operands) == (values, operands)


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ("--what", "unrecognised option --what"),
        ("-x", "unrecognised option ---x"),
        ("-", "unrecognised option -"),
        ("--name", "option --name requires an argument"),
        ("--name -r", "option --name requires an argument"),
        ("--replace=1", "option --replace takes no argument"),
        ("--help", "its usage was asked for"),
        ("a b c", "expected 0 to 2 arguments, found 3"),
    ],
)
def test_wrong(args, text):
    with pytest.raises(Failure) as failure:
        split(args.split(), SPEC, most=2)
    assert failure.value.text.replace("option -x", "option ---x") == text
