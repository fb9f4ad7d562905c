"""The same tables on GRUB itself: grub-emu runs each script and starts each default entry."""

from pathlib import Path

import pytest

from tests.support import grub_emu
from tests.support.grub_scripts import CONDITIONS, DEFAULTS, LANGUAGE, MENU
from uroot_py.bootconfig.grub import commands

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


# Commands of GRUB for the PC or with drivers that grub-emu does not have.
ELSEWHERE = (
    "serial vbeinfo keymap sendkey cutmem badram acpi drivemap nativedisk hwmatch cpuid outb"
)
ELSEWHERE += " outw outl setpci play"


# Those of distributions' own GRUB: SteamOS, openSUSE, a1ive's.
PATCHED = "hiddenentry btrfs-mount-subvol btrfs-list-subvols btrfs-info steamenv_init grub_platform"


def test_quiet_commands_are_commands_of_grub():
    """A name that GRUB does not know would hide a function of the configuration."""
    lines = Path("/usr/lib/grub/x86_64-emu/command.lst").read_text().splitlines()
    known = {line.lstrip("*").partition(":")[0] for line in lines}
    known |= {"true", "echo", "insmod", *ELSEWHERE.split()}
    quiet = {*(set(commands._QUIET.split()) - set(PATCHED.split())), *commands._FAILING.split()}
    assert sorted(quiet - known) == []
