"""handover: its own ways."""

import pytest

from uroot_py.base.errors import RefusedError
from uroot_py.machine import handover


def test_nobody_asks_a_process_1_that_is_not_ours():
    with pytest.raises(RefusedError, match=r"^process 1 is not uroot's init, nobody can be asked$"):
        handover.ask(["switch_root"])
    assert handover.asked() == []
