"""When a guest was at its prompt: lines of a kernel's trace, as a guest printed them."""

import pytest

from scripts.bench import bootclock
from scripts.vmtest.failure import StepFailedError

SWITCH = "sched_switch: prev_comm={0} prev_pid={1} prev_prio=120 prev_state=S ==> next_comm=x"
KEY = "workqueue_execute_start: work struct 00000000415dc8e2: function flush_to_ldisc"


def line(task, pid, time, event):
    return f"{task:>16}-{pid:<7} [000] d..2. {time:>12.6f}: {event.format(task, pid)}"


@pytest.mark.parametrize(
    ("lines", "prompt"),
    [
        pytest.param(
            [
                line("kdevtmpfs", 20, 0.41, SWITCH),
                line("init", 79, 1.60, SWITCH),
                line("init", 1, 1.62, SWITCH),
                line("init", 79, 1.629655, SWITCH),
                line("ksoftirqd/0", 14, 1.63, SWITCH),
                line("kworker/u2:0", 9, 1.64, KEY),
                line("init", 79, 1.65, SWITCH),
            ],
            1629.655,
            id="the shell's last sleep before the first key",
        ),
        pytest.param(
            [line("uroot", 1, 1.872, SWITCH), line("kworker/u2:0", 9, 1.898, KEY)],
            1898.0,
            id="a key while the shell was still awake",
        ),
        pytest.param(
            [line("sh", 1, 1.635, SWITCH), line("kworker/u2:0", 9, 1.7, KEY)],
            1635.0,
            id="busybox, process 1 itself",
        ),
    ],
)
def test_prompt(lines, prompt):
    text = "\n".join(["grep -e ldisc /sys/kernel/tracing/trace", *lines])
    assert bootclock.prompt_time(text) == pytest.approx(prompt)


def test_a_trace_without_a_key():
    with pytest.raises(StepFailedError, match=r"^the trace has no prompt$"):
        bootclock.prompt_time(line("init", 79, 1.6, SWITCH))
