"""The same tables on GRUB itself: grub-emu runs each script and starts each default entry."""

import pytest

from tests.support import grub_emu
from tests.support.grub_scripts import CONDITIONS, DEFAULTS, LANGUAGE, MENU

pytestmark = pytest.mark.reference


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "boot" / "grub").mkdir(parents=True)
    (tmp_path / "k").write_text("k")
    (tmp_path / "empty").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("script", "value"), [pytest.param(*row, id=name) for name, row in LANGUAGE.items()]
)
def test_language(script, value, folder):
    config = f'd={folder}\n{script}\necho "{grub_emu.MARK}$result"\nexit'
    value = value.replace("$root", "host").replace("$d", str(folder))
    assert grub_emu.run(config, folder) == [value]


@pytest.mark.parametrize(
    ("condition", "holds"), [pytest.param(*row, id=name) for name, row in CONDITIONS.items()]
)
def test_conditions(condition, holds, folder):
    config = f"d={folder}\nif [ {condition} ]; then r=y; else r=n; fi\necho {grub_emu.MARK}$r\nexit"
    assert grub_emu.run(config, folder) == ["y" if holds else "n"]


@pytest.mark.parametrize(
    ("spec", "title"), [pytest.param(*row, id=name) for name, row in DEFAULTS.items()]
)
def test_default(spec, title, folder):
    head = "" if spec is None else f"set default='{spec}'\n"
    menu = MENU.replace("BODY", f'echo "{grub_emu.MARK}$1"; exit')
    assert grub_emu.run(f"set timeout=0\n{head}{menu}", folder) == [title]
