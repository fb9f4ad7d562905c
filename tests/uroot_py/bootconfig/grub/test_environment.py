"""What scripts can change by name, and who sees it."""

import pytest

from tests.support.bootfiles import grub, result


@pytest.mark.parametrize(
    ("script", "value"),
    [
        pytest.param("set root=(hd7,gpt9); result=$root; root=hd0,gpt2", "hd7,gpt9", id="root"),
        pytest.param("result=$grub_platform-$grub_cpu", "pc-x86_64", id="platform"),
        pytest.param("result=$prefix", "(hd0,gpt2)/boot/grub", id="prefix"),
        pytest.param("result=$config_directory", "(hd0,gpt2)/boot/grub", id="config-directory"),
        pytest.param("result=$feature_timeout_style", "y", id="features"),
    ],
)
def test_variables_that_grub_sets(script, value):
    assert result(script) == value


def test_submenus_see_exported_variables_only():
    read = grub(
        "export one\none=1; two=2\nsubmenu S { menuentry A { linux /k $one$two; } }\n"
        "menuentry B { linux /k $one$two; }"
    )
    assert [entry.cmdline for entry in read.entries] == ["1", "12"]


def test_entries_do_not_see_each_other():
    read = grub("menuentry A { x=1; linux /k a$x; }\nmenuentry B { linux /k b$x; }")
    assert [entry.cmdline for entry in read.entries] == ["a1", "b"]


def test_entries_see_the_end_of_the_configuration():
    assert grub("menuentry A { linux /k $x; }\nx=late").entries[0].cmdline == "late"


def test_entry_arguments():
    (entry,) = grub("menuentry T --class c one 'two 3' { linux /k \"$3\" $1 $#; }").entries
    assert entry.cmdline == '"two 3" T 3'
