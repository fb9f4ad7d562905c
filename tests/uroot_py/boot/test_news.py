"""What a disk that has come changes for the configurations on the others."""

import pytest

from tests.support.hotplug import Machine, settle, system, systems, titles
from tests.support.volumes import attached, make

pytestmark = pytest.mark.host


@pytest.fixture
def box(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def disks(tmp_path):
    with systems(tmp_path) as volumes:
        yield volumes


def test_a_file_on_a_disk_that_comes_later(box, disks, tmp_path):
    """The configuration that asked for it is read again; what it had is in its old place."""
    text = "menuentry Here { linux /k }\nmenuentry x { search --set=root --label late\nlinux /v }\n"
    (tmp_path / "files").mkdir()
    (tmp_path / "files/v").write_text("v")
    kernel = tmp_path / "kernel"
    make(kernel, 16, "mkfs.ext4", "-q", "-L", "late", "-d", tmp_path / "files")
    with attached(system(tmp_path / "asks", text)) as asks:
        box.comes("sda", asks)
        box.comes("sdb", disks["first"])
        with box.survey() as survey:
            before = titles(survey)
            assert before == [("Here", "sda"), ("x", "sda"), ("First", "sdb")]
            assert "/v" in survey.entries[1].why_not
            with attached(kernel) as late:
                box.comes("sdc", late)
                survey.again()
                settle(survey)
                assert titles(survey) == before
                assert survey.entries[1].why_not == ""
                assert survey.entries[1].kernel.tree.read("/v", 9) == b"v"
                box.goes("sdc")
                survey.again()
                settle(survey)
                assert survey.entries[1].why_not.endswith("/v: its disk is gone")
