"""The commands that look for devices: search, probe."""

import pytest

from tests.support.bootfiles import UUID, grub, volume


@pytest.mark.parametrize(
    ("command", "root"),
    [
        pytest.param(f"search --no-floppy --fs-uuid --set=root {UUID}", "hd0,gpt2", id="uuid"),
        pytest.param("search --fs-uuid --set=root DATA-0001", "hd1", id="uuid-any-case"),
        pytest.param("search -n -u -s root data-0001", "hd1", id="short"),
        pytest.param("search --label --set=root data", "hd1", id="label"),
        pytest.param("search -l data --set=root", "hd1", id="options-after"),
        pytest.param("search --file --set=root /only/here", "hd1", id="file"),
        pytest.param("search --set=root -f /k", "hd0,gpt2", id="file-at-home-first"),
        pytest.param("search --set=root -f /k --hint hd2,gpt1", "hd2,gpt1", id="hint"),
        pytest.param("search --set=root -f /k --hint-bios=hd2,1", "hd2,gpt1", id="hint-platform"),
        pytest.param("search --set=root -f /k --hint-efi=hd2,gpt1", "hd0,gpt2", id="hint-other"),
        pytest.param(
            "search --no-floppy --fs-uuid --set=root --hint-bios=hd0,msdos1 --hint-efi=hd0,msdos1"
            " --hint-baremetal=ahci0,msdos1  data-0001",
            "hd1",
            id="debian-with-hints",
        ),
        pytest.param("search --fs-uuid --set=root no", "before", id="none"),
        pytest.param("search --set=root data", "before", id="no-kind"),
        pytest.param("search --label data", "before", id="no-set"),
        pytest.param("search --set=other --label data; root=$other", "hd1", id="variable"),
        pytest.param("search.fs_uuid DATA-0001 root hd9,msdos1", "hd1", id="stub-uuid"),
        pytest.param("search.fs_label data root", "hd1", id="stub-label"),
        pytest.param("search.file /only/here root", "hd1", id="stub-file"),
        pytest.param("search.file /only/here", "hd1", id="stub-default-variable"),
        pytest.param("probe --set=root --fs-uuid hd1", "data-0001", id="probe"),
        pytest.param("probe --set=root --label (hd1)", "data", id="probe-label"),
        pytest.param("probe --set=root --fs-uuid hd8", "before", id="probe-nothing"),
    ],
)
def test_search(command, root):
    others = [
        volume({"/only/here": "", "/k": "k"}, "hd1", uuid="data-0001", label="data"),
        volume({"/k": "k"}, "hd2,gpt1", uuid="third"),
    ]
    read = grub(
        f"set root=before\n{command}\nresult=$root\nset root=hd0,gpt2\n"
        "menuentry T { linux /k $result; }",
        others=others,
    )
    assert read.entries[0].cmdline == root
