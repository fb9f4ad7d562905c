"""What `[`, `test` and `[[` of a script say."""

import pytest

from tests.support.bootfiles import result
from tests.support.grub_scripts import CONDITIONS


@pytest.mark.parametrize(
    ("condition", "holds"), [pytest.param(*row, id=name) for name, row in CONDITIONS.items()]
)
def test_conditions(condition, holds):
    text = f"if [ {condition} ]; then result=y; else result=n; fi"
    files = {"/k": "k", "/boot/x": "x", "/empty": b""}
    assert result(text, files=files) == ("y" if holds else "n")
