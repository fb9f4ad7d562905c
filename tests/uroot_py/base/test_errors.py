"""Errors are values: what changes one gives a new one and leaves the old as it was."""

import errno

import pytest

from uroot_py.base.errors import (
    FormatError,
    KernelError,
    LineError,
    LoadError,
    NotEnoughSpaceError,
    RefusedError,
    UrootError,
    UsageError,
    about,
)

ONE_OF_EACH = [
    UrootError("fault"),
    UsageError("fault", hint="usage: x"),
    RefusedError("fault"),
    FormatError("header", 16, "1", "2", source="file"),
    LineError("entry", 3, "{", "the end"),
    NotEnoughSpaceError(4096, "low memory"),
    KernelError("mount", errno.EPERM, subject="/mnt", cause="not permitted"),
    LoadError(errno.EINVAL, 0x1000, 0, ["[0x1000, 0x2000) kernel"]),
]


@pytest.mark.parametrize("error", ONE_OF_EACH, ids=lambda error: type(error).__name__)
def test_a_change_is_a_new_error(error):
    fields, text = dict(vars(error)), str(error)
    new = error.within("inner").within("outer").with_hint("try again").with_status(9)
    assert type(new) is type(error)
    assert new.text() == error.text()
    assert str(new) == f"outer: inner: {text.partition(';')[0]}; try again"
    assert new.status == 9
    assert (vars(error), str(error)) == (fields, text)


def test_the_cause_of_a_kernel_error():
    old = KernelError("umount2", errno.EBUSY, subject="/mnt", hint="wait")
    new = old.with_cause("in use")
    assert str(new) == "umount2 /mnt: EBUSY: in use; wait"
    assert str(new.with_cause("busy", "umount -l")) == "umount2 /mnt: EBUSY: busy; umount -l"
    assert str(old) == "umount2 /mnt: EBUSY; wait"


def test_where_it_came_from_is_kept():
    with pytest.raises(RefusedError) as caught:
        raise RefusedError("fault")
    new = caught.value.within("file")
    assert new.__traceback__ is caught.value.__traceback__


@pytest.mark.parametrize("kind", [FileExistsError, PermissionError, BrokenPipeError])
def test_about_names_the_file(kind):
    number = {FileExistsError: 17, PermissionError: 13, BrokenPipeError: 32}[kind]
    old = OSError(number, "text", "descriptor")
    new = about("/etc/x", old)
    assert (type(new), new.errno, new.filename, old.filename) == (
        kind,
        number,
        "/etc/x",
        "descriptor",
    )
