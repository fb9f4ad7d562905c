"""Work in a child: what it sends, and how it can fail without taking us along."""

import os
import signal
import time

import pytest

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.machine import child
from uroot_py.machine.child import SilentError, StuckError, ends, gather, records


def test_what_is_sent_comes_in_order_and_whole():
    sent = [("a", 1, None), ("b", b"x" * 300_000, ("c", 1.5)), ("", [], {"d": "\udcff"})]

    def work(send):
        for record in sent:
            send(*record)

    assert list(records(work)) == sent


def raises(error):
    def work(send):
        send("before")
        raise error

    return work


def dies(send):
    send("before")
    os.kill(os.getpid(), signal.SIGKILL)


def bomb(send):
    send("before")
    held = [bytearray(1 << 20) for _ in range(1 << 20)]
    send(len(held))


FAILED = [
    pytest.param(
        raises(FormatError("x", 4, "a", "b")), "x at offset 0x4: expected a, found b", id="ours"
    ),
    pytest.param(raises(OSError(5, "Input/output error", "/k")), "[Errno 5]", id="disk"),
    pytest.param(
        raises(ZeroDivisionError("division by zero")),
        "internal error: uroot_py/machine/test_child.py line ",
        id="a defect",
    ),
    pytest.param(raises(RecursionError("too deep")), "RecursionError: too deep", id="depth"),
    pytest.param(dies, "SIGKILL: killed; the kernel does this when memory is short", id="killed"),
    pytest.param(bomb, "it needs more than the 64.0 MiB of memory that are left", id="memory"),
]


@pytest.mark.parametrize(("work", "text"), FAILED)
def test_what_it_dies_of_is_said(work, text, monkeypatch):
    monkeypatch.setattr(child, "available", lambda: 0)
    with pytest.raises(RefusedError) as caught:
        list(records(work))
    assert text in str(caught.value)


def test_what_came_before_is_kept():
    stream = records(raises(RefusedError("no")))
    assert next(stream) == ("before",)
    with pytest.raises(RefusedError, match="no"):
        next(stream)


def test_silence_ends_it():
    def work(send):
        send(os.getpid())
        time.sleep(600)

    stream = records(work, seconds=0.2)
    (pid,) = next(stream)
    with pytest.raises(RefusedError) as caught:
        next(stream)
    assert str(caught.value) == "it has not answered for 0.2 s: left out"
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)


def test_who_leaves_early_leaves_no_child():
    def work(send):
        send(os.getpid())
        time.sleep(600)

    stream = records(work)
    (pid,) = next(stream)
    stream.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)


def sleeps(send):
    send(os.getpid())
    time.sleep(600)


def works(send):
    send(os.getpid())
    while True:
        pass


@pytest.mark.parametrize(
    ("work", "stuck"), [(sleeps, True), (works, False)], ids=["waits", "works"]
)
def test_who_waits_is_told_from_who_works(work, stuck):
    """Only one that waits is the fault of what it waits for."""
    stream = records(work, seconds=2)
    next(stream)
    with pytest.raises(SilentError) as caught:
        next(stream)
    assert isinstance(caught.value, StuckError) is stuck


def test_who_works_is_not_stuck():
    def work(send):
        end = time.monotonic() + 3
        while time.monotonic() < end:
            pass
        send("done")

    assert list(records(work, stuck=1)) == [("done",)]


def test_two_that_wait_cost_the_time_of_one_and_keep_nobody():
    """The third one has answered before the time of the others is over."""
    answers = []
    for number, answer in gather([sleeps, sleeps, lambda send: send("here")], seconds=3):
        answers.append((number, answer if isinstance(answer, tuple) else type(answer)))
    assert answers[-2:] == [(0, StuckError), (1, StuckError)]
    assert (2, ("here",)) in answers


def test_a_grandchild_that_holds_the_pipe_holds_nobody():
    def work(send):
        if not os.fork():
            time.sleep(5)
            os._exit(0)
        send("said")

    def dies_with_one(send):
        work(send)
        os.kill(os.getpid(), signal.SIGKILL)

    assert list(records(work)) == [("said",)]
    with pytest.raises(RefusedError, match="SIGKILL: killed"):
        list(records(dies_with_one))


def test_whether_it_ends():
    assert ends(lambda: None, None, 1)
    assert not ends(lambda: time.sleep(600), 0.2, 1)
    assert not ends(lambda: time.sleep(600), None, 0.2)
