"""What the kernel says while a screen is drawn: records of /dev/kmsg, and this machine's own."""

import pytest

from uroot_py.abi import klog
from uroot_py.machine.kernel_lines import KernelLines, level_now, shown

ROWS = [
    pytest.param(b"4,1,5140900,-;usb 1-1: new\n SUBSYSTEM=usb\n", "usb 1-1: new", id="a record"),
    pytest.param(b"12,1,5140900,c,more;from user space\n", "from user space", id="facility 1"),
    pytest.param(b"6,1,5140900,-;chatter\n", "", id="not on a console"),
    pytest.param(b"", "", id="nothing"),
    pytest.param(b"no record", "", id="no head"),
    pytest.param(b"x,1,5140900,-;text\n", "", id="no level"),
    pytest.param(b"4,1,soon,-;text\n", "", id="no time"),
]


@pytest.mark.parametrize(("record", "text"), ROWS)
def test_a_record_as_a_line(record, text):
    assert shown(record, 5) == (f"kernel: [    5.140900] {text}" if text else "")


@pytest.mark.host
def test_the_level_is_lowered_and_put_back_and_the_lines_are_kept():
    before = level_now()
    with KernelLines() as kernel:
        assert (level_now(), kernel.level) == (1, before)
        assert klog.write("said meanwhile", klog.LOG_ERR, tag="test")
        assert [line.partition("] ")[2] for line in kernel.lines()] == ["test: said meanwhile"]
        klog.write("the last word", klog.LOG_ERR, tag="test")
    assert level_now() == before
    assert [line.partition("] ")[2] for line in kernel.lines()][-1] == "test: the last word"
